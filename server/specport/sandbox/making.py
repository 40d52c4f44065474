"""Resources made: from a submitted body, as the seeds of a read-only collection, and as time goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import cast

from specport.documents.text import plain_name
from specport.operations.model import Body
from specport.sandbox import scalars
from specport.sandbox.checks import Checks
from specport.sandbox.generate import Generator
from specport.sandbox.identity import Identities
from specport.sandbox.model import Kind, Place, Places, Refusal, Shape
from specport.sandbox.overlay import Overlay
from specport.sandbox.resources import json_media
from specport.sandbox.shapes import Shapes
from specport.sandbox.state import Resource
from specport.sandbox.vocabulary import Vocabulary

SEEDS = 3
"""Resources that a collection nothing can be created in starts with."""

_CREATED = ("created_at", "createdAt", "created", "creation_date", "updated_at", "updatedAt", "modified_at")
_UPDATED = ("updated_at", "updatedAt", "modified_at", "modifiedAt", "last_modified")
_STARTING = (
    "new",
    "creating",
    "provisioning",
    "initializing",
    "pending",
    "in-progress",
    "in_progress",
    "queued",
)
_SETTLED = ("active", "online", "running", "available", "verified", "completed", "done", "succeeded", "ready")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")


class Making:
    """Makes the resources of one document."""

    def __init__(
        self,
        shapes: Shapes,
        checks: Checks,
        generator: Generator,
        *,
        overlay: Overlay,
        vocabulary: Vocabulary,
        clock: Callable[[], float],
    ) -> None:
        self._shapes = shapes
        self._checks = checks
        self._generator = generator
        self._overlay = overlay
        self._vocabulary = vocabulary
        self._clock = clock
        self._identities = Identities(checks)

    def created(
        self,
        kind: Kind,
        model: Resource,
        submitted: Mapping[str, object],
        *,
        parents: Mapping[str, object],
        is_taken: Callable[[object], bool],
    ) -> Resource:
        """A new resource: the model with what was submitted, where it belongs, and a key that is its own.

        Refusal 409 when the submitted key is taken.
        """
        places = kind.slot.places
        shape = self._shapes.first(places)
        made = self._overlay.onto(deepcopy(model), submitted, places)
        for name, value in parents.items():
            if name in shape.properties and name != kind.key and self._checks.fits(shape.properties[name], value):
                made[name] = value
        self._unlink(made, submitted, shape)
        self._stamp(made, places, _CREATED)
        self._move(made, places, self._start)
        self._identify(kind, made, submitted, is_taken)
        return made

    def changed(self, kind: Kind, resource: Resource, submitted: Mapping[str, object]) -> Resource:
        """The resource with what was submitted; its key stays."""
        rest = {name: value for name, value in submitted.items() if name != kind.key}
        made = self._overlay.onto(resource, rest, kind.slot.places)
        if kind.key in resource:
            made[kind.key] = resource[kind.key]
        self._stamp(made, kind.slot.places, _UPDATED)
        return made

    def aged(self, kind: Kind, resource: Resource) -> Resource:
        """The resource as the next read finds it: what was being set up has settled."""
        made = deepcopy(resource)
        self._move(made, kind.slot.places, self._settle)
        return made

    def seeds(self, kind: Kind, known: list[object]) -> list[Resource]:
        """The first resources of a read-only collection: the document's own, else generated ones, keys distinct."""
        made = [cast("Resource", each) for each in known if isinstance(each, dict)]
        if len(made) < 2:
            values = [self._generator.value(kind.slot.places, turn=turn) for turn in range(SEEDS)]
            made = [cast("Resource", value) for value in values if isinstance(value, dict)]
            self._spell(kind, made)
        keys: set[str] = set()
        distinct: list[Resource] = []
        for turn, resource in enumerate(made):
            key = resource.get(kind.key, turn)
            if str(key) in keys:
                key = resource[kind.key] = scalars.other(key, turn)
            if str(key) not in keys:
                keys.add(str(key))
                distinct.append(resource)
        return distinct

    def _spell(self, kind: Kind, seeds: list[Resource]) -> None:
        """Give generated seeds the words that the document enumerates beside the first one's key."""
        places = self._shapes.first(kind.slot.places).properties.get(kind.key, ())
        first = seeds[0].get(kind.key) if seeds else None
        words = [word for word in self._vocabulary.beside(first) if self._checks.fits(places, word)]
        for resource, word in zip(seeds[1:], words, strict=False):
            resource[kind.key] = word
            if isinstance(resource.get("name"), str):
                resource["name"] = word

    def named(self, kind: Kind, model: Resource, key: object) -> Resource:
        """The model as the resource with this key, where its schema lets the key stand."""
        places = self._shapes.first(kind.slot.places).properties.get(kind.key)
        fits = places is not None and self._checks.fits(places, key)
        return {**deepcopy(model), kind.key: key} if fits else deepcopy(model)

    def defaults(self, body: Body | None) -> dict[str, object]:
        """What a body's schema says of the members that are not sent."""
        media = json_media(body.media) if body else None
        if media is None:
            return {}
        properties = self._shapes.first((Place(media.schema, media.pointer),)).properties
        schemas = {name: places[0].schema for name, places in properties.items()}
        return {
            name: deepcopy(cast("Mapping[str, object]", schema)["default"])
            for name, schema in schemas.items()
            if isinstance(schema, dict) and "default" in schema
        }

    def _identify(
        self, kind: Kind, made: Resource, submitted: Mapping[str, object], is_taken: Callable[[object], bool]
    ) -> None:
        """Give a new resource the key that was submitted, or one of its own."""
        chosen = submitted.get(kind.key)
        if isinstance(chosen, str | int) and made.get(kind.key) == chosen:
            if is_taken(chosen):
                raise Refusal(409, "conflict", f"/body/{kind.key}: {chosen!r} exists already")
            return
        places = self._shapes.first(kind.slot.places).properties[kind.key]
        like = made.get(kind.key)
        like = self._generator.value(places, name=kind.key) if like is None else like
        made[kind.key] = self._identities.fresh(places, kind.parameter, like, is_taken)

    def _unlink(self, made: Resource, submitted: Mapping[str, object], shape: Shape) -> None:
        """A new resource belongs to no others unless that was asked for: arrays of their ids are empty."""
        for name, places in shape.properties.items():
            is_ids = isinstance(made.get(name), list) and plain_name(name).endswith("ids")
            if is_ids and name not in submitted and self._checks.fits(places, []):
                made[name] = []

    def _stamp(self, made: Resource, places: Places, names: tuple[str, ...]) -> None:
        now = datetime.fromtimestamp(int(self._clock()), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        properties = self._shapes.first(places).properties
        for name in names:
            if name in made and name in properties:
                known = made[name]
                if isinstance(known, str) and _MOMENT.match(known) and self._checks.fits(properties[name], now):
                    made[name] = now

    def _move(self, made: Resource, places: Places, step: Callable[[object, list[str]], str | None]) -> None:
        """Take `status`, or `state` inside it, one step where its choices know one."""
        for name in ("status", "state"):
            inside = self._shapes.first(places).properties.get(name)
            if inside is None or name not in made:
                continue
            value = made[name]
            if isinstance(value, dict):
                self._move(cast("Resource", value), inside, step)
                return
            choices = [each for each in self._shapes.first(inside).enum or () if isinstance(each, str)]
            following = step(value, choices)
            if following is not None:
                made[name] = following
            return

    def _start(self, value: object, choices: list[str]) -> str | None:
        del value
        return _first(_STARTING, choices) if _first(_SETTLED, choices) else None

    def _settle(self, value: object, choices: list[str]) -> str | None:
        is_starting = isinstance(value, str) and value.lower() in _STARTING
        return _first(_SETTLED, choices) if is_starting else None


def _first(words: tuple[str, ...], choices: list[str]) -> str | None:
    lower = {choice.lower(): choice for choice in choices}
    return next((lower[word] for word in words if word in lower), None)
