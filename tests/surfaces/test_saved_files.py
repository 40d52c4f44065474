"""Large binary answers as files: where the operator gave a folder, under our names, within limits, never over HTTP."""

from __future__ import annotations

import base64
import errno
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import mcp_types as types
import pytest
from mcp.client.client import Client

from end_to_end.loopback import Reply, Upstream
from end_to_end.loopback import things as small_document
from specport.app import App, Settings
from specport.errors import SpecportError
from specport.results.model import View
from specport.sources.model import Origin, Source
from specport.surfaces import saved_files as room
from specport.surfaces.mcp.server import McpServer
from specport.surfaces.saved_files import SavedFiles

pytestmark = pytest.mark.anyio

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4_000
OURS = r"specport-[A-Za-z0-9_-]+-[0-9a-f]{12}\."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "answers"


def things(upstream: Upstream) -> Source:
    return Source("things", "things.json", small_document().encode(), Origin.OPERATOR, upstream.url)


def in_line(text: str) -> Path:
    """The file that a line names."""
    return Path(text.partition(" is in the file ")[2])


async def test_a_large_file_is_written_and_its_path_is_told(upstream: Upstream, folder: Path) -> None:
    """For its owner alone; the answer's own name for it is not used. Nothing is kept in memory."""
    disposition = {"content-disposition": 'attachment; filename="../../.ssh/authorized_keys"'}
    upstream.replies["/things"] = Reply(body=PDF, media_type="application/pdf", headers=disposition)
    async with App.open([things(upstream)], Settings(save_file=SavedFiles(folder).save)) as app:
        result = await app.call("things.listThings", {})
    path = in_line(result.text)
    assert result.text == f"application/pdf, {len(PDF):,} bytes, is in the file {path}"
    assert re.fullmatch(OURS + "pdf", path.name)
    assert path.name.startswith("specport-things_listThings-")
    assert (path.parent, path.read_bytes()) == (folder.resolve(), PDF)
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert (result.notes, result.handle, result.blobs) == ((), "", ())


async def test_what_fits_into_content_is_content(upstream: Upstream, folder: Path) -> None:
    """And a program that takes answers whole gets them so."""
    upstream.first["/things"] = [
        Reply(body=b"\x89PNG\r\n\x1a\n" + bytes(900), media_type="image/png"),
        Reply(body=PDF, media_type="application/pdf"),
    ]
    async with App.open([things(upstream)], Settings(save_file=SavedFiles(folder).save)) as app:
        assert (await app.call("things.listThings", {})).blobs
        whole = await app.call("things.listThings", {}, view=View(whole=True))
    assert (whole.body, whole.notes, list(folder.iterdir())) == (PDF, (), [])


async def test_base64_that_is_read_alone_is_a_file_too(upstream: Upstream, folder: Path) -> None:
    """Where it is too large for content."""
    text = base64.b64encode(PDF).decode()
    upstream.replies["/things"] = Reply(body=b'{"id":1,"report":"%s"}' % text.encode())
    async with App.open([things(upstream)], Settings(save_file=SavedFiles(folder).save)) as app:
        shown = await app.call("things.listThings", {})
        read = await app.call("results.read", {"handle": shown.handle, "select": "report"})
    assert in_line(read.text).read_bytes() == PDF
    assert in_line(read.text).name.startswith("specport-results_read-")
    assert text[:100] not in shown.text + read.text


