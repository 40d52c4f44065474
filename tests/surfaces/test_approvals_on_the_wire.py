"""Approval between processes: every transport, both eras, and messages that no well-behaved client would send."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp.client.client import Client
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client
from raw_stdio import Wire

from end_to_end.loopback import PATIENCE, SPECPORT, Cli, Upstream

pytestmark = pytest.mark.anyio

WAYS = ("stdio legacy", "stdio 2026-07-28", "http legacy", "http 2026-07-28", "sse legacy")

CLIENT = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}},
}


@pytest.fixture(scope="module")
def arguments(running: Upstream) -> list[str]:
    """What every server of this module is started with."""
    return ["--spec", "things.json", "--base-url", running.url, "--no-state", "--approve", "destructive"]


@pytest.fixture(scope="module")
def urls(cli: Cli, arguments: list[str]) -> Iterator[dict[str, str]]:
    """Servers over HTTP."""
    with (
        cli.listening(*arguments, "--transport", "http") as http,
        cli.listening(*arguments, "--transport", "sse") as sse,
    ):
        yield {"http": http, "sse": sse}


@asynccontextmanager
async def connected(
    way: str, cli: Cli, arguments: list[str], urls: dict[str, str], approve: bool
) -> AsyncIterator[Client]:
    """A client that came this way, with a person who says the same to everything."""

    async def person(context: object, params: object) -> types.ElicitResult:
        return types.ElicitResult(action="accept", content={"approve": approve})

    transport, mode = way.split()
    parameters = StdioServerParameters(
        command=SPECPORT, args=["serve", *arguments], env={"HOME": str(cli.home)}, cwd=cli.home
    )
    server: Any = {"stdio": lambda: stdio_client(parameters), "sse": lambda: sse_client(urls["sse"])}.get(
        transport, lambda: urls["http"]
    )()
    with anyio.fail_after(PATIENCE):
        async with Client(server, mode=mode, elicitation_callback=person) as client:
            yield client


@pytest.mark.parametrize("way", WAYS)
async def test_a_person_is_asked_whichever_way_the_client_came(
    way: str, cli: Cli, arguments: list[str], urls: dict[str, str], upstream: Upstream
) -> None:
    """A no leaves the API alone, a yes calls it once."""
    upstream.take()
    async with connected(way, cli, arguments, urls, approve=False) as client:
        refused = await client.call_tool("things_deleteThing", {"id": 1})
        assert refused.is_error
        assert "the person declined things.deleteThing" in refused.content[0].text  # type: ignore[union-attr]
    assert upstream.take() == []
    async with connected(way, cli, arguments, urls, approve=True) as client:
        assert not (await client.call_tool("things_deleteThing", {"id": 2})).is_error
    assert [(asked.method, asked.target) for asked in upstream.take()] == [("DELETE", "/things/2")]


async def test_without_sessions_older_clients_are_not_asked(cli: Cli, arguments: list[str], upstream: Upstream) -> None:
    """With --stateless nothing ties an answer to the call that asks; newer clients bring it themselves."""
    upstream.take()
    with cli.listening(*arguments, "--transport", "http", "--stateless") as url:
        urls = {"http": url}
        async with connected("http legacy", cli, arguments, urls, approve=True) as client:
            refused = await client.call_tool("things_deleteThing", {"id": 1})
            assert refused.is_error
            assert "(--stateless). The operator may allow it" in refused.content[0].text  # type: ignore[union-attr]
        assert upstream.take() == []
        async with connected("http 2026-07-28", cli, arguments, urls, approve=True) as client:
            assert not (await client.call_tool("things_deleteThing", {"id": 1})).is_error
    assert len(upstream.take()) == 1


@pytest.fixture(scope="module")
def wire(cli: Cli, arguments: list[str]) -> Iterator[Wire]:
    """A server on stdio without a client."""
    with cli.start("serve", *arguments) as process:
        yield Wire(process)


def call(wire: Wire, **more: object) -> Any:
    """The result or error of a modern call that needs approval."""
    params = {"name": "things_deleteThing", "arguments": {"id": 1}, "_meta": CLIENT, **more}
    answer = wire.ask("tools/call", params)
    return answer.get("result", answer.get("error"))


YES = {"approval": {"action": "accept", "content": {"approve": True}}}


@pytest.mark.parametrize(
    "more",
    [
        {"requestState": 7},
        {"requestState": {}},
        {"requestState": []},
        {"requestState": True},
        {"requestState": "", "inputResponses": YES},
        {"requestState": "x" * 1_000_000, "inputResponses": YES},
        {"inputResponses": "yes"},
        {"inputResponses": []},
        {"inputResponses": {"approval": True}},
        {"inputResponses": {"approval": {"action": "approve"}}},
        {"inputResponses": {"approval": {"action": ["accept"], "content": {"approve": True}}}},
        {"inputResponses": {"approval": {"action": "accept", "content": "yes"}}},
        {"inputResponses": {"approval": {"action": "accept", "content": {"approve": {"deep": True}}}}},
    ],
)
def test_answers_of_wrong_types_are_refused(wire: Wire, upstream: Upstream, more: dict[str, object]) -> None:
    """As a broken request or as no approval; with a state that is good as well as without."""
    upstream.take()
    state = call(wire)["requestState"]
    for params in (more, {"requestState": state, **more}):
        answer = call(wire, **params)
        assert answer.get("isError") or answer.get("code") == -32602 or answer.get("resultType") == "input_required"
    assert upstream.take() == []
    assert "result" in wire.ask("tools/list", {"_meta": CLIENT})


def test_a_null_state_is_none(wire: Wire, upstream: Upstream) -> None:
    """And so the person is asked."""
    assert call(wire, requestState=None, inputResponses=None)["resultType"] == "input_required"
    assert upstream.take() == []


@pytest.mark.parametrize("capabilities", [{}, {"elicitation": {"url": {}}}, {"elicitation": None}, {"sampling": {}}])
def test_a_client_that_shows_no_forms_is_not_asked(
    wire: Wire, upstream: Upstream, capabilities: dict[str, object]
) -> None:
    """What a client can do comes with each request of the new era, and a good state makes no difference."""
    state = call(wire)["requestState"]
    meta = {**CLIENT, "io.modelcontextprotocol/clientCapabilities": capabilities}
    for more in ({}, {"requestState": state, "inputResponses": YES}):
        answer = call(wire, _meta=meta, **more)
        assert answer.get("isError") or answer.get("code") == -32602, answer
    assert upstream.take() == []


def test_a_good_answer_by_hand_is_an_approval(wire: Wire, upstream: Upstream) -> None:
    """The refusals above are refused for their own reasons."""
    answer = call(wire, requestState=call(wire)["requestState"], inputResponses=YES)
    assert answer["structuredContent"] == {"ok": True}
    assert len(upstream.take()) == 1
