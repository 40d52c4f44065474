"""What many tools of one catalog have alike, kept once: of 58,000 bindings in 300 catalogs 8,000 are different."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from specport.catalog.model import Binding, BodyBinding, Hints, Route, Tool, ToolFacts

T = TypeVar("T")

_NO_HINTS = Hints(read_only=False, destructive=False, idempotent=False)


@dataclass(frozen=True, slots=True)
class Alike:
    """Each different value once. `texts` are tags, media types and servers."""

    hints: tuple[Hints, ...]
    bindings: tuple[Binding, ...]
    bodies: tuple[BodyBinding | None, ...]
    texts: tuple[tuple[str, ...], ...]
    security: tuple[tuple[tuple[str, ...], ...], ...]
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Which of those values a tool has, counted from 0."""

    hints: int
    tags: int
    bindings: tuple[int, ...]
    body: int
    accept: int
    accept_only: int
    servers: int
    security: int
    answer: int


class _Table(Generic[T]):
    """Different values in the order in which they came."""

    def __init__(self) -> None:
        self._numbers: dict[T, int] = {}

    def number(self, value: T) -> int:
        """The number of a value, the next one where it is new."""
        return self._numbers.setdefault(value, len(self._numbers))

    def values(self) -> tuple[T, ...]:
        """The values by number."""
        return tuple(self._numbers)


class Gathering:
    """Tools -> what they have alike, and what each has of it."""

    def __init__(self) -> None:
        self._hints = _Table[Hints]()
        self._bindings = _Table[Binding]()
        self._bodies = _Table[BodyBinding | None]()
        self._texts = _Table[tuple[str, ...]]()
        self._security = _Table[tuple[tuple[str, ...], ...]]()
        self._answers = _Table[str]()

    def parted(self, tool: Tool) -> tuple[ToolFacts, Numbers]:
        """A tool of an operation without that, and its numbers."""
        route = tool.route
        assert route is not None
        numbers = Numbers(
            hints=self._hints.number(tool.hints),
            tags=self._texts.number(tool.tags),
            bindings=tuple(map(self._bindings.number, route.bindings)),
            body=self._bodies.number(route.body),
            accept=self._texts.number(route.accept),
            accept_only=self._texts.number(route.accept_only),
            servers=self._texts.number(route.servers),
            security=self._security.number(route.security),
            answer=self._answers.number(tool.answer),
        )
        bare = replace(route, bindings=(), body=None, accept=(), accept_only=(), servers=(), security=())
        return replace(tool, hints=_NO_HINTS, tags=(), answer="", route=bare), numbers

    def alike(self) -> Alike:
        """What the tools so far have alike."""
        return Alike(
            self._hints.values(),
            self._bindings.values(),
            self._bodies.values(),
            self._texts.values(),
            self._security.values(),
            self._answers.values(),
        )


def joined(facts: ToolFacts, numbers: Numbers, alike: Alike) -> ToolFacts:
    """What `Gathering.parted` parted."""
    bare = facts.route
    assert bare is not None
    route = Route(
        source=sys.intern(bare.source),
        method=sys.intern(bare.method),
        path=bare.path,
        bindings=tuple(alike.bindings[number] for number in numbers.bindings),
        body=alike.bodies[numbers.body],
        accept=alike.texts[numbers.accept],
        accept_only=alike.texts[numbers.accept_only],
        security=alike.security[numbers.security],
        servers=alike.texts[numbers.servers],
        pagination=bare.pagination,
        total=bare.total,
    )
    return replace(
        facts,
        hints=alike.hints[numbers.hints],
        tags=alike.texts[numbers.tags],
        answer=alike.answers[numbers.answer],
        route=route,
    )
