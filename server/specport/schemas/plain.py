"""One level of a schema in fewer words that accepts the same values: what cannot matter goes, `allOf` is joined.

The meaning of each keyword is that of JSON Schema 2020-12: most apply to one type of value only, and parts of `allOf`
are independent of each other unless `additionalProperties` and the like look at their neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from specport.schemas.keywords import PLAIN, UNIONS
from specport.schemas.model import JsonSchema

Follow = Callable[[str], JsonSchema]
"""From a reference to what it names."""

MAX_JOINED = 64
"""Most parts of `allOf` that are joined into one schema."""

_TEXT = ("minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType")
_NUMBER = ("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_ARRAY = ("minItems", "maxItems", "uniqueItems", "minContains", "maxContains")
_OBJECT = ("minProperties", "maxProperties", "dependentRequired")
_APPLIES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_TEXT, frozenset({"string"})),
    **dict.fromkeys(_NUMBER, frozenset({"number", "integer"})),
    **dict.fromkeys(_ARRAY, frozenset({"array"})),
    **dict.fromkeys(_OBJECT, frozenset({"object"})),
    "format": frozenset({"string", "number", "integer"}),
}
"""The types of values that a keyword says something about (2020-12 validation, section 6)."""

_SAYS_NOTHING: Mapping[str, object] = {
    "minLength": 0, "minItems": 0, "minProperties": 0, "uniqueItems": False, "deprecated": False, "required": [],
    "dependentRequired": {},
}  # fmt: skip
_MAYBE_IDLE = frozenset({"title", *_SAYS_NOTHING, *_APPLIES})
_UNIONS = frozenset(UNIONS)
_ANNOTATIONS = frozenset({"title", "description", "default", "deprecated"})
_APART = frozenset({*PLAIN, "dependentRequired", "anyOf", "oneOf", "not"} - {"minContains", "maxContains"})
"""Keywords of a part that mean the same beside those of another."""

_SCALARS = frozenset({"string", "number", "integer", "boolean", "null"})


def plain(schema: JsonSchema, follow: Follow | None = None, within: frozenset[str] = frozenset()) -> JsonSchema:
    """The schema with the keywords of its first level only, as few as say the same.

    With `follow`, parts of `allOf` are joined that are references or closed by `additionalProperties`, too: the result
    may then accept more. References in `within` are not.
    """
    if not _UNIONS.isdisjoint(schema):
        schema = _Joining(follow).joined(schema, within)
    if _MAYBE_IDLE.isdisjoint(schema):
        return schema
    kinds = types_of(schema)
    return {key: value for key, value in schema.items() if not _is_idle(key, value, kinds)}


def types_of(schema: JsonSchema) -> frozenset[str]:
    """The types that a schema names."""
    kind = schema.get("type", ())
    return frozenset([kind] if isinstance(kind, str) else cast("list[str]", kind))


def branches_of(schema: JsonSchema, key: str) -> list[JsonSchema]:
    """The branches of a union that say something."""
    branches = schema.get(key)
    if branches is None:
        return []
    return [cast("JsonSchema", part) for part in cast("list[object]", branches) if isinstance(part, dict)]


def _is_idle(key: str, value: object, kinds: frozenset[str]) -> bool:
    if key == "title":
        return True
    if key in _SAYS_NOTHING and value == _SAYS_NOTHING[key]:
        return True
    applies = _APPLIES.get(key)
    return applies is not None and bool(kinds) and applies.isdisjoint(kinds)


class _Joining:
    """Joins the parts of one schema's `allOf`, and unions of one part or of types, within MAX_JOINED."""

    def __init__(self, follow: Follow | None) -> None:
        self._follow = follow
        self._left = MAX_JOINED

    def joined(self, schema: JsonSchema, within: frozenset[str]) -> JsonSchema:
        """The schema with as few unions as can be; `within` are the references it was reached by."""
        whole = dict(schema)
        for key in UNIONS:
            branches = cast("list[object]", whole.get(key, []))
            if branches and (key == "allOf" or len(branches) == 1):
                del whole[key]
                whole = self._with_parts(whole, branches, within)
            elif branches:
                whole = _with_types(whole, key, branches)
        return whole

    def _with_parts(self, whole: dict[str, object], parts: list[object], within: frozenset[str]) -> dict[str, object]:
        """The schema with what stands in parts that hold beside it; those that cannot be joined stay in `allOf`."""
        rest = list(cast("list[object]", whole.pop("allOf", [])))
        for part in parts:
            joined: dict[str, object] | None = None
            inner: list[object] = []
            if isinstance(part, dict):
                self._left -= 1
                found = self._found(cast("JsonSchema", part), within) if self._left > 0 else {}
                inner = cast("list[object]", found.pop("allOf", []))
                joined = _merged(whole, found, lossy=self._follow is not None) if found or inner else None
            if joined is None:
                rest.append(cast("object", part))
            else:
                whole = joined
                rest += inner
        return {**whole, "allOf": rest} if rest else whole

    def _found(self, part: JsonSchema, within: frozenset[str]) -> dict[str, object]:
        """A part joined itself, with what it refers to where references are followed."""
        reference = part.get("$ref")
        if self._follow and isinstance(reference, str) and reference not in within:
            beside = {key: value for key, value in part.items() if key != "$ref"}
            part = {"allOf": [self._follow(reference)], **beside}
            return dict(self.joined(part, within | {reference}))
        return dict(self.joined(part, within))


