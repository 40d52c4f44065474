"""`header:NAME`: credentials that clients of an HTTP server bring themselves; nothing else of theirs goes on."""

from __future__ import annotations

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from raw_stdio import Wire

from end_to_end.loopback import PATIENCE, Cli, Upstream, things

pytestmark = pytest.mark.anyio

THEIRS = ("--credential", "token=header:X-Things-Token")


def arguments(upstream: Upstream, *more: str) -> list[str]:
    return ["--spec", "things.json", "--base-url", upstream.url, "--no-state", *more]


async def called(url: str, mode: str, *headers: dict[str, str]) -> list[str]:
    """What one client was answered to a call with each of these headers."""
    answers: list[str] = []
    async with (
        httpx2.AsyncClient(headers=headers[0], timeout=PATIENCE) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        for each in headers:
            http.headers.update(each)
            answers.append(str((await client.call_tool("things_getThing", {"id": 1})).content))
    return answers


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_each_call_goes_with_the_header_of_its_own_request(cli: Cli, upstream: Upstream, mode: str) -> None:
    """Behind --token as well: the client's two credentials stay apart, and a session has no credential of its own."""
    own = {"authorization": "Bearer for-specport", "cookie": "for=specport", "x-other": "for-specport"}
    locked = ("--transport", "http", "--token", "env:PASSWORD")
    with cli.listening(*arguments(upstream, *THEIRS, *locked), env={"PASSWORD": "for-specport"}) as url:
        upstream.take()
        headers = [{**own, "x-things-token": token} for token in ("first-token", "second-token")]
        answers = await called(url, mode, *headers)
    seen = upstream.take()
    assert [asked.header("authorization") for asked in seen] == ["Bearer first-token", "Bearer second-token"]
    assert "for-specport" not in str(seen)
    assert "token" not in "".join(answers)


async def test_over_sse_each_message_is_a_request_of_its_own(cli: Cli, upstream: Upstream) -> None:
    """The legacy transport posts messages beside the stream that answers them."""
    with cli.listening(*arguments(upstream, *THEIRS), "--transport", "sse") as url:
        upstream.take()
        async with Client(sse_client(url, headers={"x-things-token": "theirs"}), mode="legacy") as client:
            await client.call_tool("things_getThing", {"id": 1})
    [seen] = upstream.take()
    assert seen.header("authorization") == "Bearer theirs"


async def test_a_request_without_the_header_is_told_which(cli: Cli, upstream: Upstream) -> None:
    """And nothing is sent."""
    with cli.listening(*arguments(upstream, *THEIRS), "--transport", "http") as url:
        upstream.take()
        [answer] = await called(url, "2026-07-28", {"authorization": "Bearer mine"})
    assert "token: the client's request has no header x-things-token. Let the client send the header" in answer
    assert upstream.take() == []


async def test_without_such_a_reference_nothing_of_the_client_goes_on(cli: Cli, upstream: Upstream) -> None:
    """Authorization and cookies of the inbound request are specport's own affair."""
    with cli.listening(*arguments(upstream), "--transport", "http") as url:
        upstream.take()
        await called(url, "legacy", {"authorization": "Bearer mine", "cookie": "a=mine", "x-things-token": "mine"})
    [seen] = upstream.take()
    assert "mine" not in str(seen)


async def test_authorization_itself_may_go_on_where_the_server_has_no_token(cli: Cli, upstream: Upstream) -> None:
    """A gateway in front may have checked it; the API gets it as it came."""
    forwarded = ("--credential", "token=header:Authorization", "--transport", "http")
    with cli.listening(*arguments(upstream, *forwarded)) as url:
        upstream.take()
        await called(url, "legacy", {"authorization": "Bearer mine"})
    [seen] = upstream.take()
    assert seen.header("authorization") == "Bearer mine"


def test_the_servers_own_token_is_not_forwarded(cli: Cli, upstream: Upstream) -> None:
    """Such a server does not start."""
    forwarded = ("--credential", "token=header:Authorization", "--transport", "http", "--token", "env:PASSWORD")
    done = cli.run("serve", *arguments(upstream, *forwarded), "--port", "0", env={"PASSWORD": "for-specport"})
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "would be sent what is meant for specport: token is header:authorization, and --token is set" in done.err


def test_on_stdio_there_are_no_headers(cli: Cli, upstream: Upstream) -> None:
    """The call says that it needs HTTP."""
    with cli.start("serve", *arguments(upstream, *THEIRS)) as process:
        wire = Wire(process)
        wire.initialize()
        answer = wire.ask("tools/call", {"name": "things_getThing", "arguments": {"id": 1}})
    assert "comes with the client's HTTP requests, and this is not HTTP. Serve with --transport http" in str(answer)


def test_a_tool_call_cannot_bring_credentials(cli: Cli, upstream: Upstream) -> None:
    """openapi.addSource takes none, so that no document can ask for what clients send."""
    with cli.start("serve", *arguments(upstream)) as process:
        wire = Wire(process)
        wire.initialize()
        added = {"spec": things(), "name": "evil", "credentials": {"token": "header:authorization"}}
        answer = wire.ask("tools/call", {"name": "openapi_addSource", "arguments": added})
    assert answer["result"]["isError"]
    assert "credentials" in str(answer["result"]["content"])
