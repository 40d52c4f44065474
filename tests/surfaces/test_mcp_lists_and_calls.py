"""The MCP face of an App for clients of both eras: lists, pages, names, results. Connected in process."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import mcp_types as types
import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError

from end_to_end.loopback import Reply, Upstream, document, operation, parameter, things
from specport.app import App, Settings
from specport.executor.model import Bounds
from specport.policy.model import Policy
from specport.sources.fetch import FetchPolicy
from specport.sources.model import Origin, Source
from specport.surfaces.mcp.lists import PAGE_SIZE
from specport.surfaces.mcp.server import McpServer

ERAS = ("legacy", "2026-07-28")

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("era", ERAS)]


@asynccontextmanager
async def connected(
    era: str, *, text: str = "", base_url: str = "http://127.0.0.1:9", **settings: Any
) -> AsyncIterator[Client]:
    """A client of that era on a server with the things API."""
    source = Source("things", "things.json", (text or things()).encode(), Origin.OPERATOR, base_url)
    async with App.open([source], Settings(**settings)) as app, Client(McpServer(app).lowlevel, mode=era) as client:
        yield client


def text_of(result: types.CallToolResult) -> str:
    """The texts of a result, a line each."""
    return "\n".join(block.text for block in result.content if isinstance(block, types.TextContent))


async def all_pages(client: Client) -> list[list[types.Tool]]:
    """Every page of the list."""
    pages: list[list[types.Tool]] = []
    cursor = None
    while True:
        page = await client.list_tools(cursor=cursor)
        pages.append(page.tools)
        cursor = page.next_cursor
        if cursor is None:
            return pages


async def test_the_list_shows_portable_names_titled_by_address(era: str) -> None:
    """Names that every client accepts; the title is the address."""
    async with connected(era) as client:
        [tools] = await all_pages(client)
    assert [tool.name for tool in tools] == [
        "things_createThing", "things_deleteThing", "things_getThing", "things_listThings", "things_replaceThing",
        "openapi_previewSpec", "openapi_addSource",
    ]  # fmt: skip
    assert [tool.title for tool in tools][:2] == ["things.createThing", "things.deleteThing"]
    assert tools[-1].title == "openapi.addSource"


async def test_dotted_names_are_the_addresses(era: str) -> None:
    """`--tool-names dotted` shows them, and both forms are accepted either way."""
    async with connected(era, dotted_names=True) as client:
        [tools] = await all_pages(client)
        assert all(tool.name == tool.title for tool in tools)
        for name in ("openapi.previewSpec", "openapi_previewSpec"):
            assert not (await client.call_tool(name, {"spec": things()})).is_error


async def test_annotations_follow_the_method(era: str) -> None:
    """GET reads only; PUT and DELETE may be repeated; DELETE destroys; all of them reach an open world."""
    async with connected(era) as client:
        [tools] = await all_pages(client)
    hints = {tool.name.removeprefix("things_"): tool.annotations for tool in tools}
    assert hints["getThing"] is not None
    assert (hints["getThing"].read_only_hint, hints["getThing"].open_world_hint) == (True, True)
    expected = {"createThing": (False, None), "replaceThing": (False, True), "deleteThing": (True, True)}
    for name, (destructive, idempotent) in expected.items():
        given = hints[name]
        assert given is not None
        assert (given.destructive_hint, given.idempotent_hint, given.read_only_hint) == (destructive, idempotent, None)


async def test_long_lists_come_in_pages_that_fit_together(era: str) -> None:
    """1,200 operations: three pages, each tool once, in address order, also when asked again."""
    async with connected(era, text=things(1195)) as client:
        pages = await all_pages(client)
        again = await all_pages(client)
    assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 1202 - 2 * PAGE_SIZE]
    titles = [str(tool.title) for page in pages for tool in page]
    assert len(set(titles)) == 1202
    assert titles[:-2] == sorted(titles[:-2], key=str.casefold)
    assert again == pages


@pytest.mark.parametrize(
    "cursor", ["", "0", "500", "-500", "9999-{digest}", "500-0000000000000000", "\u0665-{digest}", "x" * 9999]
)
async def test_a_cursor_that_is_none_of_this_list_is_refused(era: str, cursor: str) -> None:
    """A made-up or out-of-range cursor is a protocol error; an empty one is the start."""
    async with connected(era, text=things(1195)) as client:
        first = await client.list_tools()
        assert first.next_cursor is not None
        asked = cursor.replace("{digest}", first.next_cursor.partition("-")[2])
        if not cursor:
            assert (await client.list_tools(cursor=asked)).tools == first.tools
            return
        with pytest.raises(MCPError, match="the cursor is of an older list") as caught:
            await client.list_tools(cursor=asked)
        assert caught.value.error.code == types.INVALID_PARAMS


async def change(client: Client, name: str) -> None:
    """Add a source of five tools."""
    given = {"spec": things(), "base_url": "https://x.example.com", "name": name}
    added = await client.call_tool("openapi_addSource", given)
    assert not added.is_error, text_of(added)


async def test_a_list_that_was_begun_is_read_to_its_end_whatever_is_added_meanwhile(era: str) -> None:
    """All of its pages are of the one list; the next one has what is new."""
    async with connected(era, text=things(1195)) as client:
        pages, cursor = [], ""
        while cursor is not None:
            page = await client.list_tools(cursor=cursor)
            pages.append([str(tool.title) for tool in page.tools])
            cursor = page.next_cursor
            await change(client, f"b{len(pages)}")
        titles = [title for page in pages for title in page]
        assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 1202 - 2 * PAGE_SIZE]
        assert len(set(titles)) == 1202
        assert not any(title.startswith("b1.") for title in titles)
        assert sum(map(len, await all_pages(client))) == 1202 + 3 * 5


async def test_a_list_that_was_begun_is_forgotten_after_a_while(era: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds what was removed; the client is sent back to the start."""
    monkeypatch.setattr("specport.surfaces.mcp.lists.BEGUN_SECONDS", 0)
    async with connected(era, text=things(1195)) as client:
        begun = (await client.list_tools()).next_cursor
        await change(client, "b")
        with pytest.raises(MCPError, match="start again without one"):
            await client.list_tools(cursor=begun)
        assert sum(map(len, await all_pages(client))) == 1207


