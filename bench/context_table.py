"""The tables of `docs/context.md`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from context_calls import Cost
from context_lists import Listed
from context_retrieval import Found
from questions import HELD_OUT

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
    """What each side finds of the held-out questions by document, and of all together, and what an answer costs."""
    held = [row for row in rows if row.half == HELD_OUT]
    columns = " | ".join(f"{side}: recall@5 | MRR | tokens of an answer" for side in ("specport", "FastMCP"))
    lines = [f"| document | questions | {columns} |\n", "|---|---:|---:|---:|---:|---:|---:|---:|\n"]
    documents = list(dict.fromkeys(row.document for row in held))
    for document in [*documents, "all"]:
        sides = [[row for row in held if row.side == side] for side in ("specport", "FastMCP")]
        most = len(documents) if document == "all" else 1
        cells = [_found([row for row in side if document in {row.document, "all"}], most) for side in sides]
        questions = sum(row.questions for row in sides[0] if document in {row.document, "all"})
        lines.append(f"| {document} | {questions} | {' | '.join(cells)} |\n")
    return "".join(lines)


def _found(rows: Sequence[Found], documents: int) -> str:
    """Three cells; of several documents, the mean over the questions, where all were measured."""
    if len(rows) < documents:
        return "- | - | -"
    total = sum(row.questions for row in rows)
    recall = sum(row.recall * row.questions for row in rows) / total
    reciprocal = sum(row.reciprocal * row.questions for row in rows) / total
    tokens = f"{rows[0].tokens:,}" if len(rows) == 1 and rows[0].tokens else ""
    return f"{recall:.3f} | {reciprocal:.3f} | {tokens}"


def calls(rows: Iterable[Cost]) -> str:
    """Milliseconds of a call by name and through another tool, and of a search."""
    head = "| document | server | call by name, ms | through the calling tool, ms | ratio | one search, ms |\n"
    lines = [head, "|---|---|---:|---:|---:|---:|\n"]
    for row in rows:
        times = f"{row.direct:.1f} | {row.through:.1f} | {row.ratio:.2f} | {row.search:.1f}"
        lines.append(f"| {row.document} | {row.server} | {times} |\n")
    return "".join(lines)
