"""Processes that share a state folder or a Redis: what one adds or removes the others have, without restart."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from source_documents import document, operation

from end_to_end.loopback import Upstream
from redis_server import RedisServer
from specport.app import App, Settings
from specport.errors import RateLimited, SourceError, UnknownTool
from specport.executor.model import Limit
from specport.sources import reading, roster, shelf
from specport.sources.fetch import FetchPolicy
from specport.sources.model import Origin, Source
from specport.sources.shelf import MAX_SOURCES
from specport.sources.specification import Specification

pytestmark = pytest.mark.anyio

TOOL = "pet_shop_pets_listPets"
OTHER = {"/b": {"get": operation("second", "G")}}


class Pauses:
    """The pauses of a process between its looks at the store; each ends when the test says so."""

    def __init__(self) -> None:
        self._waiting: asyncio.Future[None] | None = None
        self._begun = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self._waiting = asyncio.get_running_loop().create_future()
        self._begun.set()
        await self._waiting

    async def end(self) -> None:
        """Let the pause be over, and come back when the next one has begun."""
        await self._begun.wait()
        self._begun.clear()
        assert self._waiting is not None
        self._waiting.set_result(None)
        await self._begun.wait()


Process = Callable[..., Awaitable[App]]


@pytest.fixture(params=["state folder", "redis"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, object]:
    """The settings by which processes share a store."""
    if request.param == "redis":
        return {"state_url": request.getfixturevalue("redis").url}
    return {"state_dir": tmp_path / "state"}


@pytest.fixture
async def process(upstream: Upstream) -> AsyncIterator[Process]:
    """Another process with those settings; its pauses are real ones unless it is given some."""
    async with AsyncExitStack() as stack:

        async def one(*sources: Source, pauses: Pauses | None = None, **settings: Any) -> App:
            settings = {"fetching": FetchPolicy(allow_private=True), **settings}
            sleep = pauses.sleep if pauses else asyncio.sleep
            return await stack.enter_async_context(App.open(sources, Settings(**settings), sleep=sleep))

        yield one


def specification(url: str, title: str = "Pet Shop API", **more: Any) -> Specification:
    return Specification(document(title, server=url, **more))


def _bound(monkeypatch: pytest.MonkeyPatch, sources: int) -> None:
    for module in (roster, shelf):
        monkeypatch.setattr(module, "MAX_SOURCES", sources)


def addresses(app: App) -> list[str]:
    return [tool.address for tool in app.listing.tools if tool.route]


async def test_what_one_process_added_another_can_call_at_once(
    process: Process, shared: dict[str, object], upstream: Upstream
) -> None:
    """By a name that it did not know until it was asked for it; calls go where the first one said."""
    first, second = await process(**shared), await process(**shared)
    await first.add(specification(upstream.url), Origin.TOOL)
    assert not (await second.call(TOOL, {})).is_error
    assert [asked.target for asked in upstream.take()] == ["/pets"]
    assert second.listing.digest == first.listing.digest, "of which cursors are made"
    assert second.listing.names == first.listing.names


async def test_what_one_process_removed_another_does_not_know(
    process: Process, shared: dict[str, object], upstream: Upstream
) -> None:
    """With the error for a name that never was one; the name is free again, for another document, in all of them."""
    first, second = await process(**shared), await process(**shared)
    await first.add(specification(upstream.url), Origin.TOOL)
    await second.sync()
    assert await first.remove("pet_shop")
    await second.sync()
    with pytest.raises(UnknownTool, match="there is no tool"):
        await second.call(TOOL, {})
    assert (await second.add(specification(upstream.url, paths=OTHER), Origin.TOOL)).is_new
    await first.sync()
    assert addresses(first) == ["pet_shop.g.second"]
    assert not await first.remove("nonesuch")


async def test_a_source_that_was_replaced_is_the_new_one_everywhere(
    process: Process, shared: dict[str, object], upstream: Upstream
) -> None:
    """Removed and added again between two looks; the other sources stay open as they are."""
    first, second = await process(**shared), await process(**shared)
    await first.add(specification(upstream.url), Origin.TOOL)
    await first.add(specification(upstream.url, "Zoo"), Origin.TOOL)
    await second.sync()
    before = {opened.source.name: opened for opened in second.channels()}
    await first.remove("pet_shop")
    await first.add(specification(upstream.url, paths=OTHER), Origin.TOOL)
    await second.sync()
    after = {opened.source.name: opened for opened in second.channels()}
    assert addresses(second)[0] == "pet_shop.g.second"
    assert after["zoo"] is before["zoo"]
    assert after["pet_shop"] is not before["pet_shop"]


async def test_what_was_removed_and_added_again_as_it_was_is_there(
    process: Process, shared: dict[str, object], upstream: Upstream
) -> None:
    """Whichever process did which."""
    first, second = await process(**shared), await process(**shared)
    await first.add(specification(upstream.url), Origin.TOOL)
    await second.remove("pet_shop")
    await first.add(specification(upstream.url), Origin.TOOL)
    for app in (first, second):
        assert not (await app.call(TOOL, {})).is_error


async def test_the_limits_of_a_source_are_those_it_has_now(
    process: Process, shared: dict[str, object], upstream: Upstream
) -> None:
    """Also where it had others before, and calls were made by them."""
    first, second = await process(**shared), await process(**shared)
    for amount in (1, 2):
        await first.remove("pet_shop")
        limit = Limit(f"{amount} a day", amount, 86_400.0)
        await first.add(replace(specification(upstream.url), limits=(limit,)), Origin.OPERATOR)
        await second.sync()
        for _ in range(amount):
            assert not (await second.call(TOOL, {})).is_error
        with pytest.raises(RateLimited, match=f"the limit {amount} a day"):
            await second.call(TOOL, {})


async def test_what_is_unchanged_is_never_read_again(
    process: Process, shared: dict[str, object], upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by the process that added it nor by one that looks again and again."""
    opened: list[str] = []
    real = reading.open_source

    def counted(source: Source, *more: Any) -> Any:
        opened.append(source.name)
        assert threading.current_thread() is not threading.main_thread(), "while the event loop goes on"
        return real(source, *more)

    monkeypatch.setattr(reading, "open_source", counted)
    first, second = await process(**shared), await process(**shared)
    for title in ("Ape", "Bee", "Cat"):
        await first.add(specification(upstream.url, title), Origin.TOOL)
        for app in (first, second, first, second):
            await app.sync()
    assert sorted(opened) == ["ape", "ape", "bee", "bee", "cat", "cat"]


