"""State files as earlier releases wrote them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from specport.sources.model import Source

_SOURCES = """
create table sources (name text primary key, uri text not null, data blob not null, origin text not null,
base_url text not null, auth text not null, filters text not null);
"""
_FILES = """
create table files (source text not null, part text not null, place integer not null, uri text not null,
data blob not null, primary key (source, part, place));
"""

Part = tuple[str, str, bytes]
"""Which part of a source a file is, its URI and its bytes."""


def write_state_file(
    folder: Path, version: int, source: Source, *, files: Sequence[Part] = (), broken: Sequence[str] = ()
) -> None:
    """A file of version 1 or 2 with a source, with files where it is version 2, and with what is none as `broken`."""
    filters = json.dumps({"tags": source.filters.tags, "operations": source.filters.operations})
    facts = (source.uri, source.data, source.origin.value, source.base_url, json.dumps(dict(source.references)))
    folder.mkdir(exist_ok=True)
    with closing(sqlite3.connect(folder / "sources.sqlite")) as connection, connection:
        connection.executescript(_SOURCES + _FILES * (version - 1))
        for name, chosen in ((source.name, filters), *((name, "[]") for name in broken)):
            connection.execute("insert into sources values (?, ?, ?, ?, ?, ?, ?)", (name, *facts, chosen))
        if version > 1:
            rows = [(source.name, *file) for file in files]
            connection.executemany("insert into files values (?, ?, 0, ?, ?)", rows)
        connection.execute(f"pragma user_version = {version}")
