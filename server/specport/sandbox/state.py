"""What the sandbox holds: the resources of each collection at its concrete path, in the order they were made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from specport.sandbox.identity import ALTERNATES
from specport.sandbox.model import Refusal

MAX_RESOURCES = 20_000
"""Most resources held."""

Resource = dict[str, object]
Path = tuple[str, ...]
"""The decoded segments of a concrete path."""


@dataclass(slots=True)
class Shelf:
    """One collection: resources by key text, and the keys of those that were deleted."""

    resources: dict[str, Resource] = field(default_factory=dict[str, Resource])
    gone: set[str] = field(default_factory=set[str])

    def find(self, text: str) -> str | None:
        """The key of the resource that a path segment names, by its key or another identifying member."""
        if text in self.resources:
            return text
        for key, resource in self.resources.items():
            if any(str(resource.get(name)) == text for name in ALTERNATES if name in resource):
                return key
        return None


class State:
    """Every collection of one sandbox."""

    def __init__(self) -> None:
        self._shelves: dict[Path, Shelf] = {}

    def shelf(self, path: Path) -> Shelf | None:
        """The collection at a path, None when nothing was ever put there."""
        return self._shelves.get(path)

    def opened(self, path: Path) -> Shelf:
        """The collection at a path, a new empty one when there was none."""
        return self._shelves.setdefault(path, Shelf())

    def put(self, path: Path, key: object, resource: Resource) -> None:
        """Keep a resource; Refusal 422 when the sandbox is full."""
        shelf = self.opened(path)
        if str(key) not in shelf.resources and self._count() >= MAX_RESOURCES:
            message = f"the sandbox holds {MAX_RESOURCES:,} resources, which is its limit; delete some"
            raise Refusal(422, "unprocessable_entity", message)
        shelf.gone.discard(str(key))
        shelf.resources[str(key)] = resource

    def remove(self, path: Path, key: str) -> None:
        """Forget a resource and every collection below it."""
        shelf = self.opened(path)
        shelf.resources.pop(key, None)
        shelf.gone.add(key)
        for below in list(self._below((*path, key))):
            del self._shelves[below]

    def _below(self, path: Path) -> Iterator[Path]:
        return (each for each in self._shelves if each[: len(path)] == path and len(each) > len(path))

    def _count(self) -> int:
        return sum(len(shelf.resources) for shelf in self._shelves.values())
