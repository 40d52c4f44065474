"""Limits kept together with other processes: what each takes is written to a ledger that all of them read.

A call passes two gates. The process's own `Limiter` keeps order and knows what answers told; then the ledger, which is
atomic over all processes, takes the units or says how long there will be none. Leave from both is a `SharedPermit`.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from specport.errors import RateLimited
from specport.executor.limits import Limiter, Permit, whole
from specport.executor.model import Limit
from specport.executor.told import Told
from specport.executor.windows import SlidingWindow

LONGEST_CALL = 60.0
"""Seconds after which a call that was never settled counts as over: its process has ended."""

SHORTEST_PAUSE = 0.01
"""Least time, in seconds, before the ledger is asked again."""


@dataclass(frozen=True, slots=True)
class Need:
    """What one call takes of one limit."""

    limit: Limit
    units: int


@dataclass(frozen=True, slots=True)
class Full:
    """A ledger's refusal: the limit that has no room, and the seconds after which to ask again."""

    limit: Limit
    wait: float


class Ledger(Protocol):
    """What all processes took of the limits of each scope. Units expire one window after they are settled.

    Units that are never settled, because their process ended, expire after the longest time that a call may last and
    one window more.
    """

    async def take(self, scope: str, token: str, needs: Sequence[Need]) -> Full | None:
        """Take from all limits or, where one has no room, from none."""
        ...

    async def settle(self, scope: str, token: str, needs: Sequence[Need]) -> None:
        """The call is over, and its units expire one window from now."""
        ...

    async def aclose(self) -> None:
        """Give back what the ledger holds open."""
        ...


@dataclass(slots=True, eq=False)
class SharedPermit:
    """Leave to send one request, from this process and from all of them together."""

    waited: float
    _permit: Permit
    _settle: Callable[[], Awaitable[None]]

    async def done(self, told: Told | None = None) -> None:
        """As `Permit.done`; the ledger is told, too."""
        self._permit.done(told)
        await self._settle()


class SharedLimiter:
    """The limits of one source and credential, `scope`, kept with every process that uses the same ledger."""

    def __init__(
        self,
        limits: tuple[Limit, ...],
        scope: str,
        ledger: Ledger | None,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.limits = limits
        self._own = Limiter(limits, clock=clock)
        self._scope = scope
        self._ledger = ledger
        self._clock = clock
        self._sleep = sleep
        self._process = secrets.token_hex(8)
        self._calls = count()  # tokens that follow one another stand side by side in a ledger
        self._turns: dict[str, asyncio.Lock] = {limit.name: asyncio.Lock() for limit in limits}

    async def acquire(self, method: str, path: str, body: object, *, within: float) -> SharedPermit:
        """As `Limiter.acquire`, over all processes."""
        started = self._clock()
        permit = await self._own.acquire(method, path, body, within=within)
        needs = _needs(permit) if self._ledger else ()
        if not needs or self._ledger is None:
            return SharedPermit(permit.waited, permit, _nothing)
        token = f"{self._process}{next(self._calls):012x}"
        try:
            await self._take(self._ledger, token, needs, started + within)
        except BaseException:
            permit.withdraw()
            raise
        ledger = self._ledger

        async def settle() -> None:
            await ledger.settle(self._scope, token, needs)

        return SharedPermit(self._clock() - started, permit, settle)

    async def _take(self, ledger: Ledger, token: str, needs: Sequence[Need], deadline: float) -> None:
        """Take from the ledger, in turn with the other calls of this process that found a limit full."""
        turns = [self._turns[need.limit.name] for need in needs]
        if not any(turn.locked() for turn in turns) and await ledger.take(self._scope, token, needs) is None:
            return
        async with contextlib.AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(max(0.0, deadline - self._clock())):
                    for turn in turns:  # in the order of the limits, so that two calls cannot wait for each other
                        await stack.enter_async_context(turn)
            except TimeoutError:
                raise _refused(needs[0].limit, 0.0) from None
            while (full := await ledger.take(self._scope, token, needs)) is not None:
                if self._clock() + full.wait > deadline:
                    raise _refused(full.limit, full.wait)
                await self._sleep(max(full.wait, SHORTEST_PAUSE))


def _needs(permit: Permit) -> tuple[Need, ...]:
    """What a call takes of the limits that outlast it; those on calls at the same time are each process's own."""
    windows = ((window, units) for window, units in permit.needs if isinstance(window, SlidingWindow))
    return tuple(Need(window.limit, units) for window, units in windows if window.limit.window)


async def _nothing() -> None:
    """No ledger has anything to settle."""


def _refused(limit: Limit, wait: float) -> RateLimited:
    seconds = whole(wait)
    return RateLimited(
        f"the limit {limit.name} ({limit.figures}) is used up for another {seconds} s, "
        "by this and other processes together",
        wait=float(seconds),
        limit=limit.name,
        hint=f"Try again in {seconds} s",
    )
