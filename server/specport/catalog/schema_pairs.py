"""What is different between two schemas themselves, and which of their parts are to be compared.

That depends on nothing around them, so it is found out once for a pair, however many tools use it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import orjson

from specport.catalog.schema_sides import Keywords, Side, Sides
from specport.documents.text import one_line
from specport.schemas.compose import definition_name
from specport.schemas.keywords import ONE_SCHEMA, PLAIN
from specport.schemas.model import Fragment, Use
from specport.schemas.stored import dump_fragment

MAX_LINES = 100
"""Most differences of one tool."""

MAX_PAIRS = 20_000
"""Most different pairs of schemas of two catalogs that are compared."""

MAX_VALUES = 6
"""Most values of an enum, or alternatives, that are named on either side."""

MAX_VALUE = 40
"""Characters of a value that are shown."""

_UNION = ("anyOf", "oneOf")
_ELSEWHERE = frozenset({
    "type", "properties", "required", "enum", "pattern", "deprecated", "title", "description", "items", "allOf",
    "additionalProperties", "patternProperties", *_UNION,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """An older and a newer schema. `key` is the same for references to the same two, whatever these say of them."""

    old: Fragment
    new: Fragment
    key: tuple[int, int]


@dataclass(slots=True)
class Difference:
    """Of a pair of schemas: what is `said`, as sign, place and words; the `parts` to be compared, by place.

    Places are relative. `is_described`: whether what the schemas are said to be is different.
    """

    said: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    parts: list[tuple[str, Pair]] = field(default_factory=list[tuple[str, Pair]])
    is_described: bool = False


class Pairs:
    """The pairs of schemas of two catalogs that were compared."""

    def __init__(self, sides: Sides) -> None:
        self.sides = sides
        self._known: dict[tuple[int, int], Difference] = {}

    def difference(self, given: Pair) -> Difference | None:
        """What is different between two schemas, None once MAX_PAIRS others were compared."""
        old, new = self.sides.old.referred(given.old), self.sides.new.referred(given.new)
        pair = (id(old), id(new))
        if pair not in self._known:
            if len(self._known) >= MAX_PAIRS:
                return None
            self._known[pair] = _Comparing(self.sides).of(old, new)
        return self._known[pair]


def pair_of(sides: Sides, old: Fragment, new: Fragment) -> Pair:
    """Two schemas to be compared."""
    return Pair(old, new, (id(sides.old.origin(old)), id(sides.new.origin(new))))


class _Comparing:
    """One pair of schemas."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._found = Difference()

    def of(self, old: Fragment, new: Fragment) -> Difference:
        """What is different between them."""
        before, after = self._sides.old.keywords(old), self._sides.new.keywords(new)
        self._found.is_described = any(before.get(key) != after.get(key) for key in ("title", "description"))
        if self._unions((old, before), (new, after)):
            self._plain(before, after)
            self._properties(before, after)
            self._others(before, after)
        return self._found

    def _say(self, words: str, *, place: str = "", sign: str = "") -> None:
        if len(self._found.said) <= MAX_LINES:  # one more shows that there are more
            self._found.said.append((sign, place, words))

    def _part(self, place: str, old: Fragment, new: Fragment) -> None:
        if not self._sides.same(old, new):
            self._found.parts.append((place, pair_of(self._sides, old, new)))

    def _unions(self, old: tuple[Fragment, Keywords], new: tuple[Fragment, Keywords]) -> bool:
        """Say what is different in types and alternatives; whether the rest is to be compared."""
        (_, before), (_, after) = old, new
        was, now = _kinds(before, self._sides.old), _kinds(after, self._sides.new)
        if was != now:
            self._say(f" {_kind(was)} -> {_kind(now)}")
            if not before or not after or (was and now and not set(was) & set(now)):
                return False
        if _is_union(before) or _is_union(after) or (_choices(before) and _choices(after)):
            pairs = _choices(before) or [old[0]], _choices(after) or [new[0]]
            self._alternatives(*pairs, is_said=was != now)
            return bool(_choices(before)) == bool(_choices(after))
        for sign, said in (("-", before), ("+", after)):
            if _choices(said):
                self._say(" alternatives", sign=sign)
        return True

    def _alternatives(self, old: Sequence[Fragment], new: Sequence[Fragment], *, is_said: bool) -> None:
        """Pair what has the same name, title or type, and of what is left the only one of each."""
        before, after = _labelled(old, self._sides.old), _labelled(new, self._sides.new)
        same = {dump_fragment(part) for part in new if not self._sides.leads_to_change(part)}
        same &= {dump_fragment(part) for part in old}
        before, after = ({k: v for k, v in each.items() if dump_fragment(v) not in same} for each in (before, after))
        for label in [label for label in before if label in after]:
            self._part("", before.pop(label), after.pop(label))
        if len(before) == len(after) == 1:
            self._part("", before.popitem()[1], after.popitem()[1])
        elif (before or after) and not is_said:
            self._say(f" alternatives{more_and_less(list(after), list(before))}")

    def _plain(self, before: Keywords, after: Keywords) -> None:
        """Keywords whose values are no schemas."""
        was, now = (cast("list[object]", each.get("enum", [])) for each in (before, after))
        if was != now and (changed := more_and_less(_not_in(now, was), _not_in(was, now))):
            which = "" if was and now else " (any before)" if now else " (any now)"
            self._say(f" enum{changed}{which}")
        if before.get("pattern") != after.get("pattern"):
            how = "changed" if "pattern" in before and "pattern" in after else "added" if "pattern" in after else "gone"
            self._say(f" pattern {how}")
        if bool(before.get("deprecated")) != bool(after.get("deprecated")):
            self._say(f" {'now' if after.get('deprecated') else 'no longer'} deprecated")
        for keyword in PLAIN:
            if keyword not in _ELSEWHERE and before.get(keyword) != after.get(keyword):
                self._say(_value_line(keyword, before, after))

    def _properties(self, before: Keywords, after: Keywords) -> None:
        old, new = (cast("Mapping[str, Fragment]", each.get("properties", {})) for each in (before, after))
        needed, needs = (set(cast("list[str]", each.get("required", []))) for each in (before, after))
        for name in new:
            if name not in old:
                self._say(" (required)" if name in needs else "", place=f".{name}", sign="+")
        for name in old:
            if name not in new:
                self._say("", place=f".{name}", sign="-")
        for name in sorted(needed ^ needs):
            if (name in old) == (name in new):
                self._say(f" now {'required' if name in needs else 'optional'}", place=f".{name}")
        for name, part in new.items():
            if name in old:
                self._part(f".{name}", old[name], part)

    def _others(self, before: Keywords, after: Keywords) -> None:
        """Keywords whose values are schemas, lists or maps of them, or anything that is not known here."""
        self._one("[]", "items", before, after)
        self._one(".*", "additionalProperties", before, after)
        for keyword in ONE_SCHEMA:
            if keyword not in _ELSEWHERE:
                self._one(f"<{keyword}>", keyword, before, after)
        for keyword in ("patternProperties", "dependentSchemas"):
            old, new = (cast("Mapping[str, Fragment]", each.get(keyword, {})) for each in (before, after))
            for name in [*old, *(name for name in new if name not in old)]:
                self._one(f"<{name}>", name, old, new)
        for keyword in ("prefixItems", "allOf"):
            old, new = (
                {str(index): part for index, part in enumerate(cast("list[Fragment]", each.get(keyword, [])))}
                for each in (before, after)
            )
            for name in old if len(old) > len(new) else new:
                self._one("" if keyword == "allOf" else f"[{name}]", name, old, new)
        known = {*PLAIN, *ONE_SCHEMA, *_ELSEWHERE, "patternProperties", "dependentSchemas", "prefixItems"}
        for keyword in sorted((before.keys() | after.keys()) - known):
            if before.get(keyword) != after.get(keyword):
                self._say(f" {keyword} changed")

    def _one(self, place: str, key: str, before: Mapping[str, object], after: Mapping[str, object]) -> None:
        """A schema under a keyword; where one side has none, it is as if it took anything."""
        old, new = (cast("Fragment", each.get(key, True)) for each in (before, after))
        if old is False or new is False:
            if old is not new:
                was, now = (_taken(old, self._sides.old), _taken(new, self._sides.new))
                self._say(f" {was} -> {now}", place=place)
            return
        self._part(place, old, new)


