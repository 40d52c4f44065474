"""OpenAPI Schema Objects -> JSON Schema 2020-12 fragments, each place of a document converted once.

The dialect says what differs between OpenAPI versions; references become `Use` values, so that recursion ends
here and `compose` can decide per tool what to inline and what to name in `$defs`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import cast

from specport.documents.bounds import OPERATOR, Bounds
from specport.documents.model import Dialect, JsonObject
from specport.documents.pointers import child
from specport.documents.refs import References, reference_of
from specport.documents.text import clean
from specport.errors import DocumentError
from specport.schemas.forms import with_items_object, with_null, without_refusing
from specport.schemas.keywords import ONE_SCHEMA, PLAIN, SCHEMA_LISTS, SCHEMA_MAPS, TYPES, is_name_list
from specport.schemas.model import Direction, Fragment, Place, Use
from specport.schemas.patterns import Patterns

Warn = Callable[[str, str], None]
"""Called with the pointer and a sentence for each keyword left out."""

MAX_TOGETHER = 200
"""Most schemas that are looked through for what holds of one value."""

_NO_NAMES: frozenset[str] = frozenset()
_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


class SchemaConverter:
    """Converts the schemas of one document for one direction; converted targets are kept by place."""

    def __init__(
        self, references: References, dialect: Dialect, direction: Direction, warn: Warn, bounds: Bounds = OPERATOR
    ) -> None:
        self._references = references
        self._dialect = dialect
        self._hiding = "readOnly" if direction is Direction.REQUEST else "writeOnly"
        self._warn = warn
        self._patterns = Patterns(bounds.patterns)
        self._targets: dict[Place, Fragment] = {}

    @property
    def references(self) -> References:
        """The references of the document."""
        return self._references

    @property
    def dialect(self) -> Dialect:
        """What the document's OpenAPI version writes differently."""
        return self._dialect

    def target(self, place: Place) -> Fragment:
        """The converted schema at a place that a `Use` named, an object even where that is a boolean.

        Clients ask for an object where a reference stands, such as in `items`.
        """
        if place not in self._targets:
            pointer, without = place
            value = self._references.resolve(f"#{_quoted(pointer)}").value
            found = self._fragment(value, pointer, without)
            self._targets[place] = _as_object(found) if isinstance(found, bool) else found
        return self._targets[place]

    def fragment(self, node: object, pointer: str) -> Fragment:
        """The schema `node`, which stands at `pointer`. No schema (None) allows anything.

        Raises DocumentError when the node is no schema or a reference in it leads nowhere.
        """
        return self._fragment(node, pointer, _NO_NAMES)

    def _fragment(self, node: object, pointer: str, hidden: frozenset[str]) -> Fragment:
        if node is None:
            return {}
        if isinstance(node, bool):
            return node
        if not isinstance(node, dict):
            raise DocumentError("a schema is not an object", pointer=pointer)
        schema = cast("JsonObject", node)
        reference = reference_of(schema)
        if reference is None:
            return self._keywords(schema, pointer, hidden)
        try:
            target = self._references.resolve(reference)
        except DocumentError as error:
            raise DocumentError(error.message, pointer=pointer) from error
        beside = self._beside(schema)
        if "properties" in beside or "allOf" in beside:
            hidden |= self._hidden_names(beside)
        siblings = self._keywords(beside, pointer, hidden) if beside else {}
        return Use((target.pointer, self._without(target.value, hidden)), siblings)

    def _beside(self, schema: JsonObject) -> JsonObject:
        """What counts beside a `$ref`: everything from 3.1 on, before that only what explains."""
        counts = self._dialect.ref_siblings
        return {
            key: value
            for key, value in schema.items()
            if key != "$ref" and (counts or key in ("description", "deprecated"))
        }

    def _without(self, target: object, hidden: frozenset[str]) -> frozenset[str]:
        """Those hidden names that a target asks for and does not hide itself."""
        asked = hidden & self._required_names(target) if hidden else hidden
        return asked - self._hidden_names(target) if asked else asked

    def _keywords(self, schema: JsonObject, pointer: str, hidden: frozenset[str]) -> dict[str, object]:
        hidden |= self._hidden_names(schema)
        converted: dict[str, object] = {}
        self._types(schema, pointer, converted)
        for key, value in schema.items():
            if key in PLAIN:
                self._plain(key, value, pointer, converted)
            elif key in ONE_SCHEMA:
                self._one(key, value, pointer, converted)
            elif key in SCHEMA_LISTS:
                self._list(key, value, pointer, converted, hidden)
            elif key in SCHEMA_MAPS:
                self._map(key, value, pointer, converted, hidden)
            elif key == "required" and is_name_list(value):
                names = dict.fromkeys(name for name in cast("list[str]", value) if name not in hidden)
                if names:
                    converted["required"] = list(names)
            elif key == "dependentRequired" and isinstance(value, dict):
                items = cast("Mapping[str, list[str]]", value).items()
                converted[key] = {name: list(dict.fromkeys(n)) for name, n in items if is_name_list(n)}
        return self._versioned(schema, self._forgiving(without_refusing(schema, converted)))

    def _plain(self, key: str, value: object, pointer: str, converted: dict[str, object]) -> None:
        if self._dialect.boolean_exclusive and key in _BOUNDS and isinstance(value, bool):
            return
        fault = self._patterns.fault(value) if key == "pattern" else "" if PLAIN[key](value) else "is not valid"
        if fault:
            self._warn(child(pointer, key), f"`{key}: {str(value)[:60]}` {fault} and is ignored")
            return
        if key in ("title", "description"):
            value = clean(cast("str", value))
            if not value:
                return
        converted[key] = value

    def _one(self, key: str, value: object, pointer: str, converted: dict[str, object]) -> None:
        if key == "items" and isinstance(value, list):
            self._list("prefixItems", cast("list[object]", value), pointer, converted, _NO_NAMES)
            return
        converted[key] = self.fragment(value, child(pointer, key))

    def _list(
        self, key: str, value: object, pointer: str, converted: dict[str, object], hidden: frozenset[str]
    ) -> None:
        if not isinstance(value, list) or not value:
            self._warn(child(pointer, key), f"`{key}` is not an array of schemas and is ignored")
            return
        down = hidden if key == "allOf" else _NO_NAMES
        where = child(pointer, key)
        branches = enumerate(cast("list[object]", value))
        converted[key] = [self._fragment(branch, child(where, index), down) for index, branch in branches]

    def _map(self, key: str, value: object, pointer: str, converted: dict[str, object], hidden: frozenset[str]) -> None:
        if not isinstance(value, dict):
            self._warn(child(pointer, key), f"`{key}` is not an object and is ignored")
            return
        where = child(pointer, key)
        converted[key] = {
            name: self.fragment(schema, child(where, name))
            for name, schema in cast("JsonObject", value).items()
            if not (key == "properties" and name in hidden and self._is_hidden(schema))
            and not (key == "patternProperties" and self._is_ignored(name, where))
        }

    def _is_ignored(self, pattern: str, where: str) -> bool:
        fault = self._patterns.fault(pattern)
        if fault:
            self._warn(child(where, pattern), f"`{pattern[:60]}` {fault} and is ignored")
        return bool(fault)

    def _types(self, schema: JsonObject, pointer: str, converted: dict[str, object]) -> None:
        declared = schema.get("type")
        listed = cast("list[object]", declared) if isinstance(declared, list) else [declared]
        types = list(dict.fromkeys(name for name in listed if isinstance(name, str) and name in TYPES))
        if declared is not None and not all(name in TYPES for name in listed):
            shown = str(cast("object", declared))[:60]
            self._warn(child(pointer, "type"), f"`type: {shown}` is not a JSON type and is ignored")
        if not types:
            return
        if "null" not in types and self._dialect.is_nullable(schema):
            types.append("null")
        converted["type"] = types[0] if len(types) == 1 else types

    def _versioned(self, schema: JsonObject, converted: dict[str, object]) -> dict[str, object]:
        """What the dialect writes differently, and `items`, which clients want on every array."""
        types = converted.get("type")
        if self._dialect.boolean_exclusive:
            for exclusive, bound in _BOUNDS.items():
                if schema.get(exclusive) is True and bound in converted:
                    converted[exclusive] = converted.pop(bound)
        if types == "array" or (isinstance(types, list) and "array" in types):
            converted.setdefault("items", {})
        if isinstance(converted.get("items"), bool):
            converted = with_items_object(converted)
        if self._dialect.is_nullable(schema):
            return with_null(converted)
        return converted

    def _forgiving(self, converted: dict[str, object]) -> dict[str, object]:
        """`oneOf` of a request as `anyOf`: published branches overlap so often that exactly one match is too strict.

        (The DigitalOcean document has bodies that no value satisfies exactly once.)
        """
        if self._hiding != "readOnly" or "oneOf" not in converted:
            return converted
        if "anyOf" not in converted:
            return {"anyOf" if key == "oneOf" else key: value for key, value in converted.items()}
        rest = {key: value for key, value in converted.items() if key != "oneOf"}
        both = [*cast("list[object]", rest.get("allOf", [])), {"anyOf": converted["oneOf"]}]
        return {**rest, "allOf": both}

    def _hidden_names(self, schema: object) -> frozenset[str]:
        """Properties that do not travel this way, of the schema and of what its `allOf` brings together."""
        names: set[str] = set()
        for part in self._together(schema):
            properties = part.get("properties")
            for name, value in cast("JsonObject", properties).items() if isinstance(properties, dict) else ():
                if self._is_hidden(value):
                    names.add(name)
        return frozenset(names)

    def _is_hidden(self, schema: object) -> bool:
        """Whether a property says that it does not travel this way, itself or in a part of its `allOf`.

        What stands beside a `$ref` outweighs what is referred to.
        """
        for part in self._together(schema):
            if self._hiding in part:
                return part[self._hiding] is True
        return False

    def _required_names(self, schema: object) -> frozenset[str]:
        """The names that a schema, or a part of its `allOf`, asks for."""
        lists = (part.get("required") for part in self._together(schema))
        return frozenset(name for names in lists if is_name_list(names) for name in cast("list[str]", names))

    def _together(self, schema: object) -> Iterator[JsonObject]:
        """The schemas that hold for the same value: a schema, what it refers to, its `allOf`; each once.

        A reference that leads nowhere is passed over here; it is reported where it is converted.
        """
        waiting = [schema]
        seen: set[int] = set()
        while waiting and len(seen) < MAX_TOGETHER:
            node = waiting.pop()
            if id(node) in seen or not isinstance(node, dict):
                continue
            part = cast("JsonObject", node)
            seen.add(id(part))
            yield part
            reference = reference_of(part)
            if reference is not None:
                with contextlib.suppress(DocumentError):
                    waiting.append(self._references.resolve(reference).value)
            branches = part.get("allOf")
            waiting.extend(cast("list[object]", branches) if isinstance(branches, list) else ())


def _as_object(schema: bool) -> JsonObject:
    """The object that means the same (JSON Schema 2020-12, core section 4.3.2)."""
    return {} if schema else {"not": {}}


def _quoted(pointer: str) -> str:
    """A plain pointer as a fragment; only `%` could be read differently there."""
    return pointer.replace("%", "%25")
