"""The schemas of an older and a newer catalog side by side: which are surely the same, and what each one says.

They are compared as fragments, which is what full input schemas are made of: so that what many tools use is read once,
and no input schema has to be made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from specport.schemas.compose import uses_in
from specport.schemas.keywords import ONE_SCHEMA, SCHEMA_LISTS, SCHEMA_MAPS
from specport.schemas.model import Fragment, Place, Use
from specport.schemas.stored import load_fragment

MAX_MEMBERS = 200
"""Most members of `allOf`, theirs included, that are read as one schema."""

_TEXTS = frozenset({"title", "description", "default", "deprecated"})
"""Of several schemas that say it, the first one counts: what stands beside a reference stands before its target."""

Keywords = Mapping[str, object]
"""A schema without references and `allOf`."""


class Side:
    """The schemas of one catalog, by place. What is returned for the same fragment is the same object."""

    def __init__(self, texts: Mapping[Place, str]) -> None:
        self.texts = texts
        self._targets: dict[Place, Fragment] = {}
        self._roots: dict[str, Fragment] = {}
        self._keywords: dict[int, tuple[Fragment, Keywords]] = {}
        self._joined: dict[tuple[int, int], Fragment] = {}

    def target(self, place: Place) -> Fragment:
        """The fragment at a place."""
        if place not in self._targets:
            self._targets[place] = load_fragment(self.texts[place])
        return self._targets[place]

    def root(self, text: str) -> Fragment:
        """The fragment that an input schema is made of."""
        if text not in self._roots:
            self._roots[text] = load_fragment(text)
        return self._roots[text]

    def referred(self, fragment: Fragment) -> Fragment:
        """What a fragment is nothing but a reference to, else the fragment."""
        for _ in range(MAX_MEMBERS):
            if not isinstance(fragment, Use) or fragment.siblings:
                break
            fragment = self.target(fragment.place)
        return fragment

    def origin(self, fragment: Fragment) -> Fragment:
        """What a fragment refers to, but for what it calls it, else the fragment."""
        for _ in range(MAX_MEMBERS):
            if not isinstance(fragment, Use) or fragment.siblings.keys() - _TEXTS:
                break
            fragment = self.target(fragment.place)
        return fragment

    def keywords(self, fragment: Fragment) -> Keywords:
        """What a fragment says, with what it refers to and its members of `allOf`.

        Properties of all of them are together. What two of them say differently stays in `allOf`.
        """
        known = self._keywords.get(id(fragment))
        if known is None:
            known = self._keywords[id(fragment)] = (fragment, self._merged(fragment))
        return known[1]

    def names(self, fragment: Fragment) -> frozenset[str]:
        """The properties of an object."""
        return frozenset(cast("Mapping[str, object]", self.keywords(fragment).get("properties", {})))

    def _merged(self, fragment: Fragment) -> Keywords:
        merged: dict[str, object] = {}
        rest: list[Fragment] = []
        waiting, seen = [fragment], set[Place]()
        for _ in range(MAX_MEMBERS):
            if not waiting:
                break
            part = waiting.pop(0)
            if isinstance(part, Use):
                waiting.insert(0, part.siblings)
                if part.place not in seen:
                    seen.add(part.place)
                    waiting.insert(1, self.target(part.place))
                continue
            said: Keywords = {"not": {}} if part is False else {} if part is True else part
            waiting[:0] = cast("list[Fragment]", said.get("allOf", []))
            for keyword, value in said.items():
                if keyword != "allOf" and not self._take(merged, keyword, value):
                    rest.append({keyword: value})
        rest += waiting
        return {**merged, "allOf": rest} if rest else merged

    def _take(self, merged: dict[str, object], keyword: str, value: object) -> bool:
        """Add a keyword to those of other members; whether it could be."""
        if keyword not in merged:
            merged[keyword] = value
        elif keyword == "required":
            merged[keyword] = [*cast("list[str]", merged[keyword]), *cast("list[str]", value)]
        elif keyword == "properties":
            known = cast("Mapping[str, Fragment]", merged[keyword])
            more = {name: self._both(known.get(name), part) for name, part in cast("Keywords", value).items()}
            merged[keyword] = {**known, **more}
        else:
            return keyword in _TEXTS or merged[keyword] == value
        return True

    def _both(self, first: Fragment | None, second: object) -> Fragment:
        """Two schemas of one property: the same object for the same two, so that recursion is seen."""
        more = cast("Fragment", second)
        if first is None or first == more:
            return more
        return self._joined.setdefault((id(first), id(more)), {"allOf": [first, more]})


class Sides:
    """Both catalogs. `same` is certain where it says so; `False` may only mean that nothing shows it quickly."""

    def __init__(self, old: Mapping[Place, str], new: Mapping[Place, str]) -> None:
        self.old, self.new = Side(old), Side(new)
        self._differs = _leading_to({place for place, text in new.items() if old.get(place) != text}, self.new)
        self._reaches: dict[int, bool] = {}

    def same(self, old: Fragment, new: Fragment) -> bool:
        """Whether two fragments say the same, and so does all they lead to."""
        return old == new and not self.leads_to_change(new)

    def leads_to_change(self, new: Fragment) -> bool:
        """Whether a fragment of the newer catalog refers to a schema that the older one has otherwise."""
        if not self._differs:
            return False
        if id(new) not in self._reaches:
            beside = cast("Fragment", new.siblings) if isinstance(new, Use) else new
            self._reaches[id(new)] = (isinstance(new, Use) and new.place in self._differs) or any(
                self.leads_to_change(part) for part in _parts(beside)
            )
        return self._reaches[id(new)]


def _parts(schema: Fragment) -> Iterable[Fragment]:
    """The schemas directly in a schema."""
    if not isinstance(schema, dict):
        return
    said = cast("Mapping[str, object]", schema)
    for keyword, value in said.items():
        if keyword in ONE_SCHEMA:
            yield cast("Fragment", value)
        elif keyword in SCHEMA_LISTS:
            yield from cast("list[Fragment]", value)
        elif keyword in SCHEMA_MAPS:
            yield from cast("Mapping[str, Fragment]", value).values()


def _leading_to(changed: set[Place], side: Side) -> set[Place]:
    """Those places and every other one that leads to one of them."""
    users: dict[Place, list[Place]] = {}
    if changed:
        for place in side.texts:
            for use in uses_in(side.target(place)):
                users.setdefault(use.place, []).append(place)
    found, waiting = set(changed), list(changed)
    while waiting:
        for place in users.get(waiting.pop(), ()):
            if place not in found:
                found.add(place)
                waiting.append(place)
    return found
