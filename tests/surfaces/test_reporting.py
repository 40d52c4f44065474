"""What is wrong in a document is said where a person looks, a line each, and nothing in it acts on their terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from raw_stdio import Wire

from end_to_end.conftest import home as home  # noqa: PLC0414  # fixtures
from end_to_end.conftest import specport as specport  # noqa: PLC0414
from end_to_end.loopback import PATIENCE, Cli, Done, document, operation

Run = Callable[..., Done]
HOSTILE = Path(__file__).parents[1] / "documents" / "broken" / "sequences_for_a_terminal.yaml"
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
"""What a terminal acts on, but for line feeds and tabs."""

BROKEN = operation("broken", "G", parameters=[{"name": "x"}])


def half_broken(broken: int) -> str:
    paths: dict[str, Any] = {f"/b{number}": {"get": BROKEN} for number in range(broken)}
    paths |= {"/a": {"get": operation("a", "G")}, "/n\nERROR forged\x1b[2J/{id}": {"get": operation("n")}}
    return document(paths, servers=[{"url": "https://x.test"}])


def test_the_log_says_at_start_what_was_left_out_and_stdout_stays_the_protocols(tmp_path: Path) -> None:
    """One line that counts, the first five, how many more; a name with a line feed forges no line."""
    (tmp_path / "half.json").write_text(half_broken(20))
    with Cli(tmp_path).start("serve", "--spec", "half.json", "--no-state") as process:
        wire = Wire(process)
        wire.initialize()
        process.stdin.close()  # type: ignore[union-attr]
        assert process.wait(PATIENCE) == 0
        lines = process.stderr.read().decode().splitlines()  # type: ignore[union-attr]
    assert wire.others == []
    told = [line.partition(" WARNING specport: small: ")[2] for line in lines]
    assert told[0] == "21 of 22 operations were left out, 1 warning; see `specport doctor`"
    assert told[1].startswith("error at /paths/~1b0/get/parameters/0: GET /b0 is left out: the parameter 'x' is")
    assert [told[6], len(told)] == ["and 17 more", 7]


def test_a_name_of_several_lines_is_one_in_the_log(tmp_path: Path) -> None:
    """Controls are escapes, which lose nothing."""
    (tmp_path / "half.json").write_text(half_broken(0))
    done = Cli(tmp_path).run("serve", "--spec", "half.json", "--no-state")
    assert (done.code, done.out) == (0, "")
    assert len(done.err.splitlines()) == 3
    assert "GET /n ERROR forged\\x1b[2J/{id} is left out" in done.err
    assert not ACTING.search(done.err)


def test_the_log_says_it_when_an_assistant_adds_a_document_and_so_does_the_answer(tmp_path: Path) -> None:
    """The operator sees it in the log, the assistant in what addSource answers."""
    given = ("serve", "--spec", "empty.json", "--state-dir", "state")
    (tmp_path / "empty.json").write_text(document({"/a": {"get": operation("a", "G")}}, title="Empty"))
    with Cli(tmp_path).start(*given) as process:
        wire = Wire(process)
        wire.initialize()
        asked = {"name": "openapi_addSource", "arguments": {"spec": half_broken(1)}}
        answer = wire.ask("tools/call", asked)["result"]["structuredContent"]
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(PATIENCE)
        logged = process.stderr.read().decode()  # type: ignore[union-attr]
    assert answer["problems"] == 3
    assert answer["first_problems"][0].startswith("error at /paths/~1b0/get/parameters/0: GET /b0 is left out: ")
    assert "small: 2 of 3 operations were left out, 1 warning; see `specport doctor`" in logged


@pytest.mark.parametrize(
    "command",
    [
        ("preview", str(HOSTILE)), ("preview", str(HOSTILE), "--json"),
        ("doctor", "--spec", str(HOSTILE), "--offline", "--no-state"),
        ("doctor", "--spec", str(HOSTILE), "--offline", "--no-state", "--json"),
        ("tools", "--spec", str(HOSTILE), "--no-state"), ("lint", "--spec", str(HOSTILE), "--no-state"),
        ("add", str(HOSTILE), "--state-dir", "state"), ("remove", "no\x1b[2Jsuch", "--state-dir", "state"),
        ("call", "no\x1b[2Jsuch", "--no-state"), ("doctor", "no\x9b2Jsuch", "--offline", "--no-state"),
    ],
    ids=lambda command: " ".join(command[:1] + command[2:]).replace("\x1b", "").replace("\x9b", ""),
)  # fmt: skip
def test_no_command_passes_on_what_a_terminal_would_act_on(specport: Run, command: tuple[str, ...]) -> None:
    """Whatever a document or an argument holds: sequences come out as escapes."""
    done = specport(*command)
    assert done.out + done.err
    assert not ACTING.search(done.out + done.err)


def test_json_gives_back_pointers_as_they_are(specport: Run) -> None:
    """Escaped, not changed, since a program looks them up; the title is what a reader would see of it."""
    facts = json.loads(specport("preview", str(HOSTILE), "--json").out)
    assert facts["title"] == "Title"
    assert "/paths/~1path\x1b[31m\rred\x9b2J\u202e~1{id}/get" in {found["pointer"] for found in facts["problems"]}


def test_a_listing_says_that_operations_are_missing(specport: Run, home: Path) -> None:
    """On stderr, so that what reads the list is not disturbed."""
    (home / "half.json").write_text(half_broken(3))
    done = specport("tools", "--spec", "half.json", "--no-state")
    assert "left out" not in done.out
    assert done.err.splitlines() == [
        "3 tools",
        "small: 4 of 5 operations were left out, 1 warning; see `specport doctor`",
    ]
