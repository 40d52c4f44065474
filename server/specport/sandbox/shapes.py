"""Raw schemas -> shapes: references and `allOf` followed, every choice of `oneOf`/`anyOf` an alternative.

The schemas room drops examples, because no client needs them; here they are the best answers there are. So shapes
are read from the raw document, while validators (`checks`) come from the schemas room.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, product
from typing import cast

from specport.documents.model import Dialect, JsonObject
from specport.documents.pointers import child
from specport.documents.refs import References, reference_of
from specport.errors import DocumentError
from specport.sandbox.model import Place, Places, Shape
from specport.sandbox.shaping import shape_of
from specport.schemas.model import Direction

MAX_ALTERNATIVES = 12
"""Most combinations of branches looked at for one value."""

_Parts = tuple[Place, ...]


class Shapes:
    """Reads the shapes of one document; answers are kept."""

    def __init__(self, references: References, dialect: Dialect) -> None:
        self._references = references
        self._dialect = dialect
        self._known: dict[tuple[str, ...], tuple[Shape, ...]] = {}

    def alternatives(self, places: Places) -> tuple[Shape, ...]:
        """Every way to satisfy the places together, at most MAX_ALTERNATIVES and at least one."""
        key = tuple(place.pointer for place in places)
        known = self._known.get(key)
        if known is None:
            choices = [self._expand(place, frozenset()) for place in places]
            parts = [_joined(choice) for choice in islice(product(*choices), MAX_ALTERNATIVES)]
            known = self._known[key] = tuple(shape_of(part, self._dialect) for part in parts)
        return known

    def first(self, places: Places) -> Shape:
        """The first alternative."""
        return self.alternatives(places)[0]

    def types(self, places: Places) -> frozenset[str]:
        """Every type that some alternative allows; empty when any will do."""
        shapes = self.alternatives(places)
        if any(not shape.types for shape in shapes):
            return frozenset()
        return frozenset(name for shape in shapes for name in shape.types)

    def travels(self, places: Places, direction: Direction) -> bool:
        """Whether a property goes this way, as the schemas room decides it."""
        hiding = "readOnly" if direction is Direction.REQUEST else "writeOnly"
        return not any(self._is_marked(place, hiding) for place in places)

    def _is_marked(self, place: Place, hiding: str) -> bool:
        node = _members(place)
        reference = reference_of(node)
        if reference is not None and hiding not in node:
            node = _members(self._target(reference))
        return node.get(hiding) is True

    def _target(self, reference: str) -> Place:
        """Where a reference leads; to a schema without limits when it leads nowhere."""
        try:
            target = self._references.resolve(reference)
        except DocumentError:
            return Place({}, f"nowhere {reference}")
        return Place(target.value, target.pointer)

    def _expand(self, place: Place, above: frozenset[str]) -> list[_Parts]:
        """The place's alternatives, each the plain schemas that hold together in it."""
        if place.pointer in above or not isinstance(place.schema, dict):
            return [()]
        above |= {place.pointer}
        schema = _members(place)
        reference = reference_of(schema)
        if reference is None:
            return self._choices(place, schema, above)
        target = self._expand(self._target(reference), above)
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        if not rest or not self._dialect.ref_siblings:
            return target
        beside = self._choices(Place(rest, place.pointer), rest, above)
        return _combined(beside, target)

    def _choices(self, place: Place, schema: JsonObject, above: frozenset[str]) -> list[_Parts]:
        found: list[_Parts] = [(place,)]
        for branch in _branches(schema, "allOf", place.pointer):
            found = _combined(found, self._expand(branch, above))
        for keyword in ("oneOf", "anyOf"):
            branches = sorted(_branches(schema, keyword, place.pointer), key=_is_null)
            if branches:
                alternatives = (parts for branch in branches for parts in self._expand(branch, above))
                found = _combined(found, list(islice(alternatives, MAX_ALTERNATIVES)))
        return found


def _branches(schema: JsonObject, keyword: str, pointer: str) -> Iterator[Place]:
    branches = schema.get(keyword)
    if isinstance(branches, list):
        for index, branch in enumerate(cast("list[object]", branches)):
            yield Place(branch, child(pointer, keyword, index))


def _is_null(place: Place) -> bool:
    return _members(place).get("type") == "null"


def _members(place: Place) -> JsonObject:
    schema = place.schema
    return cast("JsonObject", schema) if isinstance(schema, dict) else {}


def _combined(left: list[_Parts], right: list[_Parts]) -> list[_Parts]:
    pairs = product(left, right)
    return [(*one, *other) for one, other in islice(pairs, MAX_ALTERNATIVES)]


def _joined(choice: Iterable[_Parts]) -> _Parts:
    return tuple(part for parts in choice for part in parts)
