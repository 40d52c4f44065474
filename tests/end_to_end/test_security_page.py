"""`docs/security.md` says where each guarantee is tested."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_what_the_page_points_to_is_there() -> None:
    """A test that is renamed takes its guarantee along; every row has one."""
    text = (ROOT / "docs" / "security.md").read_text()
    named = re.findall(r"`((?:tests|bench)/[^`]*)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| what |")]
    assert [row for row in rows if "`tests/" not in row] == []
