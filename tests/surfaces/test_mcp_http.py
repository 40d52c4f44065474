"""`specport serve` over HTTP: Streamable HTTP for both eras and the legacy SSE pair, each a real process."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import mcp_types as types
import pytest
from mcp.client.client import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from raw_stdio import INITIALIZE

from end_to_end.loopback import PATIENCE, Cli, Reply, Upstream, announced, things
from specport.surfaces.mcp.http import is_loopback

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse"
JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def arguments(running: Upstream) -> list[str]:
    """What every server of this module is started with."""
    return ["--spec", "things.json", "--base-url", running.url, "--no-state", "--allow-private"]


@pytest.fixture(scope="module")
def http(cli: Cli, arguments: list[str]) -> Iterator[str]:
    """A server on Streamable HTTP: its URL."""
    with cli.listening(*arguments, "--transport", "http") as url:
        assert url.endswith("/mcp")
        yield url


@pytest.fixture(scope="module")
def sse(cli: Cli, arguments: list[str]) -> Iterator[str]:
    """A server on legacy SSE: its URL."""
    with cli.listening(*arguments, "--transport", "sse") as url:
        assert url.endswith("/sse")
        yield url


@pytest.fixture(scope="module")
def locked(cli: Cli, arguments: list[str]) -> Iterator[str]:
    """A server that wants a bearer token: its URL."""
    locked = ("--transport", "http", "--token", "env:MCP_PASSWORD")
    with cli.listening(*arguments, *locked, env={"MCP_PASSWORD": PASSWORD}) as url:
        yield url


ENVELOPE = {"protocolVersion": "2026-07-28", "clientCapabilities": {}}
"""What a stateless request says of its client under `_meta`."""


class Told:
    """Notifications that a session got."""

    def __init__(self) -> None:
        self.changed = anyio.Event()

    async def __call__(self, message: object) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self.changed.set()


WAYS = ("http legacy", "http 2026-07-28", "sse")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return request.param


@asynccontextmanager
async def connected(way: str, http: str, sse: str) -> AsyncIterator[tuple[Client, Told]]:
    """An SDK client that came this way."""
    told = Told()
    server: Any = sse_client(sse) if way == "sse" else http
    mode = "2026-07-28" if way.endswith("2026-07-28") else "legacy"
    with anyio.fail_after(PATIENCE):
        async with Client(server, mode=mode, message_handler=told) as client:
            yield client, told


async def test_tools_are_listed_and_called(way: str, http: str, sse: str, upstream: Upstream) -> None:
    """Every way in gives the same list and the same request."""
    async with connected(way, http, sse) as (client, _):
        titles = [tool.title for tool in (await client.list_tools()).tools]
        assert "things.createThing" in titles
        assert titles[-2:] == ["openapi.previewSpec", "openapi.addSource"]
        upstream.take()
        assert (await client.call_tool("things.getThing", {"id": 3})).structured_content == {"ok": True}
        assert [asked.target for asked in upstream.take()] == ["/things/3"]


async def test_errors_come_back(way: str, http: str, sse: str) -> None:
    """Wrong arguments as a result, an unknown tool as a protocol error."""
    async with connected(way, http, sse) as (client, _):
        assert (await client.call_tool("things_getThing", {"id": "x"})).is_error
        with pytest.raises(MCPError, match="there is no tool"):
            await client.call_tool("nonesuch", {})


async def test_clients_are_told_when_a_source_was_added(way: str, http: str, sse: str, upstream: Upstream) -> None:
    """Listeners of the new era, sessions of the old: whoever did not ask for it finds out as well."""
    name = "s" + "".join(char for char in way if char.isalnum())
    spec = {"spec": things(), "name": name, "base_url": upstream.url}
    async with connected(way, http, sse) as (client, told), connected(way, http, sse) as (other, _):
        if client.mode == "legacy":
            added = await other.call_tool("openapi_addSource", spec)
            await told.changed.wait()
        else:
            async with client.listen(tools_list_changed=True) as changes:
                added = await other.call_tool("openapi_addSource", spec)
                await anext(changes)
        assert not added.is_error
        assert f"{name}_things_getThing" in {tool.name for tool in (await client.list_tools()).tools}
        assert not (await client.call_tool(f"{name}_things_getThing", {"id": 1})).is_error


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_a_client_that_asks_for_progress_hears_of_it(
    cli: Cli, arguments: list[str], mode: str, upstream: Upstream
) -> None:
    """In both eras, while the call goes on."""
    heard: list[tuple[float, str | None]] = []

    async def listen(progress: float, total: float | None, message: str | None) -> None:
        del total
        heard.append((progress, message))

    pages = {"address": "things.listThings", "arguments": {}, "all_pages": True}
    following = {"link": '<https://x.example/things?page=2>; rel="next"'}
    upstream.first["/things"] = [
        Reply(body=b'{"things": [1, 2]}', headers=following), Reply(body=b'{"things": [3]}'),
    ]  # fmt: skip
    with cli.listening(*arguments, "--transport", "http", "--expose", "search") as url, anyio.fail_after(PATIENCE):
        async with Client(url, mode=mode) as client:
            result = await client.call_tool("tools_callRead", pages, progress_callback=listen)
    assert json.loads(result.content[0].text) == {"things": [1, 2, 3]}
    assert heard == [(2, "1 page")]


def test_who_asks_for_progress_and_takes_no_stream_gets_one_body(http: str) -> None:
    """By hand."""
    era = {f"io.modelcontextprotocol/{key}": value for key, value in ENVELOPE.items()}
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": {"progressToken": 1, **era}}}
    headers = {**JSON, "accept": "application/json", "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"}
    answer = httpx2.post(http, json=request, headers=headers)
    assert answer.headers["content-type"] == "application/json"
    assert answer.status_code == 200, answer.text


def test_a_session_is_told_that_lists_change(http: str) -> None:
    """Older clients look at that before they listen for it."""
    opening = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE}
    answer = httpx2.post(http, json=opening, headers=JSON, timeout=PATIENCE)
    capabilities = json.loads(answer.text.partition("data: ")[2])["result"]["capabilities"]
    assert capabilities["tools"] == {"listChanged": True}
    assert capabilities["resources"]["listChanged"]


async def test_a_session_that_listens_to_nothing_holds_up_nobody(http: str, upstream: Upstream) -> None:
    """A legacy client without an open stream, or long gone, does not keep a source from being added."""
    async with httpx2.AsyncClient(headers=JSON, timeout=PATIENCE) as raw:
        for _ in range(3):
            hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE}
            answer = await raw.post(http, json=hello)
            assert answer.status_code == 200
            session = {"mcp-session-id": answer.headers["mcp-session-id"], "mcp-protocol-version": "2025-11-25"}
            initialized = {"jsonrpc": "2.0", "method": "notifications/initialized"}
            assert (await raw.post(http, json=initialized, headers=session)).status_code == 202
    with anyio.fail_after(PATIENCE / 3):
        async with Client(http, mode="2026-07-28") as client:
            for number in range(3):
                spec = {"spec": things(), "name": f"quiet{number}", "base_url": upstream.url}
                assert not (await client.call_tool("openapi_addSource", spec)).is_error


def posted(url: str, **headers: str) -> httpx2.Response:
    """A listing asked for by hand, as a 2026-07-28 client would."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}
    modern = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"}
    return httpx2.post(url, json=body, headers={**JSON, **modern, **headers}, timeout=PATIENCE)


