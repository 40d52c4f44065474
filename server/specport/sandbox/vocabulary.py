"""The enumerations of a document: where one holds a value, the others beside it are of the same kind.

So a read-only collection of regions can list `ams3` and `fra1` beside the `nyc3` of its only sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import cast

from specport.documents.model import JsonObject


class Vocabulary:
    """The string enumerations of one document, read when first asked for."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root

    def beside(self, value: object) -> tuple[str, ...]:
        """The longest enumeration that holds the value, without it; nothing when none does."""
        return tuple(word for word in self._longest.get(value, ()) if word != value) if isinstance(value, str) else ()

    @cached_property
    def _longest(self) -> dict[object, tuple[str, ...]]:
        found: dict[object, tuple[str, ...]] = {}
        for words in _enumerations(self._root):
            for word in words:
                if len(words) > len(found.get(word, ())):
                    found[word] = words
        return found


def _enumerations(root: JsonObject) -> Iterator[tuple[str, ...]]:
    waiting: list[object] = [root]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, dict):
            members = cast("JsonObject", node)
            listed = members.get("enum")
            words = cast("list[object]", listed) if isinstance(listed, list) else []
            if words and all(isinstance(word, str) for word in words):
                yield tuple(cast("list[str]", words))
            waiting.extend(members.values())
        elif isinstance(node, list):
            waiting.extend(cast("list[object]", node))
