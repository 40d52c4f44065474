"""Schema -> a value that fits it: the document's own samples first, made ones otherwise; the same on every run.

Three efforts, the first whose value validates wins: everything, taken on trust; everything, each sample and each
choice checked where it stands; and the smallest value.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import cast

from specport.sandbox import scalars
from specport.sandbox.checks import Checks
from specport.sandbox.identity import singular
from specport.sandbox.model import Places, Shape
from specport.sandbox.shapes import Shapes
from specport.sandbox.shaping import kind_of
from specport.schemas.model import Direction

MAX_DEPTH = 24
"""Deepest value made; required members below it stay out."""

MAX_OPTIONAL_DEPTH = 7
"""Deepest level at which optional members are still made."""

MAX_VALUES = 3_000
"""Most values in one answer before optional members stay out."""

MAX_ITEMS = 64
"""Most items made for a `minItems`."""


_USUALLY_TRUE = frozenset({"available", "enabled", "active", "valid", "success", "eligible", "verified", "ok"})


class Effort(StrEnum):
    """How a value is made."""

    FULL = "full"
    CAREFUL = "careful"
    SMALLEST = "smallest"


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a value is being made: its member's name, its depth, and which one of several it is."""

    name: str = ""
    depth: int = 0
    turn: int = 0


@dataclass(slots=True)
class _Draft:
    """One attempt: the schemas being made right now, and how many values were."""

    effort: Effort
    active: set[str] = field(default_factory=set[str])
    made: int = 0


class Generator:
    """Makes values for the schemas of one document in one direction."""

    def __init__(self, shapes: Shapes, checks: Checks, direction: Direction) -> None:
        self._shapes = shapes
        self._checks = checks
        self._direction = direction

    def value(
        self, places: Places, *, name: str = "", turn: int = 0, member: str = "", effort: Effort = Effort.FULL
    ) -> object:
        """A value; `turn` asks for another one, `member` for the alternative that has this property."""
        efforts = list(Effort)
        value: object = None
        for attempt in efforts[efforts.index(effort) :]:
            value = self._make(places, _Draft(attempt), _Spot(name, 0, turn), member)
            if self._checks.fits(places, value):
                return value
        return value

    def _make(self, places: Places, draft: _Draft, spot: _Spot, member: str = "") -> object:
        draft.made += 1
        shapes = self._shapes.alternatives(places)
        if member:
            shapes = tuple(sorted(shapes, key=lambda shape: member not in shape.properties))
        first: object = None
        for index, shape in enumerate(shapes):
            value = self._shaped(places, shape, draft, spot)
            if draft.effort is Effort.FULL or len(shapes) == 1 or self._checks.fits(places, value):
                return value
            first = value if index == 0 else first
        return first

    def _shaped(self, places: Places, shape: Shape, draft: _Draft, spot: _Spot) -> object:
        for sample in shape.samples if draft.effort is not Effort.SMALLEST else ():
            if self._is_usable(sample, places, shape, draft):
                return self._turned(deepcopy(sample), places, shape, spot)
        if shape.enum is not None:
            return deepcopy(shape.enum[spot.turn % len(shape.enum)])
        kind = shape.types[0] if shape.types else "string" if spot.name else "object"
        if kind == "object":
            return self._object(shape, draft, spot)
        if kind == "array":
            return self._array(shape, draft, spot)
        if kind in ("integer", "number"):
            return scalars.number(shape.facts, spot.name, spot.turn, whole=kind == "integer")
        if kind == "boolean":
            return spot.name.lower() in _USUALLY_TRUE
        return scalars.text(shape.facts, spot.name, spot.turn) if kind == "string" else None

    def _is_usable(self, sample: object, places: Places, shape: Shape, draft: _Draft) -> bool:
        kind = kind_of(sample)
        allowed = shape.types
        if allowed and kind not in allowed and not (kind == "integer" and "number" in allowed):
            return False
        if shape.enum is not None and sample not in shape.enum:
            return False
        if sample is None and len(allowed) != 1:
            return False
        scalar = kind not in ("object", "array")
        trusted = draft.effort is Effort.FULL and not (scalar and shape.facts)
        return trusted or self._checks.fits(places, sample)

    def _turned(self, sample: object, places: Places, shape: Shape, spot: _Spot) -> object:
        """Another value like the sample, where the turn asks for one and it still fits."""
        if spot.turn == 0:
            return sample
        if shape.enum is not None:
            return deepcopy(shape.enum[spot.turn % len(shape.enum)])
        different = scalars.other(sample, spot.turn)
        return different if self._checks.fits(places, different) else sample

    def _object(self, shape: Shape, draft: _Draft, spot: _Spot) -> dict[str, object]:
        made: dict[str, object] = {}
        entered = shape.targets - draft.active
        draft.active |= entered
        for name, places in shape.properties.items():
            wanted = name in shape.required
            if not self._shapes.travels(places, self._direction) or not (wanted or self._is_offered(draft, spot)):
                continue
            if spot.depth >= MAX_DEPTH or (not wanted and self._is_endless(places, draft)):
                continue
            made[name] = self._make(places, draft, self._under(spot, name, places))
        draft.active -= entered
        for name in self._further(shape, made):
            places = shape.additional
            under = _Spot(name, spot.depth + 1)
            made[name] = self._make(places, draft, under) if places and spot.depth < MAX_DEPTH else name
        return made

    def _is_offered(self, draft: _Draft, spot: _Spot) -> bool:
        full = draft.effort is not Effort.SMALLEST
        return full and spot.depth < MAX_OPTIONAL_DEPTH and draft.made < MAX_VALUES

    def _is_endless(self, places: Places, draft: _Draft) -> bool:
        """Whether a value of these schemas, or of the items they hold, is already being made further up."""
        shape = self._shapes.first(places)
        return bool(shape.targets & draft.active) or self._is_items_active(shape, draft)

    def _under(self, spot: _Spot, name: str, places: Places) -> _Spot:
        """A member of another turn differs too where it identifies, or is one of a list of values."""
        under = _Spot(name, spot.depth + 1, spot.turn)
        if spot.turn == 0 or scalars.is_identifying(name) or self._shapes.first(places).enum is not None:
            return under
        return replace(under, turn=0)

    def _further(self, shape: Shape, made: dict[str, object]) -> Iterator[str]:
        """Names of members that the schema asks for without describing them."""
        yield from (name for name in shape.required if name not in shape.properties)
        least = shape.facts.get("minProperties")
        missing = int(cast("float", least)) - len(made) if least is not None else 0
        yield from (f"key{index + 1}" for index in range(min(missing, MAX_ITEMS)))

    def _array(self, shape: Shape, draft: _Draft, spot: _Spot) -> list[object]:
        least = int(cast("float", shape.facts.get("minItems", 0)))
        most = cast("float", shape.facts.get("maxItems", MAX_ITEMS))
        offered = self._is_offered(draft, spot) and not self._is_items_active(shape, draft)
        count = min(max(least, 1 if offered else 0), most, MAX_ITEMS)
        if shape.items is None or spot.depth >= MAX_DEPTH:
            return ["example"] * (int(count) if least else 0)
        spots = (_Spot(singular(spot.name), spot.depth + 1, turn) for turn in range(int(count)))
        return [self._make(shape.items, draft, under) for under in spots]

    def _is_items_active(self, shape: Shape, draft: _Draft) -> bool:
        return shape.items is not None and bool(self._shapes.first(shape.items).targets & draft.active)
