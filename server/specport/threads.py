"""Work that calls would wait for, done beside the event loop in threads that end when memory is given back.

A thread keeps small blocks that it freed for the next ones (glibc's tcache): some hundred, each of which may be all
that is left on a page. They go back with the thread. The event loop has threads of its own, which do not end; these
look up hosts' names, and need not wait for ours.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


class Threads:
    """At most so many threads, started as they are needed; work that finds none free waits for its turn."""

    def __init__(self, name: str, most: int | None = None) -> None:
        """`most`: how many; where none is given, as many as Python has for work that waits."""
        self._name = name
        self._most = most
        self._pool = self._new()
        _every.append(self)

    async def run(self, work: Callable[_Given, _Made], /, *args: _Given.args, **kwargs: _Given.kwargs) -> _Made:
        """What `work` gives, done in one of the threads with the context variables of the caller."""
        done = functools.partial(contextvars.copy_context().run, work, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._pool, done)

    def end(self) -> None:
        """End the threads: each does what it was given before. What comes from now on is done by others."""
        ending, self._pool = self._pool, self._new()
        ending.shutdown(wait=False)

    def _new(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._most, thread_name_prefix=self._name)


_every: list[Threads] = []
_usual = Threads("specport")

in_thread = _usual.run
"""What some function gives, in a thread: for whatever takes more than some milliseconds, or waits for a file."""


def end_all() -> None:
    """End all threads of every kind that have nothing more to do."""
    for threads in _every:
        threads.end()