async def test_a_process_that_nobody_asks_finds_out_by_itself(
    process: Process, shared: dict[str, object], upstream: Upstream
) -> None:
    """By the look that it takes about once a second, and whoever listens to it is told once for each change."""
    pauses = Pauses()
    first, second = await process(**shared), await process(pauses=pauses, **shared)
    told: list[int] = []

    async def listen() -> None:
        told.append(len(addresses(second)))

    second.on_change.append(listen)
    await pauses.end()
    assert told == []
    await first.add(specification(upstream.url), Origin.TOOL)
    await pauses.end()
    await pauses.end()
    assert told == [3]
    await first.remove("pet_shop")
    await pauses.end()
    assert told == [3, 0]


async def test_two_processes_that_add_at_the_same_moment_agree(
    process: Process, shared: dict[str, object], upstream: Upstream
) -> None:
    """The same document: both have it. Another one under that name: one of them is told so."""
    first, second = await process(**shared), await process(**shared)
    await asyncio.gather(*(app.add(specification(upstream.url), Origin.TOOL) for app in (first, second)))
    assert addresses(first) == addresses(second)
    done = await asyncio.gather(
        first.add(specification(upstream.url, "Zoo"), Origin.TOOL),
        second.add(specification(upstream.url, "Zoo", paths=OTHER), Origin.TOOL),
        return_exceptions=True,
    )
    [refused] = [each for each in done if isinstance(each, BaseException)]
    assert "the name 'zoo' is in use for another document" in str(refused)
    await first.sync()
    await second.sync()
    assert first.listing.digest == second.listing.digest


