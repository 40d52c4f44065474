"""Schemas that carry a name of their own: `$id` and `$anchor` (JSON Schema 2020-12 section 8.2)."""

from __future__ import annotations

from typing import cast
from urllib.parse import urljoin

from specport.documents.model import JsonObject
from specport.documents.pointers import child, children


def pointers_by_name(root: JsonObject) -> dict[str, str]:
    """Plain pointers by everything a reference may call a schema: its `$id`, `#anchor`, `$id#anchor`.

    An `$id` is known as written and resolved against the ones around it. Of equal names the first one counts.
    """
    named: dict[str, str] = {}
    waiting: list[tuple[object, str, str]] = [(root, "", "")]
    while waiting:
        node, pointer, base = waiting.pop()
        if isinstance(node, dict):
            members = cast("JsonObject", node)
            base = _add_names(members, pointer, base, named)
            inside = [(value, child(pointer, key), base) for key, value in members.items()]
        else:
            inside = [(value, child(pointer, index), base) for index, value in enumerate(children(node))]
        waiting += inside[::-1]
    return named


def _add_names(node: JsonObject, pointer: str, base: str, named: dict[str, str]) -> str:
    """Enter the names of one schema; the base of what is inside it."""
    identifier = node.get("$id")
    if isinstance(identifier, str) and identifier:
        base = urljoin(base, identifier).rstrip("#")
        named.setdefault(identifier.rstrip("#"), pointer)
        named.setdefault(base, pointer)
    for keyword in ("$anchor", "$dynamicAnchor"):
        anchor = node.get(keyword)
        if isinstance(anchor, str):
            named.setdefault(f"#{anchor}", pointer)
            named.setdefault(f"{base}#{anchor}", pointer)
    return base