async def test_a_full_disk_keeps_the_answer(upstream: Upstream, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the resource that it would be without the option; no half of a file is left."""

    class Full:
        def __init__(self, file: int, mode: str) -> None:
            self._stream = open(file, mode)  # noqa: SIM115  # closed below

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            self._stream.close()

        def write(self, data: bytes) -> None:
            self._stream.write(data[:10])
            raise OSError(errno.ENOSPC, "No space left on device")

    saved = SavedFiles(folder)
    upstream.replies["/things"] = Reply(body=PDF, media_type="application/pdf")
    async with App.open([things(upstream)], Settings(save_file=saved.save)) as app:
        monkeypatch.setattr(room.os, "fdopen", Full)
        result = await app.call("things.listThings", {})
    assert result.notes[0] == f"No file: it could not be written to {folder.resolve()}: No space left on device."
    assert result.notes[1].startswith("It is kept for 15 minutes as the resource specport://results/")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("media_type", "ending"),
    [
        ("image/png", "png"),
        ("application/pdf", "pdf"),
        ("text/html", "bin"),
        ("application/x-sh", "bin"),
        ("application/x-msdownload", "bin"),
        ("application/java-archive", "bin"),
        ("image/svg+xml", "bin"),
        ("application/x-desktop", "bin"),
        ("image/png.exe", "bin"),
        ("image/../../x", "bin"),
        ("", "bin"),
    ],
)
def test_endings_come_from_a_fixed_table(folder: Path, media_type: str, ending: str) -> None:
    """None of what a double click runs, and nothing of the answer's own words. No file can be executed."""
    path = Path(SavedFiles(folder).save(b"#!/bin/sh\n", media_type, "things.get"))
    assert re.fullmatch(OURS + ending, path.name)
    assert not path.stat().st_mode & 0o111


@pytest.mark.parametrize("tool", ["../../etc/passwd", "/etc/passwd", "a\0b", "a\nb", ".hidden", "", "ü" * 300, "-rf"])
def test_a_tools_name_leads_nowhere_else(folder: Path, tool: str) -> None:
    """Names come from documents."""
    path = Path(SavedFiles(folder).save(b"x", "image/png", tool))
    assert path.parent == folder.resolve()
    assert re.fullmatch(OURS + "png", path.name)
    assert [each.name for each in folder.iterdir()] == [path.name]


def test_nothing_that_is_there_is_written_to(folder: Path, tmp_path: Path) -> None:
    """Neither a file nor what a link of that name leads to, nor a folder that came in the place of ours."""
    saved = SavedFiles(folder, random=lambda: "0" * 12)
    secret = tmp_path / "secret"
    secret.write_text("mine")
    link = folder / f"specport-a-{'0' * 12}.png"
    link.symlink_to(secret)
    with pytest.raises(SpecportError, match=r"could not be written to .*: File exists"):
        saved.save(b"x", "image/png", "a")
    assert (secret.read_text(), link.is_symlink()) == ("mine", True)
    folder.rename(tmp_path / "moved")
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    saved.save(b"x", "image/png", "b")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_oldest_of_our_own_files_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By number and by bytes, those of earlier runs included; everything else in the folder stays."""
    monkeypatch.setattr(room, "MAX_SAVED_FILES", 3)
    monkeypatch.setattr(room, "MAX_SAVED", 1_000)
    folder.mkdir(mode=0o700)
    others = [folder / "notes.pdf", folder / "specport-a-b.png", folder / f"specport-a-{'f' * 12}.png.bak"]
    for other in others:
        other.write_bytes(bytes(5_000))
    linked = folder / f"specport-a-{'e' * 12}.png"
    linked.symlink_to(others[0])

    def save(saved: SavedFiles, size: int, age: int) -> Path:
        path = Path(saved.save(bytes(size), "image/png", "a"))
        os.utime(path, (10_000 - age, 10_000 - age))
        return path

    paths = [save(SavedFiles(folder), 10, 100 - n) for n in range(5)]
    assert [path.exists() for path in paths] == [False, False, True, True, True]
    large = save(SavedFiles(folder), 985, 1)
    assert [path.exists() for path in (*paths, large)] == [False, False, False, False, True, True]
    assert all(other.exists() for other in (*others, linked))
    with pytest.raises(SpecportError, match=r"1,001 bytes; the limit MAX_SAVED is 1,000"):
        SavedFiles(folder).save(bytes(1_001), "image/png", "a")
    assert large.exists()


def test_a_folder_that_others_may_write_into_is_refused(tmp_path: Path) -> None:
    """Somebody could put another file in the place of one that a model was told of."""
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(SpecportError, match=r"others may write into it\. Give --save-files a folder of your own"):
        SavedFiles(tmp_path / "open")
    for place, reason in ((tmp_path / "no" / "parent", "No such file"), (Path("/dev/null"), "File exists")):
        with pytest.raises(SpecportError, match=f"files cannot be saved in {place}: {reason}"):
            SavedFiles(place)


def test_files_that_are_saved_at_the_same_time_do_not_meet(folder: Path) -> None:
    """Answers are shown in threads, and one tool may answer often."""
    saved = SavedFiles(folder)
    with ThreadPoolExecutor(8) as threads:
        paths = list(threads.map(lambda n: saved.save(b"%d" % n, "image/png", "a.get"), range(60)))
    assert [Path(path).read_bytes() for path in paths] == [b"%d" % n for n in range(60)]


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_a_client_gets_one_line(upstream: Upstream, folder: Path, era: str) -> None:
    """No content that it may not know what to do with."""
    upstream.replies["/things"] = Reply(body=PDF, media_type="application/pdf")
    async with (
        App.open([things(upstream)], Settings(save_file=SavedFiles(folder).save)) as app,
        Client(McpServer(app).lowlevel, mode=era) as client,
    ):
        [block] = (await client.call_tool("things_listThings", {})).content
    assert isinstance(block, types.TextContent)
    assert in_line(block.text).read_bytes() == PDF
