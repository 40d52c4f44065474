"""What another process does at the worst moment: every process ends with the same sources, none of them lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from source_documents import document, operation

from specport.app import App, Settings
from specport.errors import SourceError, UnknownTool
from specport.sources.model import Origin
from specport.sources.specification import Specification

pytestmark = pytest.mark.anyio

ONE = Specification(document(paths={"/a": {"get": operation("xöy", "g")}}), name="pets")
TWO = Specification(document(paths={"/a": {"get": operation("y", "x")}}), name="pets_g")
"""Their tools would both be called pets_g_x_y."""

CLASH = "pets_g.x.y and pets.g.xöy would both be called pets_g_x_y. Give the source another name"

Process = Callable[[], Awaitable[App]]


@pytest.fixture(params=["state folder", "redis"])
async def process(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Process]:
    """Another process that shares a store."""
    shared: dict[str, Any] = {"state_dir": tmp_path / "state"}
    if request.param == "redis":
        shared = {"state_url": request.getfixturevalue("redis").url}
    async with AsyncExitStack() as stack:

        async def one() -> App:
            return await stack.enter_async_context(App.open([], Settings(**shared)))

        yield one


def addresses(app: App) -> list[str]:
    return [tool.address for tool in app.listing.tools if tool.route]


async def clashing(process: Process) -> tuple[App, App]:
    """Two processes that each added one of two sources before it knew of the other's."""
    first, second = await process(), await process()
    for app, wanted in ((second, TWO), (first, ONE)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(app, "sync", _no_look)
            await app.add(wanted, Origin.TOOL)
    for app in (first, second):
        await app.sync()
    return first, second


async def test_two_sources_whose_tools_have_the_same_names_are_decided_alike_everywhere(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    """By their names, whoever was first: a list's cursors must fit at every process. It is told once."""
    first, second = await clashing(process)
    for app in (first, second, await process()):
        for _ in range(2):
            await app.sync()
        assert app.listing.digest == first.listing.digest
        assert addresses(app) == ["pets.g.xöy"]
        assert {name: str(error) for name, error in app.left_out().items()} == {"pets_g": CLASH}
    assert sum(CLASH in message for message in caplog.messages) == 3
    with pytest.raises(SourceError, match=r"'pets_g' cannot be opened: .* Give the source another name"):
        await first.refresh("pets_g")


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda app: app.remove("pets"), ["pets_g.x.y"]),
        (lambda app: app.disable("pets"), ["pets_g.x.y"]),
        (lambda app: app.rename("pets", "zoo"), ["pets_g.x.y", "zoo.g.xöy"]),
        (lambda app: app.rename("pets_g", "zoo"), ["pets.g.xöy", "zoo.x.y"]),
        (lambda app: app.remove("pets_g"), ["pets.g.xöy"]),
        (lambda app: app.disable("pets_g"), ["pets.g.xöy"]),
    ],
)
async def test_the_one_that_waits_is_there_when_nothing_is_in_its_way(
    process: Process, change: Callable[[App], Awaitable[object]], left: list[str]
) -> None:
    """In every process, without a restart; it can be given another name, as the error says."""
    first, second = await clashing(process)
    assert await change(first)
    for app in (first, second, await process()):
        await app.sync()
        assert addresses(app) == left
        assert app.left_out() == {}


@pytest.mark.parametrize(
    "changes",
    [
        (lambda app: app.disable("pets"), lambda app: app.enable("pets")),
        (lambda app: app.remove("pets"), lambda app: app.add(ONE, Origin.TOOL)),
        (lambda app: app.rename("pets", "zoo"), lambda app: app.rename("zoo", "pets")),
    ],
)
async def test_what_changes_between_the_list_and_the_reading_is_seen_when_it_changes_back(
    process: Process, changes: tuple[Callable[[App], Awaitable[object]], ...], caplog: pytest.LogCaptureFixture
) -> None:
    """The revision is then the one that was listed, but not the one that was read."""
    first, second = await process(), await process()
    await first.add(ONE, Origin.TOOL)
    store = second._registry._shelf._store
    assert store
    listed = store.revisions

    async def revisions() -> Mapping[str, str]:
        found = await listed()
        store.revisions = listed
        await changes[0](first)
        return found

    store.revisions = revisions
    await second.sync()
    assert addresses(second) == []
    await changes[1](first)
    await second.sync()
    assert addresses(second) == ["pets.g.xöy"]
    assert second.listing.digest == first.listing.digest
    assert second.left_out() == {}
    assert caplog.messages == []


async def test_what_another_process_renamed_is_not_removed_by_its_old_name(process: Process) -> None:
    """Of two that remove it one has done it; a call by a name of before finds nothing."""
    first, second = await process(), await process()
    await first.add(ONE, Origin.TOOL)
    await second.sync()
    await first.rename("pets", "zoo")
    assert not await second.remove("pets")
    assert addresses(second) == ["zoo.g.xöy"]
    with pytest.raises(UnknownTool):
        await second.call("pets.g.xöy", {})
    assert await first.remove("zoo")
    assert not await second._registry.remove("zoo"), "which it has not heard of"
    await second.sync()
    assert addresses(second) == addresses(await process()) == []


async def test_a_removal_between_two_steps_of_adding_is_told(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name was taken when it was to be kept, and free when it was looked at."""
    first, second = await process(), await process()
    await first.add(ONE, Origin.TOOL)
    store = second._registry._shelf._store
    assert store
    got = store.get

    async def get(name: str) -> Any:
        await first.remove(name)
        return await got(name)

    monkeypatch.setattr(store, "get", get)
    with pytest.raises(SourceError, match="'pets' was removed by another process just now"):
        await second._registry.add(ONE, Origin.TOOL)
    assert (await second.add(ONE, Origin.TOOL)).is_new


async def _no_look() -> None:
    """In place of the look that comes before each change."""
