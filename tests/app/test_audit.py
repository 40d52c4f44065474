"""The audit log: a line for each call and each change of sources, with who, what, which decision and how it went."""

from __future__ import annotations

import asyncio
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from end_to_end.loopback import Reply, Upstream, document, operation, parameter, things
from specport.app import App
from specport.audit_file import MAX_AUDIT_FILES, AuditFile
from specport.errors import Asked, CallError, Declined, SpecportError
from specport.policy.model import Action, Approve, Caller, Policy, Question, Rule
from specport.requests.shown_urls import masked
from specport.settings import Settings
from specport.sources.fetch import FetchPolicy
from specport.sources.model import Origin, Source
from specport.sources.specification import Specification

ADA = Caller("assistant/2.1", {"x-secret": "inbound-s3cret"}, "http", "192.0.2.7")
DENY = Rule(Action.DENY, methods=("PUT",), place="rule 1 of team.toml")

pytestmark = pytest.mark.anyio


def lines(path: Path) -> list[dict[str, Any]]:
    """What a log says; each line is JSON by itself."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def settings(path: Path, **more: Any) -> Settings:
    policy = Policy(rules=(DENY,), approve=Approve.DESTRUCTIVE)
    return Settings(**{"policy": policy, "audit": path, "fetching": FetchPolicy(allow_private=True), **more})


def source(upstream: Upstream, text: str = "", **more: Any) -> Source:
    return Source("things", "things.json", (text or things()).encode(), Origin.OPERATOR, upstream.url, **more)


async def yes(question: Question) -> str:
    del question
    return "a person at assistant/2.1"


async def no(question: Question) -> str:
    raise Declined(f"the person declined {question.address}")


async def later(question: Question) -> str:
    raise Asked(question.address)


async def test_a_call_is_a_line(upstream: Upstream, tmp_path: Path) -> None:
    """Who called what, where it went, what was decided, how it ended, how long it took and how much came."""
    async with App.open([source(upstream)], settings(tmp_path / "audit.jsonl")) as app:
        await app.call("things_getThing", {"id": 7}, caller=ADA)
    [line] = lines(tmp_path / "audit.jsonl")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert 0 < line.pop("duration_ms") < 60_000
    assert line == {
        "event": "call", "who": "assistant/2.1", "transport": "http", "address": "192.0.2.7",
        "tool": "things.getThing", "source": "things", "method": "GET", "url": f"{upstream.url}/things/7",
        "decision": "allowed", "status": 200, "attempts": 1, "waited_ms": 0.0, "bytes": 11,
    }  # fmt: skip
    assert stat.S_IMODE((tmp_path / "audit.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("tool", "arguments", "ask", "said"),
    [
        ("things_nonesuch", {}, no, {"tool": "things_nonesuch", "error": "UnknownTool"}),
        ("x\x1b\u202e" + "y" * 999, {}, no, {"tool": "x\\x1b\\u202e" + "y" * 86 + "...", "error": "UnknownTool"}),
        ("things.getThing", {"id": "s3cret-argument"}, no, {"decision": "allowed", "error": "BadArguments"}),
        ("things.replaceThing", {"id": 1}, no, {"decision": "denied", "rule": DENY.place, "error": "Denied"}),
        ("things.deleteThing", {"id": 1}, no, {"decision": "declined", "error": "Declined"}),
        ("things.deleteThing", {"id": 1}, later, {"decision": "asked", "rule": "--approve destructive"}),
        ("things.deleteThing", {"id": 1}, None, {"decision": "not approved", "error": "Denied"}),
        ("things.deleteThing", {"id": "x"}, yes, {"decision": "not approved", "error": "BadArguments"}),
        ("openapi.previewSpec", {"spec": "{}"}, no, {"decision": "allowed", "error": "DocumentError"}),
    ],
)
async def test_a_call_that_is_refused_is_a_line_too(
    upstream: Upstream, tmp_path: Path, *, tool: str, arguments: dict[str, Any], ask: Any, said: dict[str, str]
) -> None:
    """With the kind of the error and the decision; neither arguments nor what an error says of them."""
    more = {"ask": ask} if ask else {}
    async with App.open([source(upstream)], settings(tmp_path / "audit.jsonl")) as app:
        with pytest.raises(SpecportError):
            await app.call(tool, arguments, caller=ADA, **more)
    [line] = lines(tmp_path / "audit.jsonl")
    assert {key: line.get(key) for key in said} == said
    assert (line["event"], line["who"], "status" in line) == ("call", "assistant/2.1", False)
    assert "s3cret" not in (tmp_path / "audit.jsonl").read_text()


async def test_an_approved_call_says_by_whom_and_how_long_they_took(upstream: Upstream, tmp_path: Path) -> None:
    """The time of the person is none of the call."""
    async with App.open([source(upstream)], settings(tmp_path / "audit.jsonl")) as app:
        await app.call("things.deleteThing", {"id": 1}, ask=yes)
    [line] = lines(tmp_path / "audit.jsonl")
    assert (line["decision"], line["by"], line["status"]) == ("approved", "a person at assistant/2.1", 200)
    assert line["rule"] == "--approve destructive"
    assert line["asked_ms"] >= 0.0


async def test_what_an_api_answers_is_told_by_its_status(upstream: Upstream, tmp_path: Path) -> None:
    """Refusals and faults of the API, with the attempts that were made; and an API that is not there."""
    upstream.replies["/things/4"] = Reply(404, b'{"message": "s3cret-answer"}')
    upstream.first["/things/5"] = [Reply(503, headers={"retry-after": "0"})]
    async with App.open([source(upstream)], settings(tmp_path / "audit.jsonl")) as app:
        await app.call("things.getThing", {"id": 4})
        await app.call("things.getThing", {"id": 5})
    away = Source("things", "t.json", things().encode(), Origin.OPERATOR, "http://127.0.0.1:9")
    async with App.open([away], settings(tmp_path / "audit.jsonl")) as app:
        with pytest.raises(CallError):
            await app.call("things.createThing", {"body": {"name": "s3cret-body"}})
    found, again, failed = lines(tmp_path / "audit.jsonl")
    assert (found["status"], found["attempts"], again["status"], again["attempts"]) == (404, 1, 200, 2)
    assert (failed["error"], failed["attempts"], failed["url"]) == ("PassingFault", 1, "http://127.0.0.1:9/things")
    assert "s3cret" not in (tmp_path / "audit.jsonl").read_text()


async def test_a_call_that_is_given_up_and_a_fault_inside_are_lines(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ends a call, it was made."""
    upstream.replies["/things/9"] = Reply(hangs=True)
    async with App.open([source(upstream)], settings(tmp_path / "audit.jsonl")) as app:
        task = asyncio.ensure_future(app.call("things.getThing", {"id": 9}))
        while not upstream.requests:  # noqa: ASYNC110  # the API lives in another thread
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        monkeypatch.setattr("specport.pipeline.prepare", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await app.call("things.getThing", {"id": 1})
    assert [line["error"] for line in lines(tmp_path / "audit.jsonl")] == ["Cancelled", "Internal"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://x.test/a/b?page=2&q=token", "https://x.test/a/b?page=2&q=token"),
        ("https://x.test/?token=abc&page=2", "https://x.test/?token=***&page=2"),
        ("https://x.test/?page=2&access_token=a%26b", "https://x.test/?page=2&access_token=***"),
        ("https://x.test/?API-Key=a&myPassword=b&X-Amz-Signature=c", "https://x.test/?API-Key=***&myPassword=***&X-Amz-Signature=***"),
        ("https://x.test/?key=a&keyboard=b&author=c", "https://x.test/?key=***&keyboard=b&author=c"),
        ("https://ada:s3cret@x.test/a@b?c=@", "https://x.test/a@b?c=@"),
        ("https://x.test/" + "a" * 3_000, "https://x.test/" + "a" * 1_982 + "..."),
    ],
)  # fmt: skip
async def test_a_url_is_shown_without_what_its_query_calls_a_secret(url: str, shown: str) -> None:
    """By the names of parameters, in any case."""
    assert masked(url) == shown


