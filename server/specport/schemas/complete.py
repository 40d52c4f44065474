"""An input schema with every argument and member, type, choice, format and limit, in few words.

It accepts exactly the values that the checked schema accepts (`compact`). Descriptions are shortened until they fit
a share of it; those that say a name again, or what was said before, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import orjson

from specport.schemas.compact import compact
from specport.schemas.keywords import ONE_SCHEMA, SCHEMA_LISTS, SCHEMA_MAPS
from specport.schemas.model import JsonSchema
from specport.schemas.prose import adds_nothing, shortened, words

PROSE_BYTES = 50
"""Bytes of descriptions in any schema."""

PROSE_SHARE = 10
"""One byte more of them for so many bytes of everything else."""

_LIMITS = ((160, 100), (120, 60), (80, 40), (80, 0), (50, 0))
"""Characters of a description of an argument, and of one inside an argument, from most to least."""

_KEY_BYTES = len(',"description":""')


@dataclass(frozen=True, slots=True)
class _Text:
    """A description: the schema it stands in, and whether that is an argument."""

    holder: dict[str, object]
    text: str
    is_outer: bool

    def within(self, limits: tuple[int, int]) -> str:
        """The text within its limit."""
        return shortened(self.text, limits[0] if self.is_outer else limits[1])


def complete(schema: JsonSchema, context: str) -> JsonSchema:
    """The input schema of a tool; `context` is text shown beside it, such as the tool's address."""
    shown = compact(schema)
    found = _Describing(words(context)).texts(shown)
    allowed = PROSE_BYTES + len(orjson.dumps(shown)) // PROSE_SHARE
    for each, text in zip(found, _fitting(found, allowed), strict=True):
        if text:
            each.holder["description"] = text
    return shown


def _fitting(found: Sequence[_Text], allowed: int) -> list[str]:
    """The descriptions, as long as they can be; none at all where even the shortest are too long."""
    for limits in _LIMITS:
        said = [each.within(limits) for each in found]
        if sum(len(text) + _KEY_BYTES for text in said if text) <= allowed:
            return said
    return [""] * len(found)


class _Describing:
    """Takes the descriptions out of a schema, without those that say nothing new."""

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known
        self._said: set[str] = set()
        self._found: list[_Text] = []

    def texts(self, schema: dict[str, object]) -> list[_Text]:
        """What is worth saying, in the order of the schema, which is left without any."""
        arguments = cast("dict[str, object]", schema.get("properties", {}))
        for name, argument in arguments.items():
            self._take(name, argument, self._known, depth=0)
        for name, part in cast("dict[str, object]", schema.get("$defs", {})).items():
            self._take(name, part, self._known, depth=1)
        return self._found

    def _take(self, name: str, node: object, known: frozenset[str], *, depth: int) -> None:
        if not isinstance(node, dict):
            return
        schema = cast("dict[str, object]", node)
        text = str(schema.pop("description", ""))
        if text and text not in self._said and not adds_nothing(name, text, known, schema):
            self._said.add(text)
            self._found.append(_Text(schema, text, is_outer=depth == 0))
        inside = known | words(name)
        for member, part in _parts(schema):
            self._take(member, part, inside, depth=depth + 1)


def _parts(schema: JsonSchema) -> Iterator[tuple[str, object]]:
    for key, value in schema.items():
        if key in SCHEMA_MAPS:
            yield from cast("JsonSchema", value).items()
        elif key in SCHEMA_LISTS:
            yield from (("", part) for part in cast("list[object]", value))
        elif key in ONE_SCHEMA:
            yield "", value
