"""The tables of `docs/context.md`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from context_calls import Cost
from context_lists import Listed
from context_retrieval import Found

SLOW = 60
"""Seconds to a list from which the table says so."""


def lists(rows: Sequence[Listed]) -> str:
    """Tokens of each list, grouped by document."""
    head = "| document | server | tools | whole operations | tokens a model sees | tokens on the wire |\n"
    lines = [head, "|---|---|---:|---:|---:|---:|\n"]
    for document, group in groupby(rows, key=lambda row: row.document):
        for number, row in enumerate(group):
            lines.append(_listed(row, "" if number else document))
    return "".join(lines)


def _listed(row: Listed, document: str) -> str:
    if row.failed:
        return f"| {document} | {row.server} | {row.failed} | | | |\n"
    tools = f"{row.tools:,}" if row.seconds < SLOW else f"{row.tools:,} (after {row.seconds:.0f} s)"
    whole = f"{row.whole:,} of {row.operations:,}" if row.tools >= row.operations else "by a search"
    return f"| {document} | {row.server} | {tools} | {whole} | {row.seen:,} | {row.wire:,} |\n"


def retrieval(rows: Sequence[Found]) -> str:
    """recall@5 and MRR of each side, by document, with the halves apart."""
    head = "| document | questions | half | search | recall@5 | MRR |\n"
    lines = [head, "|---|---:|---|---|---:|---:|\n"]
    lines += [
        f"| {row.document} | {row.questions} | {row.half} | {row.side} | {row.recall:.3f} | {row.reciprocal:.3f} |\n"
        for row in rows
    ]
    return "".join(lines)


def calls(rows: Iterable[Cost]) -> str:
    """Milliseconds of a call by name and through another tool, and of a search."""
    head = "| document | server | call by name, ms | through the calling tool, ms | ratio | one search, ms |\n"
    lines = [head, "|---|---|---:|---:|---:|---:|\n"]
    for row in rows:
        times = f"{row.direct:.1f} | {row.through:.1f} | {row.ratio:.2f} | {row.search:.1f}"
        lines.append(f"| {row.document} | {row.server} | {times} |\n")
    return "".join(lines)
