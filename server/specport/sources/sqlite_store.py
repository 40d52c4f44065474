"""Added sources in one SQLite file of the state folder, which several processes may share (WAL mode)."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

from specport.errors import SourceError
from specport.executor.write_ahead import use_write_ahead_log
from specport.sources.codec import decode_source, encode_parts, encode_source, revision_of
from specport.sources.earlier import OLD_TABLES, old_sources
from specport.sources.model import Source
from specport.sources.store import Kept, StoreLost
from specport.threads import in_thread

_SCHEMA = "create table if not exists kept (name text primary key, revision text not null, source blob not null)"
_VERSION = 3
"""Version 3 keeps a source as one value with its revision; 1 and 2 had a table for each kind of its parts."""

_BUSY_SECONDS = 10.0
_ANOTHER = "Try another --state-dir, or --no-state"


class SqliteStore:
    """The added sources of one state folder. Raises SourceError where the folder or its file cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "sources.sqlite"
        self._watching: sqlite3.Cursor | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            reason = error.strerror or error
            raise SourceError(f"cannot make the state folder {folder}: {reason}", hint=_ANOTHER) from error
        with self._open() as connection:
            if _version_of(connection) > _VERSION:
                raise SourceError(f"{self._path} was written by a newer specport", hint="Use another --state-dir")
            if _version_of(connection) < _VERSION:
                _upgrade(connection)

    async def version(self) -> str:
        """As `SourceStore.version`: SQLite counts for a connection what others commit."""
        with self._told():
            if self._watching is None:
                connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
                self._watching = connection.cursor()  # one for all: a connection remembers hundreds that are gone
            return str(self._watching.execute("pragma data_version").fetchone()[0])

    async def revisions(self) -> Mapping[str, str]:
        """As `SourceStore.revisions`."""
        with self._open() as connection:
            return dict(connection.execute("select name, revision from kept order by name").fetchall())

    async def get(self, name: str) -> Kept | None:
        """As `SourceStore.get`."""
        return await in_thread(self._get, name)

    async def add(self, source: Source) -> str | None:
        """As `SourceStore.add`."""
        return await in_thread(self._add, source)

    async def replace(self, name: str, revision: str, source: Source) -> str | None:
        """As `SourceStore.replace`."""
        return await in_thread(self._replace, name, revision, source)

    async def delete(self, name: str) -> bool:
        """As `SourceStore.delete`."""
        return await in_thread(self._delete, name)

    async def aclose(self) -> None:
        """Close the connection that looks for changes."""
        if self._watching is not None:
            self._watching.connection.close()
            self._watching = None

    def _get(self, name: str) -> Kept | None:
        query = "select cast(source as blob), revision from kept where name = ?"
        with self._open() as connection:
            row = connection.execute(query, (name,)).fetchone()
        return Kept(decode_source(row[0], name), row[1]) if row else None

    def _add(self, source: Source) -> str | None:
        parts = encode_parts(source)
        revision, size = revision_of(*parts), sum(map(len, parts))
        with self._open() as connection:
            done = connection.execute(
                "insert into kept values (?, ?, zeroblob(?)) on conflict do nothing", (source.name, revision, size)
            )
            if not done.rowcount:
                return None
            _fill(connection, source.name, parts)
            return revision

    def _replace(self, name: str, revision: str, source: Source) -> str | None:
        parts = encode_parts(source)
        new, size = revision_of(*parts), sum(map(len, parts))
        with self._open() as connection:
            done = connection.execute(
                "update or ignore kept set name = ?, revision = ?, source = zeroblob(?) "
                "where name = ? and revision = ?",
                (source.name, new, size, name, revision),
            )
            if not done.rowcount:
                return None
            _fill(connection, source.name, parts)
            return new

    def _delete(self, name: str) -> bool:
        with self._open() as connection:
            return connection.execute("delete from kept where name = ?", (name,)).rowcount > 0

    @contextlib.contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        """One transaction, committed when the block ends without an error."""
        with self._told(), contextlib.closing(sqlite3.connect(self._path, timeout=_BUSY_SECONDS)) as connection:
            use_write_ahead_log(connection, _BUSY_SECONDS)
            with connection:
                yield connection

    @contextlib.contextmanager
    def _told(self) -> Generator[None]:
        """SQLite's errors become StoreLost."""
        try:
            yield
        except sqlite3.Error as error:
            raise StoreLost(f"cannot use the state file {self._path}: {error}", hint=_ANOTHER) from error


def _fill(connection: sqlite3.Connection, name: str, parts: Sequence[bytes]) -> None:
    """Write what is kept of a source where there is room for it: bound to a statement it would be copied twice."""
    [row] = connection.execute("select rowid from kept where name = ?", (name,)).fetchone()
    with connection.blobopen("kept", "source", row) as blob:
        for part in parts:
            blob.write(part)


def _version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma user_version").fetchone()[0])


def _upgrade(connection: sqlite3.Connection) -> None:
    """Make a file of this version of a new or an older one, in one transaction that nobody comes between."""
    connection.execute("begin immediate")
    if _version_of(connection) == _VERSION:  # another process was quicker
        return
    connection.execute(_SCHEMA)
    for source in old_sources(connection):
        data = encode_source(source)
        connection.execute("insert into kept values (?, ?, ?)", (source.name, revision_of(data), data))
    for table in OLD_TABLES:
        connection.execute(f"drop table if exists {table}")
    connection.execute(f"pragma user_version = {_VERSION}")
