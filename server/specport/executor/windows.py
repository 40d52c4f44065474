"""What a call takes from: the windows of declared limits, and what the API itself told of limits.

Each is used by one `Limiter` on one event loop. Moments are seconds of its clock, which only grows.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from typing import Protocol

from specport.executor.learning import Quota
from specport.executor.model import Limit

UNKNOWN_RESET = 10.0
"""Seconds after which a used-up quota is asked about again, when the API does not say when it resets."""


class Window(Protocol):
    """Room for units that calls take and that are free again later."""

    @property
    def description(self) -> str:
        """What it is called in an error, with its figures."""
        ...

    @property
    def state(self) -> str:
        """What it is while it has no room, as a verb."""
        ...

    @property
    def name(self) -> str:
        """What it is called in short."""
        ...

    @property
    def most(self) -> float:
        """Most units that one call may take."""
        ...

    def expire(self, now: float) -> None:
        """Free what is free by now."""
        ...

    def has_room(self, cost: int) -> bool:
        """Whether `cost` units are free, as of the last `expire`."""
        ...

    def room_at(self, cost: int, now: float) -> float:
        """The earliest moment at which `cost` units are free, were every call under way answered now."""
        ...

    def take(self, cost: int) -> None:
        """Take units for a call that is let go."""
        ...

    def give_back(self, cost: int) -> None:
        """Undo `take` for a call that was never sent."""
        ...

    def settle(self, cost: int, now: float) -> None:
        """The call that took these units is over."""
        ...

    def next_change(self) -> float:
        """When the next units are free by the passing of time alone; infinity when none are."""
        ...


@dataclass(slots=True, eq=False)
class SlidingWindow:
    """A declared limit: at most `amount` units in any `window` seconds; with a window of 0, so many at the same time.

    A unit expires `window` seconds after its call was over. `elsewhere` are units that the API counted and this process
    did not take, as another program with the same credential does.
    """

    limit: Limit
    under_way: int = 0
    expiring: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    used: int = 0
    elsewhere: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])

    @property
    def state(self) -> str:
        return "is used up"

    @property
    def name(self) -> str:
        return self.limit.name

    @property
    def description(self) -> str:
        return f"the limit {self.limit.name} ({self.limit.figures})"

    @property
    def most(self) -> float:
        return self.limit.amount

    def expire(self, now: float) -> None:
        while self.expiring and self.expiring[0][0] <= now:
            self.used -= heapq.heappop(self.expiring)[1]
        if self.elsewhere and self.elsewhere[0][0] <= now:
            self.elsewhere = [entry for entry in self.elsewhere if entry[0] > now]

    def has_room(self, cost: int) -> bool:
        return self.used + self._elsewhere() + cost <= self.limit.amount

    def room_at(self, cost: int, now: float) -> float:
        excess = self.used + self._elsewhere() + cost - self.limit.amount
        turns = max(0, (excess - 1) // self.limit.amount)
        excess -= turns * self.limit.amount
        moment = now
        for expiry, units in sorted([*self.expiring, *self.elsewhere, (now + self.limit.window, self.under_way)]):
            if excess <= 0:
                break
            excess -= units
            moment = expiry
        return moment + turns * self.limit.window

    def take(self, cost: int) -> None:
        self.used += cost
        self.under_way += cost

    def give_back(self, cost: int) -> None:
        self.used -= cost
        self.under_way -= cost

    def settle(self, cost: int, now: float) -> None:
        self.under_way -= cost
        heapq.heappush(self.expiring, (now + self.limit.window, cost))

    def next_change(self) -> float:
        moments = [entries[0][0] for entries in (self.expiring, self.elsewhere) if entries]
        return min(moments, default=math.inf)

    def learn(self, quota: Quota, now: float) -> None:
        """Count what the API says was used beyond what this process knows of; less than that changes nothing.

        One of those units is free at the quota's reset, which for a sliding window is when its oldest request expires
        (DigitalOcean's meaning); the others at the latest one window from now. The next answer tells better.
        """
        unknown = self.limit.amount - quota.remaining - self.used
        self.elsewhere = []
        if unknown > 0:
            latest = now + self.limit.window
            self.elsewhere = [(min(now + quota.reset, latest), 1)]
            if unknown > 1:
                self.elsewhere.append((latest, unknown - 1))

    def _elsewhere(self) -> int:
        return sum(units for _, units in self.elsewhere) if self.elsewhere else 0


@dataclass(slots=True, eq=False)
class ToldQuota:
    """A limit that only the API's answers tell: so many units left until a moment.

    Once that moment has come one call is let go, and its answer says what is left then. `is_general`: it holds for
    operations that were not called yet, too. `amount` is 0 where the API does not tell it.
    """

    title: str
    amount: int
    is_general: bool
    left: int = 0
    until: float = 0.0
    under_way: int = 0

    @property
    def state(self) -> str:
        return "is used up"

    @property
    def name(self) -> str:
        return self.title

    @property
    def description(self) -> str:
        amount = f" ({self.amount})" if self.amount else ""
        return f"the API's own quota {self.title}{amount}"

    @property
    def most(self) -> float:
        return math.inf

    def expire(self, now: float) -> None:
        if now >= self.until:
            self.until = math.inf
            self._ask()

    def has_room(self, cost: int) -> bool:
        return self.left >= min(cost, 1)

    def room_at(self, cost: int, now: float) -> float:
        if self.has_room(cost):
            return now
        return self.until if self.until < math.inf else now

    def take(self, cost: int) -> None:
        self.left -= cost
        self.under_way += cost

    def give_back(self, cost: int) -> None:
        self.left += cost
        self.under_way -= cost

    def settle(self, cost: int, now: float) -> None:
        self.under_way -= cost
        self._ask()

    def next_change(self) -> float:
        return self.until

    @property
    def is_outdated(self) -> bool:
        """Whether its moment has come, and no answer since told another."""
        return self.until == math.inf

    def _ask(self) -> None:
        """Leave room for the one call whose answer tells what is left by now."""
        if self.is_outdated and not self.under_way:
            self.left = max(self.left, 1)

    def learn(self, quota: Quota, now: float) -> None:
        """What the latest answer says; calls that are under way may not be counted in it yet."""
        self.left = quota.remaining - self.under_way
        self.until = now + (quota.reset or quota.window or UNKNOWN_RESET)


@dataclass(slots=True, eq=False)
class Pause:
    """No call of one operation before a moment, as the API asked for with Retry-After."""

    method: str
    path: str
    until: float = -math.inf
    is_over: bool = True

    @property
    def state(self) -> str:
        return "lasts"

    @property
    def name(self) -> str:
        return "Retry-After"

    @property
    def description(self) -> str:
        return f"the pause that the API asked for after {self.method} {self.path}"

    @property
    def most(self) -> float:
        return math.inf

    def expire(self, now: float) -> None:
        self.is_over = now >= self.until

    def has_room(self, cost: int) -> bool:
        return self.is_over or not cost

    def room_at(self, cost: int, now: float) -> float:
        return max(now, self.until) if cost else now

    def take(self, cost: int) -> None:
        """Nothing is used up."""

    def give_back(self, cost: int) -> None:
        """Nothing was used up."""

    def settle(self, cost: int, now: float) -> None:
        """Nothing was used up."""

    def next_change(self) -> float:
        return math.inf if self.is_over else self.until

    def extend(self, until: float) -> None:
        """A pause that is asked for again lasts to the later end."""
        self.until, self.is_over = max(self.until, until), False
