"""Ten thousand random arrivals over the limits of DigitalOcean, on a clock that moves only when told.

The oracle is another way to the same times: a plain loop over moments that counts every window anew from the starts of
all calls so far.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass, field

import pytest
from fake_time import Api
from test_rate_limits import DIGITALOCEAN, OPERATIONS

from specport.executor.model import Limit

pytestmark = pytest.mark.anyio

CALLS = 10_000
SECONDS = 12_000.0
BURST = 300


@dataclass(slots=True)
class Arrival:
    """One call: when it comes, and what it takes of which limit."""

    number: int
    at: float
    method: str
    path: str
    body: object
    takes: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Counted:
    """The calls that took of one limit: when each is out of the window, and the units up to each."""

    limit: Limit
    ends: list[float] = field(default_factory=list)
    sums: list[int] = field(default_factory=lambda: [0])

    def used(self, now: float) -> int:
        """Units in the window that ends now; one is out of it exactly a window after its start."""
        return self.sums[-1] - self.sums[bisect_right(self.ends, now)]

    def frees(self, now: float) -> float:
        """The next moment at which a unit is out of the window."""
        gone = bisect_right(self.ends, now)
        return self.ends[gone] if gone < len(self.ends) else float("inf")

    def count(self, now: float, units: int) -> None:
        """A call that starts now takes units."""
        self.ends.append(now + self.limit.window)
        self.sums.append(self.sums[-1] + units)


def arrivals(seed: int) -> list[Arrival]:
    """Calls of every kind, bursts among them."""
    chance = random.Random(seed)
    quiet = [chance.uniform(0, SECONDS) for _ in range(CALLS - 5 * BURST)]
    bursts = [chance.gauss(SECONDS / 6 * number, 2) for number in range(1, 6) for _ in range(BURST)]
    moments = sorted(round(moment, 3) for moment in (*quiet, *bursts))
    made: list[Arrival] = []
    for number, at in enumerate(moments):
        method, path, _ = chance.choices(OPERATIONS, weights=[weight for *_, weight in OPERATIONS])[0]
        body = {"files": ["f"] * chance.randrange(51)} if path.endswith("cache") else None
        costs = [
            (place, len(body["files"]) if limit.weight and body else 0 if limit.weight else 1)
            for place, limit in enumerate(DIGITALOCEAN)
            if limit.covers(method, path)
        ]
        made.append(Arrival(number, 1000.0 + at, method, path, body, tuple(cost for cost in costs if cost[1])))
    return made


def by_the_oracle(calls: list[Arrival]) -> list[float]:
    """When each call may start: as early as every window allows, behind earlier calls that wait for the same one."""
    windows = [Counted(limit) for limit in DIGITALOCEAN]
    starts = [0.0] * len(calls)
    waiting: list[Arrival] = []
    coming = list(reversed(calls))
    now = 0.0
    while waiting or coming:
        moments = [windows[place].frees(now) for place in {place for call in waiting for place, _ in call.takes}]
        now = min([*moments, coming[-1].at if coming else float("inf")])
        while coming and coming[-1].at <= now:
            waiting.append(coming.pop())
        wanted: set[int] = set()
        still: list[Arrival] = []
        for call in waiting:
            full = {
                place for place, cost in call.takes if windows[place].used(now) + cost > windows[place].limit.amount
            }
            if full or any(place in wanted for place, _ in call.takes):
                wanted |= full
                still.append(call)
                continue
            starts[call.number] = now
            for place, cost in call.takes:
                windows[place].count(now, cost)
        waiting = still
    return starts


async def test_no_call_starts_earlier_or_later_than_the_limits_ask() -> None:
    """Every window is kept, no call waits longer than it must, and those of one limit go in the order they came."""
    calls = arrivals(7)
    api = Api.limited_by(*DIGITALOCEAN)
    starts = [0.0] * len(calls)

    async def one(call: Arrival) -> None:
        await api.time.sleep(call.at - 1000.0)
        permit = await api.limiter.acquire(call.method, call.path, call.body, within=1e6)
        starts[call.number] = api.time.now
        permit.done()

    await api.time.run(*(one(call) for call in calls))
    expected = by_the_oracle(calls)
    assert max(abs(start - right) for start, right in zip(starts, expected, strict=True)) < 1e-6
    assert sum(start > call.at for start, call in zip(starts, calls, strict=True)) > 500, "limits were met"
