"""A server that starts again lists what it listed: with tools that wait and sources that are off, page by page."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from end_to_end.loopback import Cli, Done, Upstream, document, operation, things
from end_to_end.stdio import answer, ask, call_of, greet, pages

Run = Callable[..., Done]


def test_the_list_is_the_same_after_a_restart(specport: Run, home: Path, upstream: Upstream) -> None:
    """And in a process beside it, and after a kill: cursors are made of it. What is off or waits is nowhere."""
    toys = {"/cars": {"get": operation("cars", "Toys")}}
    state = ("--allow-private", "--state-dir", "state")
    for name, text in (("big", things(600)), ("toys", document(toys)), ("off", document(toys))):
        (home / f"{name}.json").write_text(text)
        assert specport("add", f"{name}.json", "--name", name, "--base-url", upstream.url, *state).code == 0
    (home / "toys.json").write_text(document({**toys, "/new": {"get": operation("new", "Toys")}}))
    assert "1 tool waits" in specport("refresh", "toys", *state).out
    assert specport("disable", "off", "--state-dir", "state").code == 0
    cli, serve = Cli(home), ("serve", "--spec", "things.json", "--base-url", upstream.url, *state)
    with cli.start(*serve) as one, cli.start(*serve) as beside:
        before = listed(one)
        assert listed(beside) == before
        one.kill()
        assert stopped(beside) == 0
    with cli.start(*serve) as again:
        assert listed(again) == before
        assert "waits to be accepted" in failure(again, "toys_toys_new")
        assert "there is no tool" in failure(again, "off_toys_cars")
        assert stopped(again) == 0
    names = [tool["name"] for page in before for tool in page["tools"]]
    assert len(before) == 2
    assert len(names) == 5 + 605 + 1 + 2
    assert "toys_toys_cars" in names
    assert not {"toys_toys_new", "off_toys_cars"} & set(names)
    assert specport("enable", "off", "--state-dir", "state").code == 0
    assert specport("refresh", "toys", "--accept", *state).code == 0
    with cli.start(*serve) as changed:
        assert len([tool for page in listed(changed) for tool in page["tools"]]) == len(names) + 2


def listed(process: subprocess.Popen[bytes]) -> list[dict[str, Any]]:
    """What a server that has just started lists."""
    greet(process)
    return pages(process)


def failure(process: subprocess.Popen[bytes], tool: str) -> str:
    """Why a call is refused."""
    ask(process, call_of(9, tool))
    said = answer(process)
    assert "error" in said or said["result"]["isError"]
    return json.dumps(said)


def stopped(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a server whose client goes."""
    assert process.stdin is not None
    process.stdin.close()
    return process.wait(30)
