"""Where something stands in a JSON value -> a JMESPath expression that selects it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson

MAX_NAMED = 60
"""Characters of a member's name, quotes included, up to which it is selected by name, and else by its position."""

MAX_PATH = 1_000
"""Characters of an expression from which on all but short names give way to positions."""

_SHORT = 12
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_PLAIN = re.compile(r"(?:[A-Za-z0-9_.]|\[[0-9]+\])+\Z")


class Member(NamedTuple):
    """A step into an object: to the member of that name, which stands at that position."""

    name: str
    position: int


class NameOf(NamedTuple):
    """A step to the name itself of the member at that position."""

    position: int


Step = Member | NameOf | int
"""A step into an object, or to the item of an array."""


def selecting(select: str, steps: Sequence[Step]) -> str:
    """What selects the place that `steps` lead to from what `select` selects; empty where that is everything."""
    base = "" if select.strip() == "@" else select.strip()
    if not steps:
        return base
    path = _path(steps, MAX_NAMED)
    if len(path) > MAX_PATH:
        path = _path(steps, _SHORT)
    if not base:
        return path
    if not _PLAIN.match(base) or " | " in path or path.startswith(("values(", "keys(")):
        return f"{base} | {path}"
    return f"{base}{path}" if path.startswith("[") else f"{base}.{path}"


def _path(steps: Iterable[Step], longest: int) -> str:
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
            continue
        name = named(step.name) if isinstance(step, Member) else ""
        if name and len(name) <= longest:
            path += f".{name}" if path else name
        else:
            function = "values" if isinstance(step, Member) else "keys"
            path += f"{' | ' if path else ''}{function}(@)[{step.position}]"
    return path


def named(name: str) -> str:
    """A member's name as an expression has it: bare where it is an identifier, else as a JSON string."""
    return name if _IDENTIFIER.match(name) else orjson.dumps(name).decode()
