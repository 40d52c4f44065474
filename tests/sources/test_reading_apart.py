"""Documents that arrive while a server runs are read in a process of their own, and nothing looks different for it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from small_documents import document
from specport.app import App
from specport.errors import DocumentError, SpecportError
from specport.settings import Settings
from specport.sources.making import Here
from specport.sources.model import Origin, Source
from specport.sources.specification import Specification
from specport.sources.worker.model import MAX_TOOL_MEMORY, Job, Kind, Limits, limits_of
from specport.sources.worker.pool import Workers
from specport.sources.worker.process import Worker
from specport.surfaces.cli.options import Wanted, settings_of

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).resolve().parents[1] / "documents"
DOCUMENTS = sorted(path for kind in ("valid", "broken") for path in (FOLDER / kind).iterdir() if path.is_file())
TEXT = document({"/a": {"get": {"operationId": "a", "tags": ["t"]}}}, servers=[{"url": "https://api.example.com"}])
SOURCE = Source("test", "given as text", json.dumps({**TEXT, "info": {"title": "Test API"}}).encode(), Origin.TOOL)


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Workers:
    """Those of every App that is opened, none of which runs yet."""
    fresh = Workers()
    monkeypatch.setattr("specport.app.WORKERS", fresh)
    return fresh


def only(workers: Workers) -> subprocess.Popen[bytes]:
    """The one process that waits for a document."""
    [worker] = workers._idle
    return worker._process


async def told(app: App, path: Path) -> list[object]:
    """What previewing and adding a file, and another without a name, come to."""
    found: list[object] = []
    for wanted in (Specification(str(path), name="it", base_url="https://api.example.com"), Specification(str(path))):
        for asked in (app.preview, app.add):
            try:
                done: Any = await asked(wanted, Origin.OPERATOR)
            except SpecportError as error:
                found += [type(error), error.message, error.hint, getattr(error, "pointer", None)]
            else:
                found.append(done.opened.catalog if asked == app.add else done)
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
async def test_every_document_comes_to_the_same(path: Path) -> None:
    """Previews, catalogs and refusals, of what is valid and of what is not."""
    async with App.open([], Settings()) as apart, App.open([], Settings(reads_apart=False)) as here:
        assert await told(apart, path) == await told(here, path)


async def test_nothing_of_a_document_is_read_in_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """But only what was made of it."""
    for name in ("name", "catalog", "preview"):
        monkeypatch.setattr(Here, name, None)
    async with App.open([], Settings()) as app:
        await app.preview(specification(), Origin.TOOL)
        await app.add(specification(), Origin.TOOL)
        assert app.known("test.t.a")


def specification() -> Specification:
    return Specification(SOURCE.data.decode())


async def test_one_process_reads_for_all_and_ends_with_the_last_app(workers: Workers) -> None:
    """It is started when there is something to read."""
    async with App.open([], Settings()) as first, App.open([], Settings()) as second:
        assert not workers._idle
        await first.add(specification(), Origin.TOOL)
        process = only(workers)
        await second.preview(specification(), Origin.TOOL)
        assert only(workers) is process
    assert process.poll() is not None


async def test_a_process_without_work_ends_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """And another one reads what comes then."""
    workers = Workers(idle_seconds=0.01)
    monkeypatch.setattr("specport.app.WORKERS", workers)
    ended = threading.Semaphore(0)
    end = Worker.end

    def noted(worker: Worker) -> None:
        end(worker)
        ended.release()

    monkeypatch.setattr(Worker, "end", noted)
    async with App.open([], Settings()) as app:
        for _ in range(2):
            await app.preview(specification(), Origin.TOOL)
            assert ended.acquire(timeout=60)


async def test_a_document_that_ends_its_process_is_one_error_and_the_next_is_read(workers: Workers) -> None:
    """Whatever it died of: here somebody kills it at the moment when it is given a job."""
    async with App.open([], Settings()) as app:
        await app.preview(specification(), Origin.TOOL)
        process = only(workers)
        poll, process.poll = process.poll, lambda: None  # it is not seen to be gone
        process.kill()
        with pytest.raises(DocumentError, match=r"given as text: reading it ended the process that did \(signal 9\)"):
            await app.preview(specification(), Origin.TOOL)
        process.poll = poll
        assert (await app.preview(specification(), Origin.TOOL)).operations == 1


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (
            Limits(0.0, "MAX_TOOL_SECONDS", MAX_TOOL_MEMORY, "MAX_TOOL_MEMORY"),
            r"reading it took over 0 s \(MAX_TOOL_S",
        ),
        (Limits(60, "MAX_TOOL_SECONDS", 2**20, "MAX_TOOL_MEMORY"), "reading it .*MAX_TOOL_MEMORY"),
    ],
    ids=["time", "memory"],
)
async def test_what_takes_too_much_is_refused_with_the_limits_name(limits: Limits, said: str) -> None:
    """And the next document is read."""
    if sys.platform != "linux" and limits.memory < MAX_TOOL_MEMORY:
        pytest.skip("only Linux holds a process to its memory")
    workers, large = Workers(), b" " * 2**20 + SOURCE.data
    with workers.held():
        workers.ask(Job(Kind.NAME, SOURCE, limits_of(SOURCE)))
        with pytest.raises(DocumentError, match=f"given as text: {said}"):
            workers.ask(Job(Kind.CATALOG, replace(SOURCE, data=large), limits))
        assert workers.ask(Job(Kind.NAME, SOURCE, limits_of(SOURCE))) == b"test"


@pytest.mark.parametrize("place", ["", "/nowhere/python", "/bin/false"])
async def test_without_another_python_documents_are_read_here(
    workers: Workers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    """As where a program is one file. It is said once."""
    monkeypatch.setattr(sys, "executable", place)
    async with App.open([], Settings()) as app:
        await app.preview(specification(), Origin.TOOL)
        await app.add(specification(), Origin.TOOL)
        assert app.known("test.t.a")
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "documents are read in this process, which keeps some of the memory that takes"
    ]


async def test_the_process_has_no_credential_and_no_pipe_of_ours(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of our environment it has what Python needs."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("only Linux shows it")
    monkeypatch.setenv("SHOP_TOKEN", "not-for-documents")
    async with App.open([], Settings()) as app:
        await app.preview(specification(), Origin.TOOL)
        proc = Path(f"/proc/{only(workers).pid}")
        assert "not-for-documents" not in (proc / "environ").read_text()
        open_files = {each.readlink() for each in (proc / "fd").iterdir()}
        ours = {Path(f"/proc/self/fd/{number}").readlink() for number in (0, 1, 2)}
        assert not open_files & (ours - {Path("/dev/null")})


async def test_a_command_that_ends_soon_starts_no_other_process() -> None:
    """`serve` does, which these settings are changed for."""
    assert not settings_of(Wanted()).reads_apart
    assert Settings().reads_apart
