"""A submitted body laid over a resource: every member that the resource's schema can take, in the way it takes it.

What is sent and what is kept often differ in form: a region's slug is sent where the resource holds a region, a
size's where it holds `size` and `size_slug`. Members that fit nowhere leave the resource as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from specport.documents.text import plain_name
from specport.sandbox.checks import Checks
from specport.sandbox.generate import Generator
from specport.sandbox.model import Places, Shape
from specport.sandbox.shapes import Shapes

SUB_KEYS = ("slug", "id", "uuid", "name", "ip", "ip_address")
"""Members of an object that a scalar in its place can mean, best first."""

ENDINGS = ("slug", "id", "uuid", "name", "ids", "uuids", "slugs")
"""Endings that set a name apart from the one the body uses."""


class Overlay:
    """Lays bodies over resources of one document."""

    def __init__(self, shapes: Shapes, checks: Checks, generator: Generator) -> None:
        self._shapes = shapes
        self._checks = checks
        self._generator = generator

    def onto(self, resource: Mapping[str, object], body: Mapping[str, object], places: Places) -> dict[str, object]:
        """A new resource with the body's members where they fit."""
        laid = dict(resource)
        shape = self._shape(places)
        for name, value in body.items():
            for member, place in self._places_for(name, shape):
                fitted = self._fitted(value, laid.get(member), place)
                if fitted is not None or self._checks.fits(place, fitted := value):
                    laid[member] = fitted
            if not shape.properties and not shape.closed:
                laid[name] = value
        return laid

    def project(self, resource: Mapping[str, object], places: Places) -> dict[str, object]:
        """The resource as another schema shows it: what that adds is made, what it does not know stays out."""
        if self._checks.fits(places, resource) and self._is_known(resource, places):
            return dict(resource)
        made = self._generator.value(places)
        shape = self._shape(places)
        if not isinstance(made, dict):
            return dict(resource)
        base = cast("dict[str, object]", made)
        for name, value in resource.items():
            place = shape.properties.get(name)
            if place is not None and self._checks.fits(place, value):
                base[name] = value
        return base

    def _shape(self, places: Places) -> Shape:
        return self._shapes.first(places)

    def _is_known(self, resource: Mapping[str, object], places: Places) -> bool:
        """Whether the schema names every member, or names none."""
        known = self._shape(places).properties
        return not known or all(name in known for name in resource)

    def _places_for(self, name: str, shape: Shape) -> list[tuple[str, Places]]:
        """The members a submitted name can mean: itself, with an ending, or without one."""
        members = {plain_name(member): member for member in shape.properties}
        found = [name] if name in shape.properties else []
        wanted = [f"{plain_name(name)}{ending}" for ending in ENDINGS]
        if not found:
            wanted += [plain_name(name).removesuffix(ending) for ending in ENDINGS if plain_name(name).endswith(ending)]
        found += [members[each] for each in wanted if members.get(each, name) not in found and each in members]
        return [(member, shape.properties[member]) for member in dict.fromkeys(found)]

    def _fitted(self, value: object, known: object, places: Places) -> object:
        """The value in the form that the member takes, None when there is none."""
        if value is not None and self._checks.fits(places, value):
            return value
        shape = self._shape(places)
        if isinstance(value, str | int) and "object" in shape.types:
            return self._within(value, known, places, shape)
        if isinstance(value, list) and shape.items is not None and "array" in shape.types:
            return self._each(cast("list[object]", value), shape.items, places)
        return None

    def _within(self, value: object, known: object, places: Places, shape: Shape) -> object:
        """The object with the member that the scalar means set; its name follows, so that the two agree."""
        if not isinstance(known, dict):
            known = self._generator.value(places)
        if not isinstance(known, dict):
            return None
        base = cast("dict[str, object]", known)
        for key in SUB_KEYS:
            if key in shape.properties and self._checks.fits(shape.properties[key], value):
                changed = {**base, key: value}
                if base.get(key) != value and "name" in base and isinstance(value, str):
                    changed["name"] = value
                return changed if self._checks.fits(places, changed) else {**base, key: value}
        return None

    def _each(self, values: list[object], items: Places, places: Places) -> object:
        fit: Callable[[object], object] = lambda value: self._fitted(value, None, items)  # noqa: E731
        fitted = [fit(value) for value in values]
        return fitted if None not in fitted and self._checks.fits(places, fitted) else None
