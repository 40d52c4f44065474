"""Putting measured figures into a page of the docs, between the marks that hold them."""

from __future__ import annotations

import re
from pathlib import Path

_MARKED = re.compile(r"(<!-- figures -->\n).*?(<!-- /figures -->)", re.DOTALL)


def write_figures(page: Path, text: str) -> None:
    """Replace what stands between the marks of a page."""
    page.write_text(_MARKED.sub(lambda match: match[1] + text + match[2], page.read_text()))
