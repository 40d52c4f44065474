"""`specport serve` over stdio: a real process, the SDK's own client of both eras, and a wire without any client."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError
from raw_stdio import INITIALIZE, Wire

from end_to_end.loopback import PATIENCE, SPECPORT, Cli, Reply, Upstream, things
from specport.results.values import MAX_STRUCTURED_LEVELS
from specport.surfaces.mcp.refusing import MAX_MESSAGE

pytestmark = pytest.mark.anyio

TOKEN = "tok_0123456789"
LEAVE: dict[str, Callable[[subprocess.Popen[bytes]], object]] = {
    "SIGINT": lambda process: process.send_signal(signal.SIGINT),
    "SIGTERM": lambda process: process.send_signal(signal.SIGTERM),
    "end of input": lambda process: process.stdin.close() if process.stdin else None,
}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        running.replies["/things/404"] = Reply(404, b'{"message":"no such thing"}')
        running.replies["/things/9"] = Reply(hangs=True)
        yield running


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where servers run: with the document, without any state."""
    folder = tmp_path_factory.mktemp("stdio")
    (folder / "things.json").write_text(things())
    return folder


@pytest.fixture(scope="module")
def arguments(upstream: Upstream) -> list[str]:
    """What every server of this module is started with."""
    return [
        "--spec", "things.json", "--base-url", upstream.url, "--no-state", "--allow-private",
        "--credential", "token=env:THINGS_TOKEN",
    ]  # fmt: skip


class Listener:
    """What a legacy client is told out of turn."""

    def __init__(self) -> None:
        self.changes = 0
        self.changed = anyio.Event()

    async def __call__(self, message: object) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self.changes += 1
            self.changed.set()


@pytest.fixture(scope="module", params=["legacy", "auto"])
async def connected(
    request: pytest.FixtureRequest, home: Path, arguments: list[str], anyio_backend: str
) -> AsyncIterator[tuple[Client, Listener]]:
    """A server process with an SDK client of each era."""
    parameters = StdioServerParameters(
        command=SPECPORT, args=["serve", *arguments], env={"THINGS_TOKEN": TOKEN, "HOME": str(home)}, cwd=home
    )
    listener = Listener()
    with (home / "stderr").open("w+") as errors:
        async with Client(stdio_client(parameters, errors), mode=request.param, message_handler=listener) as client:
            yield client, listener
        errors.seek(0)
        assert errors.read() == "", "nothing is worth a warning, and nothing but logs goes to stderr"


async def test_each_era_is_served(connected: tuple[Client, Listener]) -> None:
    """Handshake for 2025-11-25 and older, discovery for 2026-07-28; both are told that the list may change."""
    client, _ = connected
    assert client.protocol_version == ("2025-11-25" if client.mode == "legacy" else "2026-07-28")
    assert client.server_info is not None
    assert client.server_info.name == "specport"
    assert client.server_capabilities.tools is not None
    assert client.server_capabilities.tools.list_changed


async def test_tools_are_listed_and_called(connected: tuple[Client, Listener], upstream: Upstream) -> None:
    """The request that leaves is what the document says, with the credential of the command line."""
    client, _ = connected
    assert {tool.title for tool in (await client.list_tools()).tools} >= {"things.createThing", "openapi.addSource"}
    upstream.take()
    result = await client.call_tool("things_createThing", {"body": {"name": "ünï"}})
    assert result.structured_content == {"ok": True}
    [asked] = upstream.take()
    assert (asked.method, asked.target, json.loads(asked.body)) == ("POST", "/things", {"name": "ünï"})
    assert asked.header("authorization") == f"Bearer {TOKEN}"
    assert asked.header("content-type") == "application/json"


@pytest.mark.parametrize("levels", [MAX_STRUCTURED_LEVELS, MAX_STRUCTURED_LEVELS + 1, 254, 255])
@pytest.mark.parametrize("times", [1, 2])
async def test_an_answer_nested_however_deep_arrives(
    connected: tuple[Client, Listener], upstream: Upstream, levels: int, times: int
) -> None:
    """As structure too where the SDK's client can read that: a message of over 200 levels it would wait for in vain."""
    client, _ = connected
    line = b'{"a":' * levels + b"1" + b"}" * levels
    upstream.replies["/things/8"] = Reply(body=b"\n".join([line] * times))
    result = await client.call_tool("things_getThing", {"id": 8})
    [content] = result.content
    assert isinstance(content, types.TextContent)
    assert content.text.count("a") == levels * times
    assert (result.structured_content is not None) == (levels <= MAX_STRUCTURED_LEVELS and times == 1)


