"""`--expose search`: a short list of tools that find, describe and call the others."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import mcp_types as types
import orjson
import pytest
from mcp.client.client import Client

from end_to_end.loopback import Reply, Upstream, document, operation, parameter, things
from specport.app import App, Settings
from specport.catalog.listing import BYTES_PER_TOKEN
from specport.exposure.model import AUTO_TOKENS, Expose
from specport.policy.model import Action, Approve, Policy, Rule
from specport.sources.manifest import open_bundled
from specport.sources.model import Origin, Source
from specport.sources.preview.costs import SEARCH_TOKENS
from specport.surfaces.mcp.server import McpServer

ERAS = ("legacy", "2026-07-28")
LISTED = [
    "tools.search", "tools.describe", "tools.callRead", "tools.callWrite", "tools.callDestructive",
    "openapi.previewSpec", "openapi.addSource", "results.read",
]  # fmt: skip
MAX_LIST_TOKENS = 1_500

pytestmark = pytest.mark.anyio


def yes(context: object, params: types.ElicitRequestParams) -> types.ElicitResult:
    return types.ElicitResult(action="accept", content={"approve": True})


@asynccontextmanager
async def connected(
    era: str, *, text: str = "", base_url: str = "http://127.0.0.1:9", person: Any = None, **settings: Any
) -> AsyncIterator[Client]:
    source = Source("things", "things.json", (text or things()).encode(), Origin.OPERATOR, base_url)
    made = Settings(**{"expose": Expose.SEARCH, **settings})
    async with (
        App.open([source], made) as app,
        Client(McpServer(app).lowlevel, mode=era, elicitation_callback=person) as client,
    ):
        yield client


async def said(client: Client, tool: str, /, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    text = "\n".join(block.text for block in result.content if isinstance(block, types.TextContent))
    return f"ERROR {text}" if result.is_error else text


@pytest.mark.parametrize("era", ERAS)
async def test_the_list_is_short_whatever_is_loaded(era: str) -> None:
    """The same seven tools for five operations and for 1,200, in at most 1,500 tokens."""
    for text in (things(), things(1_195)):
        async with connected(era, text=text) as client:
            tools = (await client.list_tools()).tools
        assert [tool.title for tool in tools] == LISTED
        seen = [
            {"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema} for tool in tools
        ]
        tokens = len(orjson.dumps(seen)) / BYTES_PER_TOKEN
        assert tokens <= MAX_LIST_TOKENS
        assert abs(tokens - SEARCH_TOKENS) <= SEARCH_TOKENS / 10, "what a preview says of this list"


@pytest.mark.parametrize("era", ERAS)
async def test_a_tool_is_found_described_and_called(era: str, upstream: Upstream) -> None:
    """The three steps of a model, with what each answer says."""
    upstream.replies["/things/7"] = Reply(body=b'{"id": 7}')
    async with connected(era, base_url=upstream.url) as client:
        found = await said(client, "tools_search", query="get thing", limit=1)
        assert found.startswith("things.getThing(id: integer)  [read]\n")
        described = await said(client, "tools_describe", address="things.getThing")
        assert "GET /things/{id}, called by tools.callRead" in described
        assert json.loads(described.splitlines()[-1])["required"] == ["id"]
        assert await said(client, "tools_callRead", address="things.getThing", arguments={"id": 7}) == '{"id":7}'
        assert await said(client, "tools.callRead", address="things_getThing", arguments='{"id": "7"}') == '{"id":7}'
    assert [(request.method, request.path) for request in upstream.requests] == [("GET", "/things/7")] * 2


async def test_the_tools_themselves_stay_callable(upstream: Upstream) -> None:
    """Those that are not listed are called by their own names as well."""
    async with connected("legacy", base_url=upstream.url) as client:
        await said(client, "things_getThing", id=7)
    assert [request.path for request in upstream.requests] == ["/things/7"]


@pytest.mark.parametrize(
    ("calling", "address", "error"),
    [
        ("callRead", "things.createThing", "things.createThing changes something. Call it with tools.callWrite"),
        ("callRead", "things.deleteThing", "things.deleteThing deletes. Call it with tools.callDestructive"),
        ("callWrite", "things.deleteThing", "things.deleteThing deletes. Call it with tools.callDestructive"),
        ("callDestructive", "things.getThing", "things.getThing only reads. Call it with tools.callRead"),
        ("callWrite", "openapi.addSource", "openapi.addSource is called by its own name"),
        ("callRead", "tools.callRead", "tools.callRead is called by its own name"),
        ("callRead", "things.getThin", "there is no tool 'things.getThin'. Nearest: things.getThing"),
    ],
)
async def test_a_call_goes_only_through_the_tool_of_its_kind(
    calling: str, address: str, error: str, upstream: Upstream
) -> None:
    """Else a client's approval of reads would let writes through; the error says which tool to use."""
    async with connected("legacy", base_url=upstream.url) as client:
        assert (await said(client, f"tools_{calling}", address=address)).startswith(f"ERROR {error}")
    assert not upstream.requests


