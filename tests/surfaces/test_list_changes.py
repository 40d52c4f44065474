"""Clients of both eras hear that the list changed, whatever changed it, and one that does not read harms no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import mcp_types as types
import pytest
from anyio.abc import TaskGroup
from mcp.client.client import Client
from mcp.shared.message import SessionMessage

from end_to_end.loopback import PATIENCE, Reply, Upstream, things
from specport.app import App, Settings
from specport.sources.fetch import FetchPolicy
from specport.sources.model import Origin
from specport.sources.specification import Specification
from specport.surfaces.mcp.server import McpServer

pytestmark = pytest.mark.anyio

ERAS = ("legacy", "2026-07-28")


class Heard:
    """What one client heard of the list of tools."""

    def __init__(self) -> None:
        self.times = 0
        self._news = anyio.Event()

    async def __call__(self, message: object) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self.times += 1
            self._news.set()

    async def news(self) -> None:
        """Wait for the next change."""
        await self._news.wait()
        self._news = anyio.Event()


@asynccontextmanager
async def managing(era: str) -> AsyncIterator[tuple[Client, Heard]]:
    """A client of that era that listens, on a server whose sources it may manage."""
    heard = Heard()
    settings = Settings(manage_sources=True, fetching=FetchPolicy(allow_private=True))
    async with App.open([], settings) as app, AsyncExitStack() as stack:
        stack.enter_context(anyio.fail_after(PATIENCE))
        client = await stack.enter_async_context(Client(McpServer(app).lowlevel, mode=era, message_handler=heard))
        if era != "legacy":
            await stack.enter_async_context(client.listen(tools_list_changed=True))
        yield client, heard


@pytest.mark.parametrize("era", ERAS)
async def test_clients_are_told_of_what_was_added_refreshed_and_removed(era: str, upstream: Upstream) -> None:
    """Once for each change and not at all for none; the list that they ask for then is the new one."""
    url = f"{upstream.url}/things.json"
    upstream.replies["/things.json"] = Reply(body=things().encode())
    async with managing(era) as (client, heard):

        async def change(tool: str, **arguments: Any) -> Any:
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, result.content
            return result.structured_content

        async def names() -> set[str]:
            return {tool.name for tool in (await client.list_tools()).tools}

        await change("openapi_addSource", spec=url, name="shop", base_url=upstream.url)
        await heard.news()
        assert "shop_things_getThing" in await names()
        assert (await change("openapi_refreshSource", name="shop"))["status"] == "unchanged"
        changed = things().replace('"/things/{id}"', '"/goods/{id}"')
        upstream.replies["/things.json"] = Reply(body=changed.encode())
        assert (await change("openapi_refreshSource", name="shop"))["status"] == "taken"
        await heard.news()
        assert "shop_things_getThing" not in await names()
        await change("openapi_removeSource", name="shop")
        await heard.news()
        assert not {name for name in await names() if name.startswith("shop_")}
        assert heard.times == 3


@asynccontextmanager
async def deaf(server: McpServer, tasks: TaskGroup) -> AsyncIterator[None]:
    """A client of 2025-11-25 that connects and never reads again."""
    to_server, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](10)
    outgoing, from_server = anyio.create_memory_object_stream[SessionMessage](0)
    async with to_server, from_server:
        tasks.start_soon(server.lowlevel.run, incoming, outgoing, server.options)
        info = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "deaf", "version": "1"}}
        for message in (
            types.JSONRPCRequest(jsonrpc="2.0", id=1, method="initialize", params=info),
            types.JSONRPCNotification(jsonrpc="2.0", method="notifications/initialized"),
            types.JSONRPCRequest(jsonrpc="2.0", id=2, method="ping"),
        ):
            await to_server.send(SessionMessage(message))
        await from_server.receive()
        await from_server.receive()
        yield


async def test_a_client_that_does_not_read_holds_up_no_change(upstream: Upstream) -> None:
    """Its connection takes nothing any more; sources are added all the same, and others hear of it."""
    heard = Heard()
    async with App.open([], Settings()) as app, anyio.create_task_group() as tasks:
        server = McpServer(app)
        async with Client(server.lowlevel, mode="legacy", message_handler=heard), deaf(server, tasks):
            with anyio.fail_after(PATIENCE):
                for name in ("one", "two", "three"):
                    await app.add(Specification(things(), name=name, base_url=upstream.url), Origin.OPERATOR)
                    await heard.news()
        server.close()
        tasks.cancel_scope.cancel()
    assert heard.times == 3
