"""Plain keyword search over a catalog, by SQLite's FTS5 (BM25) in memory."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

from specport.catalog.model import Tool
from specport.catalog.naming import split_words

MAX_WORDS = 32
"""Words of a query that are used."""

_TABLE = "create virtual table tools using fts5(address, path, description, tokenize = 'porter unicode61')"
_QUERY = "select rowid from tools where tools match ? order by bm25(tools, 8.0, 4.0, 2.0), rowid limit ?"


def find_tools(tools: Sequence[Tool], query: str, limit: int) -> list[Tool]:
    """The tools that hold any of the words, best first; address counts more than path, path more than description."""
    words = [word.lower() for word in re.findall(r"\w+", query)][:MAX_WORDS]
    if not words:
        return []
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(_TABLE)
        rows = ((index, *_texts(tool)) for index, tool in enumerate(tools))
        connection.executemany("insert into tools (rowid, address, path, description) values (?, ?, ?, ?)", rows)
        match = " OR ".join(f'"{word}"' for word in words)
        return [tools[row[0]] for row in connection.execute(_QUERY, (match, limit))]
    finally:
        connection.close()


def _texts(tool: Tool) -> tuple[str, str, str]:
    words = " ".join(split_words(tool.address))
    path = " ".join(split_words(f"{tool.route.method} {tool.route.path}")) if tool.route else ""
    return f"{words} {' '.join(tool.tags)}", path, tool.description
