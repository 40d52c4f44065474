"""SIGKILL to servers at work on one state folder: what was confirmed is kept, and nothing is half there."""

from __future__ import annotations

import os
import re
import select
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from end_to_end.loopback import Cli, Done, Reply, Upstream, document, operation
from end_to_end.stdio import answer, ask, call_of, greet

Run = Callable[..., Done]
Json = Callable[..., Any]

BENCH = Path(__file__).resolve().parents[2] / "bench" / "kill.py"

ASKED = 8
"""Sources that each of two servers is asked to add at once."""


def source(number: int, url: str) -> str:
    paths = {"/one": {"get": operation("one", "a")}}
    return document(paths, title=f"Api {number}", servers=[{"url": url}])


def put_to_work(process: subprocess.Popen[bytes], first: int, url: str) -> None:
    """Ask for ASKED new sources and as many calls, all at once."""
    greet(process)
    for number in range(first, first + ASKED):
        added = call_of(number, "openapi_addSource", spec=source(number, url), name=f"s{number}")
        ask(process, added, call_of(1000 + number, "shop_a_one"))


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
    with closing(sqlite3.connect(home / "state" / "limits.sqlite")) as connection, connection:
        [[counted]] = connection.execute("select sum(units) from units").fetchall()
        [[total]] = connection.execute("select sum(units) from totals").fetchall()
    connection.close()
    assert total == counted >= len(upstream.requests)


def version(number: int, url: str) -> Reply:
    """A version of the shop's document: each has an operation that no other has."""
    paths = {"/one": {"get": operation("one", "a")}, f"/v{number}": {"get": operation(f"v{number}", "a")}}
    info = {"title": "Shop", "version": str(number)}
    return Reply(body=document(paths, servers=[{"url": url}], info=info).encode())


def newest_of(result: dict[str, Any]) -> int:
    """The version that a refresh took, 0 where another process was quicker."""
    text = result["content"][0]["text"]
    if result.get("isError"):
        assert re.search("'shop' was changed (by another process just now|while its document was read)", text)
        return 0
    return int(re.findall(r"\+ shop\.a\.v\d+ GET /v(\d+)", text)[0])


@pytest.mark.parametrize("answers", [0, 1, 2, 7])
def test_a_kill_during_refreshes_leaves_a_version_that_is_none_before_a_confirmed_one(
    specport: Run, specport_json: Json, home: Path, upstream: Upstream, answers: int
) -> None:
    """Whole, with what waits of that very version; two servers refresh, and the next process goes on from there."""
    upstream.first["/shop.json"] = [version(number, upstream.url) for number in range(1, 50)]
    state = ("--allow-private", "--state-dir", "state")
    assert specport("add", f"{upstream.url}/shop.json", "--name", "shop", *state).code == 0
    cli, confirmed = Cli(home), 1
    with cli.start("serve", "--manage-sources", *state) as one, cli.start("serve", "--manage-sources", *state) as other:
        for process in (one, other):
            greet(process)
            refreshes = (call_of(number, "openapi_refreshSource", name="shop") for number in range(1, ASKED))
            ask(process, *refreshes)
        for count in range(answers):
            confirmed = max(confirmed, newest_of(answer((one, other)[count % 2])["result"]))
        for process in (one, other):
            process.kill()
    served = 50 - 1 - len(upstream.first["/shop.json"])
    shown = specport_json("show", "shop", "--json", "--state-dir", "state")
    found = int(shown["version"])
    assert confirmed <= found <= served
    assert shown["held"]["operations"] == ([f"GET /v{found}"] if found > 1 else [])
    assert specport_json("call", "shop.a.one", *state) == {"ok": True}
    assert specport("refresh", "shop", *state).code == 0
    assert specport_json("show", "shop", "--json", "--state-dir", "state")["version"] == str(served + 1)


def test_a_kill_at_any_moment_leaves_a_folder_that_can_be_read() -> None:
    """While a server starts, calls, adds and refreshes, and commands add, refresh, rename and remove.

    `bench/kill.py` does it 120 times.
    """
    command = [sys.executable, BENCH, "--rounds", "3", "--seed", "4"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 rounds with something wrong" in done.stdout


def test_what_reads_documents_ends_with_a_server_that_is_killed(home: Path, upstream: Upstream) -> None:
    """It notices by the end of its stdin."""
    with Cli(home).start("serve", "--allow-private", "--no-state") as process:
        greet(process)
        ask(process, call_of(1, "openapi_addSource", spec=source(1, upstream.url), name="one"))
        assert not answer(process)["result"].get("isError")
        tasks = Path(f"/proc/{process.pid}/task")
        if not tasks.exists():
            pytest.skip("only Linux shows which processes a process has")
        [reader] = " ".join(path.read_text() for path in tasks.glob("*/children")).split()
        watched = os.pidfd_open(int(reader))
        process.kill()
        assert select.select([watched], [], [], 60)[0]
        os.close(watched)
