"""SIGKILL to two servers at work on one state folder: what was confirmed is kept, and nothing is half there."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from end_to_end.loopback import Cli, Upstream, document, operation

Json = Callable[..., Any]

BENCH = Path(__file__).resolve().parents[2] / "bench" / "kill.py"

ASKED = 8
"""Sources that each of two servers is asked to add at once."""


def ask(process: subprocess.Popen[bytes], *messages: dict[str, object]) -> None:
    assert process.stdin is not None
    process.stdin.write(b"".join(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n" for message in messages))
    process.stdin.flush()


def answer(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    while b'"id"' not in (line := process.stdout.readline()):
        assert line, "the server ended by itself"
    return json.loads(line)


def tool(number: int, tool_name: str, **arguments: object) -> dict[str, object]:
    return {"id": number, "method": "tools/call", "params": {"name": tool_name, "arguments": arguments}}


def source(number: int, url: str) -> str:
    paths = {"/one": {"get": operation("one", "a")}}
    return document(paths, title=f"Api {number}", servers=[{"url": url}])


def put_to_work(process: subprocess.Popen[bytes], first: int, url: str) -> None:
    """Ask for ASKED new sources and as many calls, all at once."""
    client = {"name": "killer", "version": "1"}
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
    ask(process, {"id": 0, "method": "initialize", "params": hello})
    answer(process)
    ask(process, {"method": "notifications/initialized"})
    for number in range(first, first + ASKED):
        added = tool(number, "openapi_addSource", spec=source(number, url), name=f"s{number}")
        ask(process, added, tool(1000 + number, "shop_a_one"))


def work_and_kill(cli: Cli, round_: int, url: str, answers: int) -> tuple[set[str], set[str]]:
    """Two servers at work on one folder, killed after so many answers: what was confirmed, and what was asked for."""
    arguments = ("serve", "--allow-private", "--state-dir", "state")
    firsts = [round_ * 100, round_ * 100 + 50]
    confirmed: set[str] = set()
    with cli.start(*arguments) as one, cli.start(*arguments) as other:
        for process, first in zip((one, other), firsts, strict=True):
            put_to_work(process, first, url)
        for count in range(answers):
            found = answer((one, other)[count % 2])
            assert not found["result"].get("isError"), found
            if found["id"] < 1000:
                confirmed.add(f"s{found['id']}")
        for process in (one, other):
            process.kill()
    return confirmed, {f"s{number}" for first in firsts for number in range(first, first + ASKED)}


@pytest.mark.parametrize("answers", [0, 3, 10])
def test_a_kill_loses_nothing_that_was_confirmed(
    specport_json: Json, home: Path, upstream: Upstream, answers: int
) -> None:
    """Neither sources nor the count of what was sent; the next start complains of nothing."""
    cli = Cli(home)
    (home / "shop.json").write_text(source(0, upstream.url))
    limit = ("--limit", "1000/3600s", "--allow-private", "--state-dir", "state")
    assert cli.run("add", "shop.json", "--name", "shop", *limit).code == 0
    confirmed, asked = work_and_kill(cli, 1, upstream.url, answers)
    listed = {each["name"] for each in specport_json("sources", "--json", "--state-dir", "state")}
    assert confirmed <= listed - {"digitalocean", "shop"} <= asked
    assert specport_json("call", "shop.a.one", "--state-dir", "state") == {"ok": True}
    with sqlite3.connect(home / "state" / "limits.sqlite") as connection:
        [[counted]] = connection.execute("select sum(units) from units").fetchall()
        [[total]] = connection.execute("select sum(units) from totals").fetchall()
    connection.close()
    assert total == counted >= len(upstream.requests)


def test_a_kill_at_any_moment_leaves_a_folder_that_can_be_read() -> None:
    """While a server starts, calls and adds, and commands add and remove. `bench/kill.py` does it 120 times."""
    command = [sys.executable, BENCH, "--rounds", "3", "--seed", "4"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 rounds with something wrong" in done.stdout
