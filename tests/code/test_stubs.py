"""Tools as Python signatures."""

from __future__ import annotations

from typing import Any

import pytest

from specport.app import App, Settings
from specport.catalog.model import GivenSchema, Hints, Tool
from specport.catalog.signatures import MAX_SIGNATURE
from specport.code.stubs import stub_of
from specport.sources.manifest import open_bundled

TEXT, NUMBER = {"type": "string"}, {"type": "integer", "default": 20}


def tool(address: str, *required: str, **properties: Any) -> Tool:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    hints = Hints(read_only=True, destructive=False, idempotent=True)
    return Tool(address=address, wire_name="x", description="", schemas=GivenSchema(schema), hints=hints)


@pytest.mark.parametrize(
    ("described", "stub"),
    [
        (tool("a.list"), "async def tools.a.list()"),
        (
            tool("a.list", "name", per_page=NUMBER, name=TEXT, tag=TEXT),
            "async def tools.a.list(*, name: str, per_page: int = 20, tag: str = ...)",
        ),
        (tool("tools.search", "query", query=TEXT), "async def tools.search(*, query: str)"),
        (
            tool("1Click.list", x={"type": "array", "items": TEXT}),
            'async def call("1Click.list", *, x: list[str] = ...)',
        ),
        (tool("a.import"), 'async def call("a.import")'),
        (
            tool("a.b", "body", body={"type": "object", "properties": {"n": {"type": ["number", "null"]}}}),
            "async def tools.a.b(*, body: {n?: float|None})",
        ),
        (tool("a.b", **{"tag-name": {"type": "boolean"}}), 'async def tools.a.b(*, "tag-name": bool = ...)'),
        (tool("a.b", x={"type": "object"}, y={}), "async def tools.a.b(*, x: dict = ..., y: any = ...)"),
        (tool("a.b", x={"type": "string", "default": "x" * 30}), "async def tools.a.b(*, x: str = ...)"),
    ],
)
def test_a_stub_says_how_code_calls_a_tool(described: Tool, stub: str) -> None:
    """Required arguments first, with types and defaults as Python spells them."""
    assert stub_of(described) == stub


def test_a_stub_says_what_the_tool_answers_where_that_is_known() -> None:
    answer = {"type": "object", "properties": {"ids": {"type": "array", "items": NUMBER}}, "required": ["ids"]}
    assert stub_of(tool("a.list"), answer) == "async def tools.a.list() -> {ids: list[int]}"


@pytest.mark.anyio
async def test_every_stub_of_a_large_api_is_short() -> None:
    """And names its required arguments."""
    async with App.open([open_bundled("digitalocean")], Settings()) as app:
        for each in app.tools:
            stub = stub_of(each)
            required = each.input_schema.get("required", ())
            assert isinstance(required, list | tuple)
            assert all(str(name) in stub for name in required)
            assert len(stub) <= MAX_SIGNATURE
