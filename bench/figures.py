"""Putting measured figures into a page of the docs, between the marks that hold them."""

from __future__ import annotations

import re
from pathlib import Path


def write_figures(page: Path, text: str, name: str = "") -> None:
    """Replace what stands between the marks of a page, those of a name where it has several."""
    mark = re.escape(f"figures: {name}" if name else "figures")
    marked = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /figures -->)", re.DOTALL)
    page.write_text(marked.sub(lambda match: match[1] + text + match[2], page.read_text()))
