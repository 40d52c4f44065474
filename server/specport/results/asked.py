"""What a call asked for, and how its arguments change for the next page: never by one that its operation lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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


class Inputs:
    """What an operation takes: made once for a tool, as its names are the same at every call."""

    def __init__(
        self, route: Route, fitted: Callable[[Arguments], Arguments | None], members: Callable[[], frozenset[str]]
    ) -> None:
        """`fitted`: arguments as its schema wants them, None where none fit; `members`: names in its JSON body."""
        self.route = route
        self.fitted = fitted
        self._members = members
        self._named: dict[str, Place | None] = {}
        self._alike: dict[tuple[str, ...], tuple[Place, ...]] = {}
        self.can_change = route.body is not None or any(each.location == "query" for each in route.bindings)
        """Whether it takes anything that could say which page is meant."""

    def place(self, name: str) -> Place | None:
        """Where the parameter of that name goes, or the member of the body."""
        if name not in self._named:
            self._named[name] = next(self._places(lambda known: known == name), None)
        return self._named[name]

    def places(self, plain_names: tuple[str, ...]) -> tuple[Place, ...]:
        """Where parameters and members of the body of such names go, told without case and signs."""
        found = self._alike.get(plain_names)
        if found is None:
            found = self._alike[plain_names] = tuple(self._places(lambda known: plain_name(known) in plain_names))
        return found

    def _places(self, is_meant: Callable[[str], bool]) -> Iterator[Place]:
        """Parameters before members of the body."""
        for binding in self.route.bindings:
            if binding.location == "query" and is_meant(binding.wire_name):
                yield Place(binding.argument)
        body = self.route.body
        if body:
            yield from (Place(body.argument, name) for name in sorted(self._members()) if is_meant(name))


@dataclass(frozen=True, slots=True)
class Asked:
    """A call whose next page is sought."""

    inputs: Inputs
    arguments: Arguments

    @property
    def route(self) -> Route:
        """The operation that is called."""
        return self.inputs.route

    def is_backwards(self, place: Place) -> bool:
        """Whether the call asks for what comes before something, and the place is for what comes after."""
        name = plain_name(place.member or place.argument)
        if "after" not in name:
            return False
        before = name.replace("startingafter", "endingbefore").replace("after", "before")
        return any(self.given(other) is not None for other in self.inputs.places((before,)))

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
