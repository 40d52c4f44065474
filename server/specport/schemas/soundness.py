"""Whether schemas can be composed, without composing them: that waits until one is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from specport.documents.bounds import Bounds
from specport.schemas.compose import MAX_INLINE_DEPTH, MAX_SCHEMA_DEPTH, MAX_TARGETS, check_targets, compose
from specport.schemas.model import Fragment, Place, Targets, Use

_DEEP = MAX_SCHEMA_DEPTH - MAX_INLINE_DEPTH - 1
"""A part of at most so many levels is never too deep, wherever it is inlined."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A fragment: the places that it uses, how many levels deep it is itself, and how many values it has."""

    fragment: Fragment
    uses: tuple[Place, ...]
    depth: int
    values: int


class Soundness:
    """Whether schemas can be composed within bounds; what was found sound is not looked at again.

    `reached` holds every target of the schemas that were looked at. `total`: the values of all sound schemas, a target
    counted in each that it is in, where `bounds.schemas` asks for it.
    """

    def __init__(self, targets: Targets, bounds: Bounds) -> None:
        self._targets = targets
        self._bounds = bounds
        self._sound: dict[Place, _Part] = {}
        self._values = 0
        self.reached: dict[Place, Fragment] = {}
        self.total = 0

    def check(self, root: Fragment) -> None:
        """Raises the DocumentError that `compose` would raise, or one for a schema of too many values."""
        own = _part(root)
        found = self._found(own)
        self.reached.update((place, part.fragment) for place, part in found.items())
        is_deep = max((own.depth, *(part.depth for part in found.values()))) > _DEEP
        if is_deep:
            compose(root, self._targets)
        new = sum(part.values for part in found.values())
        at_most = own.values + self._values + new
        is_small = at_most <= self._bounds.schema.most and len(self._sound) + len(found) <= MAX_TARGETS
        if self._bounds.schemas or not is_small:
            self.total += self._values_of(own, found)
        if not is_deep:  # else it may be too deep inside another
            self._sound.update(found)
            self._values += new

    def _found(self, root: _Part) -> dict[Place, _Part]:
        """What a schema reaches that was not looked at before."""
        found: dict[Place, _Part] = {}
        waiting = [root]
        while waiting:
            for place in waiting.pop().uses:
                if place not in self._sound and place not in found:
                    found[place] = _part(self._targets.target(place))
                    waiting.append(found[place])
        return found

    def _values_of(self, root: _Part, found: dict[Place, _Part]) -> int:
        """The values of everything that a schema reaches. Raises DocumentError where it is too much."""
        seen: set[Place] = set()
        waiting = [root]
        values = 0
        while waiting:
            part = waiting.pop()
            values += part.values
            self._bounds.schema.check(values, "values in one schema")
            new = [place for place in dict.fromkeys(part.uses) if place not in seen]
            seen.update(new)
            check_targets(len(seen))
            waiting += [found.get(place) or self._sound[place] for place in new]
        return values


def _part(fragment: Fragment) -> _Part:
    uses: list[Place] = []
    deepest = values = 0
    waiting: list[tuple[object, int]] = [(fragment, 0)]
    while waiting:
        node, depth = waiting.pop()
        values += 1
        deepest = max(deepest, depth)
        if isinstance(node, Use):
            uses.append(node.place)
            waiting.append((node.siblings, depth))
        elif isinstance(node, dict):
            waiting += [(value, depth + 1) for value in cast("dict[str, object]", node).values()]
        elif isinstance(node, list):
            waiting += [(value, depth + 1) for value in cast("list[object]", node)]
    return _Part(fragment, tuple(uses), deepest, values)
