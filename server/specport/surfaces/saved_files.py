"""Large binary answers as files of this machine, in one folder that the operator gave for them.

An answer decides the bytes and nothing else: names are made here, endings come from a fixed table that has none of what
a double click runs, files are for their owner alone, and nothing that is there is written to.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from specport.errors import SpecportError

MAX_SAVED = 1024 * 1024 * 1024
"""Bytes of all saved files in the folder; the oldest go first."""

MAX_SAVED_FILES = 200
"""Files in the folder that were saved; the oldest go first."""

_ENDINGS = {
    "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp", "image/tiff": "tiff",
    "image/bmp": "bmp", "image/avif": "avif", "image/heic": "heic", "application/pdf": "pdf",
    "application/zip": "zip", "application/gzip": "gz", "application/x-gzip": "gz", "application/x-tar": "tar",
    "application/zstd": "zst", "application/x-7z-compressed": "7z",
    "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/flac": "flac", "audio/wav": "wav", "audio/mp4": "m4a",
    "video/mp4": "mp4", "video/webm": "webm", "video/quicktime": "mov", "font/woff2": "woff2",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.apache.parquet": "parquet", "application/epub+zip": "epub",
}  # fmt: skip
"""What a file of a media type is called at its end: kinds that are looked at, none that is run. All others: `bin`."""

_OURS = re.compile(r"specport-[A-Za-z0-9_-]{1,64}-[0-9a-f]{12}\.[a-z0-9]{2,7}")
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class _Saved(NamedTuple):
    """A file that was saved before, by this process or another."""

    changed: int
    name: str
    size: int


class SavedFiles:
    """Saves bytes as files of one folder, for as long as they are within the limits.

    The folder is held open: what is put in its place later is not written to.
    """

    def __init__(self, folder: Path, *, random: Callable[[], str] = lambda: secrets.token_hex(6)) -> None:
        """Make the folder if there is none. Raises SpecportError where that fails, or others may write into it."""
        try:
            self._path = folder.expanduser().resolve()
            self._path.mkdir(mode=0o700, exist_ok=True)
            self._folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            found = os.fstat(self._folder)
        except (OSError, RuntimeError) as error:
            raise _unusable(folder, getattr(error, "strerror", "") or str(error)) from error
        if found.st_uid != os.geteuid() or found.st_mode & _OTHERS_MAY_WRITE:
            raise _unusable(folder, "others may write into it")
        self._random = random
        self._lock = threading.Lock()  # answers are shown in threads

    def save(self, data: bytes, media_type: str, tool: str) -> str:
        """Write a new file for the answer of a tool; its absolute path. Raises SpecportError where that cannot be."""
        stem = re.sub(r"[^A-Za-z0-9_-]+", "_", tool)[:64] or "answer"
        name = f"specport-{stem}-{self._random()}.{_ENDINGS.get(media_type, 'bin')}"
        if len(data) > MAX_SAVED:
            raise SpecportError(f"the answer has {len(data):,} bytes; the limit MAX_SAVED is {MAX_SAVED:,}")
        try:
            with self._lock:
                self._make_room(len(data))
                self._write(name, data)
        except OSError as error:
            raise SpecportError(f"it could not be written to {self._path}: {error.strerror or error}") from error
        return str(self._path / name)

    def _write(self, name: str, data: bytes) -> None:
        """All of it or nothing."""
        file = os.open(name, _FLAGS, 0o600, dir_fd=self._folder)
        try:
            with os.fdopen(file, "wb") as stream:
                stream.write(data)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=self._folder)
            raise

    def _make_room(self, size: int) -> None:
        """Remove the oldest files that were saved, until one more stays within the limits. Others' are left alone."""
        known = sorted(self._known())
        used = size + sum(each.size for each in known)
        count = len(known) + 1
        for each in known:
            if used <= MAX_SAVED and count <= MAX_SAVED_FILES:
                break
            with contextlib.suppress(FileNotFoundError):  # another process was quicker
                os.unlink(each.name, dir_fd=self._folder)
            used -= each.size
            count -= 1

    def _known(self) -> list[_Saved]:
        found: list[_Saved] = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if not _OURS.fullmatch(entry.name):
                    continue
                with contextlib.suppress(FileNotFoundError):
                    facts = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(facts.st_mode) and facts.st_uid == os.geteuid():
                        found.append(_Saved(facts.st_mtime_ns, entry.name, facts.st_size))
        return found


def _unusable(folder: Path, reason: str) -> SpecportError:
    return SpecportError(f"files cannot be saved in {folder}: {reason}", hint="Give --save-files a folder of your own")
