"""Parts of a JSON Schema: the members of what it describes, and one part as a schema by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from specport.schemas.model import JsonSchema

_DEFINITIONS = "#/$defs/"


def members_of(part: JsonSchema, root: JsonSchema) -> Mapping[str, object]:
    """The members of what a part of `root` describes, of the items of an array, and of all that it is composed of."""
    found: dict[str, object] = {}
    definitions = cast("Mapping[str, JsonSchema]", root.get("$defs", {}))
    waiting: list[object] = [part]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, dict) or id(cast("object", each)) in seen:
            continue
        each = cast("JsonSchema", each)
        seen.add(id(each))
        found = {**cast("Mapping[str, object]", each.get("properties", {})), **found}
        for union in ("allOf", "anyOf", "oneOf"):
            waiting += cast("Sequence[object]", each.get(union, ()))
        waiting += [definitions.get(_definition(each)), each.get("items"), each.get("additionalProperties")]
    return found


def standing_alone(part: JsonSchema, root: JsonSchema) -> JsonSchema:
    """A part of `root` with the definitions that it leads to."""
    definitions = cast("Mapping[str, JsonSchema]", root.get("$defs", {}))
    needed: dict[str, JsonSchema] = {}
    waiting: list[object] = [part]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += cast("list[object]", each)
        elif isinstance(each, dict):
            schema = cast("JsonSchema", each)
            name = _definition(schema)
            if name in definitions and name not in needed:
                needed[name] = definitions[name]
                waiting.append(definitions[name])
            waiting += schema.values()
    return {**part, "$defs": needed} if needed else part


def _definition(schema: JsonSchema) -> str:
    """The name of the definition that a schema refers to, "" where it does not."""
    reference = schema.get("$ref")
    return reference.removeprefix(_DEFINITIONS) if isinstance(reference, str) else ""
