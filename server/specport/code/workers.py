"""The processes that run code, each for one run, and the threads that wait for them."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from specport.code.model import INSTALL, Answer, Bounds, Turn
from specport.errors import SourceError

if TYPE_CHECKING:
    from specport.code.session import Pool, Session


def check_installed() -> None:
    """Raises SourceError where the extra is missing. Nothing is imported yet."""
    if importlib.util.find_spec("pydantic_monty") is None:
        raise SourceError("--expose code needs the package pydantic-monty", hint=INSTALL)


class Workers:
    """Starts processes; the first needs the library, which is imported then."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._most = bounds.max_runs + bounds.max_parked
        self._threads: ThreadPoolExecutor | None = None
        self._pool: Pool | None = None
        self._opening = asyncio.Lock()
        self._working: set[Worker] = set()

    async def worker(self, code: str) -> Worker:
        """A process for this code, which has not started yet."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._most + 1, thread_name_prefix="code")
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncio.to_thread(_open, self._most)
        from specport.code.session import Session

        worker = Worker(Session(self._pool, code, self._bounds), self._threads, self._working.discard)
        self._working.add(worker)
        return worker

    async def aclose(self) -> None:
        """End every process and thread."""
        for worker in tuple(self._working):
            worker.close()
        if self._threads is not None:
            await asyncio.to_thread(self._threads.shutdown)
        if self._pool is not None:
            await asyncio.to_thread(self._pool.__exit__, None, None, None)


def _open(most: int) -> Pool:
    from specport.code.session import open_pool

    return open_pool(most)


class Worker:
    """One process. Each step gives the turn that it comes to."""

    def __init__(self, session: Session, threads: ThreadPoolExecutor, when_closed: Callable[[Worker], None]) -> None:
        self._session = session
        self._threads = threads
        self._when_closed = when_closed
        self._stepping: Future[Turn] | None = None
        self._is_closed = False

    async def start(self) -> Turn:
        """Run the code from its start."""
        return await self._step(self._session.start)

    async def settle(self, answers: Mapping[int, Answer]) -> Turn:
        """Go on with the answers to some of the calls that it waits for."""
        return await self._step(lambda: self._session.settle(answers))

    async def wake(self) -> Turn:
        """Go on after a pause."""
        return await self._step(self._session.wake)

    @property
    def printed(self) -> str:
        """What the code printed so far."""
        return "".join(self._session.printed)

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._is_closed:
            return
        self._is_closed = True
        self._when_closed(self)
        if self._stepping is None:
            self._threads.submit(self._session.leave)
        else:
            self._session.kill()
            self._stepping.add_done_callback(lambda _: self._session.leave())

    async def _step(self, step: Callable[[], Turn]) -> Turn:
        """Take a step in a thread. Where that is cancelled the process is killed, which frees the thread."""
        self._stepping = self._threads.submit(step)
        try:
            turn = await asyncio.wrap_future(self._stepping)
        except asyncio.CancelledError:
            self.close()
            raise
        self._stepping = None
        return turn
