"""What checking arguments would take, where a schema's parts repeat one another without end.

Forty schemas of two `allOf` that refer to the next are checked 2^40 times, for any value, in a library that nothing
interrupts. So it is counted first; a schema that is small even when all its references are written out is not looked
at again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import cast

from specport.documents.pointers import children
from specport.errors import BadArguments
from specport.schemas.keywords import ONE_SCHEMA, SCHEMA_LISTS, SCHEMA_MAPS, UNIONS
from specport.schemas.model import JsonSchema

MAX_STEPS = 200_000
"""Most schemas that are checked against a part of the arguments, each time counted: counting takes 0.2 s."""

MAX_STEPS_EACH = 20
"""Steps for each value of large arguments, where that is more; at most MAX_STEPS times ten."""

_SAFE = 100_000
"""A schema of so many parts, references written out, is checked in no time."""

_SAME_VALUE_ONE = ("not", "if", "then", "else")
_NO_REFERENCES: frozenset[str] = frozenset()

_Step = tuple[object, object, frozenset[str]]
"""A schema, a value, and the references followed to it from another schema of the same value."""


class Effort:
    """How many steps it takes to check arguments against one schema."""

    def __init__(self, schema: JsonSchema) -> None:
        self._schema = schema
        self._definitions = cast("Mapping[str, object]", schema.get("$defs", {}))
        self._is_safe = not self._definitions or _written_out(schema, self._definitions) <= _SAFE

    def of(self, given: object) -> int:
        """The steps, 0 for few. Raises BadArguments for more than MAX_STEPS."""
        if self._is_safe:
            return 0
        steps, most = 0, _most(given)
        waiting: list[_Step] = [(self._schema, given, _NO_REFERENCES)]
        while waiting:
            steps += 1
            if steps > most:
                raise BadArguments(
                    f"checking the arguments would take more than {most:,} steps (MAX_STEPS)",
                    hint="Their schema repeats itself: give fewer or simpler values",
                )
            node, value, followed = waiting.pop()
            if isinstance(node, dict):
                waiting += self._next(cast("JsonSchema", node), value, followed)
        return steps

    def _next(self, schema: JsonSchema, value: object, followed: frozenset[str]) -> Iterator[_Step]:
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in followed:
            yield self._definitions.get(reference.rpartition("/")[2]), value, followed | {reference}
        for key in UNIONS:
            for branch in cast("list[object]", schema.get(key, ())):
                yield branch, value, followed
        for key in _SAME_VALUE_ONE:
            if key in schema:
                yield schema[key], value, followed
        if isinstance(value, dict):
            yield from _of_members(schema, cast("Mapping[str, object]", value), followed)
        elif isinstance(value, list):
            yield from _of_items(schema, cast("list[object]", value))


def _most(given: object) -> int:
    values, enough = 0, MAX_STEPS * 10 // MAX_STEPS_EACH
    waiting = [given]
    while waiting and values < enough:
        values += 1
        waiting += children(waiting.pop())
    return max(MAX_STEPS, values * MAX_STEPS_EACH)


def _of_members(schema: JsonSchema, value: Mapping[str, object], followed: frozenset[str]) -> Iterator[_Step]:
    for name, branch in cast("JsonSchema", schema.get("dependentSchemas", {})).items():
        if name in value:
            yield branch, value, followed
    properties = cast("JsonSchema", schema.get("properties", {}))
    patterns = tuple(cast("JsonSchema", schema.get("patternProperties", {})).values())
    rest = (*patterns, schema.get("additionalProperties"), schema.get("unevaluatedProperties"))
    for name, member in value.items():
        yield properties.get(name), member, _NO_REFERENCES
        for branch in rest:
            yield branch, member, _NO_REFERENCES


def _of_items(schema: JsonSchema, value: list[object]) -> Iterator[_Step]:
    first = cast("list[object]", schema.get("prefixItems", ()))
    for branch, item in zip(first, value, strict=False):
        yield branch, item, _NO_REFERENCES
    for key in ("items", "contains", "unevaluatedItems"):
        if key in schema:
            yield from ((schema[key], item, _NO_REFERENCES) for item in value)


def _written_out(root: JsonSchema, definitions: Mapping[str, object]) -> int:
    """How many schemas there are, each definition in the place of every reference to it; over _SAFE for a circle."""
    sizes: dict[str, int] = {}
    uses = {name: _references(definition) for name, definition in definitions.items()}
    uses[""] = _references({key: value for key, value in root.items() if key != "$defs"})
    waiting = [""]
    open_ones: set[str] = set()
    while waiting:
        name = waiting[-1]
        size, references = uses[name]
        missing = [each for each in references if each not in sizes]
        if not missing:
            sizes[name] = min(size + sum(count * sizes[each] for each, count in references.items()), _SAFE + 1)
            open_ones.discard(waiting.pop())
        elif name in open_ones or len(waiting) > len(uses):
            return _SAFE + 1
        else:
            open_ones.add(name)
            waiting += missing
    return sizes[""]


def _references(schema: object) -> tuple[int, Counter[str]]:
    """How many schemas there are in one, and how often each definition is referred to."""
    size, found = 0, Counter[str]()
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict):
            continue
        size += 1
        part = cast("JsonSchema", node)
        reference = part.get("$ref")
        if isinstance(reference, str):
            found[reference.rpartition("/")[2]] += 1
        waiting += [part[key] for key in ONE_SCHEMA if key in part]
        waiting += [branch for key in SCHEMA_LISTS for branch in cast("list[object]", part.get(key, ()))]
        waiting += [each for key in SCHEMA_MAPS for each in cast("JsonSchema", part.get(key, {})).values()]
    return size, found
