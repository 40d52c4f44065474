"""The tools that list, refresh and remove sources, for servers that offer them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import mcp_types as types
import pytest
from mcp.client.client import Client

from end_to_end.loopback import Reply, Upstream, document, operation, things
from specport.app import App, Settings
from specport.policy.model import Policy
from specport.sources.fetch import FetchPolicy
from specport.sources.model import Origin, Source
from specport.surfaces.mcp.server import McpServer

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("era", ["legacy", "2026-07-28"])]

MANAGING = ["openapi_listSources", "openapi_refreshSource", "openapi_removeSource"]


@asynccontextmanager
async def connected(era: str, *, manage: bool = True, **settings: Any) -> AsyncIterator[Client]:
    """A client of that era on a server with the things API, named at start from a file."""
    source = Source("things", "/home/ada/things.json", things().encode(), Origin.OPERATOR, "http://127.0.0.1:9")
    made = Settings(manage_sources=manage, fetching=FetchPolicy(allow_private=True), **settings)
    async with App.open([source], made) as app, Client(McpServer(app).lowlevel, mode=era) as client:
        yield client


def version(upstream: Upstream, *paths: str) -> Reply:
    """A version of the toys' document, with these paths."""
    items = {path: {"get": operation(f"get{path[1:].title()}", "Toys")} for path in paths}
    text = document(items, servers=[{"url": upstream.url}], info={"title": "Toys", "version": "1"})
    return Reply(body=text.encode())


async def answer(client: Client, tool: str, **arguments: object) -> dict[str, Any]:
    """What a call answers, whose text and structure are the same."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    [block] = result.content
    assert isinstance(block, types.TextContent)
    assert json.loads(block.text) == result.structured_content
    return json.loads(block.text)


async def told(client: Client, tool: str, **arguments: object) -> str:
    """The error of a call."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    [block] = result.content
    assert isinstance(block, types.TextContent)
    return block.text


async def names(client: Client) -> list[str]:
    return [tool.name for tool in (await client.list_tools()).tools]


async def test_they_are_offered_only_where_the_operator_says_so(era: str) -> None:
    """Last in the list, with annotations by which a client asks before a source is removed."""
    async with connected(era, manage=False) as client:
        assert not set(MANAGING) & set(await names(client))
    async with connected(era) as client:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools][-3:] == MANAGING
        hints = [tool.annotations for tool in tools[-3:]]
        assert [(hint.read_only_hint, hint.destructive_hint) for hint in hints if hint] == [
            (True, None), (None, False), (None, True),
        ]  # fmt: skip
    async with connected(era, policy=Policy(read_only=True)) as client:
        assert [name for name in await names(client) if name in MANAGING] == ["openapi_listSources"]


async def test_a_source_is_added_refreshed_and_removed(era: str, upstream: Upstream) -> None:
    """What is new waits for the operator, and the answer says so; the list follows."""
    upstream.replies["/toys.json"] = version(upstream, "/cars", "/dolls")
    async with connected(era) as client:
        await answer(client, "openapi_addSource", spec=f"{upstream.url}/toys.json")
        assert await answer(client, "openapi_refreshSource", name="toys") == {"source": "toys", "status": "unchanged"}
        upstream.replies["/toys.json"] = version(upstream, "/cars", "/kites")
        refreshed = await answer(client, "openapi_refreshSource", name="toys")
        accept = refreshed.pop("to_accept")
        assert re.fullmatch(r"the operator runs `specport refresh toys --accept --only [0-9a-f]{16}`", accept)
        assert refreshed == {
            "source": "toys", "status": "taken", "held": 1,
            "changes": ["+ toys.toys.getKites GET /kites", "- toys.toys.getDolls GET /dolls"],
        }  # fmt: skip
        assert [name for name in await names(client) if name.startswith("toys")] == ["toys_toys_getCars"]
        assert "waits to be accepted" in await told(client, "toys.toys.getKites")
        assert not (await client.call_tool("toys_toys_getCars", {})).is_error
        assert await answer(client, "openapi_removeSource", name="toys") == {"source": "toys", "status": "removed"}
        assert not [name for name in await names(client) if name.startswith("toys")]
        assert "no added source is called 'toys'" in await told(client, "openapi_removeSource", name="toys")


async def test_the_list_tells_no_path_of_this_machine(era: str, upstream: Upstream) -> None:
    """Of a document from the web it tells the URL."""
    upstream.replies["/toys.json"] = version(upstream, "/cars")
    async with connected(era) as client:
        await answer(client, "openapi_addSource", spec=f"{upstream.url}/toys.json")
        assert await answer(client, "openapi_listSources") == {
            "sources": [
                {
                    "name": "things", "title": "Things", "document": "", "base_url": "http://127.0.0.1:9", "tools": 5,
                    "problems": 0, "from": "operator",
                },
                {
                    "name": "toys", "title": "Toys", "document": f"{upstream.url}/toys.json",
                    "base_url": upstream.url, "tools": 1, "problems": 0, "from": "tool",
                },
            ]
        }  # fmt: skip


async def test_what_was_named_at_start_is_not_removed(era: str) -> None:
    """That is the operator's, and a broken document or a wrong name changes nothing."""
    async with connected(era) as client:
        assert "was named at start" in await told(client, "openapi_removeSource", name="things")
        assert "cannot" in await told(client, "openapi_refreshSource", name="things"), "its file is not there"
        assert "there is no source 'other'" in await told(client, "openapi_refreshSource", name="other")
        assert len(await names(client)) == 10
