"""The same schema in as few bytes as say it: equal parts once, by short names, whatever their descriptions say.

Unlike `share`, which keeps every word, this looks through references and past descriptions, so that what a document
says twice in other words is one part. The result accepts exactly the same values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeAlias, cast

import orjson

from specport.documents.model import JsonObject
from specport.schemas.keywords import ONE_SCHEMA, SCHEMA_LISTS, SCHEMA_MAPS, definition
from specport.schemas.model import JsonSchema
from specport.schemas.plain import plain

MAX_NAME = 20
"""Characters of a name in `$defs`; a longer one keeps its last words."""

MAX_HEIGHT = 40
"""Levels of schemas in one part, beyond which it gets a name: readers recurse."""

MAX_DEPTH = 60
"""Levels of schemas below which a reference is read later, from the top."""

_AS_SCHEMA: Mapping[bool, JsonSchema] = {True: {}, False: {"not": {}}}
_REFERENCE_BYTES = 22
_NAMED_BYTES = 8
_Key: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A part where it stands: which one, what it is said to be there, and what its place calls it."""

    part: int
    description: str
    name: str


@dataclass(frozen=True, slots=True)
class _ByName:
    """A definition that is read later, or is being read."""

    name: str


@dataclass(slots=True)
class _Part:
    """A distinct subschema. Its keywords hold `_Place`s where schemas stand."""

    keywords: Mapping[str, object]
    description: str
    size: int = 0
    height: int = 1
    holders: int = 0
    called: str = ""
    name: str = ""
    is_referenced: bool = False


def compact(schema: JsonSchema) -> dict[str, object]:
    """The schema with every part in its plainest form, and those that are worth it named in `$defs`."""
    return _Compacting(schema).whole()