async def test_arguments_are_checked_by_the_schema_of_the_tool_that_is_called(upstream: Upstream) -> None:
    async with connected("legacy", base_url=upstream.url) as client:
        assert "id" in await said(client, "tools_callRead", address="things.getThing", arguments={"id": "seven"})
        missing = await said(client, "tools_callRead", address="things.getThing")
    assert missing.startswith("ERROR")
    assert "id" in missing
    assert not upstream.requests


@pytest.mark.parametrize("era", ERAS)
async def test_a_person_is_asked_about_the_call_itself(era: str, upstream: Upstream) -> None:
    """Once, about the tool that is called, whichever tool passes the call on."""
    asked: list[str] = []

    async def person(context: object, params: types.ElicitRequestParams) -> types.ElicitResult:
        asked.append(params.message)
        return yes(context, params)

    policy = Policy(approve=Approve.WRITES)
    async with connected(era, base_url=upstream.url, person=person, policy=policy) as client:
        assert "asks a person first" in await said(client, "tools_search", query="delete thing", limit=1)
        await said(client, "tools_callDestructive", address="things.deleteThing", arguments={"id": 7})
    assert len(asked) == 1
    assert "things.deleteThing" in asked[0]
    assert [request.method for request in upstream.requests] == ["DELETE"]


async def test_a_rule_about_a_calling_tool_holds_for_what_it_calls(upstream: Upstream) -> None:
    """`approve` asks about each of its calls, `deny` takes it away."""
    asks = Policy(rules=(Rule(Action.APPROVE, tools=("tools.callRead",), place="rule 1"),))
    async with connected("legacy", base_url=upstream.url, policy=asks) as client:
        refused = await said(client, "tools_callRead", address="things.getThing", arguments={"id": 7})
    assert "tools.callRead needs a person's approval (rule 1); this client cannot ask" in refused
    denies = Policy(rules=(Rule(Action.DENY, tools=("tools.callWrite",), place="rule 1"),))
    async with connected("legacy", base_url=upstream.url, policy=denies) as client:
        assert "tools.callWrite" not in [tool.title for tool in (await client.list_tools()).tools]
    assert not upstream.requests


async def test_a_rule_that_denies_all_the_rest_leaves_the_tools_that_call_what_is_allowed(upstream: Upstream) -> None:
    """Only a few tools, found and called as usual."""
    rules = (Rule(Action.ALLOW, tools=("things.getThing",), place="rule 1"), Rule(Action.DENY, place="rule 2"))
    async with connected("legacy", base_url=upstream.url, policy=Policy(rules=rules)) as client:
        assert [tool.title for tool in (await client.list_tools()).tools] == [*LISTED[:5], "results.read"]
        assert not (await said(client, "tools_callRead", address="things.getThing", arguments={"id": 7})).startswith(
            "ERR"
        )
        refused = await said(client, "tools_callDestructive", address="things.deleteThing", arguments={"id": 7})
    assert "denied by rule 2" in refused
    assert [request.method for request in upstream.requests] == ["GET"]


