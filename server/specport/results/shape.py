"""Large JSON answers cut at item boundaries, so that what is left is whole and says what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import orjson

MAX_TEXT = 80_000
"""Characters of JSON that one answer may put into a model's context (about 20,000 tokens)."""

MAX_STRING = 4_000
"""Characters kept of a single string in an answer that is over MAX_TEXT."""

MAX_NAMED_CUTS = 8
"""Most places that are named as cut, those that lost most first."""

MAX_CUT_DEPTH = 16
"""Levels down to which places are cut; what is too large below is left out whole."""

_LEAST = 64
"""Bytes that a member of an object needs at least, when it is not smaller itself, to be worth showing."""


@dataclass(frozen=True, slots=True)
class Shaped:
    """JSON that fits, and a sentence for each cut."""

    value: object
    cuts: tuple[str, ...]


def shape(value: object, limit: int = MAX_TEXT) -> Shaped:
    """The value itself when its JSON fits, else with long strings and then its largest arrays and objects cut."""
    if _size(value) <= limit:
        return Shaped(value, ())
    cutting = _Cutting()
    return Shaped(cutting.fit(cutting.shorter_strings(value, ""), limit, ()), cutting.told())


def _size(value: object) -> int:
    return len(orjson.dumps(value))


class _Cutting:
    """One answer being cut: room is given out from the top, what fits stays whole, the largest share what is left."""

    def __init__(self) -> None:
        self._cuts: list[tuple[int, str]] = []

    def told(self) -> tuple[str, ...]:
        """A sentence for each cut, the heaviest first."""
        ordered = sorted(self._cuts, key=lambda cut: -cut[0])
        named = [sentence for _, sentence in ordered[:MAX_NAMED_CUTS]]
        if len(ordered) > len(named):
            named.append(f"{len(ordered) - len(named):,} smaller places are cut as well")
        return tuple(named)

    def shorter_strings(self, value: object, name: str) -> object:
        """The value with every string at most MAX_STRING long."""
        if isinstance(value, str) and len(value) > MAX_STRING:
            lost = len(value) - MAX_STRING
            self._cuts.append((lost, f"{name or 'a string'} has {len(value):,} characters, {MAX_STRING:,} are shown"))
            return value[:MAX_STRING]
        if isinstance(value, dict):
            members = cast("dict[str, object]", value).items()
            return {key: self.shorter_strings(item, key) for key, item in members}
        if isinstance(value, list):
            return [self.shorter_strings(item, name) for item in cast("list[object]", value)]
        return value

    def fit(self, value: object, room: int, path: tuple[str, ...]) -> object:
        """The value in at most `room` bytes of JSON."""
        size = _size(value)
        if size <= room:
            return value
        if isinstance(value, list):
            return self._items(cast("list[object]", value), size, room, path)
        if isinstance(value, dict):
            return self._members(cast("dict[str, object]", value), size, room, path)
        if isinstance(value, str):
            return self._start(value, room, path)
        return value

    def _items(self, items: list[object], size: int, room: int, path: tuple[str, ...]) -> list[object]:
        """The items from the front that fit; where not even one does, as much of the first as does."""
        used, kept = 2, list[object]()
        for item in items:
            used += _size(item) + 1
            if used > room:
                break
            kept.append(item)
        first = items[0]
        if not kept and len(path) < MAX_CUT_DEPTH and isinstance(first, list | dict | str) and room > _LEAST:
            kept.append(self.fit(cast("object", first), room - 2, (*path, "0")))
        if len(kept) < len(items):
            self._cuts.append((size - used, f"{len(kept):,} of {len(items):,} items of {_name(path)} are shown"))
        return kept

    def _members(self, members: dict[str, object], size: int, room: int, path: tuple[str, ...]) -> dict[str, object]:
        """As many members as there is room to show something of, the small ones whole."""
        costs = {key: _size(key) + 2 for key in members}
        sizes = {key: _size(item) for key, item in members.items()}
        used, kept = 2, list[str]()
        for key in members:
            used += costs[key] + min(sizes[key], _LEAST)
            if used > room or len(path) >= MAX_CUT_DEPTH:
                self._cuts.append(
                    (size - room, f"{len(kept):,} of {len(members):,} members of {_name(path)} are shown")
                )
                break
            kept.append(key)
        left = room - 2 - sum(costs[key] for key in kept)
        whole: dict[str, object] = {}
        for index, key in enumerate(sorted(kept, key=lambda key: sizes[key])):
            share = left // (len(kept) - index)
            whole[key] = self.fit(members[key], share, (*path, key))
            left -= min(sizes[key], share)
        return {key: whole[key] for key in kept}

    def _start(self, text: str, room: int, path: tuple[str, ...]) -> str:
        """The start of a string; escapes make its JSON longer than it is."""
        kept = text[: max(0, room - 2)]
        while kept and _size(kept) > room:
            kept = kept[: min(len(kept) - 1, len(kept) * room // _size(kept))]
        self._cuts.append(
            (len(text) - len(kept), f"{len(kept):,} of {len(text):,} characters of {_name(path)} are shown")
        )
        return kept


def _name(path: tuple[str, ...]) -> str:
    return ".".join(path) or "the answer"
