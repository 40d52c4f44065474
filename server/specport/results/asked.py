"""What a call asked for, and how its arguments change for the next page: never by one that its operation lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, cast

from specport.catalog.model import Route
from specport.documents.text import plain_name
from specport.requests.styles import as_text

Arguments = Mapping[str, object]


class Place(NamedTuple):
    """Where a value goes: an argument, or that member of the body which is one."""

    argument: str
    member: str = ""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an operation takes.

    `fitted`: arguments as its schema wants them, None where they do not fit; `members`: names in its JSON body.
    """

    fitted: Callable[[Arguments], Arguments | None]
    members: Callable[[], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A call whose next page is sought."""

    route: Route
    arguments: Arguments
    inputs: Inputs

    @property
    def can_change(self) -> bool:
        """Whether the operation takes anything that could say which page is meant."""
        return self.route.body is not None or any(each.location == "query" for each in self.route.bindings)

    def place(self, name: str) -> Place | None:
        """Where the parameter of that name goes, or the member of the body."""
        found = self._query(lambda known: known == name)
        if not found:
            found = self._body(lambda known: known == name)
        return found[0] if found else None

    def places(self, plain_names: tuple[str, ...]) -> list[Place]:
        """Where parameters and members of the body of such names go, told without case and signs."""
        return [
            *self._query(lambda known: plain_name(known) in plain_names),
            *self._body(lambda n: plain_name(n) in plain_names),
        ]

    def is_backwards(self, place: Place) -> bool:
        """Whether the call asks for what comes before something, and the place is for what comes after."""
        name = plain_name(place.member or place.argument)
        if "after" not in name:
            return False
        before = name.replace("startingafter", "endingbefore").replace("after", "before")
        return any(self.given(other) is not None for other in self.places((before,)))

    def given(self, place: Place) -> object:
        """What the call gave there, None where it gave nothing."""
        value = self.arguments.get(place.argument)
        if place.member:
            return cast("Arguments", value).get(place.member) if isinstance(value, dict) else None
        return value

    def gave(self, place: Place, value: object) -> bool:
        """Whether the call gave that value there, as text or as number."""
        given = self.given(place)
        return given is not None and (given == value or as_text(given) == as_text(value))

    def changed(self, place: Place, value: object) -> Arguments | None:
        """The call's arguments with a value there, None where the operation does not take it."""
        if not place.member:
            return self.inputs.fitted({**self.arguments, place.argument: value})
        body = self.arguments.get(place.argument, {})
        if not isinstance(body, dict):
            return None
        return self.inputs.fitted({**self.arguments, place.argument: {**cast("Arguments", body), place.member: value}})

    def _query(self, is_meant: Callable[[str], bool]) -> list[Place]:
        bindings = (each for each in self.route.bindings if each.location == "query" and is_meant(each.wire_name))
        return [Place(binding.argument) for binding in bindings]

    def _body(self, is_meant: Callable[[str], bool]) -> list[Place]:
        body = self.route.body
        return [Place(body.argument, name) for name in sorted(self.inputs.members()) if is_meant(name)] if body else []