async def test_denied_tools_are_neither_found_nor_described_nor_called(upstream: Upstream) -> None:
    """--read-only takes the tools that change something, and those that would call them."""
    async with connected("legacy", base_url=upstream.url, policy=Policy(read_only=True)) as client:
        titles = [tool.title for tool in (await client.list_tools()).tools]
        assert titles == ["tools.search", "tools.describe", "tools.callRead", "openapi.previewSpec", "results.read"]
        assert "deleteThing" not in await said(client, "tools_search", query="delete thing")
        assert "--read-only" in await said(client, "tools_describe", address="things.deleteThing")
        assert "--read-only" in await said(client, "tools_callRead", address="things.deleteThing")
    assert not upstream.requests


async def test_the_audit_log_names_the_tool_and_what_passed_the_call_on(upstream: Upstream, tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    async with connected("legacy", base_url=upstream.url, audit=log) as client:
        await said(client, "tools_callRead", address="things.getThing", arguments={"id": 7})
    [line] = [json.loads(line) for line in log.read_text().splitlines()]
    assert (line["tool"], line["through"], line["status"]) == ("things.getThing", "tools.callRead", 200)


async def test_a_source_added_at_run_time_is_found_at_once() -> None:
    async with connected("legacy") as client:
        more = document({"/pets": {"get": operation("listPets", "Pets")}}, servers=[{"url": "https://pets.example"}])
        await said(client, "openapi_addSource", spec=more, name="pets")
        assert "pets.pets.listPets()" in await said(client, "tools_search", query="pets")
        assert "listPets" not in await said(client, "tools_search", query="pets", source="things")
        assert "There are: things, pets" in await said(client, "tools_search", query="pets", source="cats")


async def test_a_part_of_a_large_argument_is_described_alone() -> None:
    """A large schema comes in outline, and each part of it on request; a wrong part is answered by the right ones."""
    source = open_bundled("digitalocean")
    async with App.open([source], Settings(expose=Expose.SEARCH)) as app, Client(McpServer(app).lowlevel) as client:
        whole = await said(client, "tools_describe", address="apps.appsCreate", answer=True)
        assert len(whole) <= 9_000
        assert "argument body.spec" in whole
        assert "\nAnswers {app?: {" in whole
        part = await said(client, "tools_describe", address="apps.appsCreate", argument="body.spec.services")
        assert json.loads(part)["type"] == "array"
        wrong = await said(client, "tools_describe", address="apps.appsCreate", argument="body.spec.service")
        assert "services" in wrong


async def test_auto_lists_all_that_is_short_and_searches_what_is_long() -> None:
    """What is added may turn the one into the other."""
    async with connected("legacy", expose=Expose.AUTO) as client:
        assert len((await client.list_tools()).tools) == 7
        assert "things.getThing" in [tool.title for tool in (await client.list_tools()).tools]
        many = {
            f"/many/{number}": {"get": operation(f"many{number}", "Many", summary="x" * 200)}
            for number in range(AUTO_TOKENS // 15)
        }
        await said(
            client, "openapi_addSource", spec=document(many, servers=[{"url": "https://m.example"}]), name="many"
        )
        assert [tool.title for tool in (await client.list_tools()).tools] == LISTED


async def test_operations_of_the_names_of_built_in_tools_take_a_suffix() -> None:
    """A document cannot take the place of the server's own tools."""
    text = document({"/search": {"get": operation("search", "tools", parameters=[parameter("q", "query", {})])}})
    async with connected("legacy", text=text) as client:
        found = await said(client, "tools_search", query="search")
        assert found.startswith("tools.search_")
