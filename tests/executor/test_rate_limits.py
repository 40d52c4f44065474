"""Rate limits as the executor keeps them: exact sliding windows, by a clock that moves only when told."""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_left
from itertools import pairwise

import pytest
from fake_time import Api

from specport.errors import RateLimited
from specport.executor.limits import Permit
from specport.executor.model import Limit
from specport.sources.manifest import open_bundled

pytestmark = pytest.mark.anyio

FIVE_IN_TEN = Limit("five in ten", 5, 10.0)


async def test_calls_within_the_amount_go_at_once() -> None:
    """As many calls as the limit allows wait for nothing."""
    api = Api.limited_by(FIVE_IN_TEN)
    await api.time.run(*(api.call(f"{number}") for number in range(5)))
    assert api.time.now == 1000.0
    assert len(api.let_go) == 5


async def test_the_next_call_waits_until_the_first_one_expires() -> None:
    """A unit is free again one window after its call was over, not earlier and not much later."""
    api = Api.limited_by(FIVE_IN_TEN)
    await api.time.run(*(api.call(f"{number}", lasts=number * 1.0) for number in range(5)))
    permit = await asyncio.gather(api.call("late"), api.time.advance(20))
    assert permit[0].waited == pytest.approx(6.0)  # the first was over at 0 s, the last at 4 s


async def test_a_call_under_way_keeps_its_unit_however_long_it_takes() -> None:
    """The API may count a request as late as it answers, so the window starts only then."""
    api = Api.limited_by(Limit("one in ten", 1, 10.0))
    slow = asyncio.ensure_future(api.call("slow", lasts=100.0))
    await api.time.settle()
    late = asyncio.ensure_future(api.call("late"))
    await api.time.advance(109.9)
    assert slow.done()
    assert api.let_go == ["slow"]
    await api.time.advance(0.2)
    assert late.done()
    assert api.let_go == ["slow", "late"]


async def test_every_limit_that_covers_a_call_is_taken_from() -> None:
    """With several windows a call waits for the one that frees last, and only calls that a limit covers count."""
    api = Api.limited_by(
        Limit("all", 3, 60.0),
        Limit("posts to ips", 1, 10.0, methods=("POST",), paths=("/ips",)),
        Limit("anything below cdn", 2, 5.0, paths=("/cdn*",)),
    )
    await api.time.run(api.call("post", "POST", "/ips"), api.call("get", "GET", "/ips"))
    await api.time.run(api.call("second post", "POST", "/ips"))
    assert api.time.now == 1010.0
    await api.time.run(api.call("cdn", "GET", "/cdn/endpoints/{id}"))
    assert api.time.now == 1060.0, "the limit on all calls was used up by three of them"


@pytest.mark.parametrize(
    ("body", "cost"),
    [({"files": ["a"] * 4}, 4), ({"files": []}, 0), ({"files": "a"}, 0), ({}, 0), (None, 0), (["files"], 0)],
)
async def test_a_weighted_call_costs_the_length_of_its_body_array(body: object, cost: int) -> None:
    """A weight counts the items of a top-level array; a body without that array costs nothing."""
    api = Api.limited_by(Limit("files", 5, 20.0, weight="files"))
    await api.time.run(api.call("weighted", "DELETE", "/cache", body))
    await api.time.run(api.call("rest", "DELETE", "/cache", {"files": ["x"] * (5 - cost)}))
    assert api.time.now == 1000.0
    await api.time.run(api.call("one more", "DELETE", "/cache", {"files": ["x"]}))
    assert api.time.now == 1020.0


async def test_a_call_that_costs_nothing_never_waits() -> None:
    """A weighted limit that is used up holds up no call without weight."""
    api = Api.limited_by(Limit("files", 2, 20.0, weight="files"))
    await api.time.run(api.call("full", body={"files": ["a", "b"]}))
    waiting = asyncio.ensure_future(api.call("waiting", body={"files": ["c"]}))
    await api.time.settle()
    await api.time.run(api.call("empty", body={"files": []}))
    assert api.time.now == 1000.0
    assert not waiting.done()
    await api.time.advance(21)
    assert waiting.done()


async def test_a_call_heavier_than_its_limit_is_refused_at_once() -> None:
    """A call that can never fit says so, names the limit, and asks for smaller calls."""
    api = Api.limited_by(Limit("purged files", 50, 20.0, weight="files"))
    with pytest.raises(RateLimited, match=r"counts 51 against the limit purged files \(50 in 20 s\)") as caught:
        await api.limiter.acquire("DELETE", "/", {"files": ["f"] * 51}, within=100.0)
    assert caught.value.limit == "purged files"
    assert "smaller" in str(caught.value)


