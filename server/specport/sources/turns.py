"""Documents read in turn: however many are brought at once, the memory is that of a few."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from specport.sources.memory import prepare

MAX_READ_AT_ONCE = 2
"""Most documents that are parsed or made tools of at the same time; the others wait."""

MOST_TOGETHER = 4
"""Threads that an event loop has for work apart from the first document on."""

_STARTED_SECONDS = 0.1
"""How long a thread waits for the others to be there: an event loop may be told to have fewer."""

_readers = ThreadPoolExecutor(MAX_READ_AT_ONCE, thread_name_prefix="specport-reading")
_prepared: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()
_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


async def in_turn(read: Callable[_Given, _Made], *args: _Given.args, **kwargs: _Given.kwargs) -> _Made:
    """What a function makes of a document, in a thread, so that calls go on. It must not ask for a turn itself."""
    loop = asyncio.get_running_loop()
    if loop not in _prepared:
        _prepared.add(loop)
        prepare()
        _start_threads(loop, _readers, MAX_READ_AT_ONCE)
        _start_threads(loop, None, MOST_TOGETHER)
    work = functools.partial(contextvars.copy_context().run, functools.partial(read, *args, **kwargs))
    return await loop.run_in_executor(_readers, work)


def _start_threads(loop: asyncio.AbstractEventLoop, executor: ThreadPoolExecutor | None, number: int) -> None:
    """Have so many threads now: what is made with one among the tools of many sources keeps the memory of theirs."""
    together = threading.Barrier(number)

    def wait() -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(_STARTED_SECONDS)

    for _ in range(number):
        loop.run_in_executor(executor, wait)
