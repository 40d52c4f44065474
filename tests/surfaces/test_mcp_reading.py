"""Resources, prompts, completion and the log, as a client of the SDK sees them. Connected in process."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError

from small_documents import document
from specport.app import App, Settings
from specport.sources.model import Origin, Source
from specport.surfaces.mcp.reading import MAX_PART
from specport.surfaces.mcp.server import McpServer

pytestmark = pytest.mark.anyio

SHOP = document(
    {
        "/orders/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "operationId": "getOrder",
                "tags": ["Orders"],
                "parameters": [{"name": "view", "in": "query", "schema": {"enum": ["brief", "whole"]}}],
            },
            "put": {
                "operationId": "putOrder",
                "tags": ["Orders"],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
            },
        }
    },
    components={
        "schemas": {
            "Order": {"type": "object", "properties": {"paid": {"type": "boolean"}, "note": {"type": "string"}}}
        }
    },
)


@asynccontextmanager
async def connected(mode: str = "legacy", **options: Any) -> AsyncIterator[Client]:
    """A client on a server with one small source."""
    source = Source("shop", "shop.json", json.dumps(SHOP).encode(), Origin.OPERATOR, "https://shop.example")
    async with (
        App.open([source], Settings()) as app,
        Client(McpServer(app).lowlevel, mode=mode, **options) as client,
    ):
        yield client


async def read(client: Client, uri: str) -> dict[str, Any]:
    """The JSON of a resource."""
    [contents] = (await client.read_resource(uri)).contents
    assert isinstance(contents, types.TextResourceContents)
    return json.loads(contents.text)


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_each_source_is_a_resource_and_each_tool_can_be_read_in_full(mode: str) -> None:
    """What the list shows in outline is there to read."""
    async with connected(mode) as client:
        [listed] = (await client.list_resources()).resources
        source = await read(client, listed.uri)
        tool = await read(client, "specport://tools/orders.getOrder")
    assert (source["name"], source["tools"], source["base_url"]) == ("shop", 2, "https://shop.example")
    assert tool["operation"] == "GET /orders/{id}"
    assert tool["inputSchema"]["required"] == ["id"]


async def test_a_document_is_read_whole_or_by_pointer() -> None:
    """What the tools were made of, and any part of it."""
    async with connected() as client:
        assert (await read(client, "specport://documents/shop"))["paths"] == SHOP["paths"]
        put = await read(client, "specport://documents/shop/paths/~1orders~1%7Bid%7D/put")
        assert put == SHOP["paths"]["/orders/{id}"]["put"]
        second = await read(client, "specport://documents/shop/paths/~1orders~1%7Bid%7D/get/parameters/0")
        assert second["name"] == "view"


async def test_of_a_document_that_is_too_large_the_parts_are_named() -> None:
    """Each name can be read, down to what is small enough."""
    large = {**SHOP, "components": {"schemas": {f"S{n}": {"description": "x" * 1_000} for n in range(200)}}}
    source = Source("shop", "shop.json", json.dumps(large).encode(), Origin.OPERATOR, "https://shop.example")
    async with App.open([source], Settings()) as app, Client(McpServer(app).lowlevel) as client:
        whole = await read(client, "specport://documents/shop")
        assert whole["bytes"] > MAX_PART
        assert "specport://documents/shop/paths" in whole["parts"]
        schemas = await read(client, "specport://documents/shop/components/schemas")
        assert (len(schemas["parts"]), schemas["parts_left"]) == (200, 0)
        assert len((await read(client, schemas["parts"][7]))["description"]) == 1_000


@pytest.mark.parametrize(
    "uri",
    [
        "specport://tools/none.such",
        "specport://sources/none",
        "specport://documents/none",
        "specport://documents/shop/paths/none",
        "specport://documents/shop/paths/~1orders~1%7Bid%7D/get/parameters/7",
        "specport://documents/",
        "file:///etc/passwd",
    ],
)
async def test_an_unknown_resource_is_refused(uri: str) -> None:
    """With its name, and the server lives on."""
    async with connected() as client:
        with pytest.raises(MCPError, match="there is no resource"):
            await client.read_resource(uri)
        assert (await client.list_resources()).resources


async def test_prompts_fill_in_their_arguments_and_name_a_missing_one() -> None:
    """A prompt without its required argument says which."""
    async with connected() as client:
        assert [prompt.name for prompt in (await client.list_prompts()).prompts] == ["explore", "call-safely"]
        filled = await client.get_prompt("call-safely", {"address": "orders.getOrder"})
        with pytest.raises(MCPError, match="needs 'goal'"):
            await client.get_prompt("explore", {})
    [message] = filled.messages
    assert isinstance(message.content, types.TextContent)
    assert "specport://tools/orders.getOrder" in message.content.text


async def test_what_prompts_and_resources_are_asked_with_is_completed() -> None:
    """Addresses, sources, arguments and the values an argument may have: from their start, else from within."""
    async with connected() as client:
        prompt = types.PromptReference(name="call-safely")

        async def values(name: str, typed: str, **known: str) -> list[str]:
            answer = await client.complete(prompt, {"name": name, "value": typed}, known or None)
            return answer.completion.values

        assert await values("address", "orders.g") == ["orders.getOrder"]
        assert await values("address", "getord") == ["orders.getOrder"]
        assert await values("source", "") == ["shop"]
        assert await values("goal", "x") == []
        assert await values("argument", "", address="orders.getOrder") == ["id", "view"]
        assert await values("argument", "body.", address="orders.putOrder") == ["body.paid", "body.note"]
        assert await values("value", "w", address="orders.getOrder", argument="view") == ["whole"]
        assert await values("value", "", address="orders.putOrder", argument="body.paid") == ["false", "true"]
        assert await values("value", "", address="none.such", argument="x") == []


async def test_an_older_client_gets_the_log_from_the_level_it_asked_for() -> None:
    """Warnings arrive after `logging/setLevel warning`; what is below does not."""
    heard: list[types.LoggingMessageNotificationParams] = []
    arrived = anyio.Event()

    async def hear(params: types.LoggingMessageNotificationParams) -> None:
        heard.append(params)
        arrived.set()

    async with connected(logging_callback=hear) as client:
        await client.session.send_request(
            types.SetLevelRequest(params=types.SetLevelRequestParams(level="warning")), types.EmptyResult
        )
        logging.getLogger("specport").info("too quiet")
        logging.getLogger("specport").warning("a source could not be opened")
        with anyio.fail_after(5):
            await arrived.wait()
    assert [(params.level, params.data) for params in heard] == [("warning", "a source could not be opened")]
