"""What an object holds, in one line: `{name*, size: integer, kind: a|b, git{branch}, tags[]}`.

`*`: required, `[]`: array, `<key>`: any name, no type: text, `...`: more. Required members come first and are the last
to go where there is little room. What the branches of a union ask for follows: `{name*, url, file} with url or file`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from specport.schemas.keywords import UNIONS, definition
from specport.schemas.model import JsonSchema
from specport.schemas.plain import branches_of, types_of
from specport.schemas.prose import choices_in

_INHABITED = frozenset({"properties", "patternProperties", "prefixItems", *UNIONS})
_HOLDING = frozenset(
    {"properties", "patternProperties", "additionalProperties", "items", "prefixItems", "$ref", *UNIONS}
)
_UNIONS = frozenset(UNIONS)
_NO_OBJECT = frozenset({"items", "prefixItems", "enum", "const"})
_NO_NAMES: frozenset[str] = frozenset()
_MAX_DEPTH = 6
_MAX_LOOKS = 64
_MAX_STEPS = 4_000
"""Schemas, members and branches looked at for one outline; far more than its length takes."""

MAX_WORK = 16_000
"""The same for all outlines of one tool at one level of detail, beyond which what is inside members is `...`."""

_LITTLE = 40
"""Characters for what is inside a member where not all of it has room."""

MOST_CHOICES = 80
"""Characters of the choices of a member."""

MAX_ALTERNATIVES = 4
"""Most branches of a union whose own required members are told."""

Member: TypeAlias = tuple[object, frozenset[str]]
"""The schema of a member, and the references that it was reached by."""

Members: TypeAlias = Mapping[str, Sequence[Member]]
"""Members by name, each with its schema in every part that has one."""


_Said: TypeAlias = tuple[str, str]
"""An outline, and the same with nothing in it but what is required."""

_NOTHING: _Said = ("", "")
_LOST: _Said = ("{...}", "{...}")

Alternatives: TypeAlias = tuple[tuple[str, ...], ...]
"""The members that one branch of a union asks for, or the next."""


@dataclass(frozen=True, slots=True)
class Held:
    """What an object holds: all members, the required ones, and what further ones each of its branches asks for.

    `kinds`: the types that a value must have one of, if any is named.
    """

    members: Members
    required: frozenset[str]
    alternatives: Alternatives
    kinds: frozenset[str]


class Outliner:
    """Outlines of the parts of one schema, whose `$defs` are given."""

    def __init__(self, definitions: Mapping[str, JsonSchema]) -> None:
        self._definitions = definitions
        self._work = MAX_WORK
        self._granted = self._steps = 0

    def _begin(self) -> None:
        """Grant the steps of one outline out of what those before it left."""
        self._work -= self._granted - max(self._steps, 0)
        self._granted = self._steps = min(_MAX_STEPS, self._work)

    def outline(self, schema: JsonSchema, room: int) -> str:
        """What is inside a schema, in about `room` characters; more where what is required takes more."""
        self._begin()
        return self._outline(schema, 0, frozenset(), room)[0]

    def held(self, schema: JsonSchema) -> Held | None:
        """The members of what can only be an object, whatever unions it is made of; None of anything else."""
        self._begin()
        members: dict[str, list[Member]] = {}
        for part, inside in self._parts(schema, frozenset()):
            if not _NO_OBJECT.isdisjoint(part) or not types_of(part) <= {"object", "null"}:
                return None
            for name, member in self._named(part):
                members.setdefault(name, []).append((member, inside))
        if not members or self._steps <= 0:
            return None
        required = self._required(schema, frozenset())
        return Held(members, required, self._alternatives(schema, required), self._kinds(schema, frozenset()))

    def outline_of(self, members: Members, alternatives: Alternatives, room: int) -> str:
        """An outline of optional members, of which some alternatives must be there."""
        self._begin()
        return self._row(members, frozenset(), alternatives, 0, room)[0]

    def has_members(self, schema: JsonSchema) -> bool:
        """Whether there is anything inside a schema to name, however many references away (within _MAX_LOOKS)."""
        waiting: list[object] = [schema]
        looks = _MAX_LOOKS
        while waiting and looks:
            looks -= 1
            part = waiting.pop()
            if not isinstance(part, dict):
                continue
            part = cast("JsonSchema", part)
            if not _INHABITED.isdisjoint(part):
                return True
            waiting += [part[key] for key in ("items", "additionalProperties") if key in part]
            reference = part.get("$ref")
            if isinstance(reference, str):
                waiting.append(self._definitions[definition(reference)])
        return False

    def _outline(self, schema: JsonSchema, depth: int, within: frozenset[str], room: int) -> _Said:
        """`{a*, b{c}}` for an object, the same with `[]` for an array of them, nothing for a plain value."""
        self._steps -= 1
        if depth > _MAX_DEPTH or self._steps < 0:
            return _LOST if self.has_members(schema) else _NOTHING
        if _HOLDING.isdisjoint(schema):
            self._steps -= 1
            return _NOTHING if self._steps > 0 else _LOST
        members: dict[str, list[Member]] = {}
        rows: list[_Said] = []
        for part, inside in self._parts(schema, within):
            for name, member in self._named(part):
                members.setdefault(name, []).append((member, inside))
            for item in (part.get("items"), *cast("list[object]", part.get("prefixItems", []))):
                if isinstance(item, dict):
                    whole, short = self._outline(cast("JsonSchema", item), depth, inside, room)
                    rows.append((f"[]{whole}", f"[]{short}"))
        if members:
            required = self._required(schema, within)
            rows.insert(0, self._row(members, required, self._alternatives(schema, required), depth, room))
        if len(rows) == 1:
            return rows[0]
        if not rows and self._steps <= 0:
            return _LOST
        return _either([whole for whole, _ in rows]), _either([short for _, short in rows])

    def _row(
        self, members: Members, required: frozenset[str], alternatives: Alternatives, depth: int, room: int
    ) -> _Said:
        """Members in braces: all within room, and only what is asked for.

        Where there is too little room, first what is inside members is only what is required, then optional ones go.
        """
        asked = {*required, *(name for names in alternatives for name in names)}
        names = sorted(members, key=lambda name: (name not in required, name not in asked))
        pairs = [self._named_after(name, members[name], required, depth, room) for name in names]
        said = [whole for whole, _ in pairs]
        if _length(said) > room:
            said = [
                whole if len(whole) <= len(name) + _LITTLE else short
                for name, (whole, short) in zip(names, pairs, strict=True)
            ]
        kept = len(said)
        length = _length(said)
        first = sum(name in asked for name in names)
        while kept > first and length > room:
            kept -= 1
            length -= len(said[kept]) + 2
        told = f" with {' or '.join(' & '.join(some) for some in alternatives)}" if alternatives else ""
        in_short = [short for _, short in pairs[:first]]
        return f"{_braced(said[:kept], len(names))}{told}", f"{_braced(in_short, len(names))}{told}"

    def _named_after(
        self, name: str, members: Sequence[Member], required: frozenset[str], depth: int, room: int
    ) -> _Said:
        """A member with what follows its name: its own members, its choices, or its type when that is not text."""
        marked = f"{name}*" if name in required else name
        choices = _choices_of(members)
        if choices:
            return f"{marked}{choices}", f"{marked}{choices}"
        afters = (self._after(member, depth, inside, room) for member, inside in members)
        whole, short = next((said for said in afters if said[0]), _NOTHING)
        return f"{marked}{whole}", f"{marked}{short}"

    def _after(self, member: object, depth: int, within: frozenset[str], room: int) -> _Said:
        if not isinstance(member, dict):
            return _NOTHING
        schema = cast("JsonSchema", member)
        inner = self._outline(schema, depth + 1, within, room)
        if inner[0]:
            return inner
        for part, _ in self._parts(schema, within):
            choices = part.get("enum")
            if isinstance(choices, list):
                return _twice(f": {choices_in(cast('list[object]', choices), MOST_CHOICES)}")
            kind = part.get("type")
            if isinstance(kind, str):
                return _NOTHING if kind in ("string", "object") else _twice(f": {kind}")
        return _NOTHING

    def _required(self, schema: JsonSchema, within: frozenset[str]) -> frozenset[str]:
        """The members that every value must have; of a union those that all its branches ask for."""
        self._steps -= 1
        if self._steps < 0:
            return _NO_NAMES
        found = frozenset(cast("list[str]", schema.get("required", [])))
        if _UNIONS.isdisjoint(schema) and "$ref" not in schema:
            return found
        for part in branches_of(schema, "allOf"):
            found |= self._required(part, within)
        for key in ("anyOf", "oneOf"):
            asked = [self._required(branch, within) for branch in branches_of(schema, key)]
            found |= asked[0].intersection(*asked[1:]) if asked else _NO_NAMES
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in within:
            found |= self._required(self._definitions[definition(reference)], within | {reference})
        return found

    def _kinds(self, schema: JsonSchema, within: frozenset[str]) -> frozenset[str]:
        """Types of which every value has one; none where it may be of any."""
        self._steps -= 1
        if self._steps < 0:
            return _NO_NAMES
        reference = schema.get("$ref")
        found = [types_of(schema)]
        if isinstance(reference, str) and reference not in within:
            found.append(self._kinds(self._definitions[definition(reference)], within | {reference}))
        found += [self._kinds(part, within) for part in branches_of(schema, "allOf")]
        for key in ("anyOf", "oneOf"):
            branches = [self._kinds(branch, within) for branch in branches_of(schema, key)]
            found.append(_NO_NAMES.union(*branches) if all(branches) else _NO_NAMES)
        return next(filter(None, found), _NO_NAMES)

    def _alternatives(self, schema: JsonSchema, required: frozenset[str]) -> Alternatives:
        """What each branch of a union asks for beside what all do, if it is something."""
        for key in ("anyOf", "oneOf"):
            asked = [self._required(branch, frozenset()) - required for branch in branches_of(schema, key)]
            told = tuple(dict.fromkeys(tuple(sorted(names)) for names in asked))
            if all(told) and 1 < len(told) <= MAX_ALTERNATIVES:
                return told
        return ()

    def _named(self, schema: JsonSchema) -> Iterator[tuple[str, object]]:
        """The members of an object by name; those of any name as `<key>`, if there is something inside them."""
        members = cast("JsonSchema", schema.get("properties", {}))
        self._steps -= len(members)
        yield from members.items()
        patterns = cast("JsonSchema", schema.get("patternProperties", {})).values()
        for member in (*patterns, schema.get("additionalProperties")):
            if isinstance(member, dict) and self.has_members(cast("JsonSchema", member)):
                yield "<key>", cast("object", member)

    def _parts(self, schema: JsonSchema, within: frozenset[str]) -> Iterator[tuple[JsonSchema, frozenset[str]]]:
        """The schema and what its unions and references bring; a definition never appears inside itself."""
        waiting = [(schema, within)]
        while waiting and self._steps > 0:
            self._steps -= 1
            part, inside = waiting.pop()
            yield part, inside
            if not _UNIONS.isdisjoint(part):
                found = [branch for key in UNIONS for branch in branches_of(part, key)]
                self._steps -= len(found)
                waiting += [(branch, inside) for branch in reversed(found)]
            reference = part.get("$ref")
            if isinstance(reference, str) and reference not in inside:
                waiting.append((self._definitions[definition(reference)], inside | {reference}))


def _either(rows: Sequence[str]) -> str:
    return " or ".join(row for row in dict.fromkeys(rows) if row != "[]")


def _twice(text: str) -> _Said:
    return text, text


def _braced(said: Sequence[str], count: int) -> str:
    more = ["..."] if len(said) < count else []
    return f"{{{', '.join([*said, *more])}}}"


def _length(said: Sequence[str]) -> int:
    return sum(len(text) + 2 for text in said)


def _choices_of(members: Sequence[Member]) -> str:
    """The choices of a member that is one of a few wherever it stands."""
    found = [cast("JsonSchema", member).get("enum") for member, _ in members if isinstance(member, dict)]
    if len(found) < len(members) or not all(isinstance(choices, list) for choices in found):
        return ""
    choices = dict.fromkeys(str(choice) for some in found for choice in cast("list[object]", some))
    return f": {choices_in(list(choices), MOST_CHOICES)}"