async def test_errors_come_back_and_the_server_stays(connected: tuple[Client, Listener]) -> None:
    """An API error, wrong arguments, an unknown tool: each answered, none the end."""
    client, _ = connected
    missing = await client.call_tool("things_getThing", {"id": 404})
    assert missing.is_error
    assert "404 Not Found: no such thing" in missing.content[0].text  # type: ignore[union-attr]
    assert (await client.call_tool("things_getThing", {"id": []})).is_error
    with pytest.raises(MCPError, match="there is no tool"):
        await client.call_tool("nonesuch", {})
    assert not (await client.call_tool("things_listThings", {"page": 2})).is_error


async def test_calls_run_side_by_side(connected: tuple[Client, Listener]) -> None:
    """A slow answer does not hold up the others, and is given up when its caller is."""
    client, _ = connected
    async with anyio.create_task_group() as group:
        group.start_soon(client.call_tool, "things_getThing", {"id": 9})
        with anyio.fail_after(PATIENCE):
            for number in range(10, 20):
                assert not (await client.call_tool("things_getThing", {"id": number})).is_error
        group.cancel_scope.cancel()


async def test_clients_are_told_when_a_source_was_added(connected: tuple[Client, Listener], upstream: Upstream) -> None:
    """A modern listener by its subscription, a legacy session by a notification; the new tools are callable."""
    client, listener = connected
    spec = {"spec": things(), "name": "second", "base_url": upstream.url}
    with anyio.fail_after(PATIENCE):
        if client.mode == "legacy":
            added = await client.call_tool("openapi_addSource", spec)
            await listener.changed.wait()
        else:
            async with client.listen(tools_list_changed=True) as changes:
                added = await client.call_tool("openapi_addSource", spec)
                await anext(changes)
    assert added.structured_content is not None
    assert "second_things_getThing" in added.structured_content["names"]
    assert "second_things_getThing" in {tool.name for tool in (await client.list_tools()).tools}
    assert not (await client.call_tool("second_things_getThing", {"id": 1})).is_error
    again = await client.call_tool("openapi_addSource", spec)
    assert again.structured_content is not None
    assert again.structured_content["status"] == "already there, unchanged"
    assert listener.changes <= 1


@pytest.fixture(scope="module")
def cli(home: Path) -> Cli:
    return Cli(home)


@pytest.fixture(scope="module")
def wire(cli: Cli, arguments: list[str]) -> Iterator[Wire]:
    """A chatty server without a client."""
    with cli.start("serve", *arguments, "--log-level", "debug", env={"THINGS_TOKEN": TOKEN}) as process:
        wire = Wire(process)
        wire.initialize()
        yield wire
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(PATIENCE) == 0
        assert process.stderr is not None
        logged = process.stderr.read().decode()
        assert "DEBUG" in logged, "logs go to stderr"
        assert TOKEN not in logged


