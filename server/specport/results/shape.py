"""Large JSON answers cut at item boundaries, so that what is left is whole and says what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import orjson

MAX_TEXT = 80_000
"""Characters of JSON that one answer may put into a model's context (about 20,000 tokens)."""

MAX_STRING = 4_000
"""Characters kept of a single string in an answer that is over MAX_TEXT."""


@dataclass(frozen=True, slots=True)
class Shaped:
    """JSON that fits, and a sentence for each cut."""

    value: object
    cuts: tuple[str, ...]


def shape(value: object, limit: int = MAX_TEXT) -> Shaped:
    """The value itself when its JSON fits, else with long strings and then its largest arrays cut."""
    if _size(value) <= limit:
        return Shaped(value, ())
    cuts: list[str] = []
    value = _shorter_strings(value, "", cuts)
    while (size := _size(value)) > limit:
        largest = _largest_array(value)
        if largest is None or not largest.items:
            text = orjson.dumps(value).decode()[:limit]
            return Shaped(text, (*cuts, f"the answer has {size:,} characters; only the first {limit:,} are shown"))
        kept = max(0, _fitting(largest.items, largest.size - (size - limit)))
        value = _with_array(value, largest.path, largest.items[:kept])
        name = ".".join(str(token) for token in largest.path) or "the answer"
        cuts.append(f"{kept:,} of {len(largest.items):,} items of {name} are shown")
    return Shaped(value, tuple(cuts[:10]))


@dataclass(frozen=True, slots=True)
class _Array:
    path: tuple[str | int, ...]
    items: list[object]
    size: int


def _size(value: object) -> int:
    return len(orjson.dumps(value))


def _fitting(items: list[object], room: int) -> int:
    """How many items from the front take at most `room` bytes; always fewer than all."""
    used = 2
    for index, item in enumerate(items):
        used += _size(item) + 1
        if used > room:
            return index
    return len(items) - 1


def _largest_array(value: object, path: tuple[str | int, ...] = (), depth: int = 3) -> _Array | None:
    """The array, at most `depth` levels down, that takes most of the answer."""
    if isinstance(value, list):
        items = cast("list[object]", value)
        if items:
            return _Array(path, items, _size(items))
        return None
    if not isinstance(value, dict) or depth == 0:
        return None
    found = [
        _largest_array(item, (*path, key), depth - 1) for key, item in cast("dict[str, object]", value).items()
    ]
    arrays = [array for array in found if array is not None]
    return max(arrays, key=lambda array: array.size) if arrays else None


def _with_array(value: object, path: tuple[str | int, ...], items: list[object]) -> object:
    if not path:
        return items
    holder = cast("dict[str | int, object]", value)
    return {**holder, path[0]: _with_array(holder[path[0]], path[1:], items)}


def _shorter_strings(value: object, name: str, cuts: list[str]) -> object:
    if isinstance(value, str) and len(value) > MAX_STRING:
        cuts.append(f"{name or 'a string'} has {len(value):,} characters, {MAX_STRING:,} are shown")
        return value[:MAX_STRING]
    if isinstance(value, dict):
        return {key: _shorter_strings(item, key, cuts) for key, item in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_shorter_strings(item, name, cuts) for item in cast("list[object]", value)]
    return value
