"""Collections at work: what creating, listing, reading, changing and deleting do to the state and answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast
from urllib.parse import unquote

from specport.sandbox.answering import Answering
from specport.sandbox.identity import singular
from specport.sandbox.making import Making
from specport.sandbox.model import Act, Asked, Checked, Kind, Match, Refusal, Reply, Role, Slot
from specport.sandbox.overlay import Overlay
from specport.sandbox.paging import PageMarks, page_of
from specport.sandbox.resources import Collections, normal
from specport.sandbox.routing import split_path
from specport.sandbox.state import Path, Resource, Shelf, State

MAX_AT_ONCE = 100
"""Most resources one request creates."""


class Life:
    """Keeps the resources of one document's collections."""

    def __init__(
        self,
        collections: Collections,
        answering: Answering,
        making: Making,
        *,
        overlay: Overlay,
        marks: PageMarks,
    ) -> None:
        self._collections = collections
        self._answering = answering
        self._making = making
        self._overlay = overlay
        self._marks = marks
        self._state = State()

    def locate(self, match: Match, asked: Asked) -> Path:
        """The concrete path with every resource on it named by its key; Refusal 404 for one never created."""
        template = split_path(normal(match.operation.key.path))
        path: Path = ()
        for index, (segment, text) in enumerate(zip(template, _plain_segments(match, asked), strict=False)):
            kind = self._collections.kinds.get("/" + "/".join(template[:index])) if segment == "{}" else None
            if kind is not None:
                shelf = self._state.shelf(path)
                key = shelf.find(text) if shelf else None
                if key is None and (kind.creatable or (shelf and text in shelf.gone)):
                    raise Refusal(404, "not_found", f"/{'/'.join((*path, text))} does not exist")
                text = text if key is None else key
            path = (*path, text)
        return path

    def answer(self, role: Role, match: Match, asked: Asked, *, checked: Checked, path: Path) -> Reply:
        """What the request does and its answer."""
        if role.act is Act.CREATE:
            return self._create(role.kind, match, asked, checked, path)
        if role.act is Act.LIST:
            return self._list(role.kind, match, asked, checked, path)
        if role.act is Act.READ:
            return self._read(role.kind, match, asked, checked, path)
        if role.act is Act.UPDATE:
            return self._update(role.kind, match, asked, checked, path)
        return self._delete(role.kind, match, asked, path)

    def _create(self, kind: Kind, match: Match, asked: Asked, checked: Checked, path: Path) -> Reply:
        slots = self._collections.slots
        submitted = self._submitted(kind, checked.body)
        many = slots.listed(match.operation, kind.path)
        each = _several(submitted, self._model(kind)) if many else []
        shelf = self._state.opened(path)
        bodies = each or [submitted]
        made = [self._made(kind, match, body, checked=checked, shelf=shelf) for body in bodies[:MAX_AT_ONCE]]
        keys: set[str] = set()
        for resource in made:
            key = str(resource[kind.key])
            if key in keys:
                raise Refusal(409, "conflict", f"/body: {key!r} is named twice")
            keys.add(key)
            self._state.put(path, key, resource)
        if each and many:
            return self._fill(match, asked, many, [self._overlay.project(one, many.places) for one in made])
        slot = slots.single(match.operation, kind.path, _parameter(kind))
        return self._shown(match, asked, slot, made[0])

    def _made(
        self, kind: Kind, match: Match, submitted: Mapping[str, object], *, checked: Checked, shelf: Shelf
    ) -> Resource:
        body = {**self._making.defaults(match.operation.body), **submitted}
        return self._making.created(
            kind,
            self._model(kind),
            body,
            parents=checked.path,
            is_taken=lambda key: str(key) in shelf.resources,
        )

    def _list(self, kind: Kind, match: Match, asked: Asked, checked: Checked, path: Path) -> Reply:
        slot = self._collections.slots.listed(match.operation, kind.path)
        if slot is None:
            return self._answering.example(match.operation, asked)
        shelf = self._shelf(kind, path).resources
        resources = list(shelf.values())
        page = page_of(match.operation, checked.query, list(shelf))
        chosen = resources[page.start : page.start + page.size]
        shown = [self._overlay.project(resource, slot.places) for resource in chosen]
        body, places = self._answering.body_for(match.operation, slot.name)
        if slot.name and isinstance(body, dict):
            filled = {**cast("dict[str, object]", body), slot.name: shown}
            self._marks.mark(filled, places, page, asked)
            if not kind.creatable and not self._answering.fits(places, filled):
                return self._answering.example(match.operation, asked)
            return self._answering.json(match.operation, filled)
        return self._answering.json(match.operation, shown)

    def _read(self, kind: Kind, match: Match, asked: Asked, checked: Checked, path: Path) -> Reply:
        resource = self._making.aged(kind, self._found(kind, checked, path))
        if kind.creatable:
            self._state.put(path[:-1], path[-1], resource)
        slot = self._collections.slots.single(match.operation, kind.path, _parameter(kind))
        return self._shown(match, asked, slot, resource)

    def _update(self, kind: Kind, match: Match, asked: Asked, checked: Checked, path: Path) -> Reply:
        resource = self._found(kind, checked, path)
        changed = self._making.changed(kind, resource, self._submitted(kind, checked.body))
        self._state.put(path[:-1], path[-1], changed)
        slot = self._collections.slots.single(match.operation, kind.path, _parameter(kind))
        return self._shown(match, asked, slot, changed)

    def _delete(self, kind: Kind, match: Match, asked: Asked, path: Path) -> Reply:
        resource = self._shelf(kind, path[:-1]).resources.get(path[-1])
        self._state.remove(path[:-1], path[-1])
        slot = self._collections.slots.single(match.operation, kind.path, _parameter(kind))
        if slot is None or resource is None:
            return self._answering.example(match.operation, asked)
        return self._shown(match, asked, slot, resource)

    def _shown(self, match: Match, asked: Asked, slot: Slot | None, resource: Resource) -> Reply:
        """The operation's answer with the resource in it, where the answer has a place for one."""
        if slot is None:
            return self._answering.example(match.operation, asked)
        return self._fill(match, asked, slot, self._overlay.project(resource, slot.places))

    def _fill(self, match: Match, asked: Asked, slot: Slot, value: object) -> Reply:
        if not slot.name:
            return self._answering.json(match.operation, value)
        body, places = self._answering.body_for(match.operation, slot.name)
        if not isinstance(body, dict):
            return self._answering.example(match.operation, asked)
        filled = {**cast("dict[str, object]", body), slot.name: value}
        if not self._answering.fits(places, filled):
            filled = {slot.name: value} if self._answering.fits(places, {slot.name: value}) else filled
        return self._answering.json(match.operation, filled)

    def _found(self, kind: Kind, checked: Checked, path: Path) -> Resource:
        """The resource at a path; for a collection nothing is created in, an example that bears the key asked for."""
        shelf = self._shelf(kind, path[:-1])
        key = shelf.find(path[-1])
        if key is not None:
            return shelf.resources[key]
        asked_key = checked.path.get(_parameter(kind), path[-1])
        return self._making.named(kind, self._model(kind), asked_key)

    def _shelf(self, kind: Kind, path: Path) -> Shelf:
        """The collection at a path, filled on first sight when nothing can be created in it."""
        known = self._state.shelf(path)
        if known is not None or kind.creatable:
            return known or Shelf()
        shelf = self._state.opened(path)
        for index, resource in enumerate(self._making.seeds(kind, self._known(kind))):
            self._state.put(path, resource.get(kind.key, index), resource)
        return shelf

    def _model(self, kind: Kind) -> Resource:
        """What a resource of the collection looks like."""
        for value in self._known(kind):
            if isinstance(value, dict):
                return cast("Resource", value)
        return {}

    def _known(self, kind: Kind) -> list[object]:
        """The resources in the answer that describes them."""
        body, _ = self._answering.body_for(kind.source, kind.slot.name)
        if kind.slot.name and isinstance(body, dict):
            body = cast("dict[str, object]", body).get(kind.slot.name)
        return cast("list[object]", body) if isinstance(body, list) else [body]

    def _submitted(self, kind: Kind, body: object) -> Mapping[str, object]:
        """The members that were sent, out of the wrapper when the body has the same one as the answer."""
        if not isinstance(body, Mapping):
            return {}
        members = cast("Mapping[str, object]", body)
        inside = members.get(kind.slot.name) if len(members) == 1 else None
        return cast("Mapping[str, object]", inside) if isinstance(inside, Mapping) else members


def _parameter(kind: Kind) -> str:
    return kind.parameter.name if kind.parameter else ""


def _several(submitted: Mapping[str, object], model: Resource) -> list[Mapping[str, object]]:
    """One body for each text of a member such as `names`, when the resource has `name` and that was not sent."""
    for name, value in submitted.items():
        one = singular(name)
        is_plural = one != name and one in model and one not in submitted and isinstance(value, list)
        texts = cast("list[object]", value) if is_plural else []
        if texts and all(isinstance(text, str) for text in texts) and isinstance(model.get(one), str):
            rest = {key: member for key, member in submitted.items() if key != name}
            return [{**rest, one: text} for text in texts]
    return []


def _plain_segments(match: Match, asked: Asked) -> list[str]:
    """The decoded segments of the request, without the closing slash or suffix that `normal` takes off."""
    segments = [unquote(segment) for segment in asked.segments]
    last = split_path(match.operation.key.path.partition("#")[0].partition("?")[0])[-1]
    if last == "" and len(segments) > 1:
        segments.pop()
    for suffix in (".json", ".xml"):
        if last.endswith(suffix):
            segments[-1] = segments[-1].removesuffix(suffix)
    return segments
