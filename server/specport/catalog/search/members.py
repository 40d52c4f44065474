"""What the arguments of a tool are called, inside the body too, without making its schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import cast

from specport.catalog.model import Tool
from specport.catalog.schemas import MadeSchemas
from specport.schemas.keywords import UNIONS
from specport.schemas.model import Fragment, Place, Use
from specport.schemas.stored import load_fragment

MAX_MEMBERS = 80
"""Names and choices inside the body of one tool that are looked for."""

MAX_DEPTH = 3
"""Levels of members inside the body that are looked at."""

MAX_LOOKS = 200
"""Schemas inside the body of one tool that are looked at."""

_LONGEST = 40

Targets = Callable[[Place], Fragment]


class Bodies:
    """The bodies of the tools of some catalogs; schemas that several of them use are read once."""

    def __init__(self) -> None:
        self._targets: dict[tuple[int, Place], Fragment] = {}

    def names(self, tool: Tool) -> list[str]:
        """Names of members and choices of texts, outer ones first, at most MAX_MEMBERS of them."""
        if tool.route is None or tool.route.body is None:
            return []
        schemas = tool.schemas
        if isinstance(schemas, MadeSchemas):
            root, texts = load_fragment(schemas.root), schemas.library.texts

            def target(place: Place) -> Fragment:
                key = id(texts), place
                if key not in self._targets:
                    self._targets[key] = load_fragment(texts[place])
                return self._targets[key]
        else:
            root, target = schemas.checked, _nowhere
        body = _properties(root).get(tool.route.body.argument)
        return list(dict.fromkeys(_named(body, target)))[:MAX_MEMBERS]


def _nowhere(place: Place) -> Fragment:
    """The target of a reference in a schema that has none."""
    del place
    return True


def _properties(schema: Fragment) -> Mapping[str, Fragment]:
    if isinstance(schema, bool | Use):
        return {}
    return cast("Mapping[str, Fragment]", schema.get("properties", {}))


def _named(body: Fragment | None, target: Targets) -> Iterator[str]:
    """Names of the members and then the choices of each level."""
    waiting: list[tuple[Fragment, int]] = [] if body is None else [(body, 0)]
    seen: set[Place] = set()
    for _ in range(MAX_LOOKS):
        if not waiting:
            return
        schema, depth = waiting.pop(0)
        if isinstance(schema, Use):
            if schema.place not in seen:
                seen.add(schema.place)
                waiting.insert(0, (target(schema.place), depth))
            continue
        if isinstance(schema, bool) or depth > MAX_DEPTH:
            continue
        yield from _choices(schema)
        for key in UNIONS:
            waiting += [(branch, depth) for branch in cast("list[Fragment]", schema.get(key, []))]
        items = schema.get("items")
        if isinstance(items, dict | Use):
            waiting.append((cast("Fragment", items), depth))
        properties = _properties(schema)
        yield from properties
        waiting += [(each, depth + 1) for each in properties.values()]


def _choices(schema: Mapping[str, object]) -> Iterator[str]:
    """The texts that a schema lets one choose from."""
    for value in (*cast("list[object]", schema.get("enum", [])), schema.get("const")):
        if isinstance(value, str) and len(value) <= _LONGEST:
            yield value
