"""`specport call --output`: an answer as it came, in a file or a pipe."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from end_to_end.loopback import Cli, Done, Reply, Upstream, things

Run = Callable[..., Done]
PDF = b"%PDF-1.7\n\xff\0" + b"p" * 2_000_000
LARGE = json.dumps({"things": ["x" * 90] * 5000}).encode()


@pytest.fixture
def given(upstream: Upstream) -> tuple[str, ...]:
    return ("--spec", "things.json", "--base-url", upstream.url, "--no-state")


def test_a_binary_answer_is_written_whole(
    specport: Run, upstream: Upstream, home: Path, given: tuple[str, ...]
) -> None:
    """Byte for byte, beyond what a model would be passed; stdout stays empty and stderr says what was written."""
    upstream.replies["/things/1"] = Reply(body=PDF, media_type="application/pdf")
    done = specport("call", "things.getThing", '{"id": 1}', *given, "--output", "answer.pdf")
    assert (done.code, done.out, done.err) == (0, "", f"answer.pdf: {len(PDF):,} bytes written\n")
    assert (home / "answer.pdf").read_bytes() == PDF


def test_without_a_file_a_binary_answer_is_described(specport: Run, upstream: Upstream, given: tuple[str, ...]) -> None:
    """A terminal gets no bytes, but what they are and how to have them."""
    upstream.replies["/things/1"] = Reply(body=PDF[:10], media_type="application/pdf")
    done = specport("call", "things.getThing", '{"id": 1}', *given)
    assert (done.code, done.out) == (0, "application/pdf, 10 bytes\n")
    assert done.err == "--output FILE writes it to a file\n"


def test_an_answer_that_would_be_cut_is_written_whole(
    specport: Run, upstream: Upstream, home: Path, given: tuple[str, ...]
) -> None:
    """JSON too is written as it came."""
    upstream.replies["/things"] = Reply(body=LARGE)
    assert specport("call", "things.listThings", *given, "-o", "things-answer.json").code == 0
    assert (home / "things-answer.json").read_bytes() == LARGE


def test_a_dash_is_stdout(upstream: Upstream, tmp_path: Path, given: tuple[str, ...]) -> None:
    """For a pipe: the bytes and nothing else."""
    (tmp_path / "things.json").write_text(things())
    upstream.replies["/things/1"] = Reply(body=b"\x1b[2J text", media_type="text/plain")
    done = Cli(tmp_path).run("call", "things.getThing", '{"id": 1}', *given, "-o", "-")
    assert (done.code, done.out, done.err) == (0, "\x1b[2J text", "")


def test_a_failed_call_writes_nothing(specport: Run, upstream: Upstream, home: Path, given: tuple[str, ...]) -> None:
    """What is there stays; the failure is told as ever."""
    (home / "kept").write_text("kept")
    upstream.replies["/things/1"] = Reply(404, b'{"message": "no such thing"}')
    done = specport("call", "things.getThing", '{"id": 1}', *given, "--output", "kept")
    assert (done.code, (home / "kept").read_text()) == (1, "kept")
    assert "no such thing" in done.err


@pytest.mark.parametrize("output", ["nosuch/answer", "."])
def test_a_place_that_cannot_be_written_is_told_before_the_call(
    specport: Run, upstream: Upstream, given: tuple[str, ...], output: str
) -> None:
    """An answer that cannot be had again is not lost to a wrong path: exit code 2, nothing sent."""
    done = specport("call", "things.createThing", '{"body": {"name": "a"}}', *given, "--output", output)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert upstream.take() == []


def test_a_wrong_name_is_answered_with_the_nearest_in_its_own_form(specport: Run) -> None:
    """Addresses for an address, wire names for anything else, each tool once; words where no name is near."""
    for command in ("describe", "call"):
        for typed, near in {
            "things.getThings": "things.getThing, things.listThings",
            "things_getThings": "things_getThing, things_listThings",
            "replace": "things_replaceThing",
            "xyzzy": "",
        }.items():
            done = specport(command, typed, "--spec", "things.json", "--no-state")
            hint = f"Nearest: {near}" if near else "See tools/list, or `specport tools`"
            assert done.err.startswith(f"specport: there is no tool '{typed}'. {hint}")
            assert (done.code, done.err.count("\n")) == (1, 1)