async def test_a_stored_source_that_is_broken_leaves_the_others_alone(
    process: Process, shared: dict[str, object], upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    """No document, one nested too deep, one whose tools have another's names: each is told once, by its name."""
    first = await process(**shared)
    store = first._registry._shelf._store
    assert store is not None
    await first.add(specification(upstream.url), Origin.TOOL)
    await first.add(specification(upstream.url, "pets", paths={"/a": {"get": operation("xöy", "g")}}), Origin.TOOL)
    clash = document(server=upstream.url, paths={"/b": {"get": operation("y", "x")}})
    deep = b'{"openapi":"3.1.0","paths":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    hostile = {"broken": b"not a document", "deep": deep, "pets_g": clash.encode()}
    for name, data in hostile.items():
        assert await store.add(Source(name, "given as text", data, Origin.TOOL))
    for _ in range(3):
        await first.sync()
    assert not (await first.call(TOOL, {})).is_error
    assert set(first.left_out()) == set(hostile)
    for name in hostile:
        assert sum(f"the added source {name} could not be opened" in message for message in caplog.messages) == 1
    second = await process(**shared)
    assert second.listing.digest == first.listing.digest
    await first.remove("broken")
    await second.sync()
    assert set(second.left_out()) == {"deep", "pets_g"}


async def test_a_source_named_at_start_hides_an_added_one(
    process: Process, shared: dict[str, object], upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    """Which is told; for other processes the added one stays."""
    named = Source("pet_shop", "a.json", document(server=upstream.url, paths=OTHER).encode(), Origin.OPERATOR)
    first, second = await process(**shared), await process(named, **shared)
    await first.add(specification(upstream.url), Origin.TOOL)
    await second.sync()
    assert addresses(second) == ["g.second"]
    assert "another source of that name was named at start" in caplog.text
    assert len(addresses(first)) == 3


async def test_the_number_of_sources_is_bounded(
    process: Process,
    shared: dict[str, object],
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In what is added and in what is taken from a store that others filled."""
    assert MAX_SOURCES == 500
    first = await process(**shared)
    _bound(monkeypatch, 2)
    for title in ("Ape", "Bee"):
        await first.add(specification(upstream.url, title), Origin.TOOL)
    with pytest.raises(SourceError, match="there are already 2 sources"):
        await first.add(specification(upstream.url, "Cat"), Origin.TOOL)
    _bound(monkeypatch, 3)
    await first.add(specification(upstream.url, "Cat"), Origin.TOOL)
    _bound(monkeypatch, 2)
    second = await process(**shared)
    assert [opened.source.name for opened in second.channels()] == ["ape", "bee"]
    assert "of 3 added sources only the first 2 are open (MAX_SOURCES)" in caplog.text


async def test_without_redis_what_is_open_stays_and_adding_says_why_it_cannot(
    process: Process, redis: RedisServer, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    """One line in the log, one clear error; when it answers again nothing has to be restarted."""
    pauses = Pauses()
    app = await process(pauses=pauses, state_url=redis.url)
    await app.add(specification(upstream.url), Origin.TOOL)
    redis.kill()
    for _ in range(3):
        await app.sync()
        await pauses.end()
        assert not (await app.call(TOOL, {})).is_error
    with pytest.raises(SourceError, match=r"the Redis that keeps added sources does not answer .*Is the Redis of --st"):
        await app.add(specification(upstream.url, "Zoo"), Origin.TOOL)
    with pytest.raises(SourceError, match="does not answer"):
        await app.remove("pet_shop")
    assert sum("the sources that are open stay" in message for message in caplog.messages) == 1
    redis.start()
    await pauses.end()
    assert (await app.add(specification(upstream.url, "Zoo"), Origin.TOOL)).is_new
    assert sum("can be used again" in message for message in caplog.messages) == 1


async def test_a_redis_that_comes_back_empty_gets_what_is_open(
    process: Process, redis: RedisServer, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    """Sources outlive a Redis without persistence as long as one replica does; what was removed stays removed."""
    pauses = [Pauses(), Pauses()]
    first, second = [await process(pauses=each, state_url=redis.url) for each in pauses]
    for title in ("Pet Shop", "Zoo"):
        await first.add(specification(upstream.url, title), Origin.TOOL)
    await first.remove("zoo")
    await pauses[1].end()
    redis.kill()
    await pauses[0].end()
    redis.start()
    for each in (*pauses, *pauses):
        await each.end()
    third = await process(state_url=redis.url)
    assert first.listing.digest == second.listing.digest == third.listing.digest
    assert len(addresses(third)) == 3
    assert sum("the 1 that are known go back" in message for message in caplog.messages) == 1


async def test_a_start_without_redis_is_told_and_made_good(
    process: Process, redis: RedisServer, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    """The sources named at start are served; the added ones come when Redis does."""
    named = Source("named", "a.json", document(server=upstream.url).encode(), Origin.OPERATOR)
    redis.kill()
    pauses = Pauses()
    late = await process(named, pauses=pauses, state_url=redis.url)
    assert len(addresses(late)) == 3
    assert "does not answer" in caplog.text
    redis.start()
    await (await process(state_url=redis.url)).add(specification(upstream.url, "Zoo"), Origin.TOOL)
    await pauses.end()
    assert "zoo.pets.listPets" in addresses(late)


async def test_a_password_is_never_shown(
    process: Process, redis: RedisServer, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the log, not in an error."""
    caplog.set_level(logging.DEBUG)
    app = await process(state_url=redis.url.replace("redis://", "redis://:s3cret-word@"))
    with pytest.raises(SourceError) as caught:
        await app.add(specification(upstream.url), Origin.TOOL)
    assert "s3cret" not in str(caught.value) + caplog.text
    with pytest.raises(SourceError, match="--state is no Redis URL") as refused:
        await process(state_url="http://:s3cret-word@example.com")
    assert "s3cret" not in str(refused.value)


async def test_what_is_too_large_in_redis_is_not_fetched(
    process: Process, redis: RedisServer, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size is asked for first."""
    first = await process(state_url=redis.url)
    await first.add(specification(upstream.url), Origin.TOOL)
    monkeypatch.setattr("specport.sources.redis_store.MAX_STORED_BYTES", 100)
    second = await process(state_url=redis.url)
    assert "the limit is 100 (MAX_STORED_BYTES)" in str(second.left_out()["pet_shop"])


async def test_a_redis_that_is_filled_by_somebody_else_is_left_alone(
    process: Process, redis: RedisServer, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """Names that are none are told one by one; more than anybody adds is not even listed."""
    from redis.asyncio import Redis

    async with Redis.from_url(redis.url) as client:
        first = await process(state_url=redis.url)
        await first.add(specification(upstream.url), Origin.TOOL)
        for name in ("../../etc", "a\nb", "", "digital ocean"):
            await client.hset("specport:{sources}:revisions", name, "1")
            await client.hset("specport:{sources}:kept", name, b"x")
        await client.set("specport:{sources}:version", "other")
        await first.sync()
        assert len(first.left_out()) == 4
        assert not (await first.call(TOOL, {})).is_error
        monkeypatch.setattr("specport.sources.redis_store.MAX_STORED", 4)
        await client.set("specport:{sources}:version", "another")
        await first.sync()
        assert not (await first.call(TOOL, {})).is_error
    assert "Redis holds 5 added sources; the limit is 4 (MAX_STORED)" in caplog.text


async def test_all_keys_have_one_prefix(process: Process, redis: RedisServer, upstream: Upstream) -> None:
    """So that they can be found and kept apart; what is removed leaves nothing of itself."""
    from redis.asyncio import Redis

    app = await process(state_url=redis.url)
    await app.add(specification(upstream.url), Origin.TOOL)
    client = Redis.from_url(redis.url, decode_responses=True)
    assert set(await client.keys("*")) == {f"specport:{{sources}}:{key}" for key in ("version", "revisions", "kept")}
    await app.remove("pet_shop")
    assert set(await client.keys("*")) == {"specport:{sources}:version"}
    await client.aclose()
