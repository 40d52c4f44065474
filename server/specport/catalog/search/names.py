"""Tools by name: those that a text names in one of the ways in which tools are called, and those it nearly names."""

from __future__ import annotations

import difflib
import heapq
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from specport.catalog.model import Tool
from specport.catalog.naming import camel

MAX_TYPED = 200
"""Characters of a name that are compared."""

MAX_COMPARED = 64
"""Most names that are compared with a wrong one letter by letter: those that share most pairs of letters with it."""

_ALIKE = 0.6
"""How much alike two names are, of 1, for one to be taken for the other."""

_ROUTE = re.compile(r"(?:([A-Za-z]+)\s+)?(/\S*)\Z")
_PARAMETER = re.compile(r"\{[^}]*\}")


def named(tools: Sequence[Tool], text: str) -> list[Tool]:
    """The tools of that address, wire name or operationId, or of that path, by any method or the one before it."""
    text = text[: 2 * MAX_TYPED].strip()
    route = _ROUTE.match(text)
    if route:
        method, path = (route[1] or "").upper(), _blank(route[2])
        of_path = [tool for tool in tools if tool.route and _blank(tool.route.path) == path]
        return [tool for tool in of_path if tool.route and method in ("", tool.route.method)]
    if not text or " " in text:
        return []
    name, leaf = text.casefold(), camel(text).casefold()
    by_name = [tool for tool in tools if name in (tool.address.casefold(), tool.wire_name.casefold())]
    return by_name or [tool for tool in tools if _leaf(tool) == leaf]


def _blank(path: str) -> str:
    """The path, whatever its parameters are called."""
    return _PARAMETER.sub("{}", path).rstrip("/")


def _leaf(tool: Tool) -> str:
    """The last part of an address, which is made of the operationId, without what tells it from another."""
    return tool.address.rpartition(".")[2].partition("_")[0].casefold()


def nearest(names: Iterable[str], typed: str, limit: int) -> list[str]:
    """The names that are most like a wrong one, best first; none where none is much like it."""
    typed = typed[:MAX_TYPED]
    pairs = {first + second for first, second in pairwise(typed)}

    def shared(name: str) -> float:
        return sum(map(name.__contains__, pairs)) / (len(pairs) + len(name) + 1)

    return difflib.get_close_matches(typed, heapq.nlargest(MAX_COMPARED, names, key=shared), n=limit, cutoff=_ALIKE)
