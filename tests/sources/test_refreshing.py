"""A newer version of a document: what is taken, what waits to be accepted, and what never replaces a good one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from source_documents import PATHS, document, operation

from end_to_end.loopback import Reply, Upstream
from specport.app import App, Settings
from specport.errors import Denied, DocumentError, SourceError, UnknownTool
from specport.policy.model import Action, Approve, Policy, Question, Rule
from specport.sources.fetch import FetchPolicy
from specport.sources.model import Origin, Source
from specport.sources.specification import Specification

pytestmark = pytest.mark.anyio

URL = "https://docs.example.com/pets.json"
BEARER = {"token": {"type": "http", "scheme": "bearer"}}
KEY = {"token": {"type": "apiKey", "in": "query", "name": "token"}}
NEW = {"/toys": {"get": operation("listToys", "Toys")}}

Open = Callable[..., Awaitable[App]]


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[Open]:
    """Another process on the same state folder."""
    async with AsyncExitStack() as stack:

        async def one(*sources: Source, **settings: Any) -> App:
            settings = {"state_dir": tmp_path / "state", **settings}
            return await stack.enter_async_context(App.open(sources, Settings(**settings)))

        yield one


@pytest.fixture
async def app(process: Open, web: dict[str, str]) -> App:
    """The pet shop, added from its URL."""
    web[URL] = document()
    opened = await process()
    await opened.add(Specification(URL), Origin.TOOL)
    return opened


def paths(**changed: object) -> dict[str, object]:
    """The pet shop's paths with others beside or instead of them; None takes one away."""
    return {path: item for path, item in {**PATHS, **changed}.items() if item is not None}


def addresses(app: App) -> list[str]:
    return [tool.address.removeprefix("pet_shop.") for tool in app.listing.tools if tool.route]


async def test_the_same_document_changes_nothing(app: App) -> None:
    """Nobody is told of a change, and the tools stay the very same."""
    tools, told = app.listing.tools, []
    app.on_change.append(lambda: _note(told))
    refreshed = await app.refresh("pet_shop")
    assert not refreshed.is_taken
    assert not refreshed.changes
    assert app.listing.tools == tools
    assert told == []


async def test_changes_are_taken_and_what_is_new_waits(app: App, web: dict[str, str]) -> None:
    """One was removed, one is described anew, one is new: it is neither listed nor callable until it is accepted."""
    web[URL] = document(
        paths=paths(
            **{"/pets/{id}": None, "/pets": {"get": operation("listPets", "Pets", summary="All of them")}, **NEW}
        )
    )
    refreshed = await app.refresh("pet_shop")
    assert refreshed.is_taken
    assert [tool.address for tool in refreshed.changes.added] == ["pet_shop.toys.listToys"]
    assert [tool.address for tool in refreshed.changes.removed] == [
        "pet_shop.pets.createPet", "pet_shop.writing.deletePet",
    ]  # fmt: skip
    assert [each.new.address for each in refreshed.changes.changed] == ["pet_shop.pets.listPets"]
    assert addresses(app) == ["pets.listPets"]
    with pytest.raises(Denied, match=r"toys\.listToys waits to be accepted: a newer document of pet_shop") as refused:
        await app.call("pet_shop.toys.listToys", {})
    assert "`specport refresh pet_shop` tells how" in str(refused.value)


@pytest.mark.parametrize(
    ("rules", "changed"),
    [
        (Policy(rules=(Rule(Action.DENY, tools=("*.deletePet",)),)), {"operationId": "cleanUp"}),
        (Policy(rules=(Rule(Action.APPROVE, tags=("writing",)),)), {"tags": ["Pets"]}),
    ],
    ids=["name", "tag"],
)  # fmt: skip
async def test_no_newer_document_takes_an_operation_out_of_a_rule(
    process: Open, web: dict[str, str], rules: Policy, changed: dict[str, Any]
) -> None:
    """Asked about or denied before, it is denied until somebody accepts it; the others are as they were."""
    web[URL] = document()
    app = await process(policy=rules)
    await app.add(Specification(URL), Origin.TOOL)
    path = PATHS["/pets/{id}"]
    web[URL] = document(paths=paths(**{"/pets/{id}": {**path, "delete": {**path["delete"], **changed}}}))
    assert (await app.refresh("pet_shop")).opened.source.held.operations == ("DELETE /pets/{id}",)
    accepted = await app.refresh("pet_shop", accept=True)
    assert len(accepted.accepted) == 1
    assert not accepted.opened.source.held.operations


