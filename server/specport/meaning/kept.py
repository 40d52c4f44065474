"""The vectors of texts in one SQLite file of the state folder, by what made them, so that a start makes none again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from specport.executor.write_ahead import use_write_ahead_log

MAX_KEPT = 200_000
"""Vectors that are kept, some 200 MB of them."""

_SCHEMA = """
create table if not exists vectors (
    model text not null, text blob not null, vector blob not null, primary key (model, text)
) without rowid
"""
_BUSY_SECONDS = 10.0


class KeptVectors:
    """One thread at a time uses it. Raises sqlite3.Error or OSError where the file cannot be used."""

    def __init__(self, folder: Path | None) -> None:
        """Without a folder they are kept for this run."""
        path = folder / "meanings.sqlite" if folder else ":memory:"
        if folder:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, check_same_thread=False)
        use_write_ahead_log(self._connection, _BUSY_SECONDS)
        with self._connection:
            self._connection.execute(_SCHEMA)

    def read(self, model: str, texts: Iterable[bytes]) -> dict[bytes, bytes]:
        """What is kept of a model for texts, each by its digest."""
        chosen = "select text, vector from vectors where model = ? and text = ?"
        found = (self._connection.execute(chosen, (model, text)).fetchone() for text in texts)
        return dict(filter(None, found))

    def write(self, model: str, vectors: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep vectors with the digests of their texts; what was kept before goes where that is MAX_KEPT."""
        with self._connection:
            if self._connection.execute("select count(*) from vectors").fetchone()[0] >= MAX_KEPT:
                self._connection.execute("delete from vectors")
            rows = ((model, text, vector) for text, vector in vectors)
            self._connection.executemany("insert or replace into vectors values (?, ?, ?)", rows)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
