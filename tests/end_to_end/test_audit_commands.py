"""`--audit`: what servers and commands leave in the log, each as its own process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import ElicitResult, Implementation

from end_to_end.loopback import PATIENCE, SPECPORT, Cli, Upstream, things

NAME = Implementation(name="assistant", version="2.1")


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    (tmp_path / "things.json").write_text(things())
    return Cli(tmp_path)


def lines(cli: Cli) -> list[dict[str, Any]]:
    """What the log says."""
    return [json.loads(line) for line in (cli.home / "audit.jsonl").read_text().splitlines()]


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_a_server_on_stdio_writes_who_called(cli: Cli, upstream: Upstream, era: str) -> None:
    """By what the client calls itself; an approval has the question and the answer."""

    async def person(context: object, params: object) -> ElicitResult:
        return ElicitResult(action="accept", content={"approve": True})

    args = ["serve", "--spec", "things.json", "--base-url", upstream.url, "--no-state", "--approve", "destructive"]
    parameters = StdioServerParameters(
        command=SPECPORT, args=[*args, "--audit", "audit.jsonl"], env={"HOME": str(cli.home)}, cwd=cli.home
    )
    with anyio.fail_after(PATIENCE):
        server = stdio_client(parameters)
        async with Client(server, mode=era, client_info=NAME, elicitation_callback=person) as client:
            await client.call_tool("things_getThing", {"id": 1})
            await client.call_tool("things_deleteThing", {"id": 2})
    start, read, *deleted = lines(cli)
    assert (start["event"], start["transport"], start["tools"]) == ("start", "stdio", 7)
    assert (read["who"], read["transport"], read["decision"]) == ("assistant/2.1", "stdio", "allowed")
    assert [line["decision"] for line in deleted] == (["approved"] if era == "legacy" else ["asked", "approved"])
    assert deleted[-1]["by"] == "a person at assistant/2.1"


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_a_server_on_http_writes_where_a_call_came_from(cli: Cli, upstream: Upstream, era: str) -> None:
    """Name and address of the client."""
    args = ["--spec", "things.json", "--base-url", upstream.url, "--no-state", "--transport", "http"]
    with cli.listening(*args, env={"SPECPORT_AUDIT": "audit.jsonl"}) as url, anyio.fail_after(PATIENCE):
        async with Client(url, mode=era, client_info=NAME) as client:
            await client.call_tool("things_getThing", {"id": 1})
    start, call = lines(cli)
    assert start["transport"] == "http"
    assert (call["who"], call["transport"], call["address"]) == ("assistant/2.1", "http", "127.0.0.1")
    assert (call["tool"], call["status"]) == ("things.getThing", 200)


def test_commands_write_the_user_and_what_was_added_and_removed(cli: Cli, upstream: Upstream) -> None:
    """All into one log."""
    env = {"SPECPORT_AUDIT": "audit.jsonl", "LOGNAME": "ada", "SPECPORT_STATE_DIR": "state"}
    commands = (
        ["call", "things.deleteThing", '{"id": 1}', "--spec", "things.json", "--base-url", upstream.url,
         "--approve", "destructive", "--yes"],
        ["add", "things.json", "--name", "more", "--base-url", upstream.url],
        ["remove", "more"],
        ["remove", "more"],
        ["tools"],
    )  # fmt: skip
    assert [cli.run(*command, env=env).code for command in commands] == [0, 0, 0, 1, 0]
    called, added, removed = lines(cli)
    assert {line["who"] for line in (called, added, removed)} == {"ada"}
    assert (called["decision"], called["by"], called["transport"]) == ("approved", "ada by --yes", "cli")
    assert (added["event"], added["source"], added["tools"]) == ("add", "more", 5)
    assert Path(added["document"]).name == "things.json"
    assert (removed["event"], removed["source"]) == ("remove", "more")


def test_a_server_does_not_start_without_the_log_that_was_asked_for(cli: Cli) -> None:
    """One line says why; so it is with a call."""
    given = ["--spec", "things.json", "--no-state"]
    for transport in ("stdio", "http", "sse"):
        done = cli.run("serve", *given, "--transport", transport, "--port", "0", "--audit", "/dev/full")
        assert (done.code, done.out) == (1, "")
        assert done.err == (
            "specport: the audit log /dev/full cannot be written: No space left on device. Give --audit another file\n"
        )
    done = cli.run("call", "things.getThing", '{"id": 1}', *given, "--audit", "absent/audit.jsonl")
    assert done.code == 1
    assert "absent/audit.jsonl cannot be written: No such file or directory" in done.err