async def test_an_approve_hint_that_is_gone_is_still_asked_for(app: App, web: dict[str, str]) -> None:
    """The tool waits, and one that policy decides the same of as before does not."""
    path = PATHS["/pets/{id}"]
    hinted = {**path, "delete": {**path["delete"], "x-specport": {"approve": True}}}
    web[URL] = document(paths=paths(**{"/pets/{id}": hinted}))
    assert not (await app.refresh("pet_shop")).opened.source.held.operations, "stricter is no reason to wait"
    web[URL] = document()
    assert (await app.refresh("pet_shop")).opened.source.held.operations == ("DELETE /pets/{id}",)


async def test_accepting_needs_no_newer_document(app: App, web: dict[str, str]) -> None:
    """What waits of an earlier refresh is accepted as it is."""
    web[URL] = document(paths=paths(**NEW))
    await app.refresh("pet_shop")
    assert (await app.refresh("pet_shop")).opened.source.held.operations == ("GET /toys",), "it still waits"
    assert "toys.listToys" not in addresses(app)
    assert (await app.refresh("pet_shop", accept=True)).opened.source.held.operations == ()
    assert "toys.listToys" in addresses(app)


async def test_what_waits_goes_on_waiting_over_versions_and_restarts(
    app: App, process: Open, web: dict[str, str]
) -> None:
    """A newer version does not smuggle in what an older one brought, and what it drops waits no more."""
    web[URL] = document(paths=paths(**NEW, **{"/food": {"get": operation("food", "Toys")}}))
    await app.refresh("pet_shop")
    web[URL] = document("Pet Shop", paths=paths(**NEW, **{"/beds": {"get": operation("beds", "Toys")}}))
    assert (await app.refresh("pet_shop")).opened.source.held.operations == ("GET /beds", "GET /toys")
    again = await process()
    assert addresses(again) == addresses(app)
    with pytest.raises(Denied, match="waits to be accepted"):
        await again.call("pet_shop.toys.beds", {})


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("<html><title>Log in</title></html>", "HTML"),
        ('{"openapi": "3.1.0", "paths": {', "JSON"),
        (document(paths={"/pets": {"get": "no operation"}}), "no operation is left"),
        (document(server="ftp://pets.example.com"), "no absolute server URL"),
        (document(server="http://127.0.0.1:1"), "private address 127.0.0.1"),
    ],
)
async def test_a_broken_version_never_replaces_a_good_one(
    app: App, process: Open, web: dict[str, str], broken: str, said: str
) -> None:
    """It is an error, also where it is to be accepted; the open tools stay, here and after a restart."""
    before = app.listing.digest
    web[URL] = broken
    for accept in (False, True):
        with pytest.raises((SourceError, DocumentError), match=said):
            await app.refresh("pet_shop", accept=accept)
    del web[URL]
    with pytest.raises(SourceError, match="404"):
        await app.refresh("pet_shop")
    assert app.listing.digest == before
    assert addresses(await process()) == addresses(app)


async def test_a_version_that_moves_calls_to_another_origin_is_not_taken(app: App, web: dict[str, str]) -> None:
    """Until it is accepted, and then credentials may go there."""
    web[URL] = document(server="https://api.pets.example.com/v2")
    refused = await app.refresh("pet_shop")
    assert not refused.is_taken
    every = "pet_shop.pets.createPet, pet_shop.pets.listPets, pet_shop.writing.deletePet"
    assert refused.refused == (f"calls would go to https://api.pets.example.com, where none went before: {every}",)
    assert app.channels()[0].base_url == "https://pets.example.com/v1"
    taken = await app.refresh("pet_shop", accept=True)
    assert taken.opened.base_url == "https://api.pets.example.com/v2"
    assert taken.opened.source.origins == ("https://api.pets.example.com",)


async def test_one_operation_of_another_server_is_enough(app: App, web: dict[str, str]) -> None:
    """An operation that is called today may not be sent elsewhere, nor may a new one be called there."""
    elsewhere = {"servers": [{"url": "https://evil.example.org"}]}
    web[URL] = document(paths=paths(**{"/pets": {"get": operation("listPets", "Pets", **elsewhere)}}))
    assert "https://evil.example.org" in (await app.refresh("pet_shop")).refused[0]
    web[URL] = document(paths=paths(**{"/toys": {"get": operation("listToys", "Toys", **elsewhere)}}))
    assert (await app.refresh("pet_shop")).is_taken
    with pytest.raises(Denied):
        await app.call("pet_shop.toys.listToys", {})


