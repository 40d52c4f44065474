"""Tables of the docs that are made from code: a test compares them, `UPDATE_SNAPSHOTS=1` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"


def check_table(page: str, marker: str, table: str) -> None:
    """The page has this table between `<!-- marker -->` and `<!-- /marker -->`; a change of it is reviewed."""
    path = DOCS / page
    text = path.read_text()
    start, end = f"<!-- {marker} -->\n", f"<!-- /{marker} -->"
    before, rest = text.split(start)
    after = rest.partition(end)[2]
    wanted = f"{before}{start}{table}{end}{after}"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(wanted)
    assert text == wanted or os.environ.get("UPDATE_SNAPSHOTS")
