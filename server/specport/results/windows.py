"""A large value or text -> what is shown of it: whole items from a position on, as many as there is room for.

Nothing is cut inside an item. Of an object the largest member is the one whose items are shown, the others are whole
where they are small; what else is left out has a `<...>` in its place, as `outline` writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import cast

import orjson

from specport.results.encoded import steps_to_base64, without_base64
from specport.results.outline import MAX_NAME_SHOWN, gap, outline, shown_name
from specport.results.places import Member, NameOf, Step
from specport.results.tokens import tokens

MAX_PREVIEW_TOKENS = 2_000
"""Tokens of an answer of which only a part is shown, all notes included."""

MAX_TEXT = 20_000
"""Characters of an answer that is shown whole."""

MAX_SPINE = 16
"""Levels of objects down which the largest member is looked for."""

MAX_OUTLINE_TOKENS = 1_200
"""Tokens of the outline of one item."""

MAX_MEMBER_TOKENS = 100
"""Tokens of the outline of a member beside the largest."""

_LEAST = 60
"""Tokens or characters that are worth showing something of a member in."""


@dataclass(frozen=True, slots=True)
class Room:
    """At most `limit` of what `measure` counts in a text."""

    limit: int
    measure: Callable[[str], int]

    def less(self, used: int) -> Room:
        """What is left of it."""
        return replace(self, limit=self.limit - used)

    def text(self, data: bytes) -> str | None:
        """The text of some JSON where it fits."""
        text, _ = self.fitting(data, self.limit)
        return text

    def fitting(self, data: bytes, left: int) -> tuple[str | None, int]:
        """The text of some JSON where it fits into what is left, and what it takes of that.

        No measure counts less than a quarter of the bytes.
        """
        if len(data) > left * 4:
            return None, 0
        text = data.decode()
        cost = self.measure(text)
        return (text if cost <= left else None), cost


PREVIEW = Room(MAX_PREVIEW_TOKENS, tokens)
LARGE = Room(MAX_TEXT, len)


@dataclass(frozen=True, slots=True)
class Window:
    """What is shown of a value: `shown` of `total` `noun`s from `offset` on, of what `steps` lead to.

    `missing` leads to a part that a `<...>` stands for; `is_outline`: that is the one item that is shown, in outline,
    whose JSON has `outlined` bytes.
    """

    text: str
    noun: str = "item"
    offset: int = 0
    shown: int = 0
    total: int = 0
    steps: tuple[Step, ...] = ()
    is_outline: bool = False
    outlined: int = 0
    missing: tuple[Step, ...] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all is shown."""
        return self.missing is None and self.shown == self.total

    @property
    def end(self) -> int:
        """The position behind the last that is shown."""
        return self.offset + self.shown


def window_of(value: object, room: Room, *, offset: int = 0, most: int | None = None) -> Window:
    """What is shown of a JSON value from its item or member `offset` on, at most `most` of them."""
    window = _window_of(value, room, offset, most)
    if window.missing is None and "<base64 of " in window.text:
        return replace(window, missing=steps_to_base64(value, offset))
    return window


def _window_of(value: object, room: Room, offset: int, most: int | None) -> Window:
    if isinstance(value, str):
        return text_window(value, room, offset=offset, most=most)
    if isinstance(value, dict) and offset:
        return _members(cast("dict[str, object]", value), room, offset, most)
    return _fit(cast("object", value), room, offset=offset, most=most, level=0)


def _written(value: object) -> bytes:
    """The JSON of a value as it is shown: long base64 in it told by kind and size."""
    return without_base64(orjson.dumps(value))


