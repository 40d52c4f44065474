"""Values of code as JSON, and answers of tools as values for code.

Lists and dicts of code may hold each other, or the same one a million times; nothing here follows them further than
its limits.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

import orjson

from specport.code.model import Answer, Bounds
from specport.errors import BadArguments, Denied, RateLimited, SpecportError, UnknownTool, UpstreamFailed
from specport.results.model import ToolResult

MAX_SHOWN = 100
"""Characters of a value that is no JSON, where it is named."""

_COST = 16
"""Bytes that a value is taken to have beside its text."""

_KINDS: tuple[tuple[type[SpecportError], type[Exception]], ...] = (
    (BadArguments, ValueError),
    (UnknownTool, LookupError),
    (Denied, PermissionError),
    (RateLimited, TimeoutError),
    (UpstreamFailed, OSError),
)
"""What code catches of each kind of error; of every other one it is RuntimeError."""


class NoJson(Exception):
    """A value cannot be JSON; the text says why, after the value's place."""


def argument(value: object, bounds: Bounds) -> object:
    """The JSON value of an argument. Raises NoJson where it has none."""
    return _Reading(bounds, is_strict=True).read(value, "", 0)


def shown(value: object, bounds: Bounds) -> object:
    """The JSON value of a result; what is none becomes a text that names it. Raises NoJson where it is too large."""
    return _Reading(bounds, is_strict=False).read(value, "", 0)


def answer_of(result: ToolResult, bounds: Bounds) -> Answer:
    """What code gets of a call: the whole answer, however little of it a model would be shown."""
    if result.is_error:
        return Answer(error=RuntimeError(result.text))
    if len(result.body or b"") > bounds.max_answer:
        return Answer(error=ValueError(_too_large(len(result.body or b""), bounds)))
    if result.blobs:
        return Answer(value=base64.b64decode(result.blobs[0].base64))
    if result.answer is not None:
        return Answer(value=result.answer.value)
    if result.body is not None and not result.body.strip():
        return Answer()
    return Answer(value=result.structured if result.structured is not None else result.text)


def error_of(error: SpecportError) -> Answer:
    """What code gets of a call that has no answer."""
    kind = next((kind for ours, kind in _KINDS if isinstance(error, ours)), RuntimeError)
    return Answer(error=kind(str(error)))


def _too_large(size: int, bounds: Bounds) -> str:
    limit = bounds.max_answer / (1024 * 1024)
    said = f"the answer has {size:,} bytes, and code takes at most {limit:g} MiB of each (MAX_ANSWER)"
    return f"{said}. Ask for smaller pages, or call the tool by its name outside code"


@dataclass(slots=True)
class _Reading:
    """One value being read; `is_strict`: nothing in it may be something else than JSON."""

    bounds: Bounds
    is_strict: bool
    used: int = 0

    def read(self, value: object, place: str, depth: int) -> object:
        self._spend(_COST, place)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            self._spend(len(value), place)
            return value
        if isinstance(value, int | float | Decimal):
            return self._number(value, place)
        if depth >= self.bounds.max_depth:
            raise NoJson(f"{_at(place)} has more than {self.bounds.max_depth} levels (MAX_DEPTH)")
        if isinstance(value, dict):
            return self._members(cast("Mapping[object, object]", value), place, depth)
        if isinstance(value, list | tuple | set | frozenset):
            items = enumerate(cast("Iterable[object]", value))
            return [self.read(item, f"{place}/{index}", depth + 1) for index, item in items]
        return self._other(value, place)

    def _members(self, members: Mapping[object, object], place: str, depth: int) -> dict[str, object]:
        read: dict[str, object] = {}
        for key, member in members.items():
            if self.is_strict and not isinstance(key, str):
                raise NoJson(f"{_at(place)} has a key that is no text: {_named(key)}")
            name = key if isinstance(key, str) else _named(key)
            self._spend(len(name), place)
            read[name] = self.read(member, f"{place}/{name}", depth + 1)
        return read

    def _number(self, value: float | Decimal, place: str) -> object:
        if isinstance(value, int):
            if -(2**63) <= value < 2**64:
                return int(value)
        elif float("-inf") < value < float("inf"):
            return float(value)
        if self.is_strict:
            raise NoJson(f"{_at(place)} is a number that JSON does not have")
        return _named(value)

    def _other(self, value: object, place: str) -> object:
        if isinstance(value, bytes):
            self._spend(2 * len(value), place)
            return base64.b64encode(value).decode()
        if isinstance(value, dt.date | dt.time):
            return value.isoformat()
        if self.is_strict:
            raise NoJson(f"{_at(place)} is no JSON but {_named(value)}; give texts, numbers, lists and dicts")
        return _named(value)

    def _spend(self, size: int, place: str) -> None:
        self.used += size
        if self.used > self.bounds.max_value:
            size = self.bounds.max_value // (1024 * 1024)
            raise NoJson(f"{_at(place.partition('/')[0])} takes more than {size} MiB (MAX_VALUE)")


def _at(place: str) -> str:
    return place[:MAX_SHOWN] or "it"


def _named(value: object) -> str:
    """A value that is no JSON as a short text."""
    if isinstance(value, int):
        return f"an integer of {value.bit_length():,} bits"
    if isinstance(value, Exception):
        return f"{type(value).__name__}: {value}"[:MAX_SHOWN]
    if value is None or isinstance(value, float | Decimal | dt.date | dt.time | dt.timedelta):
        return str(value)
    return f"an object of {type(value).__name__}"


def as_json(value: object) -> str:
    """A JSON value as text."""
    return orjson.dumps(value).decode()