def test_a_request_by_hand_is_answered(http: str) -> None:
    """The other tests of requests by hand refuse for their own reason, not for a broken request."""
    answer = posted(http)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["result"]["tools"]) >= 7


@pytest.mark.parametrize(
    "host", ["evil.example.com", "evil.example.com:80", "127.0.0.1.evil.example.com", "169.254.169.254"]
)
def test_other_host_names_are_not_answered(http: str, host: str) -> None:
    """DNS rebinding: a page cannot reach the server under its own name."""
    assert posted(http, host=host).status_code in {403, 421}


@pytest.mark.parametrize("origin", ["https://evil.example.com", "http://127.0.0.1.evil.example.com", "null"])
def test_other_origins_are_not_answered(http: str, origin: str) -> None:
    """A browser's cross-site request is refused."""
    assert posted(http, origin=origin).status_code == 403


def test_a_page_of_this_machine_is_answered(http: str) -> None:
    """A local console may call."""
    assert posted(http, origin="http://localhost:3000").status_code == 200


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer wrong", f"bearer {PASSWORD}x", f"Basic {PASSWORD}", PASSWORD])
def test_without_the_right_token_nothing_is_answered(locked: str, sent: str) -> None:
    """401 with the scheme that is wanted, before anything else looks at the request."""
    headers = {"authorization": sent} if sent else {}
    for url in (locked, locked.replace("/mcp", "/nonesuch")):
        answer = posted(url, **headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "tools" not in answer.text


async def test_with_the_token_everything_works(locked: str) -> None:
    """The SDK's client with an Authorization header."""
    assert posted(locked, authorization=f"Bearer {PASSWORD}").status_code == 200
    headers = {"authorization": f"Bearer {PASSWORD}"}
    async with httpx2.AsyncClient(headers=headers, timeout=PATIENCE) as authorized:
        for mode in ("legacy", "2026-07-28"):
            async with Client(streamable_http_client(locked, http_client=authorized), mode=mode) as client:
                assert len((await client.list_tools()).tools) == 7


def test_health_needs_no_token(locked: str, http: str, sse: str) -> None:
    """A load balancer may ask whether the server is up."""
    for url in (locked, http, sse):
        answer = httpx2.get(f"{url.rpartition('/')[0]}/health", timeout=PATIENCE)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_body_over_the_limit_is_refused(http: str) -> None:
    """Memory is not for whoever sends most."""
    answer = httpx2.post(http, content=b"x" * (17 * 1024 * 1024), headers=JSON, timeout=PATIENCE)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"[]", b"{}", b"\xff\xfe", b'{"jsonrpc":"2.0","id":1,"method":"nonesuch"}']
)
def test_a_body_that_is_no_request_gets_an_error(http: str, body: bytes) -> None:
    """And the server goes on."""
    answer = httpx2.post(http, content=body, headers=JSON, timeout=PATIENCE)
    assert 400 <= answer.status_code < 500, answer.text
    assert posted(http).status_code == 200