class _Compacting:
    """The distinct parts of one schema, parts before what they are in."""

    def __init__(self, schema: JsonSchema) -> None:
        self._schema = schema
        self._definitions = cast("Mapping[str, JsonSchema | bool]", schema.get("$defs", {}))
        self._parts: list[_Part] = []
        self._known: dict[_Key, int] = {}
        self._defined: dict[str, _Place] = {}
        self._open: set[str] = set()
        self._by_name: dict[str, str] = {}
        self._depth = 0
        self._taken: set[str] = set()
        self._made: dict[str, object] = {}
        self._waiting: list[_Part] = []

    def whole(self) -> dict[str, object]:
        """The root as it is but for its arguments, with the definitions that are left."""
        root: dict[str, object] = {key: value for key, value in self._schema.items() if key != "$defs"}
        arguments = cast("JsonSchema", root.get("properties", {}))
        places = {name: self._place(name, argument) for name, argument in arguments.items()}
        while late := [name for name in self._by_name if name not in self._defined]:
            self._target(late[0])
        self._hold(places)
        self._name_parts()
        if "properties" in root:
            root["properties"] = {name: self._shown(place) for name, place in places.items()}
        while self._waiting:
            part = self._waiting.pop(0)
            self._made[part.name] = self._spelled(part, part.description)
        return {**root, "$defs": self._made} if self._made else root

    def _place(self, name: str, node: object) -> object:
        """Where a part stands; a boolean schema stays what it is."""
        return self._schema_place(name, cast("JsonSchema", node)) if isinstance(node, dict) else node

    def _schema_place(self, name: str, node: JsonSchema) -> _Place:
        schema = plain(node)
        description = str(schema.get("description", ""))
        reference = schema.get("$ref")
        self._depth += 1
        if isinstance(reference, str) and schema.keys() <= {"$ref", "description"}:
            place = self._target(definition(reference))
            place = _Place(place.part, description or place.description, name)
        else:
            keywords = {key: self._value(key, value) for key, value in schema.items() if key != "description"}
            place = _Place(self._identity(keywords, description), description, name)
        self._depth -= 1
        return place

    def _value(self, key: str, value: object) -> object:
        if key == "$ref":
            place = self._target(definition(cast("str", value)))
            self._parts[place.part].is_referenced = True
            return place
        if key in ONE_SCHEMA:
            return self._place("", value)
        if key in SCHEMA_LISTS:
            return [self._place("", part) for part in cast("list[object]", value)]
        if key in SCHEMA_MAPS:
            return {name: self._place(name, part) for name, part in cast("JsonSchema", value).items()}
        return value

    def _target(self, name: str) -> _Place:
        """Where a definition stands; one that is being read is inside itself, and stays a reference by name."""
        if name in self._defined:
            return self._defined[name]
        if name in self._open or self._depth > MAX_DEPTH:
            self._by_name.setdefault(name, self._free_name(name))
            return _Place(self._identity({"$ref": _ByName(name)}, ""), "", name)
        self._open.add(name)
        node = self._definitions[name]
        place = self._defined[name] = self._schema_place(name, _AS_SCHEMA[node] if isinstance(node, bool) else node)
        self._open.remove(name)
        return place

    def _identity(self, keywords: Mapping[str, object], description: str) -> int:
        key = _key(keywords)
        if key not in self._known:
            self._known[key] = len(self._parts)
            self._parts.append(_Part(keywords, description))
            self._hold(keywords)
        return self._known[key]

    def _hold(self, value: object) -> None:
        """Count the places in keywords that nothing else says."""
        for place in _places(value):
            part = self._parts[place.part]
            part.holders += 1
            part.called = part.called or place.name

    def _name_parts(self) -> None:
        """Give names to the parts that cost less said once; those inside others come first."""
        for name, place in self._defined.items():
            if name in self._by_name:
                self._parts[place.part].name = self._by_name[name]
        for part in self._parts:
            inner = [self._parts[place.part] for place in _places(part.keywords)]
            part.size = _size(part.keywords) + sum(_REFERENCE_BYTES if each.name else each.size for each in inner)
            part.height = 1 + max((0 if each.name else each.height for each in inner), default=0)
            saved = (part.holders - 1) * part.size - part.holders * _REFERENCE_BYTES - _NAMED_BYTES
            if not part.name and (part.is_referenced or saved > 0 or part.height > MAX_HEIGHT):
                part.name = self._free_name(part.called)

    def _free_name(self, wanted: str) -> str:
        words = re.sub(r"[^A-Za-z0-9_]", "_", wanted).split("_")
        while len(words) > 1 and len("_".join(words)) > MAX_NAME:
            words.pop(0)
        base = "_".join(words)[-MAX_NAME:] or "part"
        name, number = base, 2
        while name in self._taken:
            name, number = f"{base}_{number}", number + 1
        self._taken.add(name)
        return name

    def _shown(self, place: object) -> object:
        if not isinstance(place, _Place):
            return place
        part = self._parts[place.part]
        if not part.name:
            return self._spelled(part, place.description)
        said = {"description": place.description} if place.description not in ("", part.description) else {}
        return {"$ref": self._reference(part), **said}

    def _reference(self, part: _Part) -> str:
        if part.name not in self._made:
            self._made[part.name] = {}
            self._waiting.append(part)
        return f"#/$defs/{part.name}"

    def _spelled(self, part: _Part, description: str) -> JsonObject:
        shown = {key: self._shown_value(key, value) for key, value in part.keywords.items()}
        return {**shown, "description": description} if description else shown

    def _shown_value(self, key: str, value: object) -> object:
        if isinstance(value, _ByName):
            return self._reference(self._parts[self._defined[value.name].part])
        if key == "$ref":
            return self._reference(self._parts[cast("_Place", value).part])
        if key in SCHEMA_LISTS:
            return [self._shown(place) for place in cast("list[object]", value)]
        if key in SCHEMA_MAPS:
            return {name: self._shown(place) for name, place in cast("JsonSchema", value).items()}
        return self._shown(value)


def _places(value: object) -> Iterator[_Place]:
    """The places in keywords, one for each time that a part stands there."""
    if isinstance(value, _Place):
        yield value
    elif isinstance(value, dict | list):
        inner = cast("list[object]", value if isinstance(value, list) else list(cast("JsonSchema", value).values()))
        for each in inner:
            yield from _places(each)


def _key(value: object) -> _Key:
    """What is equal for equal JSON, whatever is described in it."""
    if isinstance(value, _Place):
        return ("#", value.part)
    if isinstance(value, dict):
        members = sorted(cast("JsonSchema", value).items(), key=itemgetter(0))
        return ("{", *((name, _key(member)) for name, member in members))
    if isinstance(value, list):
        return ("[", *(_key(item) for item in cast("list[object]", value)))
    return (type(value).__name__, value)


def _size(value: object) -> int:
    """About how many bytes of JSON keywords take without the parts in them."""
    if isinstance(value, _Place | _ByName):
        return 0
    if isinstance(value, dict):
        return 2 + sum(len(name) + 4 + _size(member) for name, member in cast("JsonSchema", value).items())
    if isinstance(value, list):
        return 2 + sum(1 + _size(item) for item in cast("list[object]", value))
    return len(orjson.dumps(value))
