"""Files of this machine as arguments: `file:` URLs read below the folders that the operator opened."""

from __future__ import annotations

import mimetypes
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from specport.errors import BadArguments
from specport.requests.binary import Blob

MAX_FILE_BYTES = 32 * 1024 * 1024
"""Largest file that is read."""

_TYPES = mimetypes.MimeTypes(filenames=())
"""Only the table that Python comes with, so that a request does not depend on the machine."""


class LocalFiles:
    """Reads files below some folders, links followed first, and nothing else."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folder.resolve() for folder in folders)

    def read(self, url: str) -> Blob:
        """What the file of a `file:` URL (RFC 8089) holds. BadArguments where it may not, or cannot, be read."""
        path = _path(url)
        try:
            resolved = path.resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            resolved = None
        if resolved is None or not any(resolved.is_relative_to(folder) for folder in self._folders):
            folders = ", ".join(str(folder) for folder in self._folders)
            raise BadArguments(f"{url[:200]!r} is no file below {folders}", hint="Only those folders are open")
        data = _content(resolved, url)
        return Blob(data, _TYPES.guess_type(resolved.name)[0] or "", resolved.name)


def _path(url: str) -> Path:
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.netloc not in ("", "localhost") or not path.startswith("/") or "\0" in path:
        raise BadArguments(f"{url[:200]!r} names no file of this machine", hint="Write it file:///folder/name")
    return Path(path)


def _content(path: Path, url: str) -> bytes:
    """The bytes, at most MAX_FILE_BYTES, of what is a plain file when it is open: no device, no pipe, no new link."""
    try:
        with open(path, "rb", opener=_opened) as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BadArguments(f"{url[:200]!r} cannot be read: {error.strerror or error}") from error
    if len(data) > MAX_FILE_BYTES:
        raise BadArguments(f"{url[:200]!r} is larger than {MAX_FILE_BYTES:,} bytes")
    return data


def _opened(path: str, flags: int) -> int:
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise OSError("is no plain file")
