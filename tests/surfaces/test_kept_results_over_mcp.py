"""Large answers as clients of both eras meet them: a part at first, a tool that appears, readings, a resource."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import mcp_types as types
import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError

from end_to_end.loopback import Reply, Upstream, things
from specport import calling
from specport.app import App, Settings
from specport.errors import BadArguments
from specport.exposure.model import Expose
from specport.policy.model import Action, Caller, Policy, Rule
from specport.results import decoded
from specport.results import kept as keeping
from specport.results.model import View
from specport.sources.model import Origin, Source
from specport.surfaces.mcp.server import McpServer
from surfaces.test_list_changes import Heard

pytestmark = pytest.mark.anyio

LARGE = {"things": [{"id": n, "name": "x" * 50} for n in range(2_000)]}


def opening(upstream: Upstream, **settings: Any) -> Any:
    upstream.replies["/things"] = Reply(body=json.dumps(LARGE).encode())
    source = Source("things", "things.json", things().encode(), Origin.OPERATOR, upstream.url)
    return App.open([source], Settings(**settings))


def texts(result: types.CallToolResult) -> list[str]:
    assert result.structured_content is None
    return [block.text for block in result.content if isinstance(block, types.TextContent)]


def handle_in(notes: str) -> str:
    return json.loads(notes.partition("Next: results_read ")[2].partition(". ")[0])["handle"]


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_the_tool_that_reads_results_is_listed_once_there_is_one(era: str, upstream: Upstream) -> None:
    """And clients are told so once; by name it can be called before."""
    heard = Heard()
    async with opening(upstream) as app, Client(McpServer(app).lowlevel, mode=era, message_handler=heard) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert "results_read" not in names
        refused = await client.call_tool("results_read", {"handle": "none"})
        assert texts(refused)[0].startswith("there is no such result. Answers are kept for 15 minutes")
        text, notes = texts(await client.call_tool("things_listThings", {}))
        await client.call_tool("things_listThings", {})
        assert [tool.name for tool in (await client.list_tools()).tools] == [*names, "results_read"]
        shown = json.loads(text)["things"]
        more = {"handle": handle_in(notes), "select": "things", "offset": len(shown)}
        [text, notes] = texts(await client.call_tool("results.read", more))
        assert json.loads(text)[0] == LARGE["things"][len(shown)]
        if era == "legacy":
            assert heard.times == 1


@pytest.mark.parametrize(("offset", "text"), [(1999.0, '[{"id":1999,'), (1e30, "[]"), (10**30, "[]")])
async def test_a_whole_number_may_be_written_in_any_way(upstream: Upstream, offset: float, text: str) -> None:
    """5.0 is an integer in JSON Schema, as any larger number is; what is behind the end is nothing."""
    async with opening(upstream) as app, Client(McpServer(app).lowlevel, mode="2026-07-28") as client:
        _, notes = texts(await client.call_tool("things_listThings", {}))
        place = {"handle": handle_in(notes), "select": "things", "offset": offset}
        assert texts(await client.call_tool("results_read", place))[0].startswith(text)


@pytest.mark.parametrize("expose", [Expose.SEARCH, Expose.CODE])
async def test_where_not_all_tools_are_listed_it_always_is(expose: Expose, upstream: Upstream) -> None:
    """Nothing changes when the first result is kept."""
    async with opening(upstream, expose=expose) as app:
        before = app.listing.digest
        assert "results_read" in app.listing.names
        await app.call("things_listThings", {})
        assert app.listing.digest == before


async def test_an_answer_is_a_resource_of_whoever_made_the_call(upstream: Upstream) -> None:
    """All of it; to others there is no such resource, nor such a result."""
    async with opening(upstream) as app, Client(McpServer(app).lowlevel) as client:
        _, notes = texts(await client.call_tool("things_listThings", {}))
        uri = f"specport://results/{handle_in(notes)}"
        [contents] = (await client.read_resource(uri)).contents
        assert isinstance(contents, types.TextResourceContents)
        assert json.loads(contents.text) == LARGE
        kept = await app.call("things_listThings", {}, caller=Caller("other"))
        with pytest.raises(MCPError, match="there is no resource"):
            await client.read_resource(f"specport://results/{kept.handle}")
        with pytest.raises(BadArguments, match="there is no such result"):
            await app.call("results.read", {"handle": handle_in(notes)}, caller=Caller("other"))


async def test_a_calling_tool_takes_what_is_wanted_of_the_answer(upstream: Upstream) -> None:
    """`select` and `max_items`; an expression that is none is refused before anything is sent."""
    async with opening(upstream, expose=Expose.SEARCH) as app, Client(McpServer(app).lowlevel) as client:

        async def called(**view: Any) -> list[str]:
            arguments = {"address": "things.listThings", "arguments": {}, **view}
            return texts(await client.call_tool("tools_callRead", arguments))

        text, notes = await called(select="things[:3].id")
        assert text == "[0,1,2]"
        assert "All of it: results_read" in notes
        text, notes = await called(max_items=2)
        assert json.loads(text) == {"things": LARGE["things"][:2]}
        assert '"select":"things","offset":2,"max_items":2}' in notes
        upstream.take()
        [text] = await called(select="things[")
        assert "it breaks off at character 8, at its end" in text
        assert upstream.take() == []


async def test_policy_may_deny_reading(upstream: Upstream) -> None:
    """Then nothing is kept, and what is shown says to ask for less."""
    policy = Policy(rules=(Rule(Action.DENY, tools=("results.*",)),))
    async with opening(upstream, policy=policy) as app:
        result = await app.call("things_listThings", {})
        assert result.handle == ""
        assert "Ask for less, with a filter or a smaller page" in result.notes[0]
        assert "results_read" not in app.listing.names


async def test_a_program_gets_everything(upstream: Upstream) -> None:
    """Whole, and as a value."""
    async with opening(upstream) as app:
        result = await app.call("things_listThings", {}, view=View(whole=True))
        assert result.answer is not None
        assert result.answer.value == json.loads(result.text) == LARGE
        assert result.handle == ""


async def test_what_nobody_reads_goes_though_nobody_calls(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values and answers are looked over by themselves, as long as there are any."""
    for module, name in ((calling, "DECODED_SECONDS"), (decoded, "DECODED_SECONDS"), (keeping, "KEPT_SECONDS")):
        monkeypatch.setattr(module, name, 0.0)
    is_empty = asyncio.Event()
    purge = keeping.KeptResults.purge

    def watched(self: keeping.KeptResults) -> bool:
        left = purge(self)
        if not left:
            is_empty.set()
        return left

    monkeypatch.setattr(keeping.KeptResults, "purge", watched)
    async with opening(upstream) as app:
        assert (await app.call("things_listThings", {})).handle
        await asyncio.wait_for(is_empty.wait(), 30)
