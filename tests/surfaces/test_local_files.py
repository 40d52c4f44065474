"""`file:` URLs: read below the folders that the operator opened, and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from specport.errors import BadArguments
from specport.surfaces import local_files
from specport.surfaces.local_files import LocalFiles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to open, and a secret beside it."""
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "open-not").mkdir()
    (tmp_path / "open-not" / "a.txt").write_text("secret")
    (tmp_path / "open" / "a b").mkdir(parents=True)
    (tmp_path / "open" / "a b" / "ü.png").write_bytes(b"\x89PNG\0")
    return tmp_path / "open"


def test_a_file_is_read_with_its_name_and_type(folder: Path) -> None:
    """Percent-encoded as URLs are, with the host left out or `localhost`."""
    url = (folder / "a b" / "ü.png").as_uri()
    for spelled in (url, url.replace("file://", "file://localhost"), url.replace("file://", "file:")):
        blob = LocalFiles([folder]).read(spelled)
        assert (blob.data, blob.media_type, blob.filename) == (b"\x89PNG\0", "image/png", "ü.png")


@pytest.mark.parametrize(
    "path", ["../secret.txt", "%2e%2e/secret.txt", "a%20b/../../secret.txt", "../open-not/a.txt", "missing", "link"]
)
def test_nothing_outside_the_folder_is_read(folder: Path, path: str) -> None:
    """Not by dots, encoded or not, by a link, or by a name that begins alike; a missing file is told the same way."""
    (folder / "link").symlink_to(folder.parent / "secret.txt")
    with pytest.raises(BadArguments, match="is no file below"):
        LocalFiles([folder]).read(f"{folder.as_uri()}/{path}")


def test_a_link_to_another_open_folder_is_followed(folder: Path, tmp_path: Path) -> None:
    """What counts is where the file is in the end."""
    (folder / "link").symlink_to(tmp_path / "open-not" / "a.txt")
    assert LocalFiles([folder, tmp_path / "open-not"]).read(f"{folder.as_uri()}/link").data == b"secret"


@pytest.mark.parametrize("url", ["file://server/share/x", "file:relative", "file:///a%00b"])
def test_what_names_no_file_of_this_machine_is_refused(folder: Path, url: str) -> None:
    """Another host, a relative path, a NUL."""
    with pytest.raises(BadArguments, match="names no file of this machine"):
        LocalFiles([folder]).read(url)


def test_only_plain_files_are_read(folder: Path) -> None:
    """A folder and a pipe are refused, and the pipe is not waited for."""
    os.mkfifo(folder / "pipe")
    for name in ("pipe", "a%20b"):
        with pytest.raises(BadArguments, match="no plain file"):
            LocalFiles([folder]).read(f"{folder.as_uri()}/{name}")


def test_a_large_file_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the limit in the message."""
    monkeypatch.setattr(local_files, "MAX_FILE_BYTES", 4)
    with pytest.raises(BadArguments, match="larger than 4 bytes"):
        LocalFiles([folder]).read((folder / "a b" / "ü.png").as_uri())
