"""OpenAPI Schema Objects -> JSON Schema 2020-12 fragments, each place of a document converted once.

The dialect says what differs between OpenAPI versions; references become `Use` values, so that recursion ends
here and `compose` can decide per tool what to inline and what to name in `$defs`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from specport.documents.model import Dialect, JsonObject
from specport.documents.pointers import child
from specport.documents.refs import References, reference_of
from specport.documents.text import clean
from specport.errors import DocumentError
from specport.schemas.keywords import ONE_SCHEMA, PLAIN, SCHEMA_LISTS, SCHEMA_MAPS, TYPES, is_name_list
from specport.schemas.model import Direction, Fragment, Use

Warn = Callable[[str, str], None]
"""Called with the pointer and a sentence for each keyword left out."""

_NO_NAMES: frozenset[str] = frozenset()


class SchemaConverter:
    """Converts the schemas of one document for one direction; converted targets are kept by pointer."""

    def __init__(self, references: References, dialect: Dialect, direction: Direction, warn: Warn) -> None:
        self._references = references
        self._dialect = dialect
        self._hiding = "readOnly" if direction is Direction.REQUEST else "writeOnly"
        self._warn = warn
        self._targets: dict[str, Fragment] = {}

    def target(self, pointer: str) -> Fragment:
        """The converted schema at a canonical pointer that a `Use` named."""
        if pointer not in self._targets:
            value = self._references.resolve(f"#{_quoted(pointer)}").value
            self._targets[pointer] = self.fragment(value, pointer)
        return self._targets[pointer]

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
        if hidden and _requires(target.value, hidden):
            return self._fragment(target.value, target.pointer, hidden)
        return Use(target.pointer, self._siblings(schema, pointer, hidden))

    def _siblings(self, schema: JsonObject, pointer: str, hidden: frozenset[str]) -> JsonObject:
        """What counts beside a `$ref`: everything from 3.1 on, before that only what explains."""
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        if not self._dialect.ref_siblings:
            rest = {key: value for key, value in rest.items() if key in ("description", "deprecated")}
        return self._keywords(rest, pointer, hidden) if rest else {}

    def _keywords(self, schema: JsonObject, pointer: str, hidden: frozenset[str]) -> dict[str, object]:
        hidden |= self._hidden_names(schema, pointer)
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
                converted[key] = {n: v for n, v in cast("JsonObject", value).items() if is_name_list(v)}
        self._versioned(schema, pointer, converted)
        return self._forgiving(converted)

    def _plain(self, key: str, value: object, pointer: str, converted: dict[str, object]) -> None:
        if self._dialect.boolean_exclusive and key in ("exclusiveMinimum", "exclusiveMaximum"):
            return
        if not PLAIN[key](value):
            self._warn(child(pointer, key), f"`{key}: {str(value)[:60]}` is not valid and is ignored")
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

    def _map(
        self, key: str, value: object, pointer: str, converted: dict[str, object], hidden: frozenset[str]
    ) -> None:
        if not isinstance(value, dict):
            self._warn(child(pointer, key), f"`{key}` is not an object and is ignored")
            return
        where = child(pointer, key)
        converted[key] = {
            name: self.fragment(schema, child(where, name))
            for name, schema in cast("JsonObject", value).items()
            if not (key == "properties" and name in hidden and self._is_hidden(schema))
        }

    def _types(self, schema: JsonObject, pointer: str, converted: dict[str, object]) -> None:
        declared = schema.get("type")
        listed = cast("list[object]", declared) if isinstance(declared, list) else [declared]
        types = [name for name in listed if isinstance(name, str) and name in TYPES]
        if declared is not None and len(types) != len(listed):
            self._warn(
                child(pointer, "type"), f"`type: {str(declared)[:60]}` is not a JSON type and is ignored"
            )
        if not types:
            return
        if self._dialect.nullable_keyword and schema.get("nullable") is True and "null" not in types:
            types.append("null")
        converted["type"] = types[0] if len(types) == 1 else types

    def _versioned(self, schema: JsonObject, pointer: str, converted: dict[str, object]) -> None:
        """What the dialect writes differently, and `items`, which clients want on every array."""
        types = converted.get("type", ())
        enum = converted.get("enum")
        if "null" in cast("tuple[str, ...]", types) and isinstance(enum, list) and None not in enum:
            if self._dialect.nullable_keyword:
                converted["enum"] = [*cast("list[object]", enum), None]
        if self._dialect.boolean_exclusive:
            for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
                if schema.get(exclusive) is True and bound in converted:
                    converted[exclusive] = converted.pop(bound)
        if (
            ("array" in types or types == "array")
            and "items" not in converted
            and "prefixItems" not in converted
        ):
            converted["items"] = {}

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

    def _hidden_names(self, schema: JsonObject, pointer: str) -> frozenset[str]:
        """Properties that do not travel this way, of the schema and of what its `allOf` brings together."""
        names: set[str] = set()
        waiting: list[object] = [schema]
        seen: set[int] = set()
        while waiting:
            node = waiting.pop()
            if id(node) in seen or not isinstance(node, dict):
                continue
            seen.add(id(node))
            part = cast("JsonObject", node)
            reference = reference_of(part)
            if reference is not None:
                waiting.append(self._references.resolve(reference).value)
                continue
            properties = part.get("properties")
            for name, value in cast("JsonObject", properties).items() if isinstance(properties, dict) else ():
                if self._is_hidden(value):
                    names.add(name)
            branches = part.get("allOf")
            waiting.extend(cast("list[object]", branches) if isinstance(branches, list) else ())
        return frozenset(names)

    def _is_hidden(self, schema: object) -> bool:
        if not isinstance(schema, dict):
            return False
        node = cast("JsonObject", schema)
        reference = reference_of(node)
        if reference is not None and self._hiding not in node:
            try:
                node = cast("JsonObject", self._references.resolve(reference).value)
            except DocumentError:
                return False
        return isinstance(node, dict) and node.get(self._hiding) is True


def _requires(node: object, names: frozenset[str]) -> bool:
    """Whether a schema asks for one of these names in its own `required`."""
    required = cast("JsonObject", node).get("required") if isinstance(node, dict) else None
    return isinstance(required, list) and any(name in names for name in cast("list[object]", required))


def _quoted(pointer: str) -> str:
    """A plain pointer as a fragment; only `%` could be read differently there."""
    return pointer.replace("%", "%25")