async def test_a_credential_is_in_no_line(upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not where its scheme puts it, not where somebody gave it as an argument, and not as an argument's escape."""
    secret = "s3cret/4711+x"
    monkeypatch.setenv("THINGS_TOKEN", secret)
    paths = {
        "/a/{id}": {
            "get": operation("get", "A", parameters=[parameter("id", "path", {"type": "string"})]),
            "delete": operation("delete", "A", parameters=[parameter("id", "path", {"type": "string"})]),
        }
    }
    schemes = {"securitySchemes": {"k": {"type": "apiKey", "in": "query", "name": "plain"}}}
    text = document(paths, security=[{"k": []}], components=schemes)
    seen: list[Question] = []

    async def ask(question: Question) -> str:
        seen.append(question)
        return "ada"

    held = source(upstream, text, references={"k": "env:THINGS_TOKEN"})
    async with App.open([held], settings(tmp_path / "audit.jsonl")) as app:
        await app.call("a.get", {"id": secret}, caller=ADA)
        await app.call("a.delete", {"id": secret}, caller=ADA, ask=ask)
    assert "s3cret" in upstream.take()[0].target
    text = (tmp_path / "audit.jsonl").read_text()
    assert "s3cret" not in text
    assert "4711" not in text
    assert "/a/[env:THINGS_TOKEN]" in text
    assert "4711" not in seen[0].url


async def test_changes_of_sources_are_lines(upstream: Upstream, tmp_path: Path) -> None:
    """Added by an assistant or by the operator, and removed; a document given as text is not repeated."""
    spec = document({"/a": {"get": operation("g", "A", description="s3cret-text")}})
    async with App.open([], settings(tmp_path / "audit.jsonl")) as app:
        await app.call("openapi.addSource", {"spec": spec, "base_url": upstream.url, "name": "one"}, caller=ADA)
        await app.call("openapi.addSource", {"spec": spec, "base_url": upstream.url, "name": "one"}, caller=ADA)
        wanted = Specification(spec=spec, name="two", base_url="https://x.test/")
        await app.add(wanted, Origin.OPERATOR, caller=Caller("ada", transport="cli"))
        await app.remove("two", caller=Caller("ada", transport="cli"))
        await app.remove("nonesuch")
    said = [(line["event"], line["who"], line.get("source")) for line in lines(tmp_path / "audit.jsonl")]
    assert said == [
        ("add", "assistant/2.1", "one"), ("call", "assistant/2.1", None), ("call", "assistant/2.1", None),
        ("add", "ada", "two"), ("remove", "ada", "two"),
    ]  # fmt: skip
    assert "s3cret" not in (tmp_path / "audit.jsonl").read_text()


async def test_a_log_that_cannot_be_written_stops_the_start(upstream: Upstream, tmp_path: Path) -> None:
    """In one clear line: a missing folder, a folder in its place, a full disk."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for path, reason in ((tmp_path / "absent" / "a", "No such file"), (tmp_path / "folder", "Is a directory"),
                         (tmp_path / "file" / "a", "Not a directory")):  # fmt: skip
        with pytest.raises(SpecportError, match=f"the audit log {path} cannot be written: {reason}") as caught:
            async with App.open([source(upstream)], settings(path)):
                pass
        assert "Give --audit another file" in str(caught.value)
    async with App.open([source(upstream)], settings(Path("/dev/full"))) as app:
        with pytest.raises(SpecportError, match="the audit log /dev/full cannot be written: No space left on device"):
            app.begin("stdio")


async def test_calls_go_on_while_the_disk_is_full_and_what_was_lost_is_told(
    upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line in the server's own log, not one for each call; half a line is ended, so that the next is whole."""
    real = os.write
    room = [40]

    def write(file: int, data: bytes) -> int:
        taken = min(len(data), room[0])
        if not taken:
            raise OSError(28, "No space left on device")
        room[0] -= taken
        return real(file, data[:taken])

    async with App.open([source(upstream)], settings(tmp_path / "audit.jsonl")) as app:
        with monkeypatch.context() as full:
            full.setattr("specport.audit_file.os.write", write)
            for number in range(3):
                assert not (await app.call("things.getThing", {"id": number})).is_error
        await app.call("things.getThing", {"id": 4})
    errors = [record.message for record in caplog.records if record.levelname == "ERROR"]
    [error] = errors
    assert error.endswith("audit.jsonl cannot be written: No space left on device; calls go on without it")
    assert "the audit log is written again; 3 lines were lost" in caplog.text
    torn, *rest = (tmp_path / "audit.jsonl").read_text().splitlines()
    assert len(torn) == 40
    lost, call = map(json.loads, rest)
    assert (lost["event"], lost["lines"], call["url"]) == ("lost", 3, f"{upstream.url}/things/4")


def test_a_full_file_is_turned_over_and_so_many_are_kept(tmp_path: Path) -> None:
    """FILE, FILE.1 and so on, each for its owner alone and none over the size."""
    file = AuditFile(tmp_path / "a", max_bytes=1_000)
    for number in range(300):
        file.write({"number": number})
    file.close()
    names = ["a", *(f"a.{number}" for number in range(1, MAX_AUDIT_FILES))]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    kept = [line["number"] for name in reversed(names) for line in lines(tmp_path / name)]
    assert kept == list(range(kept[0], 300))
    for name in names:
        assert 0 < (tmp_path / name).stat().st_size <= 1_000
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_file_that_somebody_moved_away_is_begun_anew(tmp_path: Path) -> None:
    """As log rotation by the system does; a link in its place is followed, a device is never turned over."""
    file = AuditFile(tmp_path / "a")
    file.write({"n": 1})
    (tmp_path / "a").rename(tmp_path / "moved")
    file.write({"n": 2})
    file.close()
    assert [line["n"] for line in lines(tmp_path / "moved") + lines(tmp_path / "a")] == [1, 2]
    device = AuditFile(Path("/dev/null"), max_bytes=1)
    device.write({"n": 1})
    device.write({"n": 2})
    device.close()
    assert Path("/dev/null").is_char_device()


WRITER = """
import sys
from pathlib import Path
from specport.audit_file import AuditFile
file = AuditFile(Path(sys.argv[1]), max_bytes=60_000)
for number in range(500):
    file.write({"who": sys.argv[2], "number": number, "padding": "p" * (number % 97)})
"""


def test_several_processes_write_one_log(tmp_path: Path) -> None:
    """No line is torn, none is lost, each process's are in order, whoever turns the file over."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "a"), str(number)]) for number in range(4)
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    names = [*(f"a.{number}" for number in range(MAX_AUDIT_FILES - 1, 0, -1)), "a"]
    found = [line for name in names if (tmp_path / name).exists() for line in lines(tmp_path / name)]
    assert len(names) > 2
    assert len(found) == 2_000
    for who in "0123":
        assert [line["number"] for line in found if line["who"] == who] == list(range(500))
