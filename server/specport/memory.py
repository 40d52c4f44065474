"""Memory that comes back: what removed sources took goes to the system again.

Two keep it otherwise. Python's allocator has a megabyte at a time from the system, and returns it only once nothing
is on it: one small thing that is made among the tools of a source and outlives them keeps one. And glibc keeps pages
for later, with an arena for each thread that reads, and blocks for each thread. Other C libraries than glibc are left
alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass

from specport.threads import end_all, in_thread

_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
"""`mallopt`'s names for the size from which a block has pages of its own, and for the number of arenas (malloc.h)."""

LARGE_BLOCK = 1024 * 1024
"""Bytes from which a block has pages of its own, such as the bytes of a document: they go back when it does."""

_PYMALLOC = b"pymalloc"
_RAW, _MEM, _OBJ = range(3)
"""CPython's PyMemAllocatorDomain: what is asked of malloc in any case, blocks for buffers, and those for objects."""


@functools.cache
def prepare() -> None:
    """What is done before the first document is there.

    Threads that read documents share one arena: 100 sources take a third less, and the threads take turns anyway. The
    size of a large block is fixed: glibc raises it with each that is freed, and has the next one grow among others.
    """
    _libc().mallopt(_M_ARENA_MAX, 1)
    _libc().mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)
    _libc().malloc_trim(0)


class Returned:
    """The memory of tools that went: given back at each removal, and all of it once half of the tools are gone."""

    def __init__(self) -> None:
        self._tools = 0

    def note(self, tools: int) -> None:
        """So many tools are there now."""
        self._tools = max(self._tools, tools)

    async def give_back(self, tools: int) -> None:
        """Give back what can be, where so many tools are left.

        Python keeps thousands of tuples, lists and dictionaries in stock. They go with a collection, which looks at
        all that is left: it comes each time the tools are half of what they were. Then the threads end, too.
        """
        if 2 * tools <= self._tools:
            self._tools = tools
            await in_thread(gc.collect)
            end_all()
        await in_thread(give_back)


def give_back() -> None:
    """Give back pages that nothing is on any more; some milliseconds."""
    _libc().malloc_trim(0)


@contextlib.contextmanager
def by_page() -> Generator[None]:
    """Have what is made meanwhile where each page of 4 KB goes back by itself: with malloc, past Python's allocator.

    It holds for all threads, and what is made so may outlive it. Objects take a twentieth longer to make, so it is for
    what comes and goes with sources: their tools, and the index of these. As a decorator it holds for each call.
    """
    _pages.enter()
    try:
        yield
    finally:
        _pages.leave()


class _Allocator(ctypes.Structure):
    """CPython's PyMemAllocatorEx."""

    _fields_ = (
        ("ctx", ctypes.c_void_p),
        ("malloc", ctypes.c_void_p),
        ("calloc", ctypes.c_void_p),
        ("realloc", ctypes.c_void_p),
        ("free", ctypes.c_void_p),
    )


class _Pages:
    """Where Python has its blocks from, which all threads of the process have in common.

    An allocator may be set at any time if it wraps the one before it (PyMem_SetAllocator in CPython's C API). This
    one takes new blocks of malloc, and leaves it to Python's to change and free them, which passes on what is not its
    own: it has blocks of over 512 bytes of malloc itself. Where another than Python's usual allocator is in force, as
    with PYTHONMALLOC, tracemalloc, in a debugging build or without the GIL, that one stays.
    """

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._inside = 0
        self._usual: _Allocator | None = None
        self._ours = _Allocator()

    def enter(self) -> None:
        """Once more; the first changes the allocator."""
        with self._changing:
            self._inside += 1
            if self._inside == 1 and self._usual is None and _python().in_force() == _PYMALLOC:
                raw, usual = _allocator(_RAW), _allocator(_OBJ)
                self._usual = usual
                self._ours = _Allocator(usual.ctx, raw.malloc, raw.calloc, usual.realloc, usual.free)
                _allocate_by(self._ours)

    def leave(self) -> None:
        """Once less; the last has the usual allocator again, unless somebody has set another meanwhile."""
        with self._changing:
            self._inside -= 1
            if self._inside == 0 and self._usual and bytes(_allocator(_OBJ)) == bytes(self._ours):
                _allocate_by(self._usual)
                self._usual = None


_pages = _Pages()


def _allocator(domain: int) -> _Allocator:
    found = _Allocator()
    _python().get(domain, ctypes.byref(found))
    return found


def _allocate_by(allocator: _Allocator) -> None:
    for domain in (_MEM, _OBJ):
        _python().set(domain, ctypes.byref(allocator))


@dataclass(frozen=True, slots=True)
class _Python:
    in_force: Callable[[], bytes | None]
    get: Callable[..., None]
    set: Callable[..., None]


@functools.cache
def _python() -> _Python:
    """CPython's functions, which hold the GIL; where they are missing, such as in PyPy, none that does anything."""
    try:
        in_force = ctypes.pythonapi._PyMem_GetCurrentAllocatorName  # noqa: SLF001  # there is no public one
        getting, setting = ctypes.pythonapi.PyMem_GetAllocator, ctypes.pythonapi.PyMem_SetAllocator
    except AttributeError:
        return _Python(lambda: None, _nothing, _nothing)
    in_force.restype = ctypes.c_char_p
    getting.restype = setting.restype = None
    return _Python(in_force, getting, setting)


@dataclass(frozen=True, slots=True)
class _Libc:
    mallopt: Callable[[int, int], object]
    malloc_trim: Callable[[int], object]


@functools.cache
def _libc() -> _Libc:
    """Glibc's functions, looked up once."""
    try:
        libc = ctypes.CDLL(None)
    except (OSError, TypeError):  # Windows has no library of no name
        return _Libc(_nothing, _nothing)
    return _Libc(getattr(libc, "mallopt", _nothing), getattr(libc, "malloc_trim", _nothing))


def _nothing(*_: object) -> None:
    """What another C library and another Python do."""
