"""What state files of version 1 and 2 hold: a table of added sources and, since version 2, one of their files."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator

import orjson

from specport.catalog.model import Filters
from specport.documents.model import File
from specport.sources.model import Origin, Source

log = logging.getLogger("specport")

OLD_TABLES = ("sources", "files")
_PARTS = _REFERRED, _OVERLAY, _UNREAD = ("referred", "overlay", "unread")


def old_sources(connection: sqlite3.Connection) -> Iterator[Source]:
    """The sources of a file of version 1 or 2, none of a new one; one that cannot be read is told and left out."""
    tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    if "sources" not in tables:
        return
    rows = connection.execute("select name, uri, data, origin, base_url, auth, filters from sources").fetchall()
    for row in rows:
        kept: list[tuple[str, str, bytes]] = []
        if "files" in tables:
            query = "select part, uri, data from files where source = ? order by place"
            kept = connection.execute(query, (row[0],)).fetchall()
        try:
            yield _source(row, kept)
        except (ValueError, TypeError, KeyError):
            log.warning("an added source that cannot be read is left out: %s", row[0])


def _source(row: tuple[str, str, bytes, str, str, str, str], kept: list[tuple[str, str, bytes]]) -> Source:
    name, uri, data, origin, base_url, auth, filters = row
    parts = {part: [File(uri, data) for known, uri, data in kept if known == part] for part in _PARTS}
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
