"""Rate limits kept before a request leaves: exact sliding windows, several at once, first come first served.

A unit is taken when a call is let go and expires `window` seconds after its answer came, never before: the API
counts a request somewhere between the two, so its window can never see more than ours.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from specport.errors import RateLimited
from specport.executor.model import Limit
from specport.executor.told import Told, ToldLimits
from specport.executor.windows import SlidingWindow, Window

MAX_WAITING = 10_000
"""Most calls that may wait at once for one source and credential."""

Needs: TypeAlias = tuple[tuple[Window, int], ...]
"""The windows that a call takes from, with the units of each."""


class Timer(Protocol):
    """A callback that is due later, as asyncio's `TimerHandle`."""

    def cancel(self) -> None:
        """Call it no more."""
        ...


@dataclass(slots=True, eq=False)
class _Waiter:
    """A call that waits, with what it needs of each window."""

    needs: Needs
    admitted: asyncio.Future[None]


@dataclass(slots=True, eq=False)
class Permit:
    """Leave to send one request. `done` must be called when its answer came or it failed."""

    waited: float
    needs: Needs
    operation: tuple[str, str]
    _limiter: Limiter

    def done(self, told: Told | None = None) -> None:
        """Start the expiry of what the call took, and take in what its answer told; None: it had no answer."""
        self._limiter.settle(self, told)

    def withdraw(self) -> None:
        """Give back what was taken for a call that was never sent."""
        self._limiter.give_back(self)


