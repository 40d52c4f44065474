"""The runs of one server: so many at once, and those that wait for a person's answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from specport.code.model import Bounds, Door
from specport.code.run import Clock, Run, Sleep
from specport.code.telling import told
from specport.code.workers import Workers, check_installed
from specport.errors import Asked, BadArguments, Denied, RateLimited
from specport.results.model import ToolResult


@dataclass(frozen=True, slots=True)
class _Parked:
    """A run that waits for the answer of a person, and what forgets it in time."""

    run: Run
    forgetting: asyncio.TimerHandle


class Runs:
    """Runs code. Nothing is imported and no process started before the first run."""

    def __init__(
        self, bounds: Bounds | None = None, *, sleep: Sleep = asyncio.sleep, clock: Clock = time.monotonic
    ) -> None:
        """Raises SourceError where the extra is missing."""
        check_installed()
        self._bounds = bounds or Bounds()
        self._sleep = sleep
        self._clock = clock
        self._workers = Workers(self._bounds)
        self._free = asyncio.Semaphore(self._bounds.max_runs)
        self._parked: dict[tuple[bytes, str], _Parked] = {}

    def is_parked(self, who: bytes, code: str) -> bool:
        """Whether a run of this code waits for a person's answer to come from this client."""
        return (who, code) in self._parked

    async def run(self, code: str, door: Door, *, who: bytes = b"", brings_answer: bool = False) -> ToolResult:
        """Run code, its calls going through `door`. The same code of one client goes on where it waits for a person.

        `brings_answer`: the request brings one, so there must be a run that waits. Raises Asked with the question to
        a person, BadArguments, Denied where no run waits, and RateLimited where too many are under way.
        """
        self._check(code)
        await self._queue()
        try:
            return await self._gone(code, door, who, brings_answer=brings_answer)
        finally:
            self._free.release()

    def _check(self, code: str) -> None:
        try:
            size = len(code.encode())
        except UnicodeEncodeError as error:
            raise BadArguments(f"the code is no text: {error.reason}", pointer="/code") from error
        if size > self._bounds.max_code:
            raise BadArguments(
                f"the code has more than {self._bounds.max_code // 1024} KiB (MAX_CODE)",
                pointer="/code",
                hint="Split the work into several runs",
            )

    async def aclose(self) -> None:
        """End every run and process."""
        for key in tuple(self._parked):
            self._forget(key)
        await self._workers.aclose()

    async def _queue(self) -> None:
        try:
            await asyncio.wait_for(self._free.acquire(), self._bounds.max_queued)
        except TimeoutError as error:
            raise RateLimited(
                f"{self._bounds.max_runs} runs are under way (MAX_RUNS), and none ended in "
                f"{self._bounds.max_queued:g} s (MAX_QUEUED)",
                wait=self._bounds.max_queued,
                limit="MAX_RUNS",
                hint="Try again later",
            ) from error

    async def _gone(self, code: str, door: Door, who: bytes, *, brings_answer: bool) -> ToolResult:
        run = await self._found(code, who, brings_answer=brings_answer)
        try:
            turn = await run.go(door)
        except Asked:
            self._park((who, code), run)
            raise
        except BaseException:
            run.close()
            raise
        run.close()
        return told(code, run, turn)

    async def _found(self, code: str, who: bytes, *, brings_answer: bool) -> Run:
        """The run that waits for this request, or a new one."""
        parked = self._parked.pop((who, code), None)
        if parked is not None:
            parked.forgetting.cancel()
            return parked.run
        if brings_answer:
            raise Denied(
                "the run that a person was asked about is not here any more",
                hint="Look at what its calls did before running the code again without requestState",
            )
        return Run(await self._workers.worker(code), self._bounds, sleep=self._sleep, clock=self._clock)

    def _park(self, key: tuple[bytes, str], run: Run) -> None:
        """Keep a run for the answer; the oldest gives way."""
        if len(self._parked) >= self._bounds.max_parked:
            self._forget(next(iter(self._parked)))
        forget: Callable[[tuple[bytes, str]], None] = self._forget
        timer = asyncio.get_running_loop().call_later(self._bounds.max_parking, forget, key)
        self._parked[key] = _Parked(run, timer)

    def _forget(self, key: tuple[bytes, str]) -> None:
        parked = self._parked.pop(key, None)
        if parked is not None:
            parked.forgetting.cancel()
            parked.run.close()
