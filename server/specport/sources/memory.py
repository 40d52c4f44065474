"""Memory given back to the system: glibc keeps what removed sources took, and an arena for each thread that read one.

Python gives back a megabyte at a time, and only once nothing is on it: what is made while sources are open and stays
when they are gone keeps one each. So what lasts is made before the first source is. Other C libraries than glibc are
left alone.
"""

from __future__ import annotations

import ctypes
import functools
import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass

from specport.catalog.search.index import make_ready

_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
"""`mallopt`'s names for the size from which a block has pages of its own, and for the number of arenas (malloc.h)."""

LARGE_BLOCK = 1024 * 1024
"""Bytes from which a block has pages of its own, such as the bytes of a document: they go back when it does."""


@functools.cache
def prepare() -> None:
    """What is done before the first document is there.

    Threads that read documents share one arena: 100 sources take a third less, and the threads take turns anyway. The
    size of a large block is fixed: glibc raises it with each that is freed, and has the next one grow among others.
    """
    _libc().mallopt(_M_ARENA_MAX, 1)
    _libc().mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)
    _libc().malloc_trim(0)
    make_ready()


class Returned:
    """The memory of tools that went: given back at each removal, and all of it once half of the tools are gone."""

    def __init__(self) -> None:
        self._tools = 0

    def note(self, tools: int) -> None:
        """So many tools are there now."""
        self._tools = max(self._tools, tools)

    def give_back(self, tools: int) -> None:
        """Give back what can be, where so many tools are left.

        Python keeps thousands of tuples, lists and dictionaries in stock, each a megabyte from going. They go with a
        collection, which looks at all that is left: it comes each time the tools are half of what they were.
        """
        if 2 * tools <= self._tools:
            self._tools = tools
            gc.collect()
        give_back()


def give_back() -> None:
    """Give back pages that nothing is on any more; some milliseconds.

    Python's cache of attributes holds up to 4,096 names that libraries made for one look, each a megabyte from going.
    """
    sys._clear_type_cache()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # documented
    _libc().malloc_trim(0)


@dataclass(frozen=True, slots=True)
class _Libc:
    mallopt: Callable[[int, int], object]
    malloc_trim: Callable[[int], object]


@functools.cache
def _libc() -> _Libc:
    """Glibc's functions, looked up once, with the first document: what is made later keeps a megabyte from going."""
    libc = ctypes.CDLL(None)
    return _Libc(getattr(libc, "mallopt", _nothing), getattr(libc, "malloc_trim", _nothing))


def _nothing(*_: int) -> None:
    """What another C library does."""
