"""Frozen values of the sandbox room: a loopback fake of a source's API, made from its document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from specport.operations.model import Operation, Parameter


@dataclass(frozen=True, slots=True)
class Place:
    """A raw Schema Object and where it stands; the same pointer always holds the same schema."""

    schema: object
    pointer: str


Places: TypeAlias = tuple[Place, ...]
"""Schemas that hold together for one value, as the same property of several `allOf` branches does."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What schemas say together once references and `allOf` are followed and one branch of each choice is taken.

    `types` is empty when any type will do. `facts` holds the plain keywords, bounds narrowed and exclusive ones as
    numbers. `samples` are the document's own values, best first. `targets` are the pointers the shape was read from.
    """

    types: tuple[str, ...]
    properties: Mapping[str, Places]
    required: tuple[str, ...]
    items: Places | None
    additional: Places | None
    closed: bool
    enum: tuple[object, ...] | None
    samples: tuple[object, ...]
    facts: Mapping[str, object]
    targets: frozenset[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived: texts still encoded, header names in lower case."""

    method: str
    segments: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    origin: str
    path: str


@dataclass(frozen=True, slots=True)
class Match:
    """The operation a request is for, and the still encoded text of each template expression of its path."""

    operation: Operation
    values: Mapping[str, str]
    fixed_query: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Checked:
    """The values of a request that fits the document; `body` is ABSENT when none was sent."""

    path: Mapping[str, object]
    query: Mapping[str, object]
    body: object


class Absent(StrEnum):
    """The one value that says no value was sent; `null` is a value."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: no content type means no body."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that was answered: method, path as sent, status."""

    method: str
    path: str
    status: int


@dataclass(frozen=True, slots=True)
class Slot:
    """Where resources stand in a JSON answer: under `name`, or the whole answer when that is empty.

    `many`: an array of them. `places` is the schema of one.
    """

    name: str
    many: bool
    places: Places


@dataclass(frozen=True, slots=True)
class Kind:
    """One collection: `path` with every expression as `{}`, its item's parameter, and what a resource looks like.

    A resource's schema is that of `slot` in the answer of `source`. `key` is the member that the item's path names
    ("" when no member does). `creatable`: a POST adds to it.
    """

    path: str
    parameter: Parameter | None
    source: Operation
    slot: Slot
    key: str
    creatable: bool


class Act(StrEnum):
    """What an operation does to a collection."""

    CREATE = "create"
    LIST = "list"
    READ = "read"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Role:
    """An operation's part in a collection's life."""

    act: Act
    kind: Kind


class Refusal(Exception):
    """A request that is answered with an error, in the model API's shape: `{"id": ..., "message": ...}`."""

    def __init__(self, status: int, name: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.name = name
        self.message = message
        self.headers = headers or {}
