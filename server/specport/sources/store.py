"""What survives a restart: added sources in one SQLite file, catalogs as files keyed by content.

Both may be shared by several processes: SQLite in WAL mode, and cache files that appear whole or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Generator
from pathlib import Path

import orjson

from specport import __version__
from specport.documents.model import File
from specport.errors import SourceError
from specport.sources.model import Filters, Origin, Source

_SCHEMA = (
    """
create table if not exists sources (
    name text primary key,
    uri text not null,
    data blob not null,
    origin text not null,
    base_url text not null,
    auth text not null,
    filters text not null
)
""",
    """
create table if not exists files (
    source text not null,
    part text not null,
    place integer not null,
    uri text not null,
    data blob not null,
    primary key (source, part, place)
)
""",
)
"""Version 2 added `files`: what a document refers to, its overlays, and as text why a file was not read."""

_VERSION = 2
MAX_CATALOGS = 64
"""Most catalogs kept in the cache."""

STALE_SECONDS = 3_600
"""Age at which an unfinished cache file is nobody's work any more."""

_UNFINISHED = ".new-"
_BUSY_SECONDS = 10.0
_PARTS = _REFERRED, _OVERLAY, _UNREAD = ("referred", "overlay", "unread")
_COLUMNS = "name, uri, data, origin, base_url, auth, filters"


class SourceStore:
    """The added sources of one state folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "sources.sqlite"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            reason = error.strerror or error
            raise SourceError(f"cannot make the state folder {folder}: {reason}", hint="Try --no-state") from error
        with self._open() as connection:
            found = int(connection.execute("pragma user_version").fetchone()[0])
            if found > _VERSION:
                raise SourceError(f"{self._path} was written by a newer specport", hint="Use another --state-dir")
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute(f"pragma user_version = {_VERSION}")

    def all(self) -> list[Source]:
        """Every added source, by name."""
        with self._open() as connection:
            rows = connection.execute(f"select {_COLUMNS} from sources order by name").fetchall()
            return [self._source(connection, row) for row in rows]

    def get(self, name: str) -> Source | None:
        """The added source of that name, if there is one."""
        with self._open() as connection:
            row = connection.execute(f"select {_COLUMNS} from sources where name = ?", (name,)).fetchone()
            return self._source(connection, row) if row else None

    def put(self, source: Source) -> None:
        """Keep a source, in place of one of that name."""
        filters = {"tags": source.filters.tags, "operations": source.filters.operations}
        row = (
            source.name, source.uri, source.data, source.origin.value, source.base_url,
            orjson.dumps(dict(source.references)).decode(), orjson.dumps(filters).decode(),
        )  # fmt: skip
        files = [(source.name, part, place, file.uri, file.data) for part, place, file in _files_of(source)]
        with self._open() as connection:
            connection.execute(f"insert or replace into sources ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?)", row)
            connection.execute("delete from files where source = ?", (source.name,))
            connection.executemany("insert into files (source, part, place, uri, data) values (?, ?, ?, ?, ?)", files)

    def delete(self, name: str) -> bool:
        """Forget a source; whether there was one."""
        with self._open() as connection:
            connection.execute("delete from files where source = ?", (name,))
            return connection.execute("delete from sources where name = ?", (name,)).rowcount > 0

    @contextlib.contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        """One transaction, committed when the block ends without an error. SQLite's errors become SourceErrors."""
        try:
            connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS)
            try:
                connection.execute("pragma journal_mode = wal")
                with connection:
                    yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise SourceError(f"cannot use the state file {self._path}: {error}", hint="Try --no-state") from error

    def _source(self, connection: sqlite3.Connection, row: tuple[str, str, bytes, str, str, str, str]) -> Source:
        name, uri, data, origin, base_url, auth, filters = row
        kept = connection.execute(
            "select part, uri, data from files where source = ? order by place", (name,)
        ).fetchall()
        parts = {part: [File(uri, data) for known, uri, data in kept if known == part] for part in _PARTS}
        try:
            chosen = orjson.loads(filters)
            return Source(
                name=name,
                uri=uri,
                data=data,
                origin=Origin(origin),
                base_url=base_url,
                references=orjson.loads(auth),
                filters=Filters(tuple(chosen["tags"]), tuple(chosen["operations"])),
                files=tuple(parts[_REFERRED]),
                unread={file.uri: file.data.decode() for file in parts[_UNREAD]},
                overlays=tuple(parts[_OVERLAY]),
            )
        except (ValueError, TypeError, KeyError) as error:
            raise SourceError(
                f"{self._path} holds a source {name!r} that cannot be read", hint="Use another --state-dir"
            ) from error


def _files_of(source: Source) -> list[tuple[str, int, File]]:
    """The rows of `files`: part, place in it, file."""
    unread = tuple(File(uri, reason.encode()) for uri, reason in source.unread.items())
    parts = zip(_PARTS, (source.files, source.overlays, unread), strict=True)
    return [(part, place, file) for part, files in parts for place, file in enumerate(files)]


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
