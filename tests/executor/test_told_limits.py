"""Limits that the API tells: they tighten what is declared, never loosen it, and a wrong one closes no source."""

from __future__ import annotations

import asyncio

import pytest
from fake_time import Api

from specport.errors import RateLimited
from specport.executor.learning import Quota
from specport.executor.model import Limit
from specport.executor.told import MAX_PAUSE, MAX_TOLD, Told

pytestmark = pytest.mark.anyio

TEN_IN_SIXTY = Limit("ten in sixty", 10, 60.0)


def left(remaining: int, reset: float, amount: int = 100, *, name: str = "ratelimit", is_general: bool = True) -> Told:
    """An answer with one quota."""
    return Told((Quota(name, amount, remaining, reset, is_general=is_general),))


async def test_calls_under_way_at_the_same_time_are_bounded() -> None:
    """A limit without seconds counts calls only while they last."""
    api = Api.limited_by(Limit("two at a time", 2, 0.0))
    work = [asyncio.ensure_future(api.call(f"{number}", lasts=3.0)) for number in range(5)]
    await api.time.advance(2.9)
    assert len(api.let_go) == 2
    await api.time.advance(0.2)
    assert len(api.let_go) == 4
    await api.time.run(*work)
    assert api.time.now == 1009.0


async def test_what_others_used_of_a_declared_limit_is_counted() -> None:
    """Another program with the same token used seven of ten: two more may go, the next one at the quota's reset."""
    api = Api.limited_by(TEN_IN_SIXTY)
    await api.time.run(api.call("told", told=left(2, 20.0, amount=10)))
    await api.time.run(api.call("second"), api.call("third"))
    assert api.time.now == 1000.0
    await api.time.run(api.call("fourth"))
    assert api.time.now == 1020.0


async def test_a_quota_that_leaves_more_than_is_known_loosens_nothing() -> None:
    """The API saw less than was sent, as a replica behind a cache does; the declared limit is kept all the same."""
    api = Api.limited_by(TEN_IN_SIXTY)
    await api.time.run(*(api.call(f"{number}", told=left(9, 60.0, amount=10)) for number in range(10)))
    await api.time.run(api.call("late"))
    assert api.time.now == 1060.0


async def test_the_latest_answer_counts() -> None:
    """What others used is told anew with every answer, more or less of it."""
    api = Api.limited_by(TEN_IN_SIXTY)
    await api.time.run(api.call("full", told=left(0, 30.0, amount=10)))
    await api.time.run(api.call("probe", told=left(8, 30.0, amount=10)))
    assert api.time.now == 1030.0
    await api.time.run(*(api.call(f"{number}") for number in range(8)))
    assert api.time.now == 1030.0


async def test_a_quota_that_nobody_declared_is_kept() -> None:
    """So many calls as are left, then none until the reset, then one whose answer says how many there are now."""
    api = Api.limited_by()
    await api.time.run(api.call("told", told=left(2, 50.0)))
    first = [asyncio.ensure_future(api.call(f"{number}")) for number in range(2)]
    await api.time.advance(49.0)
    assert len(api.let_go) == 3
    queue = [asyncio.ensure_future(api.call("after", lasts=1.0, told=left(90, 50.0))) for _ in range(4)]
    await api.time.advance(1.5)
    assert len(api.let_go) == 4, "one call asks first"
    await api.time.run(*first, *queue)
    assert api.time.now < 1055.0


async def test_a_call_without_an_answer_does_not_use_up_the_question() -> None:
    """When the one that asks fails, another one asks."""
    api = Api.limited_by()
    await api.time.run(api.call("told", told=left(0, 5.0)))
    await api.time.run(*(api.call("asks", lasts=1.0) for _ in range(3)))
    assert api.time.now == 1008.0


async def test_the_error_names_the_quota_and_the_wait() -> None:
    """A call that would have to wait too long is told for what."""
    api = Api.limited_by()
    await api.time.run(api.call("told", told=left(0, 300.0, amount=60, name="x-ratelimit")))
    with pytest.raises(
        RateLimited, match=r"quota x-ratelimit \(60\) is used up for another 300 s, longer than the 50 s"
    ) as got:
        await api.limiter.acquire("GET", "/", None, within=50.0)
    assert (got.value.wait, got.value.limit) == (300.0, "x-ratelimit")


async def test_a_quota_of_one_resource_holds_for_its_operations_alone() -> None:
    """GitHub counts searches apart: nothing else waits for them."""
    api = Api.limited_by()
    search = left(0, 60.0, amount=10, name="x-ratelimit search", is_general=False)
    await api.time.run(api.call("search", path="/search", told=search), api.call("core", path="/repos"))
    await api.time.run(api.call("core", path="/repos"), api.call("new", path="/users"))
    assert api.time.now == 1000.0
    await api.time.run(api.call("search", path="/search"))
    assert api.time.now == 1060.0


async def test_an_operation_with_a_narrow_quota_holds_up_no_other() -> None:
    """Two amounts under one header name are two quotas; an operation not called yet has the wide one."""
    api = Api.limited_by()
    await api.time.run(api.call("list", path="/things", told=left(4000, 600.0, amount=5000)))
    await api.time.run(api.call("login", path="/login", told=left(0, 600.0, amount=5)))
    await api.time.run(api.call("new", path="/others"))
    assert api.time.now == 1000.0


async def test_an_operation_that_was_refused_pauses_as_long_as_it_was_asked_to() -> None:
    """Retry-After stops that operation for everyone, and no other one."""
    api = Api.limited_by()
    await api.time.run(api.call("refused", path="/a", told=Told(pause=7.0)))
    await api.time.run(api.call("other", path="/b"))
    assert api.time.now == 1000.0
    await api.time.run(api.call("again", path="/a"), api.call("again", path="/a"))
    assert api.time.now == 1007.0


async def test_no_answer_closes_a_source_for_ever_or_fills_the_memory() -> None:
    """Pauses and quotas have bounds, in length and in number."""
    api = Api.limited_by()
    await api.time.run(api.call("refused", told=Told(pause=1e12)))
    await api.time.run(api.call("again"))
    assert api.time.now == 1000.0 + MAX_PAUSE
    for number in range(3 * MAX_TOLD):
        await api.time.run(api.call("x", path=f"/{number}", told=left(1, 5.0, amount=number + 1)))
    assert len(list(api.limiter._told.covering(("GET", "/new")))) == 1


async def test_a_hundred_random_programs_never_exceed_what_the_api_counts() -> None:
    """With a sliding limit that others use too, no call of ours is refused once its state is told."""
    api = Api.limited_by(Limit("twenty in ten", 20, 10.0))
    counted: list[float] = []
    refused = 0

    def answer() -> Told:
        nonlocal refused
        now = api.time.now
        counted[:] = [moment for moment in counted if moment > now - 10.0]
        if len(counted) >= 20:
            refused += 1
        else:
            counted.append(now)
        return left(20 - len(counted), counted[0] + 10.0 - now, amount=20)

    async def ours() -> None:
        permit = await api.limiter.acquire("GET", "/", None, within=1e5)
        permit.done(answer())

    async def others() -> None:
        for _ in range(30):
            await api.time.sleep(5.0)
            if len(counted) < 15:
                answer()

    await api.time.run(others(), *(ours() for _ in range(200)))
    assert refused <= 5