class Limiter:
    """The limits of one source and credential, in memory: those declared, and tighter ones that the API tells.

    `clock` gives seconds that only grow; `later` runs a callback after a delay, as asyncio's `call_later` does.
    """

    def __init__(
        self,
        limits: Sequence[Limit],
        *,
        clock: Callable[[], float] | None = None,
        later: Callable[[float, Callable[[], None]], Timer] | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._clock = clock or loop.time
        self._later = later or loop.call_later
        self._declared = [SlidingWindow(limit) for limit in limits]
        self._covering: dict[tuple[str, str], tuple[SlidingWindow, ...]] = {}
        self._told = ToldLimits()
        self._waiting: list[_Waiter] = []
        self._wake_at = math.inf
        self._timer: Timer | None = None

    async def acquire(self, method: str, path: str, body: object, *, within: float) -> Permit:
        """Wait, at most `within` seconds, until every limit that covers the call has room, and take it.

        Raises RateLimited at once when that wait would be longer, or when the call alone exceeds a limit.
        """
        needs = self._needs(method, path, body)
        started = self._clock()
        if self._waiting:
            self._admit()  # whoever may go at this very moment came first
        for window, _ in needs:
            window.expire(started)
        if self._can_go(needs):
            self._take(needs)
            return Permit(0.0, needs, (method, path), self)
        self._refuse_hopeless(needs, started, within)
        waiter = _Waiter(needs, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        self._admit()
        try:
            async with asyncio.timeout(within):
                await waiter.admitted
        except TimeoutError:
            self._forget(waiter)
            raise self._refused(needs, f"left no room within the {whole(within)} s a call may wait") from None
        except asyncio.CancelledError:
            self._forget(waiter)
            raise
        return Permit(self._clock() - started, needs, (method, path), self)

    def settle(self, permit: Permit, told: Told | None) -> None:
        """The call of this permit is over: its units expire one window from now, and its answer may tighten limits."""
        now = self._clock()
        for window, cost in permit.needs:
            window.settle(cost, now)
        if told is not None:
            declared = [window for window, _ in permit.needs if isinstance(window, SlidingWindow)]
            self._told.learn(permit.operation, told, declared, now)
        if self._waiting:
            self._admit()

    def give_back(self, permit: Permit) -> None:
        """The call of this permit was never sent."""
        for window, cost in permit.needs:
            window.give_back(cost)
        if self._waiting:
            self._admit()

    def _needs(self, method: str, path: str, body: object) -> Needs:
        costs = [(window, window.limit.cost(body)) for window in self._of(method, path)]
        told = [(window, 1) for window in self._told.covering((method, path))]
        return tuple((window, cost) for window, cost in (*costs, *told) if cost)

    def _of(self, method: str, path: str) -> tuple[SlidingWindow, ...]:
        """The declared limits that cover an operation, found once: a document may state one for each of many."""
        operation = (method, path)
        if operation not in self._covering:
            covering = (window for window in self._declared if window.limit.covers(method, path))
            self._covering[operation] = tuple(covering)
        return self._covering[operation]

    def _can_go(self, needs: Needs) -> bool:
        """Room in every window, and nobody waiting longer for any of those."""
        contended = {id(window) for waiter in self._waiting for window, _ in self._lacking(waiter)}
        return all(window.has_room(cost) and id(window) not in contended for window, cost in needs)

    def _lacking(self, waiter: _Waiter) -> list[tuple[Window, int]]:
        return [(window, cost) for window, cost in waiter.needs if not window.has_room(cost)]

    def _take(self, needs: Needs) -> None:
        for window, cost in needs:
            window.take(cost)

    def _admit(self) -> None:
        """Let go, in order, every waiter whose windows have room and are wanted by no earlier one."""
        now = self._clock()
        for window in {id(window): window for waiter in self._waiting for window, _ in waiter.needs}.values():
            window.expire(now)
        blocked: set[int] = set()
        still: list[_Waiter] = []
        for waiter in self._waiting:
            if waiter.admitted.done():  # cancelled, and its caller has not come to say so yet
                continue
            lacking = self._lacking(waiter)
            if not lacking and not any(id(window) in blocked for window, _ in waiter.needs):
                self._take(waiter.needs)
                waiter.admitted.set_result(None)
                continue
            blocked.update(id(window) for window, _ in lacking)
            still.append(waiter)
        self._waiting = still
        self._schedule(now)

    def _schedule(self, now: float) -> None:
        """Wake when the next unit that someone waits for expires."""
        changes = [window.next_change() for waiter in self._waiting for window, _ in self._lacking(waiter)]
        wake_at = min(changes, default=math.inf)
        if wake_at != self._wake_at:
            if self._timer:
                self._timer.cancel()
            self._wake_at = wake_at
            self._timer = self._later(max(0.0, wake_at - now), self._woken) if wake_at < math.inf else None

    def _woken(self) -> None:
        self._wake_at, self._timer = math.inf, None
        if self._waiting:
            self._admit()

    def _forget(self, waiter: _Waiter) -> None:
        """Leave no trace of a caller that is gone."""
        if waiter in self._waiting:
            self._waiting.remove(waiter)
        elif waiter.admitted.done() and not waiter.admitted.cancelled():
            for window, cost in waiter.needs:
                window.give_back(cost)
        if self._waiting:
            self._admit()

    def _refuse_hopeless(self, needs: Needs, now: float, within: float) -> None:
        for window, cost in needs:
            if cost > window.most:
                raise RateLimited(
                    f"the call counts {cost} against {window.description}, which never allows so many",
                    wait=0.0,
                    limit=window.name,
                    hint="Split it into smaller calls",
                )
        if len(self._waiting) >= MAX_WAITING:
            raise self._refused(needs, f"has no room, and {MAX_WAITING:,} calls are waiting already")
        wait, window = self._wait(needs, now)
        if wait > within:
            reason = f"{window.state} for another {whole(wait)} s, longer than the {whole(within)} s a call may wait"
            raise self._refused(needs, reason)

    def _wait(self, needs: Needs, now: float) -> tuple[float, Window]:
        """Seconds until the call would go, and the window that holds it up longest."""
        waits: list[tuple[float, Window]] = []
        for window, cost in needs:
            ahead = sum(c for waiter in self._waiting for w, c in waiter.needs if w is window)
            waits.append((max(0.0, window.room_at(cost + ahead, now) - now), window))
        return max(waits, key=lambda each: each[0])

    def _refused(self, needs: Needs, reason: str) -> RateLimited:
        wait, window = self._wait(needs, self._clock())
        return RateLimited(
            f"{window.description} {reason}",
            wait=wait,
            limit=window.name,
            hint=f"Try again in {whole(wait)} s",
        )


def whole(seconds: float) -> int:
    """Seconds to tell a caller: whole ones, at least one, never fewer than it takes."""
    return max(1, math.ceil(seconds))
