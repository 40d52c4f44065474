"""What the wheel holds, seen from pyproject.toml, so that a new room is not forgotten before CI builds one."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_package_is_in_the_wheel() -> None:
    """Each folder with an `__init__.py`, and the bundled documents."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {".".join(path.parent.relative_to(ROOT / "server").parts) for path in ROOT.glob("server/**/__init__.py")}
    assert set(listed) == {*found, "specport.tool_specs"}
