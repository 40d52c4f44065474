"""The source's limits, really kept: sliding windows, each request expiring on its own timer, per credential."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import orjson

from specport.executor.model import Limit
from specport.sandbox.model import Refusal

MAX_CREDENTIALS = 1_000
"""Most credentials whose requests are remembered; the one seen first is forgotten beyond."""


@dataclass(slots=True)
class _Window:
    """What one credential used of one limit: times and costs in order, and their sum."""

    uses: deque[tuple[float, int]] = field(default_factory=deque[tuple[float, int]])
    used: int = 0

    def expire(self, now: float, length: float) -> None:
        while self.uses and self.uses[0][0] + length <= now:
            self.used -= self.uses.popleft()[1]

    def wait(self, limit: Limit, cost: int, now: float) -> float:
        """Seconds until `cost` fits; 0 when it does, a whole window when it never will."""
        missing = self.used + cost - limit.amount
        if missing <= 0:
            return 0.0
        if cost > limit.amount:
            return limit.window
        for moment, spent in self.uses:
            missing -= spent
            if missing <= 0:
                return moment + limit.window - now
        return limit.window


class Limiter:
    """Takes from every limit that covers a request, or from none and refuses it."""

    def __init__(self, limits: tuple[Limit, ...], clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._windows: dict[str, dict[str, _Window]] = {}

    def take(self, credential: str, method: str, path: str, body: bytes) -> dict[str, str]:
        """The `ratelimit-*` headers of the answer; Refusal 429 with Retry-After when a limit is exhausted."""
        now = self._clock()
        windows = self._of(credential)
        covering = [limit for limit in self._limits if limit.covers(method, path)]
        costs = [_cost(limit, body) for limit in covering]
        waits: list[tuple[float, Limit]] = []
        for limit, cost in zip(covering, costs, strict=True):
            windows[limit.name].expire(now, limit.window)
            waits.append((windows[limit.name].wait(limit, cost, now), limit))
        longest, exhausted = max(waits, key=lambda pair: pair[0], default=(0.0, None))
        if exhausted is not None and longest > 0:
            raise self._refusal(exhausted, longest, self._headers(windows, now))
        for limit, cost in zip(covering, costs, strict=True):
            windows[limit.name].uses.append((now, cost))
            windows[limit.name].used += cost
        return self._headers(windows, now)

    def _of(self, credential: str) -> dict[str, _Window]:
        if credential not in self._windows:
            if len(self._windows) >= MAX_CREDENTIALS:
                del self._windows[next(iter(self._windows))]
            self._windows[credential] = {limit.name: _Window() for limit in self._limits}
        return self._windows[credential]

    def _headers(self, windows: Mapping[str, _Window], now: float) -> dict[str, str]:
        """The state of the first limit that is not for some paths only."""
        for limit in self._limits:
            if not limit.paths:
                window = windows[limit.name]
                window.expire(now, limit.window)
                reset = window.uses[0][0] + limit.window if window.uses else now
                return {
                    "ratelimit-limit": str(limit.amount),
                    "ratelimit-remaining": str(max(limit.amount - window.used, 0)),
                    "ratelimit-reset": str(math.ceil(reset)),
                }
        return {}

    def _refusal(self, limit: Limit, wait: float, headers: dict[str, str]) -> Refusal:
        seconds = max(math.ceil(wait), 1)
        message = (
            f"the limit {limit.name} allows {limit.amount} in {limit.window:g} seconds and is exhausted; "
            f"try again in {seconds} s"
        )
        return Refusal(429, "too_many_requests", message, {**headers, "Retry-After": str(seconds)})


def _cost(limit: Limit, body: bytes) -> int:
    """What a request takes of a limit; a body that is no JSON has no array to be weighed by."""
    try:
        return limit.cost(orjson.loads(body) if limit.weight else None)
    except orjson.JSONDecodeError:
        return limit.cost(None)
