"""One operation in an older and a newer catalog -> what is different, a short sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import cast

from specport.catalog.build import DEPRECATED
from specport.catalog.model import Binding, BodyBinding, Hints, MediaBinding, Route, Tool
from specport.catalog.schema_changes import Comparisons, SchemaChanges
from specport.catalog.schema_pairs import more_and_less, value_text
from specport.catalog.schema_sides import Side
from specport.catalog.schemas import MadeSchemas
from specport.schemas.model import Fragment

MAX_DESCRIBED = 3
"""Most places that are named where only the words are other ones."""

_Properties = Mapping[str, Fragment]


def tool_lines(comparisons: Comparisons, old: Tool, new: Tool) -> list[str]:
    """What is different in a tool: names, whom it asks and where, then its arguments, then its words. Often nothing."""
    before, after = old.route or Route("", "", ""), new.route or Route("", "", "")
    arguments = _Arguments(comparisons, old, new)
    arguments.compare(before, after)
    described = ["description"] if _words(old) != _words(new) else []
    if places := list(arguments.changes.described):
        more = f" and {len(places) - MAX_DESCRIBED:,} more" if len(places) > MAX_DESCRIBED else ""
        described.append(f"description of {', '.join(places[:MAX_DESCRIBED])}{more}")
    return [
        *_fact_lines(old, new),
        *_route_lines(before, after),
        *arguments.changes.lines,
        *_difference("answers", before.accept, after.accept),
        *_difference("tags", old.tags, new.tags),
        *described,
    ]


def _words(tool: Tool) -> str:
    """The description without the word that deprecation is, which has a sentence of its own here."""
    return tool.description.removeprefix(f"{DEPRECATED} ")


def _fact_lines(old: Tool, new: Tool) -> Iterator[str]:
    if old.address != new.address:
        yield f"renamed from {old.address}"
    elif old.wire_name != new.wire_name:
        yield f"name {old.wire_name} -> {new.wire_name}"
    if old.deprecated != new.deprecated:
        yield "now deprecated" if new.deprecated else "no longer deprecated"
    if old.needs_approval != new.needs_approval:
        yield f"the document {'now' if new.needs_approval else 'no longer'} asks for a person's approval"
    for hint in fields(Hints):
        was, now = bool(getattr(old.hints, hint.name)), bool(getattr(new.hints, hint.name))
        if was != now:
            yield f"{'now' if now else 'no longer'} {hint.name.replace('_', ' ')}"


def _route_lines(old: Route, new: Route) -> Iterator[str]:
    if old.security != new.security:
        yield f"security {_security(old)} -> {_security(new)}"
    if old.servers != new.servers:
        was, now = (", ".join(map(value_text, route.servers)) or "the source's" for route in (old, new))
        yield f"servers {was} -> {now}"
    yield from _difference("header Accept", old.accept_only, new.accept_only)


def _security(route: Route) -> str:
    """`key or oauth+mfa or none`."""
    return " or ".join("+".join(map(value_text, names)) or "none" for names in route.security) or "none"


def _difference(what: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """`what +new -old`."""
    more = [value_text(value) for value in new if value not in old]
    less = [value_text(value) for value in old if value not in new]
    if more or less:
        yield f"{what}{more_and_less(more, less)}"


class _Arguments:
    """The arguments of one tool on both sides, each by where it travels."""

    def __init__(self, comparisons: Comparisons, old: Tool, new: Tool) -> None:
        self.changes = SchemaChanges(comparisons)
        self._sides = comparisons.sides
        self._old, self._needed = _root(old, self._sides.old)
        self._new, self._needs = _root(new, self._sides.new)

    def compare(self, old: Route, new: Route) -> None:
        """Say what is different in parameters and body."""
        before = {(each.location, each.wire_name): each for each in old.bindings}
        after = {(each.location, each.wire_name): each for each in new.bindings}
        moved = _moved(before, after)
        for place, binding in before.items():
            if place not in after and place not in moved:
                self.changes.say(f"-{_where(binding)}")
        came_from = {there: here for here, there in moved.items()}
        for place, binding in after.items():
            earlier = before.get(came_from.get(place, place))
            if earlier is None:
                self.changes.say(f"+{_where(binding)}{' (required)' if binding.required else ''}")
            else:
                self._parameter(earlier, binding)
        if old.body and new.body:
            self._body(old.body, new.body)
        elif old.body or new.body:
            required = " (required)" if new.body and new.body.required else ""
            self.changes.say(f"+body{required}" if new.body else "-body")

    def _parameter(self, old: Binding, new: Binding) -> None:
        where = _where(new)
        if old.location != new.location:
            self.changes.say(f"{where} was in {old.location}")
        elif old.style != new.style:
            self.changes.say(f"{where} style {value_text(old.style)} -> {value_text(new.style)}")
        elif replace(old, argument="", required=False) != replace(new, argument="", required=False):
            self.changes.say(f"{where} encoding")
        if old.argument != new.argument:
            self.changes.say(f"{where} is argument {new.argument}, was {old.argument}")
        self._requirement(where, old.argument in self._needed, new.argument in self._needs)
        self.changes.compare(where, self._old[old.argument], self._new[new.argument])

    def _requirement(self, where: str, was: bool, now: bool) -> None:
        if was != now:
            self.changes.say(f"{where} now {'required' if now else 'optional'}")

    def _body(self, old: BodyBinding, new: BodyBinding) -> None:
        self._requirement("body", old.required, new.required)
        for line in _difference("body", old.content_types, new.content_types):
            self.changes.say(line)
        before, whole = {media.content_type: media for media in old.media}, self._old[old.argument]
        pairs = [(before[media.content_type], media) for media in new.media if media.content_type in before]
        if not pairs and len(old.media) == len(new.media) == 1:
            pairs = [(old.media[0], new.media[0])]
        for was, now in pairs:
            here, there = _branch(was, whole), _branch(now, self._new[new.argument])
            self.changes.compare("body", here, there)
            if (was.is_binary, was.transfer, was.positions) != (now.is_binary, now.transfer, now.positions):
                self.changes.say("body encoding")
            both = self._sides.old.names(here) & self._sides.new.names(there)
            for name in _encoded_otherwise(was, now):
                if name in both:
                    self.changes.say(f"body.{value_text(name)} encoding")


def _root(tool: Tool, side: Side) -> tuple[_Properties, frozenset[str]]:
    """The arguments of a tool by name, and which of them are required."""
    root = side.root(tool.schemas.root) if isinstance(tool.schemas, MadeSchemas) else tool.schemas.checked
    said = cast("Mapping[str, object]", root)
    return cast("_Properties", said.get("properties", {})), frozenset(cast("list[str]", said.get("required", [])))


def _where(binding: Binding) -> str:
    """`query tag_name`."""
    return f"{binding.location} {value_text(binding.wire_name)}"


def _moved(
    before: Mapping[tuple[str, str], Binding], after: Mapping[tuple[str, str], Binding]
) -> dict[tuple[str, str], tuple[str, str]]:
    """Parameters that travel elsewhere now: where each was, and where it is."""
    gone = {name: (location, name) for location, name in before if (location, name) not in after}
    here = {name: (location, name) for location, name in after if (location, name) not in before}
    return {place: here[name] for name, place in gone.items() if name in here}


def _branch(media: MediaBinding, body: Fragment) -> Fragment:
    """The schema of one media type."""
    if media.branch is None or not isinstance(body, dict):
        return body
    return cast("list[Fragment]", cast("Mapping[str, object]", body)["anyOf"])[media.branch]


def _encoded_otherwise(old: MediaBinding, new: MediaBinding) -> list[str]:
    """Properties whose values are written in another way (Encoding Object, OAS 3.1 section 4.8.15)."""
    before, after = ({field.name: field for field in media.fields} for media in (old, new))
    return [name for name in {**before, **after} if before.get(name) != after.get(name)]
