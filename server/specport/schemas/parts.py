"""Parts of a JSON Schema: the members and choices of what it describes, and one part as a schema by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from specport.schemas.keywords import UNIONS, definition
from specport.schemas.model import JsonSchema

_INSIDE = ("items", "additionalProperties")


def members_of(part: JsonSchema, root: JsonSchema, inside: Sequence[str] = _INSIDE) -> Mapping[str, object]:
    """The members of what a part of `root` describes, by all that it is composed of, and of what it holds.

    That is what is under the keywords `inside`, such as the items of an array.
    """
    found: dict[str, object] = {}
    for each in _composing(part, root, inside):
        found = {**cast("Mapping[str, object]", each.get("properties", {})), **found}
    return found


def member_at(root: JsonSchema, path: Sequence[str]) -> JsonSchema | None:
    """The schema of the member at a path of names, None where there is none."""
    part = root
    for name in path:
        found = members_of(part, root).get(name)
        if not isinstance(found, dict):
            return None
        part = cast("JsonSchema", found)
    return part


def choices_of(part: JsonSchema, root: JsonSchema) -> list[object]:
    """The values that a part of `root` names: its enums and constants, both booleans, those of an array's items."""
    found: list[object] = []
    for each in _composing(part, root, ("items",)):
        found += cast("Sequence[object]", each.get("enum", ()))
        found += [each["const"]] if "const" in each else []
        found += [False, True] if each.get("type") == "boolean" and "enum" not in each else []
    return found


def _composing(part: JsonSchema, root: JsonSchema, inside: Sequence[str]) -> Iterator[JsonSchema]:
    """A part of `root`, what it refers to and is composed of, and what is under the keywords `inside`, each once."""
    definitions = cast("Mapping[str, JsonSchema]", root.get("$defs", {}))
    waiting: list[object] = [part]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, dict) or id(cast("object", each)) in seen:
            continue
        schema = cast("JsonSchema", each)
        seen.add(id(schema))
        yield schema
        for union in UNIONS:
            waiting += cast("Sequence[object]", schema.get(union, ()))
        waiting += [definitions.get(_definition(schema)), *(schema.get(keyword) for keyword in inside)]


def argument_members(root: JsonSchema, argument: str) -> Mapping[str, object]:
    """The members of an argument that is an object, by the input schema of its tool; none where it is none."""
    part = cast("Mapping[str, object]", root.get("properties", {})).get(argument)
    return members_of(cast("JsonSchema", part), root, inside=()) if isinstance(part, dict) else {}


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
    return definition(reference) if isinstance(reference, str) else ""
