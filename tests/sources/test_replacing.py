"""A kept source replaced by another version of it, in a state folder and in Redis: wholly, by one, or not at all."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from earlier_state_files import write_state_file
from source_documents import PATHS, document, operation

from specport.app import App, Settings
from specport.documents.model import File
from specport.errors import SourceError
from specport.executor.model import Channel, Limit
from specport.sources.model import Filters, Held, Origin, Source, Validators
from specport.sources.sqlite_store import SqliteStore
from specport.sources.store import SourceStore

pytestmark = pytest.mark.anyio

URL = "https://docs.example.com/pets.json"
SHOP = Source(
    "shop", URL, document().encode(), Origin.OPERATOR, "https://b.example.com", {"k": "env:K"},
    filters=Filters(("Pets",)), channel=Channel(limits=(Limit("100/60s", 100, 60.0),)),
    files=(File("https://docs.example.com/f", b"F"),), overlays=(File("https://docs.example.com/o", b"O"),),
    unread={"https://docs.example.com/u": "404"}, origins=("https://b.example.com",),
    validators=Validators(URL, 'W/"1"', "Sat, 28 Nov 2026 08:00:00 GMT"),
)  # fmt: skip
HELD = replace(SHOP, held=Held(("POST /pets",), ("token",)))
OFF = replace(SHOP, enabled=False)

OpenStore = Callable[[], SourceStore]


@pytest.fixture(params=["state folder", "redis"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """The settings by which processes share a store."""
    if request.param == "redis":
        return {"state_url": request.getfixturevalue("redis").url}
    return {"state_dir": tmp_path / "state"}


@pytest.fixture
async def open_store(shared: dict[str, Any]) -> AsyncIterator[OpenStore]:
    """Another process's store at that place."""
    async with AsyncExitStack() as stack:

        def one() -> SourceStore:
            store = _store_at(shared)
            stack.push_async_callback(store.aclose)
            return store

        yield one


def _store_at(shared: dict[str, Any]) -> SourceStore:
    if "state_dir" in shared:
        return SqliteStore(shared["state_dir"])
    from specport.sources.redis_store import RedisStore

    return RedisStore(shared["state_url"])


async def added(store: SourceStore, source: Source = SHOP) -> str:
    """The revision of a source that is new there."""
    revision = await store.add(source)
    assert revision is not None
    return revision


async def kept(store: SourceStore, name: str) -> Source | None:
    """A source as it is kept, with the revision that is listed."""
    found = await store.get(name)
    if found is None:
        return None
    assert (await store.revisions())[name] == found.revision
    return found.source


async def stored_bytes(shared: dict[str, Any], name: str = "shop") -> bytes:
    """What is kept of a source, as it stands there."""
    if "state_dir" in shared:
        with closing(sqlite3.connect(shared["state_dir"] / "sources.sqlite")) as connection:
            return connection.execute("select source from kept where name = ?", (name,)).fetchone()[0]
    from redis.asyncio import Redis

    async with Redis.from_url(shared["state_url"]) as client:
        found = await client.hget("specport:{sources}:kept", name)
        assert isinstance(found, bytes)
        return found


async def overwrite(shared: dict[str, Any], data: bytes) -> None:
    """Put anything in place of what is kept of the shop, as another release would."""
    if "state_dir" in shared:
        with closing(sqlite3.connect(shared["state_dir"] / "sources.sqlite")) as connection, connection:
            connection.execute("update kept set source = ?, revision = 'theirs' where name = 'shop'", (data,))
        return
    from redis.asyncio import Redis

    async with Redis.from_url(shared["state_url"]) as client:
        await client.hset("specport:{sources}:kept", "shop", data)
        await client.hset("specport:{sources}:revisions", "shop", "theirs")
        await client.set("specport:{sources}:version", "theirs")


@pytest.mark.parametrize("newer", [HELD, OFF, replace(HELD, data=b"{}"), replace(HELD, name="store")])
async def test_it_comes_back_as_it_was_given(open_store: OpenStore, newer: Source) -> None:
    """What waits, whether it is on, and what its server calls its version too; the other store knows of the change."""
    first, second = open_store(), open_store()
    before = await added(first)
    known = await second.version()
    revision = await first.replace("shop", before, newer)
    assert revision not in (None, before)
    assert await second.version() != known
    assert await second.revisions() == {newer.name: revision}
    assert await kept(second, newer.name) == newer


async def test_only_what_was_read_is_replaced(open_store: OpenStore) -> None:
    """A revision that is not there any more, or never was, and a name that is not kept: nothing changes."""
    store = open_store()
    first = await added(store)
    second = await store.replace("shop", first, HELD)
    assert second is not None
    version = await store.version()
    for name, revision in (("shop", first), ("shop", ""), ("other", first), ("other", "")):
        assert await store.replace(name, revision, OFF) is None
    assert await store.replace("shop", first, replace(OFF, name="store")) is None
    assert await store.version() == version
    assert await store.revisions() == {"shop": second}
    assert await kept(store, "shop") == HELD


async def test_a_removed_source_does_not_come_back(open_store: OpenStore) -> None:
    """By a process that still knows it."""
    store = open_store()
    revision = await added(store)
    await store.delete("shop")
    assert await store.replace("shop", revision, HELD) is None
    assert await store.revisions() == {}