async def test_only_so_many_lists_are_kept_for_those_who_began_them(era: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one begun first goes first."""
    monkeypatch.setattr("specport.surfaces.mcp.lists.MAX_BEGUN", 1)
    async with connected(era, text=things(1195)) as client:
        begun: list[str | None] = []
        for name in "bc":
            begun.append((await client.list_tools()).next_cursor)
            await change(client, name)
        with pytest.raises(MCPError, match="start again without one"):
            await client.list_tools(cursor=begun[0])
        assert (await client.list_tools(cursor=begun[1])).tools


async def test_a_json_answer_is_content_and_structure(era: str, upstream: Upstream) -> None:
    """Both hold the same object."""
    upstream.replies["/things/1"] = Reply(body=b'{ "thing": {"id": 1} }')
    async with connected(era, base_url=upstream.url) as client:
        result = await client.call_tool("things_getThing", {"id": 1})
    assert result.structured_content == {"thing": {"id": 1}} == json.loads(text_of(result))
    assert not result.is_error


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("image/png", types.ImageContent),
        ("audio/mpeg", types.AudioContent),
        ("application/pdf", types.EmbeddedResource),
    ],
)
async def test_bytes_come_as_the_content_block_of_their_kind(
    era: str, upstream: Upstream, media_type: str, kind: type[types.ContentBlock]
) -> None:
    """Images and audio as such, other files as embedded resources."""
    upstream.replies["/things/1"] = Reply(body=b"\xff\xd8\0", media_type=media_type)
    async with connected(era, base_url=upstream.url) as client:
        result = await client.call_tool("things_getThing", {"id": 1})
    [block] = [block for block in result.content if not isinstance(block, types.TextContent)]
    assert isinstance(block, kind)
    held = block.resource if isinstance(block, types.EmbeddedResource) else block
    assert held.mime_type == media_type
    data = held.blob if isinstance(held, types.BlobResourceContents) else held.data  # type: ignore[union-attr]
    assert base64.b64decode(data) == b"\xff\xd8\0"


async def answer_of(era: str, upstream: Upstream, reply: Reply) -> types.CallToolResult:
    """What a client gets of a reply."""
    upstream.replies["/things/1"] = reply
    async with connected(era, base_url=upstream.url) as client:
        return await client.call_tool("things_getThing", {"id": 1})


async def test_a_file_comes_with_the_name_that_the_answer_gives_it(era: str, upstream: Upstream) -> None:
    """As an embedded resource whose address ends in the name; the text says what it is, and holds no base64."""
    headers = {"content-disposition": 'attachment; filename="../Q1 r\u00e9port.pdf"'}
    result = await answer_of(
        era, upstream, Reply(body=b"%PDF-1.7\n\xff", media_type="application/pdf", headers=headers)
    )
    [text, block] = result.content
    assert isinstance(text, types.TextContent)
    assert text.text.startswith("application/pdf, 10 bytes, Q1 r")
    assert isinstance(block, types.EmbeddedResource)
    assert isinstance(block.resource, types.BlobResourceContents)
    assert str(block.resource.uri).startswith("specport://answers/")
    assert str(block.resource.uri).endswith("port.pdf")
    assert base64.b64decode(block.resource.blob) == b"%PDF-1.7\n\xff"


@pytest.mark.parametrize("media_type", ["image/tiff", "image/x-icon", "video/mp4", "application/octet-stream"])
async def test_what_models_cannot_look_at_comes_as_a_file(era: str, upstream: Upstream, media_type: str) -> None:
    """A model's API refuses a request with an image of another kind than these four, and all of the talk with it."""
    result = await answer_of(era, upstream, Reply(body=b"\0\1\2", media_type=media_type))
    assert isinstance(result.content[1], types.EmbeddedResource)
    assert result.content[1].resource.mime_type == media_type


async def test_a_picture_that_is_called_a_stream_of_bytes_is_shown(era: str, upstream: Upstream) -> None:
    """By its first bytes."""
    png = b"\x89PNG\r\n\x1a\n\0"
    result = await answer_of(era, upstream, Reply(body=png, media_type="application/octet-stream"))
    assert isinstance(result.content[1], types.ImageContent)
    assert result.content[1].mime_type == "image/png"


@pytest.mark.parametrize("media_type", ["text/csv", "application/xml", "application/yaml", "text/plain"])
async def test_text_of_any_kind_is_text(era: str, upstream: Upstream, media_type: str) -> None:
    """As the API wrote it."""
    result = await answer_of(era, upstream, Reply(body="a: ü\n".encode(), media_type=media_type))
    assert [block.type for block in result.content] == ["text"]
    assert text_of(result) == "a: ü\n"


@pytest.mark.parametrize(
    ("media_type", "body", "value"),
    [
        ("application/x-ndjson", b'{"n":1}\n{"n":2}\n', [{"n": 1}, {"n": 2}]),
        ("application/json-seq", b'\x1e{"n":1}\n\x1e{"n":2}\n', [{"n": 1}, {"n": 2}]),
        (
            "text/event-stream",
            b'event: x\ndata: {"n":1}\n\ndata: end\n\n',
            [{"event": "x", "data": {"n": 1}}, {"data": "end"}],
        ),
    ],
)
async def test_several_values_in_one_answer_are_a_list(
    era: str, upstream: Upstream, media_type: str, body: bytes, value: object
) -> None:
    """JSON lines, sequences and events that end."""
    result = await answer_of(era, upstream, Reply(body=body, media_type=media_type))
    assert json.loads(text_of(result)) == value
    assert result.structured_content is None


async def test_an_endless_stream_is_what_came_with_a_note(era: str, upstream: Upstream) -> None:
    """No failure, no hanging call: the events so far, and that there may be more."""
    upstream.replies["/things/1"] = Reply(
        body=b'data: {"n":1}\n\ndata: {"n":2}\n\ndata: {"n"', media_type="text/event-stream", goes_on=True
    )
    async with connected(era, base_url=upstream.url, bounds=Bounds(stream_time=0.3)) as client:
        result = await client.call_tool("things_getThing", {"id": 1})
    assert not result.is_error
    value, note = (block.text for block in result.content if isinstance(block, types.TextContent))
    assert json.loads(value) == [{"data": {"n": 1}}, {"data": {"n": 2}}]
    assert note == "This is the start of a stream that was left after 0.3 s."


@pytest.mark.parametrize("status", [204, 205, 304])
async def test_an_answer_without_content_says_its_status(era: str, upstream: Upstream, status: int) -> None:
    """Nothing to show is no failure."""
    result = await answer_of(era, upstream, Reply(status, b"", "application/json"))
    assert not result.is_error
    assert text_of(result).startswith(f"{status} ")


async def test_a_failed_call_is_a_result_that_the_model_reads(era: str, upstream: Upstream) -> None:
    """Bad arguments and an API's refusal are error results, so that the model can do better."""
    upstream.replies["/things/1"] = Reply(422, b'{"id":"invalid","message":"no"}')
    async with connected(era, base_url=upstream.url) as client:
        refused = await client.call_tool("things_getThing", {"id": 1})
        wrong = await client.call_tool("things_getThing", {"idd": 1})
    assert refused.is_error
    assert "answered 422 Unprocessable" in text_of(refused)
    assert wrong.is_error
    assert "'idd' is not known here" in text_of(wrong)


async def test_every_result_of_a_call_says_how_often_it_was_sent_and_how_long_it_waited(
    era: str, upstream: Upstream
) -> None:
    """In `_meta`, beside the content and not in it; what specport answers itself was never sent."""
    upstream.first["/things/2"] = [Reply(503, headers={"retry-after": "0"})]
    upstream.replies["/things/3"] = Reply(502)
    async with connected(era, base_url=upstream.url, bounds=Bounds(attempts=2)) as client:
        once, again, failed = [await client.call_tool("things_getThing", {"id": number}) for number in (1, 2, 3)]
        own = await client.call_tool("openapi_previewSpec", {"spec": things()})
    assert [done.meta and done.meta["specport/attempts"] for done in (once, again, failed)] == [1, 2, 2]
    assert all(done.meta and done.meta["specport/waited"] >= 0.0 for done in (once, again, failed))
    assert (once.structured_content, once.content) == (again.structured_content, again.content)
    assert "specport/attempts" not in (own.meta or {})


async def test_a_call_that_nobody_answered_says_so_too(era: str) -> None:
    """In its text and beside it."""
    async with connected(era, bounds=Bounds(attempts=2)) as client:
        failed = await client.call_tool("things_getThing", {"id": 1})
    assert failed.is_error
    assert "(2 attempts)" in text_of(failed)
    assert failed.meta is not None
    assert failed.meta["specport/attempts"] == 2


async def test_an_unknown_tool_is_a_protocol_error(era: str) -> None:
    """MCP 2025-11-25, tools, error handling: unknown tools are JSON-RPC errors."""
    async with connected(era) as client:
        with pytest.raises(MCPError, match=r"there is no tool 'things_getThin'\. Nearest: things_getThing") as caught:
            await client.call_tool("things_getThin", {})
    assert caught.value.error.code == types.INVALID_PARAMS


async def test_a_fault_inside_is_logged_and_the_server_lives_on(
    era: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug is not told to the model in detail and ends nothing."""
    async with connected(era) as client:
        with monkeypatch.context() as broken:
            broken.setattr("specport.pipeline.prepare", lambda *_, **__: 1 / 0)
            result = await client.call_tool("things_getThing", {"id": 1})
        assert result.is_error
        assert text_of(result) == "specport failed inside; its log says why"
        assert "division by zero" in caplog.text
        assert len(await all_pages(client)) == 1


async def test_an_added_source_is_callable_by_the_names_in_the_answer(era: str, upstream: Upstream) -> None:
    """Without listing again."""
    async with connected(era, fetching=FetchPolicy(allow_private=True)) as client:
        spec = document(
            {"/b/{n}": {"get": operation("second", "G", parameters=[parameter("n", "path", {"type": "integer"})])}}
        )
        added = await client.call_tool("openapi.addSource", {"spec": spec, "base_url": upstream.url})
        assert added.structured_content is not None
        [name] = added.structured_content["names"]
        assert added.structured_content["addresses"] == ["small.g.second"]
        assert not (await client.call_tool(name, {"n": 5})).is_error
        [tools] = await all_pages(client)
        assert tools[0].name == name
    assert [asked.target for asked in upstream.take()] == ["/b/5"]


async def test_read_only_leaves_out_and_refuses(era: str) -> None:
    """A hidden tool is not listed, and calling it says why it is not."""
    async with connected(era, policy=Policy(read_only=True)) as client:
        [tools] = await all_pages(client)
        assert [tool.name for tool in tools] == ["things_getThing", "things_listThings", "openapi_previewSpec"]
        refused = await client.call_tool("things_deleteThing", {"id": 1})
    assert refused.is_error
    assert "changes something, and this server runs --read-only" in text_of(refused)


async def test_arguments_may_be_left_out(era: str, upstream: Upstream) -> None:
    """A call without arguments is one with none."""
    async with connected(era, base_url=upstream.url) as client:
        assert not (await client.call_tool("things_listThings")).is_error
    assert [asked.target for asked in upstream.take()] == ["/things"]
