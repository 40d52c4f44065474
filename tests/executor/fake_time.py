"""A clock that moves only when told, for the limiter's `clock` and `later`, and calls that live by it."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from specport.executor.limits import Limiter, Permit
from specport.executor.model import Limit
from specport.executor.told import Told

TURNS = 6
"""Turns of the event loop after which everything that can go on has gone on."""


@dataclass(slots=True, eq=False)
class FakeTimer:
    """A callback that is due at a moment, unless it is cancelled."""

    callback: Callable[[], None]
    is_cancelled: bool = False

    def cancel(self) -> None:
        self.is_cancelled = True


class FakeTime:
    """Seconds since a start, and the callbacks that are due."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._due: list[tuple[float, int, FakeTimer]] = []
        self._count = 0

    def clock(self) -> float:
        return self.now

    def later(self, delay: float, callback: Callable[[], None]) -> FakeTimer:
        self._count += 1
        timer = FakeTimer(callback)
        heapq.heappush(self._due, (self.now + delay, self._count, timer))
        return timer

    def timers(self) -> int:
        """How many callbacks are due at some time."""
        return sum(not timer.is_cancelled for *_, timer in self._due)

    async def sleep(self, delay: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        self.later(delay, lambda: None if woken.done() else woken.set_result(None))
        await woken

    async def settle(self) -> None:
        """Let every task run as far as it can without time passing."""
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, one due callback after the other."""
        until = self.now + seconds
        await self.settle()
        while self._due and self._due[0][0] <= until:
            await self._step()
        self.now = until

    async def _step(self) -> None:
        """The next callback that is due."""
        moment, _, timer = heapq.heappop(self._due)
        if not timer.is_cancelled:
            self.now = moment
            timer.callback()
            await self.settle()

    async def run(self, *work: Awaitable[object]) -> None:
        """Let time pass until all the work is done."""
        done = asyncio.gather(*work)
        await self.settle()
        while not done.done():
            assert self._due, "nothing is due, and yet something waits"
            await self._step()
        done.result()


@dataclass(slots=True)
class Api:
    """Calls through a limiter: when each was let go, when it was over, in what order."""

    time: FakeTime
    limiter: Limiter
    let_go: list[str] = field(default_factory=list)

    @classmethod
    def limited_by(cls, *limits: Limit) -> Api:
        time = FakeTime()
        return cls(time, Limiter(limits, clock=time.clock, later=time.later))

    async def call(
        self,
        name: str,
        method: str = "GET",
        path: str = "/",
        body: object = None,
        *,
        lasts: float = 0.0,
        told: Told | None = None,
    ) -> Permit:
        """One call that takes `lasts` seconds once it is let go; what it waited stands in its permit."""
        permit = await self.limiter.acquire(method, path, body, within=1e4)
        self.let_go.append(name)
        if lasts:
            await self.time.sleep(lasts)
        permit.done(told)
        return permit
