"""Equal parts of one schema said once: repeated subschemas move to `$defs`.

References already share what the document shares; this catches what it repeats, or shares by pointing into the
middle of another schema. The result accepts exactly the same values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias, cast

import orjson

from specport.schemas.keywords import HOLDERS, ONE_SCHEMA, SCHEMA_LISTS, SCHEMA_MAPS
from specport.schemas.model import JsonSchema

WORTH_SHARING = 160
"""Smallest JSON size, in bytes, of a part of a checked schema that is worth a name."""

_Key: TypeAlias = tuple[object, ...]


def share(schema: JsonSchema, worth: int = WORTH_SHARING) -> JsonSchema:
    """The schema with every part of `worth` bytes in several places defined once; `$defs` it has are kept."""
    if not _repeats(schema, set(), worth):
        return schema
    graph = _Graph(worth)
    graph.add(schema)
    shared = graph.shared()
    if not shared:
        return schema
    definitions = cast("Mapping[str, object]", schema.get("$defs", {}))
    rewriting = _Rewriting(graph, shared, set(definitions))
    root = cast("dict[str, object]", rewriting.inside({k: v for k, v in schema.items() if k != "$defs"}))
    kept = {name: rewriting.inside(cast("JsonSchema", part)) for name, part in definitions.items()}
    return {**root, "$defs": {**kept, **rewriting.definitions}}


def _repeats(schema: JsonSchema, seen: set[bytes], worth: int) -> bool:
    """Whether a part worth sharing stands in several places: a quick look that spares most schemas the graph."""
    for _, part in parts(schema):
        if isinstance(part, dict):
            text = orjson.dumps(part)
            if len(text) >= worth:
                if text in seen or _repeats(cast("JsonSchema", part), seen, worth):
                    return True
                seen.add(text)
    return False


def parts(schema: JsonSchema) -> Iterator[tuple[str, object]]:
    """The direct subschemas of a schema, each with the name that its place gives it."""
    if HOLDERS.isdisjoint(schema):
        return
    for key, value in schema.items():
        if key in ONE_SCHEMA:
            yield key, value
        elif key in SCHEMA_LISTS:
            for part in cast("list[object]", value):
                yield key, part
        elif key in HOLDERS:
            yield from cast("Mapping[str, object]", value).items()


class _Graph:
    """Every distinct subschema once, with its size and the number of distinct places that hold it."""

    def __init__(self, worth: int) -> None:
        self._worth = worth
        self._ids: dict[_Key, int] = {}
        self._size: dict[int, int] = {}
        self._holders: dict[int, int] = {}
        self._by_object: dict[int, int] = {}

    def add(self, schema: JsonSchema) -> int:
        """The identity of a subschema; equal ones get the same."""
        key, size = self._key(schema)
        is_new = key not in self._ids
        identity = self._ids.setdefault(key, len(self._ids))
        self._by_object[id(schema)] = identity
        self._size[identity] = size
        if is_new:
            for _, part in parts(schema):
                if isinstance(part, dict):
                    child = self._by_object[id(cast("object", part))]
                    self._holders[child] = self._holders.get(child, 0) + 1
        return identity

    def identity(self, schema: JsonSchema) -> int:
        """The identity of a subschema that was added."""
        return self._by_object[id(schema)]

    def shared(self) -> frozenset[int]:
        """Identities held in several places and large enough to name."""
        return frozenset(
            identity for identity, count in self._holders.items()
            if count > 1 and self._size[identity] >= self._worth
        )  # fmt: skip

    def _key(self, value: object) -> tuple[_Key, int]:
        """A hashable key equal for equal JSON, and about how many bytes of JSON it is."""
        if isinstance(value, dict):
            schema = cast("JsonSchema", value)
            for _, part in parts(schema):
                if isinstance(part, dict):
                    self.add(cast("JsonSchema", part))
            members = sorted(((name, self._part_key(item)) for name, item in schema.items()), key=_first)
            return ("{", *members), 2 + sum(len(name) + 4 + size for name, (_, size) in members)
        return self._plain_key(value)

    def _part_key(self, value: object) -> tuple[_Key, int]:
        if isinstance(value, dict):
            item = cast("JsonSchema", value)
            if id(item) in self._by_object:
                identity = self._by_object[id(item)]
                return ("#", identity), self._size[identity]
            members = sorted(((name, self._part_key(part)) for name, part in item.items()), key=_first)
            return ("{", *members), 2 + sum(len(name) + 4 + size for name, (_, size) in members)
        return self._plain_key(value)

    def _plain_key(self, value: object) -> tuple[_Key, int]:
        if isinstance(value, list):
            items = [self._part_key(item) for item in cast("list[object]", value)]
            return ("[", *items), 2 + sum(size + 1 for _, size in items)
        return (type(value).__name__, value), len(str(value)) + (2 if isinstance(value, str) else 0)


def _first(member: tuple[str, object]) -> str:
    return member[0]


class _Rewriting:
    """Replaces shared parts by references, defining each at its first use."""

    def __init__(self, graph: _Graph, shared: frozenset[int], taken: set[str]) -> None:
        self._graph = graph
        self._shared = shared
        self._taken = taken
        self._names: dict[int, str] = {}
        self.definitions: dict[str, object] = {}

    def inside(self, schema: JsonSchema) -> object:
        """The schema itself kept, its parts rewritten."""
        rewritten: dict[str, object] = {}
        for key, value in schema.items():
            if key in ONE_SCHEMA:
                rewritten[key] = self._part(key, value)
            elif key in SCHEMA_LISTS:
                rewritten[key] = [self._part(key, item) for item in cast("list[object]", value)]
            elif key in SCHEMA_MAPS:
                items = cast("JsonSchema", value).items()
                rewritten[key] = {name: self._part(name, item) for name, item in items}
            else:
                rewritten[key] = value
        return rewritten

    def _part(self, place: str, value: object) -> object:
        if not isinstance(value, dict):
            return value
        schema = cast("JsonSchema", value)
        identity = self._graph.identity(schema)
        if identity not in self._shared:
            return self.inside(schema)
        if identity not in self._names:
            self._names[identity] = name = self._free_name(place)
            self.definitions[name] = {}
            self.definitions[name] = self.inside(schema)
        return {"$ref": f"#/$defs/{self._names[identity]}"}

    def _free_name(self, place: str) -> str:
        named = "" if place in ONE_SCHEMA or place in SCHEMA_LISTS else place
        base = re.sub(r"[^A-Za-z0-9_]", "_", named)[:48] or "part"
        name, number = base, 2
        while name in self._taken:
            name, number = f"{base}_{number}", number + 1
        self._taken.add(name)
        return name
