"""`specport lint` as people and programs use it: a summary for each client, every finding as JSON, an exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from end_to_end.loopback import Done, document, operation, things

Run = Callable[..., Done]
Json = Callable[..., Any]
GIVEN = ("lint", "--spec", "things.json", "--no-state")


def test_tools_that_every_client_takes_are_a_line_for_each(specport: Run) -> None:
    """Nothing to report: the counts, a verdict, and exit code 0."""
    done = specport(*GIVEN, "--client", "claude", "--client", "vscode")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "Claude        7 fine",
        "VS Code       7 fine",
        "",
        "7 tools: no client refuses one.  --json has every finding with its source.",
    ]


def test_one_rule_of_several_clients_is_one_block(specport: Run, home: Path) -> None:
    """Errors come first; what is said of the whole list has a line for each client and the advice once."""
    paths = {f"/t{number}": {"get": operation(f"t{number}", "g")} for number in range(130)}
    (home / "many.json").write_text(document(paths))
    done = specport("lint", "--spec", "many.json", "--no-state", "--server-name", "s" * 60)
    assert done.code == 1
    blocks = done.out.split("\n\n")
    assert [block.split(maxsplit=2)[:2] for block in blocks[1:-1]] == [
        ["error", "name-in-full"], ["warning", "name-in-full"], ["warning", "count"],
    ]  # fmt: skip
    assert [line.split(":")[0].strip() for line in blocks[3].splitlines()[1:-1]] == ["OpenAI", "VS Code", "Cursor"]
    assert blocks[3].count("Serve fewer tools") == 1
    assert "--server-name checks one" in blocks[1]


def test_the_list_of_a_server_that_only_reads_is_shorter(specport: Run) -> None:
    """What `serve --read-only` would list is what is checked."""
    assert "3 tools: no client refuses one." in specport(*GIVEN, "--read-only").out


def test_a_tool_that_a_client_refuses_is_named_with_what_to_do(specport: Run) -> None:
    """Dotted names are refused by the API of Claude; the rule, the tools and the advice are shown, and exit code 1."""
    done = specport(*GIVEN, "--tool-names", "dotted", "--client", "claude")
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines[:2] == ["Claude        0 fine, 7 rejected", ""]
    assert lines[2].split() == ["error", "name"]
    assert lines[3].strip() == "Claude: names are letters, digits, _ and -, at most 128 (7 tools)"
    assert lines[4].strip() == "things.createThing"
    assert lines[7:9] == ["           and 4 more tools", "         List portable names: --tool-names portable"]
    assert lines[-1].startswith("7 of 7 tools: refused by Claude.")


def test_json_has_every_finding(specport: Run) -> None:
    """The summary as counts, and each finding with its tool, places, advice and source."""
    done = specport(*GIVEN, "--tool-names", "dotted", "--json")
    facts = json.loads(done.out)
    assert (done.code, facts["tools"]) == (1, 7)
    assert facts["clients"]["claude"] == {"fine": 0, "degraded": 0, "rejected": 7}
    named = [found for found in facts["findings"] if (found["client"], found["rule"]) == ("claude", "name")]
    assert [found["places"] for found in named][:2] == [["things.createThing"], ["things.deleteThing"]]
    assert all(found["source"].startswith("https://") for found in named)
    assert all(found["severity"] == "error" for found in named)


def test_strict_mode_decides_only_when_it_is_asked_for(specport: Run) -> None:
    """No MCP client turns strict mode on by itself: it is counted, and explained and decisive only by name."""
    shown = specport(*GIVEN)
    assert shown.code == 0
    assert "OpenAI strict" in shown.out
    assert "(not counted; --client openai-strict shows why)" in shown.out
    assert "every property is required" not in shown.out
    asked = specport(*GIVEN, "--client", "openai-strict")
    assert asked.code == 1
    assert "OpenAI strict: every property is required" in asked.out


def test_the_name_of_the_server_counts(specport: Run, home: Path) -> None:
    """Cursor leaves out a tool whose name and the server's are too long together."""
    (home / "long.json").write_text(document({"/t": {"get": operation("t" * 47, "g")}}))
    given = ("lint", "--spec", "long.json", "--no-state", "--client", "cursor")
    assert specport(*given, "--server-name", "specport").code == 0
    long = specport(*given, "--server-name", "a-longer-name")
    assert long.code == 1
    assert f"a-longer-name + g_{'t' * 47} (62 characters)" in long.out


@pytest.mark.parametrize("form", ["lean", "full"])
def test_one_form_of_the_schemas_can_be_looked_at(specport: Run, home: Path, form: str) -> None:
    """What the list shows and what arguments are checked against are different schemas."""
    deep: dict[str, object] = {"type": "string"}
    for level in range(12):
        deep = {"type": "object", "properties": {f"{'name' * 8}_{level}": deep}, "description": "Text. " * 30}
    body = {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "properties": {"d": deep}}}},
    }
    (home / "deep.json").write_text(document({"/t": {"post": operation("t", "g", requestBody=body)}}))
    done = specport(
        "lint", "--spec", "deep.json", "--no-state", "--client", "openai-strict", "--schemas", form, "--json"
    )
    findings = json.loads(done.out)["findings"]
    assert {tuple(found["forms"]) for found in findings if found["tool"]} == {(form,)}
    assert any(found["rule"] == "size" for found in findings) == (form == "full")


def test_a_wrong_client_is_a_usage_error(specport: Run) -> None:
    """One line, exit code 2."""
    done = specport(*GIVEN, "--client", "emacs")
    assert (done.code, done.err.count("\n")) == (2, 1)


def test_an_unreadable_document_is_one_line(specport: Run, home: Path) -> None:
    """As for every command."""
    (home / "broken.json").write_text(things()[:40])
    done = specport("lint", "--spec", "broken.json", "--no-state")
    assert (done.code, done.err.count("\n")) == (1, 1)