async def test_a_hopeless_wait_is_refused_at_once_with_the_wait_and_the_limit() -> None:
    """A call that would wait longer than it may is not left waiting: it is told how long, and for what."""
    api = Api.limited_by(FIVE_IN_TEN)
    await api.time.run(*(api.call(f"{number}") for number in range(5)))
    await api.time.advance(2.5)
    with pytest.raises(RateLimited) as caught:
        await api.limiter.acquire("GET", "/", None, within=7.0)
    assert caught.value.limit == "five in ten"
    assert caught.value.wait == pytest.approx(7.5)
    assert "used up for another 8 s, longer than the 7 s a call may wait" in str(caught.value)
    assert "Try again in 8 s" in str(caught.value)


async def test_those_already_waiting_count_towards_the_wait() -> None:
    """Behind a full queue the wait is that of the whole queue, over as many windows as it takes."""
    api = Api.limited_by(FIVE_IN_TEN)
    await api.time.run(*(api.call(f"{number}") for number in range(5)))
    queue = [asyncio.ensure_future(api.call(f"queued {number}")) for number in range(7)]
    await api.time.settle()
    with pytest.raises(RateLimited) as caught:
        await api.limiter.acquire("GET", "/", None, within=15.0)
    assert caught.value.wait == pytest.approx(20.0)
    await api.time.run(*queue)
    assert len(api.let_go) == 12


async def test_a_call_that_waited_its_whole_time_is_refused() -> None:
    """Where the estimate was too good, since a call under way takes long, the deadline still holds."""
    api = Api.limited_by(Limit("one", 1, 0.01))
    stuck = await api.limiter.acquire("GET", "/", None, within=1.0)
    with pytest.raises(RateLimited, match="left no room within the 1 s a call may wait"):
        await api.limiter.acquire("GET", "/", None, within=0.02)  # this wait is asyncio's own
    stuck.done()
    await api.time.run(api.call("next"))
    assert api.let_go == ["next"]


async def test_calls_of_one_limit_go_in_the_order_they_came() -> None:
    """First come, first served, also when a later and lighter call would fit already."""
    api = Api.limited_by(Limit("files", 10, 10.0, weight="files"))
    await api.time.run(api.call("eight", body={"files": ["f"] * 8}))
    work = [api.call("seven", body={"files": ["f"] * 7}), *(api.call(f"one {n}", body={"files": ["f"]}) for n in "ab")]
    await api.time.run(*work)
    assert api.let_go == ["eight", "seven", "one a", "one b"]


async def test_a_full_limit_does_not_hold_up_calls_it_does_not_cover() -> None:
    """No head-of-line blocking: calls of other limits, and a shared limit with room, go on."""
    api = Api.limited_by(Limit("all", 100, 60.0), Limit("cdn", 1, 10.0, paths=("/cdn",)))
    await api.time.run(api.call("cdn", path="/cdn"))
    waiting = asyncio.ensure_future(api.call("cdn again", path="/cdn"))
    await api.time.settle()
    await api.time.run(*(api.call(f"other {number}", path="/droplets") for number in range(50)))
    assert api.time.now == 1000.0
    assert not waiting.done()
    await api.time.run(waiting)
    assert api.time.now == 1010.0


async def test_a_cancelled_caller_leaves_no_trace() -> None:
    """Neither its place in the queue nor a unit stays behind when a caller is gone."""
    api = Api.limited_by(Limit("one", 1, 10.0))
    await api.time.run(api.call("first"))
    gone = asyncio.ensure_future(api.call("gone"))
    kept = asyncio.ensure_future(api.call("kept"))
    await api.time.settle()
    gone.cancel()
    await api.time.run(kept)
    assert api.let_go == ["first", "kept"]
    assert api.time.now == 1010.0


async def test_a_caller_cancelled_in_the_moment_it_is_let_go_gives_its_unit_back() -> None:
    """The unit of a caller that was let go and cancelled in one turn of the loop goes to the next."""
    api = Api.limited_by(Limit("one", 1, 10.0))
    await api.time.run(api.call("first"))
    gone = asyncio.ensure_future(api.call("gone"))
    kept = asyncio.ensure_future(api.call("kept"))
    await api.time.advance(9.5)
    api.time.now += 0.5
    Permit(0.0, (), ("GET", "/"), api.limiter).done()  # leave that took nothing; its end lets the next ones go
    gone.cancel()
    await api.time.settle()
    assert gone.cancelled()
    assert kept.done()
    assert api.let_go == ["first", "kept"]


async def test_a_caller_cancelled_just_before_it_would_be_let_go_breaks_nothing() -> None:
    """Cancelled and due in one turn of the loop, in the other order: the next caller goes all the same."""
    api = Api.limited_by(Limit("one", 1, 10.0))
    await api.time.run(api.call("first"))
    gone = asyncio.ensure_future(api.call("gone"))
    kept = asyncio.ensure_future(api.call("kept"))
    await api.time.advance(9.5)
    api.time.now += 0.5
    gone.cancel()
    Permit(0.0, (), ("GET", "/"), api.limiter).done()
    await api.time.settle()
    assert gone.cancelled()
    assert kept.done()