def text_window(text: str, room: Room, *, offset: int = 0, most: int | None = None) -> Window:
    """What is shown of a text from its character `offset` on, up to the end of a line, and at most `most` lines."""
    rest = text[offset : offset + room.limit * 8]
    chunk = rest
    if most is not None:
        chunk = "".join(chunk.splitlines(keepends=True)[:most])
    while (cost := room.measure(chunk)) > room.limit:
        chunk = chunk[: max(1, min(len(chunk) - 1, len(chunk) * room.limit // cost))]
    if offset + len(chunk) < len(text):
        chunk = chunk[: chunk.rfind("\n") + 1] or chunk
    return Window(chunk, "character", offset, len(chunk), len(text))


def _fit(value: object, room: Room, *, level: int, offset: int = 0, most: int | None = None) -> Window:
    items, members = _as_list(value), _as_object(value)
    if items is not None and (offset or (most is not None and len(items) > most)):
        return _items(items, room, offset, most)
    data = orjson.dumps(value)
    text = room.text(without_base64(data)) if len(data) <= room.limit * 4 else None
    if items is not None:
        return _items(items, room, 0, most) if text is None else Window(text, shown=len(items), total=len(items))
    if members is None:
        return Window(text or gap(value, len(data)), missing=None if text else ())
    if text is not None and most is None:
        return Window(text)
    shown = _record(members, room, level, most) if level < MAX_SPINE else None
    return shown or _members(members, room, 0, most)


def _as_list(value: object) -> list[object] | None:
    return cast("list[object]", value) if isinstance(value, list) else None


def _as_object(value: object) -> dict[str, object] | None:
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def _items(items: list[object], room: Room, offset: int, most: int | None) -> Window:
    """The items from `offset` on that fit, or else the first of them in outline."""
    kept = _fitting((_written(items[at]) for at in range(offset, len(items))), room.less(2), most)
    window = Window(f"[{','.join(kept)}]", "item", offset, len(kept), len(items))
    if kept or offset >= len(items):
        return window
    text = f"[{outline(items[offset], min(room.limit - 2, MAX_OUTLINE_TOKENS))}]"
    size = len(orjson.dumps(items[offset]))
    return replace(window, text=text, shown=1, is_outline=True, outlined=size, missing=(offset,))


def _members(members: dict[str, object], room: Room, offset: int, most: int | None) -> Window:
    """The members from `offset` on that fit, or else the first of them in outline."""
    following = islice(enumerate(members.items()), offset, None)
    texts = (f"{shown_name(name, at)}:".encode() + _written(value) for at, (name, value) in following)
    kept = _fitting(texts, room.less(2), most)
    long = _long_name(list(islice(members, offset, offset + len(kept))), offset)
    window = Window(f"{{{','.join(kept)}}}", "member", offset, len(kept), len(members), missing=long)
    if kept or offset >= len(members):
        return window
    name, value = next(islice(members.items(), offset, None))
    head = shown_name(name, offset)
    text = f"{{{head}:{outline(value, min(room.limit - room.measure(head) - 3, MAX_OUTLINE_TOKENS))}}}"
    size, missing = len(orjson.dumps(value)), (Member(name, offset),)
    return replace(window, text=text, shown=1, is_outline=True, outlined=size, missing=missing)


def _long_name(names: list[str], offset: int) -> tuple[Step, ...] | None:
    """The first name that is too long to be shown."""
    long = next((at for at, name in enumerate(names) if len(name) > MAX_NAME_SHOWN), None)
    return None if long is None else (NameOf(offset + long),)


def _fitting(texts: Iterable[bytes], room: Room, most: int | None) -> list[str]:
    """The first of some texts, as many as fit with a comma behind each."""
    kept, left = list[str](), room.limit
    for data in texts:
        if len(kept) == most:
            break
        text, cost = room.fitting(data, left)
        if text is None:
            break
        left -= cost + 1
        kept.append(text)
    return kept


def _record(members: dict[str, object], room: Room, level: int, most: int | None) -> Window | None:
    """All members by name: whole in half the room where they are small, and of the largest what fits in the rest.

    None where the members are too many for that.
    """
    half = room.limit // 2
    if len(members) > half:
        return None
    heads = [f"{shown_name(name, position)}:" for position, name in enumerate(members)]
    used = 2 + sum(room.measure(head) + 1 for head in heads)
    if used > half:
        return None
    sizes = [len(orjson.dumps(value)) for value in members.values()]
    values = list(members.values())
    order = sorted(range(len(values)), key=sizes.__getitem__)
    containers = [at for at, value in enumerate(values) if isinstance(value, dict | list)]
    largest = max(containers, key=sizes.__getitem__, default=None)
    texts, missing = dict[int, str](), None
    for at in order:
        if at != largest:
            text, is_whole = _small(values[at], room.less(room.limit - half + used))
            texts[at], missing = text, missing if is_whole else at
            used += room.measure(text)
    inner = Window("", missing=None)
    if largest is not None:
        inner = _of_largest(values[largest], room.less(used), level + 1, most)
        texts[largest] = inner.text
    names = list(members)
    joined = "{" + ",".join(f"{head}{texts[at]}" for at, head in enumerate(heads)) + "}"
    return _outside(inner, joined, names, largest, missing)


def _small(value: object, room: Room) -> tuple[str, bool]:
    """A value whole where it fits, or else its outline; and whether it is whole."""
    text = room.text(_written(value))
    if text is not None:
        return text, True
    return outline(value, max(0, min(room.limit, MAX_MEMBER_TOKENS))), False


def _of_largest(value: object, room: Room, level: int, most: int | None) -> Window:
    if room.limit < _LEAST:
        return Window(gap(value, len(orjson.dumps(value))), missing=())
    return _fit(value, room, level=level, most=most)


def _outside(inner: Window, text: str, names: list[str], largest: int | None, missing: int | None) -> Window:
    """The window of an object around that of its largest member."""
    if largest is not None:
        here = Member(names[largest], largest)
        inside = None if inner.missing is None else (here, *inner.missing)
        inner = replace(inner, steps=(here, *inner.steps), missing=inside)
    if inner.missing is None and missing is not None:
        inner = replace(inner, missing=(Member(names[missing], missing),))
    return replace(inner, text=text, missing=inner.missing or _long_name(names, 0))
