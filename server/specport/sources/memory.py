"""Memory given back to the system: glibc keeps what removed sources took, and an arena for each thread that read one.

Only glibc has this; elsewhere nothing is done.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable

_M_ARENA_MAX = -8
"""`mallopt`'s name for the number of arenas (malloc.h)."""


@functools.cache
def use_one_arena() -> None:
    """Have threads that read documents share one arena: 100 sources take a third less. Threads take turns anyway."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Give back pages that nothing is on any more; some milliseconds."""
    _trim()(0)


@functools.cache
def _trim() -> Callable[[int], object]:
    """Glibc's `malloc_trim`, looked up once: what is made for each removal keeps a megabyte of others from going."""
    return getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)