async def test_a_credential_is_not_sent_in_another_way(app: App, web: dict[str, str]) -> None:
    """A bearer token would become part of URLs, where others read it."""
    web[URL] = document(components={"securitySchemes": BEARER}, security=[{"token": []}])
    await app.refresh("pet_shop", accept=True)
    await app.configure("pet_shop", credentials={"token": "env:PETS_TOKEN"})
    web[URL] = document(components={"securitySchemes": KEY}, security=[{"token": []}])
    assert (await app.refresh("pet_shop")).refused == ("credentials would be sent in another way: token",)
    assert app.channels()[0].channel.credentials["token"].kind == "http"
    assert (await app.refresh("pet_shop", accept=True)).opened.channel.credentials["token"].location == "query"


async def test_a_new_security_scheme_gets_no_credential_until_it_is_accepted(app: App, web: dict[str, str]) -> None:
    """Also where there is one of that name, which was meant for nothing that the document then had."""
    await app.configure("pet_shop", credentials={"token": "env:PETS_TOKEN"})
    web[URL] = document(components={"securitySchemes": KEY})
    taken = await app.refresh("pet_shop")
    if taken.refused:
        pytest.fail(str(taken.refused))
    assert taken.opened.source.held.schemes == ("token",)
    assert "token" not in taken.opened.channel.credentials
    assert "token" in (await app.refresh("pet_shop", accept=True)).opened.channel.credentials


async def test_a_version_with_errors_in_place_of_operations_is_not_taken(app: App, web: dict[str, str]) -> None:
    """Half a document is worse than an old one, unless somebody says otherwise."""
    damaged = {"get": operation("listPets", "Pets", parameters=[{"$ref": "#/nowhere"}])}
    web[URL] = document(paths=paths(**{"/pets": damaged}))
    [reason] = (await app.refresh("pet_shop")).refused
    assert reason.startswith("it has errors that it had not (/paths/~1pets/get")
    assert reason.endswith("and no longer has pet_shop.pets.createPet, pet_shop.pets.listPets")
    assert (await app.refresh("pet_shop", accept=True)).is_taken
    assert addresses(app) == ["writing.deletePet"]


async def test_another_process_has_the_newer_version_at_once(app: App, process: Open, web: dict[str, str]) -> None:
    """With what waits, under the same cursors."""
    other = await process()
    web[URL] = document(paths=paths(**NEW, **{"/pets/{id}": None}))
    await app.refresh("pet_shop")
    await other.sync()
    assert other.listing.digest == app.listing.digest
    assert "writing.deletePet" not in addresses(other)


async def test_two_processes_that_refresh_do_not_undo_each_other(app: App, process: Open, web: dict[str, str]) -> None:
    """The second one has what the first one took before it reads the document itself."""
    other = await process()
    web[URL] = document(paths=paths(**NEW))
    assert (await app.refresh("pet_shop")).is_taken
    assert not (await other.refresh("pet_shop")).is_taken
    assert (await other.refresh("pet_shop", accept=True)).is_taken
    assert (await app.refresh("pet_shop")).opened.source.held.operations == ()


async def test_a_removed_source_does_not_come_back_by_a_refresh(app: App, process: Open, web: dict[str, str]) -> None:
    """Another process removed it while its document was read."""
    other = await process()
    web[URL] = document(paths=paths(**NEW))
    assert await other.remove("pet_shop")
    registry = app._registry  # the App would take in the removal first
    with pytest.raises(SourceError, match="'pet_shop' was changed by another process just now"):
        await registry.refresh("pet_shop")
    assert await (await process()).remove("pet_shop") is False


async def test_files_are_read_again_as_well(process: Open, tmp_path: Path) -> None:
    """With the files that they refer to."""
    (tmp_path / "paths").mkdir()
    part = tmp_path / "paths" / "pets.json"
    part.write_text(json.dumps({"get": operation("listPets", "Pets")}))
    root = tmp_path / "shop.json"
    root.write_text(document(paths={"/pets": {"$ref": "paths/pets.json"}}))
    app = await process()
    await app.add(Specification(str(root)), Origin.OPERATOR)
    part.write_text(json.dumps({"get": operation("listPets", "Pets", summary="All")}))
    refreshed = await app.refresh("pet_shop")
    assert [each.new.address for each in refreshed.changes.changed] == ["pet_shop.pets.listPets"]
    root.unlink()
    with pytest.raises(SourceError, match=r"shop\.json"):
        await app.refresh("pet_shop")


