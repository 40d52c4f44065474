"""Frozen values of the schemas room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias, Union

JsonSchema: TypeAlias = Mapping[str, object]
"""A JSON Schema 2020-12 object."""


class Direction(StrEnum):
    """Which way a value travels: read-only properties leave requests, write-only ones answers."""

    REQUEST = "request"
    RESPONSE = "response"


Place: TypeAlias = tuple[str, frozenset[str]]
"""Where a schema stands, as a canonical pointer, and names that it is not to ask for in this direction."""


@dataclass(frozen=True, slots=True)
class Use:
    """A reference inside a fragment: the place of its target, and the keywords beside it."""

    place: Place
    siblings: Mapping[str, object]


Fragment: TypeAlias = Union["Use", Mapping[str, object], bool]
"""A converted schema whose references are `Use` values still to be inlined or named."""


class Targets(Protocol):
    """The converted schemas that `Use` values name."""

    def target(self, place: Place) -> Fragment:
        """The schema at a place. Raises DocumentError when there is none that can be read."""
        ...