async def test_units_of_cancelled_calls_under_way_expire_like_any_other() -> None:
    """A call cancelled after it was sent may have been counted by the API."""
    api = Api.limited_by(Limit("one", 1, 10.0))
    permit = await api.limiter.acquire("GET", "/", None, within=1.0)
    permit.done()
    await api.time.run(api.call("next"))
    assert api.time.now == 1010.0


async def test_too_many_waiting_calls_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue has a bound, and the answer at the bound says so."""
    monkeypatch.setattr("specport.executor.limits.MAX_WAITING", 3)
    api = Api.limited_by(Limit("one", 1, 1.0))
    await api.time.run(api.call("first"))
    queue = [asyncio.ensure_future(api.call(f"queued {number}")) for number in range(3)]
    await api.time.settle()
    with pytest.raises(RateLimited, match="3 calls are waiting already"):
        await api.limiter.acquire("GET", "/", None, within=1e4)
    await api.time.run(*queue)


DIGITALOCEAN = open_bundled("digitalocean").channel.limits
OPERATIONS = (
    ("GET", "/v2/droplets", 60), ("POST", "/v2/droplets", 20), ("POST", "/v2/floating_ips", 6),
    ("POST", "/v2/reserved_ips", 6), ("GET", "/v2/account/keys", 6), ("GET", "/v2/cdn/endpoints", 2),
    ("PUT", "/v2/cdn/endpoints/{cdn_id}", 2), ("DELETE", "/v2/cdn/endpoints/{cdn_id}/cache", 3),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
async def test_random_arrivals_never_exceed_a_window_of_digitalocean(seed: int) -> None:
    """Thousands of calls at random: whenever the API counted each, between sent and answered, no window overflows."""
    chance = random.Random(seed)
    api = Api.limited_by(*DIGITALOCEAN)
    spans: list[tuple[float, float, str, str, object]] = []

    async def one(start: float, method: str, path: str, body: object) -> None:
        await api.time.sleep(start)
        permit = await api.limiter.acquire(method, path, body, within=1e6)
        sent = api.time.now
        await api.time.sleep(chance.choice((0.0, 0.05, 0.4, 7.0)))
        spans.append((sent, api.time.now, method, path, body))
        permit.done()

    kinds = chance.choices(OPERATIONS, weights=[weight for *_, weight in OPERATIONS], k=1500)
    bodies = [{"files": ["f"] * chance.randrange(51)} if path.endswith("cache") else None for _, path, _ in kinds]
    starts = [chance.uniform(0, 400) for _ in kinds]
    work = zip(starts, kinds, bodies, strict=True)
    await api.time.run(*(one(start, method, path, body) for start, (method, path, _), body in work))
    assert len(spans) == 1500
    for limit in DIGITALOCEAN:
        for counted_at in (min, max, chance.uniform):
            counted = sorted(
                (counted_at(sent, over), _cost(limit, body))
                for sent, over, method, path, body in spans
                if limit.covers(method, path)
            )
            assert counted, limit.name
            assert _fullest(counted, limit.window) <= limit.amount, limit.name


def _cost(limit: Limit, body: object) -> int:
    return len(body["files"]) if limit.weight and isinstance(body, dict) else 0 if limit.weight else 1


def _fullest(counted: list[tuple[float, int]], window: float) -> int:
    """The most units in any window, each reaching from one call on and not including its end."""
    times = [moment for moment, _ in counted]
    ends = [bisect_left(times, moment + window - 1e-9) for moment in times]
    return max(sum(cost for _, cost in counted[start:end]) for start, end in enumerate(ends))


async def test_a_busy_limit_is_used_to_its_full_amount() -> None:
    """Limits that are kept are not kept too well: a steady queue drains at exactly the allowed rate."""
    api = Api.limited_by(FIVE_IN_TEN)
    moments: list[float] = []

    async def one() -> None:
        permit = await api.limiter.acquire("GET", "/", None, within=1e6)
        moments.append(api.time.now)
        permit.done()

    await api.time.run(*(one() for _ in range(50)))
    assert moments == [1000.0 + 10 * (number // 5) for number in range(50)]
    assert all(later >= earlier for earlier, later in pairwise(moments))


async def test_waking_up_costs_one_timer_however_many_wait() -> None:
    """A timer that an earlier one replaces is cancelled, so that they do not multiply."""
    api = Api.limited_by(Limit("slow", 1, 60.0, paths=("/slow",)), Limit("quick", 1, 1.0, paths=("/quick",)))
    await api.time.run(api.call("slow", path="/slow"), api.call("quick", path="/quick"))
    slow = [asyncio.ensure_future(api.call("slow", path="/slow")) for _ in range(2)]
    quick = [asyncio.ensure_future(api.call("quick", path="/quick")) for _ in range(40)]
    most = 0
    while not all(task.done() for task in (*slow, *quick)):
        await api.time.advance(0.5)
        most = max(most, api.time.timers())
    assert most == 1
