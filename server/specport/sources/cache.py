"""Finished catalogs as files of the state folder, so that a start need not read documents again.

Any number of processes may share the folder: a file appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from specport import __version__

MAX_CATALOGS = 64
"""Most catalogs kept in the cache."""

STALE_SECONDS = 3_600
"""Age at which an unfinished cache file is nobody's work any more."""

_UNFINISHED = ".new-"


class CatalogCache:
    """Finished catalogs as files, keyed by everything they were made from and by the code that made them.

    At most MAX_CATALOGS are kept, the oldest going first. A file appears whole or not at all, so that any number of
    processes may share the folder; what one that was killed left half written goes STALE_SECONDS later.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "catalogs"
        self._release = f"{__version__}-{_code_digest()}"

    def get(self, key: str) -> bytes | None:
        """What was put under the key by this release, else None."""
        try:
            return self._path(key).read_bytes()
        except OSError:
            return None

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key. A folder that cannot be written is no error: the next start is only slower."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=_UNFINISHED)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(temporary).replace(self._path(key))
            except OSError:
                Path(temporary).unlink()
                raise
            self._sweep(_changed_at(self._path(key)))

    def _sweep(self, now: int) -> None:
        """Remove what is too much or, at the time `now` of the folder's clock, too old."""
        for old in sorted(self._folder.glob("[!.]*"), key=_changed_at)[:-MAX_CATALOGS]:
            old.unlink(missing_ok=True)
        for left in self._folder.glob(f"{_UNFINISHED}*"):
            if _changed_at(left) < now - STALE_SECONDS * 1_000_000_000:
                left.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{self._release}-{key}.catalog"


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:  # another process was quicker
        return 0


def _code_digest() -> str:
    """A digest of the modules that make catalogs, by size and time: a version stays the same while it is developed."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for room in ("documents", "schemas", "operations", "catalog"):
        for module in sorted((package / room).glob("*.py")):
            facts = module.stat()
            digest.update(f"{module.name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:12]
