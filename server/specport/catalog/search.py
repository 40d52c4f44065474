"""Plain keyword search over a catalog, by SQLite's FTS5 (BM25) in memory, and names that were nearly right."""

from __future__ import annotations

import difflib
import heapq
import re
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import pairwise

from specport.catalog.model import Tool
from specport.catalog.naming import split_words

MAX_WORDS = 32
"""Words of a query that are used."""

MAX_TYPED = 200
"""Characters of a wrong name that are compared."""

MAX_COMPARED = 64
"""Most names that are compared with a wrong one letter by letter: those that share most pairs of letters with it."""

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


def nearest(tools: Sequence[Tool], typed: str, limit: int) -> list[str]:
    """What tools that somebody may have meant are called, addresses for one with a dot; else those with its words."""
    typed = typed[:MAX_TYPED]
    is_address = "." in typed
    names = {tool.address if is_address else tool.wire_name: tool for tool in tools}
    near = difflib.get_close_matches(typed, _alike(typed, names), n=limit, cutoff=0.6)
    if near:
        return near
    found = find_tools(tools, " ".join(split_words(typed)), limit)
    return [tool.address if is_address else tool.wire_name for tool in found]


def _alike(typed: str, names: Iterable[str]) -> list[str]:
    """The names with the largest part of their pairs of neighbouring letters in common with what was typed."""
    pairs = set(pairwise(typed))

    def shared(name: str) -> float:
        others = set(pairwise(name))
        return len(pairs & others) / (len(pairs) + len(others) + 1)

    return heapq.nlargest(MAX_COMPARED, names, key=shared)


def _texts(tool: Tool) -> tuple[str, str, str]:
    words = " ".join(split_words(tool.address))
    path = " ".join(split_words(f"{tool.route.method} {tool.route.path}")) if tool.route else ""
    return f"{words} {' '.join(tool.tags)}", path, tool.description