async def test_a_name_that_is_taken_changes_neither(open_store: OpenStore) -> None:
    """Both stay as they are, also where the other one is the same in all but its name."""
    store = open_store()
    revisions = {"shop": await added(store), "store": await added(store, replace(SHOP, name="store"))}
    version = await store.version()
    assert await store.replace("shop", revisions["shop"], replace(HELD, name="store")) is None
    assert (await store.version(), await store.revisions()) == (version, revisions)
    assert (await kept(store, "shop"), await kept(store, "store")) == (SHOP, replace(SHOP, name="store"))


async def test_of_many_at_once_one_wins(open_store: OpenStore) -> None:
    """Whatever they would make of it: what is kept is what the one that was told so gave."""
    stores = [open_store(), open_store()]
    revision = await added(stores[0])
    wanted = [replace(HELD, data=bytes([n]), name=("shop", f"s{n}")[n % 3 == 0]) for n in range(16)]
    calls = [stores[n % 2].replace("shop", revision, source) for n, source in enumerate(wanted)]
    done = await asyncio.gather(*calls)
    [(winner, new)] = [(source, new) for source, new in zip(wanted, done, strict=True) if new]
    for store in stores:
        assert await store.revisions() == {winner.name: new}
        assert await kept(store, winner.name) == winner


async def test_of_two_that_want_a_name_one_gets_it(open_store: OpenStore) -> None:
    """The other keeps its own; nothing is lost."""
    stores = [open_store(), open_store()]
    sources = [replace(SHOP, name=name) for name in ("ape", "bee")]
    known = [await added(stores[0], source) for source in sources]
    calls = [
        store.replace(source.name, revision, replace(source, name="cat"))
        for store, source, revision in zip(stores, sources, known, strict=True)
    ]
    done = await asyncio.gather(*calls)
    assert sum(each is None for each in done) == 1
    loser = sources[done.index(None)].name
    assert list(await stores[0].revisions()) == sorted({loser, "cat"})


async def test_what_is_too_large_is_not_kept(open_store: OpenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the limit, and what was there stays."""
    store = open_store()
    revision = await added(store)
    monkeypatch.setattr("specport.sources.codec.MAX_STORED_BYTES", 1000)
    with pytest.raises(SourceError, match=r"limit is 1,000 \(MAX_STORED_BYTES\)"):
        await store.replace("shop", revision, HELD)
    monkeypatch.undo()
    assert await kept(store, "shop") == SHOP


async def test_an_older_release_reads_all_that_it_would_use_rightly(
    open_store: OpenStore, shared: dict[str, Any]
) -> None:
    """It knows nothing of tools that wait or of sources that are off, so it must not open one that has them."""
    store = open_store()
    revision = await added(store)
    for source, written in ((HELD, 2), (SHOP, 1), (OFF, 2), (SHOP, 1)):
        revision = await store.replace("shop", revision, source)
        assert revision is not None
        assert orjson.loads((await stored_bytes(shared)).partition(b"\n")[0])["format"] == written


async def test_what_a_newer_release_wrote_is_left_as_it_is(open_store: OpenStore, shared: dict[str, Any]) -> None:
    """The sentence says so; it can be neither changed nor written over, and the others open beside it."""
    store = open_store()
    await added(store)
    theirs = (await stored_bytes(shared)).replace(b'"format":1', b'"format":99', 1)
    await overwrite(shared, theirs)
    async with App.open([], Settings(**shared)) as app:
        await app.add(_wanted("zoo"), Origin.OPERATOR)
        assert "was written by a newer specport. Update this one" in str(app.left_out()["shop"])
        with pytest.raises(SourceError, match="was written by a newer specport"):
            await app.add(_wanted("shop"), Origin.OPERATOR)
        for changed in (app.refresh("shop"), app.rename("shop", "store"), app.disable("shop"), app.enable("shop")):
            with pytest.raises(SourceError, match="was written by a newer specport"):
                await changed
        with pytest.raises(SourceError, match="'shop' is taken"):
            await app.rename("zoo", "shop")
        assert {tool.route.source for tool in app.listing.tools if tool.route} == {"zoo"}
    assert await stored_bytes(shared) == theirs


@pytest.mark.parametrize("version", [1, 2])
async def test_what_an_earlier_state_file_has_lives_on(tmp_path: Path, web: dict[str, str], version: int) -> None:
    """It is refreshed, configured, renamed and switched off and on, over restarts, as any other."""
    source = Source("shop", URL, document().encode(), Origin.TOOL)
    write_state_file(tmp_path, version, source)
    web[URL] = document(paths={**PATHS, "/toys": {"get": operation("listToys", "Toys")}})
    steps: list[Callable[[App], Awaitable[object]]] = [
        lambda app: app.refresh("shop"),
        lambda app: app.rename("shop", "store"),
        lambda app: app.configure("store", credentials={"k": "env:K"}),
        lambda app: app.disable("store"),
        lambda app: app.enable("store"),
    ]
    for step in steps:
        async with App.open([], Settings(state_dir=tmp_path)) as app:
            await step(app)
    async with App.open([], Settings(state_dir=tmp_path)) as app:
        [opened] = app.channels()
        assert opened.source.held.operations == ("GET /toys",)
        assert opened.source.references == {"k": "env:K"}
        assert [tool.address for tool in app.listing.tools if tool.route] == [
            "store.pets.createPet", "store.pets.listPets", "store.writing.deletePet",
        ]  # fmt: skip
        assert await app.remove("store")


def _wanted(name: str) -> Any:
    from specport.sources.specification import Specification

    return Specification(document(), name=name)