@pytest.mark.parametrize(
    ("host", "answer"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("192.0.2.1", False), ("example.com", False), ("localhost.example.com", False), ("", False)],
)  # fmt: skip
def test_loopback_addresses_are_known(host: str, answer: bool) -> None:
    """A name that is not looked up counts as off loopback."""
    assert is_loopback(host) is answer


def test_a_call_whose_client_is_gone_is_given_up(http: str, upstream: Upstream) -> None:
    """A stateless client cancels by closing its connection (MCP 2026-07-28, basic/transports)."""
    upstream.replies["/things"] = Reply(hangs=True)
    upstream.given_up.clear()
    meta = {f"io.modelcontextprotocol/{name}": {} for name in ("clientInfo", "clientCapabilities")}
    meta["io.modelcontextprotocol/clientInfo"] = {"name": "gone", "version": "1"}
    meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28"  # type: ignore[assignment]
    params = {"name": "things_listThings", "arguments": {}, "_meta": meta}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "things_listThings"}
    try:
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(http, json=message, headers={**JSON, **headers}, timeout=httpx2.Timeout(PATIENCE, read=1.0))
        assert upstream.given_up.wait(PATIENCE)
    finally:
        del upstream.replies["/things"]


@pytest.mark.parametrize("host", ["0.0.0.0", "example.com"])
def test_off_loopback_without_a_token_it_does_not_start(cli: Cli, arguments: list[str], host: str) -> None:
    """One line that says what to give instead."""
    done = cli.run("serve", *arguments, "--transport", "http", "--host", host, "--port", "0")
    assert done.code == 1
    said = f"specport: serving on {host} needs a bearer token. Give --token env:NAME, or --oauth-issuer"
    assert done.err == f"{said} and --oauth-resource, or bind 127.0.0.1\n"


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("env:NOT_SET", "env:NOT_SET is not set"),
        ("plain-password", "must be a reference: env:NAME, file:PATH, keyring"),
        ("header:authorization", "must be a reference: env:NAME, file:PATH, keyring"),
    ],
)
def test_a_token_that_is_not_there_is_told(cli: Cli, arguments: list[str], token: str, reason: str) -> None:
    """The server does not start open when it was meant to be locked."""
    done = cli.run("serve", *arguments, "--transport", "http", "--port", "0", "--token", token)
    assert done.code in {1, 2}
    assert reason in done.err
    assert "plain-password" not in done.err
    assert done.err.count("\n") == 1


def test_a_port_in_use_is_told(cli: Cli, arguments: list[str], upstream: Upstream) -> None:
    """Which one, and what to do."""
    port = upstream.url.rpartition(":")[2]
    done = cli.run("serve", *arguments, "--transport", "http", "--port", port)
    assert done.code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.err
    assert "--port" in done.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("way", "number"), [*((way, signal.SIGTERM) for way in WAYS), ("http 2026-07-28", signal.SIGINT)]
)
async def test_the_server_ends_when_it_is_told_to(
    cli: Cli, arguments: list[str], way: str, number: signal.Signals
) -> None:
    """With a client connected and listening: exit code 0, and what it said on stderr was one line."""
    with cli.start("serve", *arguments, "--transport", way[:4].strip(), "--port", "0") as process:
        url = announced(process)
        try:
            async with connected(way, url, url) as (client, _):
                await client.list_tools()
                if client.mode == "legacy":
                    process.send_signal(number)
                else:
                    async with client.listen(tools_list_changed=True) as changes:
                        process.send_signal(number)
                        assert [change async for change in changes] == []
                code = await anyio.to_thread.run_sync(lambda: wait(process))
        except* (httpx2.HTTPError, MCPError):  # the client may notice that the server is gone
            code = wait(process)
        assert code == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


def wait(process: subprocess.Popen[bytes]) -> int:
    """The exit code, soon."""
    return process.wait(PATIENCE / 6)


def test_the_folder_of_the_server_stays_clean(cli: Cli, http: str) -> None:
    """`--no-state` writes nothing."""
    assert {path.name for path in Path(cli.home).iterdir()} == {"things.json"}
