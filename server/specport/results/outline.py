"""A JSON value -> its outline: members and kinds, with counts and sizes in place of what is too large to show.

Such a place is written `<...>` without quotes, which no JSON is: nobody takes an outline for the answer.
"""

from __future__ import annotations

from typing import cast

import orjson

from specport.results.encoded import kind_of
from specport.results.tokens import tokens

MAX_OUTLINED = 60
"""Most members of one object that an outline names."""

MAX_OUTLINE_DEPTH = 4
"""Levels of an outline."""

MAX_NAME_SHOWN = 100
"""Characters of a member's name up to which an outline shows it."""

_SMALL = (240, 120, 60, 24)
"""Bytes up to which a value is shown whole: tried in turn until the outline fits."""

_START = 60
"""Characters that are shown of a long text."""


def outline(value: object, room: int) -> str:
    """The outline of a value in at most `room` tokens, or else what kind of value it is."""
    for small in _SMALL:
        text = _Outlining(small, room * 4).of(value, MAX_OUTLINE_DEPTH)
        if tokens(text) <= room:
            return text
    return gap(value, len(orjson.dumps(value)))


def gap(value: object, length: int) -> str:
    """What stands for a value whose JSON is `length` bytes long: `<array of 5,000 items, 10.2 MB>`."""
    if isinstance(value, list):
        return f"<array of {counted(len(cast('list[object]', value)), 'item')}, {size(length)}>"
    if isinstance(value, dict):
        return f"<object of {counted(len(cast('dict[str, object]', value)), 'member')}, {size(length)}>"
    text = cast("str", value)
    length_told = counted(len(text), "character")
    return f"<{kind_of(text) or f'text of {length_told}'}>"


def counted(number: int, noun: str) -> str:
    """`1 item`, `5,000 items`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size(length: int) -> str:
    """`812 bytes`, `14 KB`, `10.2 MB`."""
    if length < 1000:
        return f"{length} bytes"
    return f"{length / 1000:.0f} KB" if length < 1_000_000 else f"{length / 1_000_000:.1f} MB"


def shown_name(name: str, position: int) -> str:
    """A member's name as JSON, or where to read it where it is too long to show."""
    if len(name) <= MAX_NAME_SHOWN:
        return orjson.dumps(name).decode()
    return f"<name of {len(name):,} characters: keys(@)[{position}]>"


class _Outlining:
    """One outline being written, while `left` bytes remain."""

    def __init__(self, small: int, left: int) -> None:
        self._small = small
        self._left = left

    def of(self, value: object, depth: int) -> str:
        """The outline of a value, down to `depth` levels."""
        text = self._written(value, depth)
        self._left -= len(text)
        return text

    def _written(self, value: object, depth: int) -> str:
        text = orjson.dumps(value)
        if len(text) <= self._small:
            return text.decode()
        if isinstance(value, str) and kind_of(value):
            return gap(value, len(text))
        if isinstance(value, str):
            return f"{gap(value, 0)[:-1]}, begins {orjson.dumps(value[: min(_START, self._small)]).decode()}>"
        if depth == 0 or self._left <= 0:
            return gap(value, len(text))
        if isinstance(value, dict):
            return self._members(cast("dict[str, object]", value), depth)
        items = cast("list[object]", value)
        first = self.of(items[0], depth - 1)
        return f"[{first}, <{len(items) - 1:,} more, {size(len(text))} in all>]" if len(items) > 1 else f"[{first}]"

    def _members(self, members: dict[str, object], depth: int) -> str:
        shown: list[str] = []
        for position, (name, value) in enumerate(members.items()):
            if position == MAX_OUTLINED or self._left <= 0:
                shown.append(f"<{len(members) - position:,} more members>")
                break
            head = shown_name(name, position)
            self._left -= len(head)
            shown.append(f"{head}:{self.of(value, depth - 1)}")
        return "{" + ",".join(shown) + "}"