def _taken(fragment: Fragment, side: Side) -> str:
    return "nothing" if fragment is False else _kind(_kinds(side.keywords(fragment), side))


def _kinds(said: Keywords, side: Side) -> tuple[str, ...]:
    """The JSON types, of alternatives those of all; nothing where any is possible."""
    found = _types(said)
    if found:
        return found
    each = [_types(side.keywords(branch)) for branch in _choices(said)]
    return tuple(sorted({kind for kinds in each for kind in kinds})) if all(each) else ()


def _types(said: Keywords) -> tuple[str, ...]:
    types = said.get("type", ())
    return (types,) if isinstance(types, str) else tuple(sorted(cast("Sequence[str]", types)))


def _labelled(branches: Sequence[Fragment], side: Side) -> dict[str, Fragment]:
    """Alternatives by name, title or type, numbered where that is not enough."""
    named: dict[str, Fragment] = {}
    counts: Counter[str] = Counter()
    for branch in branches:
        said = side.keywords(branch)
        name = definition_name(branch.place[0]) if isinstance(branch, Use) else said.get("title")
        base = value_text(name or _kind(_kinds(said, side)))
        counts[base] += 1
        named[base if counts[base] == 1 else f"{base} {counts[base]}"] = branch
    return named


def _choices(said: Keywords) -> list[Fragment]:
    return [branch for keyword in _UNION for branch in cast("list[Fragment]", said.get(keyword, []))]


def _is_union(said: Keywords) -> bool:
    """Whether the alternatives are all that is said."""
    return bool(_choices(said)) and "type" not in said and "properties" not in said


def _kind(types: Sequence[str]) -> str:
    return "|".join(types) or "any"


def _value_line(keyword: str, before: Keywords, after: Keywords) -> str:
    if keyword not in before:
        return f" +{keyword} {value_text(after[keyword])}"
    if keyword not in after:
        return f" -{keyword} {value_text(before[keyword])}"
    return f" {keyword} {value_text(before[keyword])} -> {value_text(after[keyword])}"


def _not_in(values: Sequence[object], others: Sequence[object]) -> list[str]:
    """Those values as they are shown, without the ones that stand among the others."""
    known = {orjson.dumps(value) for value in others}
    return [value_text(value) for value in values if orjson.dumps(value) not in known]


def more_and_less(more: Sequence[str], less: Sequence[str]) -> str:
    """` +a +b -c`, the first MAX_VALUES of each."""
    said = ""
    for sign, values in (("+", more), ("-", less)):
        said += "".join(f" {sign}{value}" for value in values[:MAX_VALUES])
        said += f" {sign}{len(values) - MAX_VALUES:,} more" if len(values) > MAX_VALUES else ""
    return said


def value_text(value: object) -> str:
    """A value as it is shown: a text as it is, anything else as JSON."""
    text = value if isinstance(value, str) and value else orjson.dumps(value).decode()
    return one_line(text, MAX_VALUE)
