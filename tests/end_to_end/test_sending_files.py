"""Files of this machine, in a call and out of an answer: in folders of the operator, never over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from end_to_end.loopback import Done, Upstream
from specport.app import App, Settings
from specport.sources.model import Origin, Source
from specport.surfaces.mcp.server import McpServer

Run = Callable[..., Done]

MEDIA = {"schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}}
SPEC = {
    "openapi": "3.1.0", "info": {"title": "Files", "version": "1"},
    "paths": {"/files": {"post": {"operationId": "put", "requestBody": {"content": {"multipart/form-data": MEDIA}}}}},
}  # fmt: skip


@pytest.fixture
def spec(tmp_path: Path) -> str:
    (tmp_path / "files.json").write_text(json.dumps(SPEC))
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\0\xff")
    return str(tmp_path / "files.json")


def test_a_file_below_an_open_folder_is_sent(specport: Run, spec: str, upstream: Upstream, tmp_path: Path) -> None:
    """Its bytes, its name and its media type."""
    given = json.dumps({"body": {"file": (tmp_path / "photo.png").as_uri()}})
    common = ("call", "files.put", given, "--spec", spec, "--base-url", upstream.url, "--no-state")
    done = specport(*common, "--files", str(tmp_path))
    assert done.code == 0, done.err
    (request,) = upstream.take()
    assert b'name="file"; filename="photo.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\0\xff\r\n--' in request.body
    refused = specport(*common)
    assert refused.code == 1
    assert "start specport with --files DIR" in refused.err
    assert upstream.take() == []


@pytest.mark.parametrize("transport", ["http", "sse"])
def test_files_are_never_open_to_http_clients(specport: Run, spec: str, tmp_path: Path, transport: str) -> None:
    """A usage error, before anything is served."""
    done = specport("serve", "--spec", spec, "--transport", transport, "--files", str(tmp_path), "--no-state")
    assert done.code == 2
    assert "files of this machine are only for stdio clients" in done.err


def test_a_folder_that_is_not_there_is_a_usage_error(specport: Run, spec: str, tmp_path: Path) -> None:
    """Said at once, not at the first call."""
    done = specport("serve", "--spec", spec, "--files", str(tmp_path / "missing"), "--no-state")
    assert done.code == 2
    assert "missing" in done.err


@pytest.mark.parametrize("transport", ["http", "sse"])
def test_nothing_is_saved_for_http_clients(specport: Run, tmp_path: Path, transport: str) -> None:
    """They are on other machines: a usage error, before anything is served or made."""
    folder = tmp_path / "answers"
    done = specport("serve", "--sandbox", "--transport", transport, "--save-files", str(folder), "--no-state")
    assert done.code == 2
    assert "files of this machine are only for stdio clients" in done.err
    assert not folder.exists()


def test_a_folder_that_cannot_be_used_ends_the_start(specport: Run, tmp_path: Path) -> None:
    """With one line, before the first call."""
    done = specport("serve", "--sandbox", "--save-files", str(tmp_path / "no" / "parent"), "--no-state")
    assert done.code == 1
    assert f"files cannot be saved in {tmp_path / 'no' / 'parent'}: No such file or directory" in done.err


@pytest.mark.anyio
async def test_clients_are_told_of_open_folders(spec: str, tmp_path: Path) -> None:
    """The instructions name them as URLs, which hold no character that could be read as anything else."""
    folders = [tmp_path / f"open {number}" for number in range(7)]
    async with App.open([Source("files", spec, json.dumps(SPEC).encode(), Origin.OPERATOR)], Settings()) as app:
        said = McpServer(app, folders=folders).lowlevel.instructions or ""
        silent = McpServer(app).lowlevel.instructions or ""
    assert f"a file below {tmp_path.as_uri()}/open%200/, " in said
    assert "open%204/ and 2 more folders sends that file" in said
    assert "file:" not in silent
