"""What is different between two schemas of one argument, a short sentence each, with the dotted path of its place."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
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

MAX_DEPTH = 40
"""Most levels of schemas that are compared; what is deeper is further changes."""

MAX_COMPARED = 20_000
"""Most pairs of schemas that are compared for one tool."""

MAX_VALUES = 6
"""Most values of an enum, or alternatives, that are named on either side."""

MAX_VALUE = 40
MAX_PATH = 160
"""Characters of a value and of a path that are shown."""

FURTHER = "further changes"
"""Said in place of all that is over a bound."""

_UNION = ("anyOf", "oneOf")
_ELSEWHERE = frozenset({
    "type", "properties", "required", "enum", "pattern", "deprecated", "title", "description", "items", "allOf",
    "additionalProperties", "patternProperties", *_UNION,
})  # fmt: skip


class SchemaChanges:
    """The differences found so far in the arguments of one tool. `described`: where only the words are other ones."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._seen: set[tuple[int, int]] = set()
        self._waiting: deque[tuple[str, Fragment, Fragment, int]] = deque()
        self._found: dict[str, None] = {}
        self.described: dict[str, None] = {}
        self._is_cut = False

    @property
    def lines(self) -> list[str]:
        """The differences, and whether there are more."""
        return [*self._found, FURTHER] if self._is_cut else list(self._found)

    def say(self, line: str) -> None:
        """One more difference."""
        if len(self._found) < MAX_LINES:
            self._found[line] = None
        else:
            self._is_cut = True

    def compare(self, path: str, old: Fragment, new: Fragment) -> None:
        """Say what is different at a path and below it, what is less deep first."""
        self._later(path, old, new, 0)
        while self._waiting:
            self._compare(*self._waiting.popleft())

    def _later(self, path: str, old: Fragment, new: Fragment, depth: int) -> None:
        """Compare a pair of schemas in its turn, unless it was before: so that recursion ends."""
        pair = (id(self._sides.old.origin(old)), id(self._sides.new.origin(new)))
        if pair in self._seen or self._sides.same(old, new):
            return
        if depth > MAX_DEPTH or len(self._seen) >= MAX_COMPARED or len(self._found) >= MAX_LINES:
            self._is_cut = True
            return
        self._seen.add(pair)
        self._waiting.append((path, old, new, depth))

    def _compare(self, path: str, old: Fragment, new: Fragment, depth: int) -> None:
        before, after = self._sides.old.keywords(old), self._sides.new.keywords(new)
        if any(before.get(key) != after.get(key) for key in ("title", "description")):
            self.described[path] = None
        if self._unions(path, (old, before), (new, after), depth):
            self._plain(path, before, after)
            self._properties(path, before, after, depth)
            self._others(path, before, after, depth)

    def _unions(self, path: str, old: tuple[Fragment, Keywords], new: tuple[Fragment, Keywords], depth: int) -> bool:
        """Say what is different in types and alternatives; whether the rest is to be compared."""
        (_, before), (_, after) = old, new
        was, now = _kinds(before, self._sides.old), _kinds(after, self._sides.new)
        if was != now:
            self.say(f"{_shown(path)} {_kind(was)} -> {_kind(now)}")
            if not before or not after or (was and now and not set(was) & set(now)):
                return False
        if _is_union(before) or _is_union(after) or (_choices(before) and _choices(after)):
            pairs = _choices(before) or [old[0]], _choices(after) or [new[0]]
            self._alternatives(path, *pairs, depth, is_said=was != now)
            return bool(_choices(before)) == bool(_choices(after))
        for sign, said in (("-", before), ("+", after)):
            if _choices(said):
                self.say(f"{sign}{_shown(path)} alternatives")
        return True

    def _alternatives(
        self, path: str, old: Sequence[Fragment], new: Sequence[Fragment], depth: int, *, is_said: bool
    ) -> None:
        """Pair what has the same name, title or type, and of what is left the only one of each."""
        before, after = _labelled(old, self._sides.old), _labelled(new, self._sides.new)
        same = {dump_fragment(part) for part in new if not self._sides.leads_to_change(part)}
        same &= {dump_fragment(part) for part in old}
        before, after = ({k: v for k, v in each.items() if dump_fragment(v) not in same} for each in (before, after))
        for label in [label for label in before if label in after]:
            self._later(path, before.pop(label), after.pop(label), depth + 1)
        if len(before) == len(after) == 1:
            self._later(path, before.popitem()[1], after.popitem()[1], depth + 1)
        elif (before or after) and not is_said:
            self.say(f"{_shown(path)} alternatives{more_and_less(list(after), list(before))}")

    def _plain(self, path: str, before: Keywords, after: Keywords) -> None:
        """Keywords whose values are no schemas."""
        was, now = (cast("list[object]", each.get("enum", [])) for each in (before, after))
        if was != now and (changed := more_and_less(_not_in(now, was), _not_in(was, now))):
            which = "" if was and now else " (any before)" if now else " (any now)"
            self.say(f"{_shown(path)} enum{changed}{which}")
        if before.get("pattern") != after.get("pattern"):
            how = "changed" if "pattern" in before and "pattern" in after else "added" if "pattern" in after else "gone"
            self.say(f"{_shown(path)} pattern {how}")
        if bool(before.get("deprecated")) != bool(after.get("deprecated")):
            self.say(f"{_shown(path)} {'now' if after.get('deprecated') else 'no longer'} deprecated")
        for keyword in PLAIN:
            if keyword not in _ELSEWHERE and before.get(keyword) != after.get(keyword):
                self.say(_value_line(path, keyword, before, after))

    def _properties(self, path: str, before: Keywords, after: Keywords, depth: int) -> None:
        old, new = (cast("Mapping[str, Fragment]", each.get("properties", {})) for each in (before, after))
        needed, needs = (set(cast("list[str]", each.get("required", []))) for each in (before, after))
        for name in new:
            if name not in old:
                self.say(f"+{_shown(f'{path}.{name}')}{' (required)' if name in needs else ''}")
        for name in old:
            if name not in new:
                self.say(f"-{_shown(f'{path}.{name}')}")
        for name in sorted(needed ^ needs):
            if (name in old) == (name in new):
                self.say(f"{_shown(f'{path}.{name}')} now {'required' if name in needs else 'optional'}")
        for name, part in new.items():
            if name in old:
                self._later(f"{path}.{name}", old[name], part, depth + 1)

    def _others(self, path: str, before: Keywords, after: Keywords, depth: int) -> None:
        """Keywords whose values are schemas, lists or maps of them, or anything that is not known here."""
        self._one(f"{path}[]", "items", before, after, depth)
        self._one(f"{path}.*", "additionalProperties", before, after, depth)
        for keyword in ONE_SCHEMA:
            if keyword not in _ELSEWHERE:
                self._one(f"{path}<{keyword}>", keyword, before, after, depth)
        for keyword in ("patternProperties", "dependentSchemas"):
            old, new = (cast("Mapping[str, Fragment]", each.get(keyword, {})) for each in (before, after))
            for name in [*old, *(name for name in new if name not in old)]:
                self._one(f"{path}<{name}>", name, old, new, depth)
        for keyword in ("prefixItems", "allOf"):
            old, new = (
                {str(index): part for index, part in enumerate(cast("list[Fragment]", each.get(keyword, [])))}
                for each in (before, after)
            )
            for name in old if len(old) > len(new) else new:
                self._one(path if keyword == "allOf" else f"{path}[{name}]", name, old, new, depth)
        known = {*PLAIN, *ONE_SCHEMA, *_ELSEWHERE, "patternProperties", "dependentSchemas", "prefixItems"}
        for keyword in sorted((before.keys() | after.keys()) - known):
            if before.get(keyword) != after.get(keyword):
                self.say(f"{_shown(path)} {keyword} changed")

    def _one(self, path: str, key: str, before: Mapping[str, object], after: Mapping[str, object], depth: int) -> None:
        """A schema under a keyword; where one side has none, it is as if it took anything."""
        old, new = (cast("Fragment", each.get(key, True)) for each in (before, after))
        if old is False or new is False:
            if old is not new:
                was, now = (_taken(old, self._sides.old), _taken(new, self._sides.new))
                self.say(f"{_shown(path)} {was} -> {now}")
            return
        self._later(path, old, new, depth + 1)


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


def _value_line(path: str, keyword: str, before: Keywords, after: Keywords) -> str:
    if keyword not in before:
        return f"{_shown(path)} +{keyword} {value_text(after[keyword])}"
    if keyword not in after:
        return f"{_shown(path)} -{keyword} {value_text(before[keyword])}"
    return f"{_shown(path)} {keyword} {value_text(before[keyword])} -> {value_text(after[keyword])}"


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


def _shown(path: str) -> str:
    return one_line(path, MAX_PATH)