def _with_types(whole: dict[str, object], key: str, branches: list[object]) -> dict[str, object]:
    """A union of plain types as a list of types."""
    if "type" in whole:
        return whole
    kinds: list[str] = []
    for branch in branches:
        if not isinstance(branch, dict):
            return whole
        part = cast("JsonSchema", branch)
        named = types_of(part)
        overlapping = key == "oneOf" and (not named.isdisjoint(kinds) or {"number", "integer"} <= named | {*kinds})
        if not named or not named <= _SCALARS or part.keys() - {"type"} - _ANNOTATIONS or overlapping:
            return whole
        kinds += [kind for kind in sorted(named) if kind not in kinds]
    rest = {name: value for name, value in whole.items() if name != key}
    return {"type": kinds if len(kinds) > 1 else kinds[0], **rest}


def _merged(whole: JsonSchema, part: JsonSchema, *, lossy: bool) -> dict[str, object] | None:
    """Both schemas as one that accepts what both accept; None where that cannot be said in one."""
    result = dict(whole)
    if lossy:
        result, part = _open(whole), _open(part)
    for key, value in part.items():
        if key in _ANNOTATIONS or (key in result and result[key] == value and key in _APART):
            result.setdefault(key, value)
        elif key == "type":
            both = _both_types(result, part)
            if both is None:
                return None
            result["type"] = both
        elif key == "required":
            given = cast("list[str]", result.get("required", []))
            result["required"] = list(dict.fromkeys([*given, *cast("list[str]", value)]))
        elif key == "properties" and (lossy or not {"additionalProperties"} & {*result, *part}):
            result["properties"] = _both_properties(result, cast("JsonSchema", value))
        elif lossy and key == "additionalProperties" and key not in result:
            result[key] = value
        elif key in result or not (key in _APART or (key == "items" and "prefixItems" not in {*result, *part})):
            return None
        else:
            result[key] = value
    return result


def _open(schema: JsonSchema) -> dict[str, object]:
    """A schema without what only closes it; what its other members are is no closing."""
    return {
        key: value for key, value in schema.items() if key != "additionalProperties" or value not in (True, False, {})
    }


def _both_types(one: JsonSchema, other: JsonSchema) -> object:
    """The types that both name; None where there are none, or numbers and integers are among them."""
    first, second = types_of(one), types_of(other)
    if not first or first == second:
        return other["type"]
    both = sorted(first & second)
    if not both or {"number", "integer"} <= first | second:
        return None
    return both[0] if len(both) == 1 else both


def _both_properties(one: JsonSchema, other: JsonSchema) -> dict[str, object]:
    result = dict(cast("JsonSchema", one.get("properties", {})))
    for name, value in other.items():
        if name in result and result[name] != value:
            result[name] = {"allOf": [result[name], value]}
        else:
            result[name] = value
    return result