@pytest.mark.parametrize(
    "line",
    [
        b"", b"   ", b"hello", b"{", b"[]", b"null", b"7", b"{}", b'{"jsonrpc": "1.0", "id": 1, "method": "ping"}',
        b"\xff\xfe\x00", b'{"jsonrpc":"2.0","id":"a","method":7}', b"Content-Length: 20", b"[" * 5000,
        b'{"jsonrpc":"2.0","id":99,"result":{}}', b'{"jsonrpc":"2.0","method":"notifications/nonesuch","params":{}}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_request_ends_nothing(wire: Wire, line: bytes) -> None:
    """It is ignored or answered with an error, and the next request is served."""
    wire.write(line)
    assert "result" in wire.ask("ping")
    assert all("error" in other for other in wire.others)
    wire.others.clear()


@pytest.mark.parametrize(
    ("line", "number", "code"),
    [
        (b'{"jsonrpc":"2.0","id":71,"method":"tools/call","params":{"name":"\\ud83d","arguments":{}}}', 71, -32700),
        (b'{"jsonrpc":"2.0","id":"a","method":"tools/call","params":[1]}', "a", -32600),
        (b'{"jsonrpc":"1.0","id":72,"method":"ping"}', 72, -32600),
        (b'[{"jsonrpc":"2.0","id":73,"method":"ping"}]', None, -32600),
        (b'{"jsonrpc":"2.0","id":74', None, -32700),
        (b'{"jsonrpc":"2.0","id":75}', None, -32600),
        (b'{"a":' * 3000 + b"1" + b"}" * 3000, None, -32700),
    ],
)
def test_a_request_that_cannot_be_read_is_answered(wire: Wire, line: bytes, number: object, code: int) -> None:
    """Half an emoji, as JavaScript writes one, or a batch: a client that gets no answer waits for as long as it may."""
    wire.write(line)
    answer = wire.message()
    assert (answer["id"], answer["error"]["code"]) == (number, code)
    assert "result" in wire.ask("ping")


@pytest.mark.parametrize(
    "line",
    [b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":7}', b'{"id":1,"result":{}}', b'{"error":1}'],
)
def test_a_notification_or_an_answer_that_cannot_be_read_is_not_answered(wire: Wire, line: bytes) -> None:
    """Of the one JSON-RPC wants it so, and the other's id is the server's own; two sides could go on for ever."""
    wire.write(line)
    assert "result" in wire.ask("ping")
    assert wire.others == []


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("nonesuch", {}),
        ("tools/call", {}),
        ("tools/call", {"name": 7}),
        ("tools/call", {"name": "things_getThing", "arguments": [1]}),
        ("tools/list", {"cursor": 7}),
        ("tools/list", {"cursor": "x"}),
    ],
)
def test_a_request_that_is_wrong_gets_an_error(wire: Wire, method: str, params: dict[str, Any]) -> None:
    """By JSON-RPC, with the request's id."""
    answer = wire.ask(method, params)
    assert answer["error"]["code"] in {-32600, -32601, -32602}, answer
    assert "result" in wire.ask("ping")


def test_numbers_of_any_size_come_through(wire: Wire, upstream: Upstream) -> None:
    """An identifier of 64 bits and more reaches the API as it was given."""
    upstream.take()
    for number in (2**53 + 1, 2**63 - 1):
        assert "result" in wire.ask("tools/call", {"name": "things_getThing", "arguments": {"id": number}})
        assert [asked.target for asked in upstream.take()] == [f"/things/{number}"]


def test_a_message_of_megabytes_is_one_message(wire: Wire) -> None:
    """A document given as text is long."""
    spec = json.dumps({**json.loads(things(3000)), "x-padding": "p" * 3_000_000})
    answer = wire.ask("tools/call", {"name": "openapi_previewSpec", "arguments": {"spec": spec}})
    assert "Operations: 3,005, of which" in answer["result"]["content"][0]["text"]


@pytest.mark.parametrize("more", [1, MAX_MESSAGE])
def test_a_message_that_is_too_long_is_answered_once_and_passed_over(wire: Wire, more: int) -> None:
    """Without its id, which was not read; what follows is served."""
    wire.write(b"7" * (MAX_MESSAGE + more))
    answer = wire.message()
    assert (answer["id"], answer["error"]["code"]) == (None, -32600)
    assert "a message has over 33,554,432 bytes (MAX_MESSAGE) and was not read" in answer["error"]["message"]
    assert "result" in wire.ask("ping")
    assert wire.others == []


@pytest.mark.parametrize("leave", LEAVE)
def test_the_server_ends_when_it_is_told_to(cli: Cli, arguments: list[str], leave: str) -> None:
    """SIGINT, SIGTERM and the end of input: exit code 0, nothing on stderr, even with a call under way."""
    with cli.start("serve", *arguments, env={"THINGS_TOKEN": TOKEN}) as process:
        wire = Wire(process)
        wire.initialize()
        wire.send("tools/call", {"name": "things_getThing", "arguments": {"id": 9}})
        assert "result" in wire.ask("ping")
        LEAVE[leave](process)
        assert process.wait(PATIENCE / 6) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_input_from_a_file_is_served_to_its_end(cli: Cli, arguments: list[str]) -> None:
    """Redirected input is as good as a pipe."""
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE}
    (cli.home / "input").write_text(json.dumps(hello) + "\n")
    with (cli.home / "input").open() as given, (cli.home / "output").open("w+") as taken:
        done = subprocess.run(
            [SPECPORT, "serve", *arguments], stdin=given, stdout=taken, stderr=subprocess.PIPE, check=False,
            timeout=PATIENCE, env=cli.environment({}), cwd=cli.home,
        )  # fmt: skip
        taken.seek(0)
        answers = [json.loads(line) for line in taken]
    assert done.returncode == 0, done.stderr
    assert [answer["id"] for answer in answers] == [1]