async def test_a_server_that_says_so_need_not_send_the_document_again(process: Open, upstream: Upstream) -> None:
    """Its ETag is kept over restarts, and asked with."""
    text = document(server=upstream.url).encode()
    upstream.first["/pets.json"] = [Reply(body=text, headers={"ETag": '"one"'}), Reply(304, b"")]
    app = await process(fetching=FetchPolicy(allow_private=True))
    await app.add(Specification(f"{upstream.url}/pets.json"), Origin.OPERATOR)
    again = await process(fetching=FetchPolicy(allow_private=True))
    assert not (await again.refresh("pet_shop")).is_taken
    assert [asked.header("if-none-match") for asked in upstream.take()] == [None, '"one"']


async def test_a_url_in_capitals_is_a_url_to_every_rule(process: Open, web: dict[str, str]) -> None:
    """What it leads to is refreshed, and guarded like what any other document names."""
    web["HTTPS://docs.example.com/pets.json"] = document()
    app = await process()
    added = await app.add(Specification("HTTPS://docs.example.com/pets.json"), Origin.OPERATOR)
    assert app.fetched() == ["pet_shop"]
    assert added.opened.channel.public_urls == ("https://pets.example.com",)


async def test_a_source_named_at_start_is_refreshed_for_this_run(process: Open, web: dict[str, str]) -> None:
    """Nothing of it is kept: the next start reads its document anyway."""
    web[URL] = document(paths=paths(**NEW))
    app = await process(Source("shop", URL, document().encode(), Origin.OPERATOR))
    assert (await app.refresh("shop")).is_taken
    assert addresses(app) == ["pets.createPet", "pets.listPets", "writing.deletePet"]
    assert (await process()).sources() == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (Source("shop", "given as text", document().encode(), Origin.OPERATOR), "was given as text"),
        (Source("shop", "shop.json", document().encode(), Origin.BUNDLED), "comes with specport"),
    ],
)
async def test_what_cannot_be_read_again_is_told(process: Open, source: Source, said: str) -> None:
    """The error says what to do instead."""
    app = await process(source)
    with pytest.raises(SourceError, match=said):
        await app.refresh("shop")
    with pytest.raises(SourceError, match="there is no source 'other'"):
        await app.refresh("other")


async def test_documents_from_urls_are_read_again_on_schedule(
    process: Open, web: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be taken is told once, not every time; a version that can be is taken as by the command."""
    web[URL] = document(server="https://elsewhere.example.com")
    turns = Turns()
    source = Source("shop", URL, document().encode(), Origin.OPERATOR)
    async with App.open([source], Settings(refresh_seconds=60), sleep=turns.sleep) as app:
        await turns.take(3)
        assert sum("was not taken" in message for message in caplog.messages) == 1
        web[URL] = document(paths=paths(**NEW, **{"/pets/{id}": None}))
        await turns.take(1)
        assert addresses(app) == ["pets.createPet", "pets.listPets"]
        assert "a newer version of shop was taken: 1 tool added, 1 removed" in caplog.text
        del web[URL]
        await turns.take(2)
        assert sum("could not be refreshed" in message for message in caplog.messages) == 1
    assert turns.asked == {60}


async def test_what_a_person_approved_is_not_sent_to_a_newer_version(
    process: Open, web: dict[str, str], upstream: Upstream
) -> None:
    """They saw another request than the one that it would be now."""
    web[URL] = document(server=upstream.url)
    policy = Policy(approve=Approve.WRITES)
    app = await process(fetching=FetchPolicy(allow_private=True), policy=policy)
    await app.add(Specification(URL), Origin.OPERATOR)

    async def ask(question: Question) -> str:
        web[URL] = document("Pet Shop", server=upstream.url)
        await app.refresh("pet_shop")
        return "somebody"

    with pytest.raises(UnknownTool, match="removed or changed before the call was approved"):
        await app.call("pet_shop.writing.deletePet", {"id": 7}, ask=ask)
    assert upstream.take() == []


class Turns:
    """The pauses of a schedule, ended by the test."""

    def __init__(self) -> None:
        self.asked: set[float] = set()
        self._go = asyncio.Semaphore(0)
        self._waits = asyncio.Semaphore(0)

    async def sleep(self, seconds: float) -> None:
        self.asked.add(seconds)
        self._waits.release()
        await self._go.acquire()

    async def take(self, count: int) -> None:
        """Let so many pauses end, and come back in the next one."""
        await self._waits.acquire()
        for _ in range(count):
            self._go.release()
            await self._waits.acquire()
        self._waits.release()


async def _note(told: list[None]) -> None:
    told.append(None)
