"""Operations -> collections: which are made of resources, where those stand in answers, and what each operation does.

A collection is a path that lists, or a path whose child is one expression (`/x` and `/x/{id}`); it can be created
in when a POST on it meets a GET or DELETE of one item. Names decide nothing where the schemas already do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from specport.documents.text import plain_name
from specport.operations.model import Location, Media, Operation, OperationKey, Parameter
from specport.sandbox.identity import key_member, singular
from specport.sandbox.model import Act, Kind, Place, Places, Role, Shape, Slot
from specport.sandbox.shapes import Shapes

BESIDE = frozenset({"links", "meta", "_links", "pagination", "errors", "error", "included", "page", "paging"})
"""Members of an answer that stand beside its resources."""

_EXPRESSION = re.compile(r"\{[^{}]+\}")
_SUFFIX = re.compile(r"\.(json|xml)$")
_WRAPPERS = ("data", "result", "item", "resource", "record", "entity", "response")
_LIST_NAMES = ("items", "data", "results", "values", "entries", "records")
_ACTS = {"GET": Act.READ, "PUT": Act.UPDATE, "PATCH": Act.UPDATE, "DELETE": Act.DELETE}


def normal(path: str) -> str:
    """A path template with every expression as `{}`, without fragment, query, closing slash or `.json`."""
    bare = path.partition("#")[0].partition("?")[0]
    return _SUFFIX.sub("", _EXPRESSION.sub("{}", bare).rstrip("/"))


def success(operation: Operation) -> tuple[int, tuple[Media, ...]]:
    """The lowest declared 2xx status (200 for `2XX`, `default` or nothing) and its media types."""
    declared = sorted((r.status.upper().replace("XX", "00"), r) for r in operation.responses if r.status[:1] in "23")
    for status, response in declared:
        if status.isdecimal():
            return int(status), response.media
    for response in operation.responses:
        if response.status == "default" and len(operation.responses) == 1:
            return 200, response.media
    return 200, ()


def json_media(media: Iterable[Media]) -> Media | None:
    """The first media type that is JSON."""
    for each in media:
        kind = each.content_type.partition(";")[0].strip().lower()
        if kind in ("application/json", "*/*", "application/*") or kind.endswith("+json"):
            return each
    return None


class Slots:
    """Finds where resources stand in answers."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes

    def listed(self, operation: Operation, collection: str) -> Slot | None:
        """The array of resources in the answer, None when it has none."""
        media = json_media(success(operation)[1])
        if media is None or media.schema is None:
            return None
        for shape in self._shapes.alternatives((Place(media.schema, media.pointer),)):
            slot = self._array(shape, collection)
            if slot is not None:
                return slot
        return None

    def single(self, operation: Operation, collection: str, parameter: str) -> Slot | None:
        """The one resource in the answer, None when the answer is no object."""
        media = json_media(success(operation)[1])
        if media is None or media.schema is None:
            return None
        places = (Place(media.schema, media.pointer),)
        for shape in self._shapes.alternatives(places):
            if shape.types[:1] == ("object",) and not self._is_many(shape):
                return self._object(shape, places, collection, parameter)
        return None

    def _is_many(self, shape: Shape) -> bool:
        own = [places for name, places in shape.properties.items() if name not in BESIDE]
        return len(own) == 1 and self._items(own[0]) is not None

    def _object(self, shape: Shape, whole: Places, collection: str, parameter: str) -> Slot:
        """The resource under its name, or the whole answer when that has an identifying member of its own."""
        own = {name: p for name, p in shape.properties.items() if name not in BESIDE and self._is_object(p)}
        rest = [name for name in shape.properties if name not in BESIDE]
        if len(rest) == 1 and rest[0] in own:
            return Slot(rest[0], False, own[rest[0]])
        if not key_member(shape, parameter, self._shapes.types):
            names = (plain_name(singular(last_word(collection))), plain_name(last_word(collection)), *_WRAPPERS)
            wrapped = [name for wanted in names for name in own if plain_name(name) == wanted]
            if wrapped:
                return Slot(wrapped[0], False, own[wrapped[0]])
        return Slot("", False, whole)

    def _array(self, shape: Shape, collection: str) -> Slot | None:
        if shape.types[:1] == ("array",):
            places = shape.items
            return Slot("", True, places) if places and self._is_object(places) else None
        arrays: dict[str, Places] = {}
        for name, places in shape.properties.items():
            items = self._items(places)
            if name not in BESIDE and items is not None:
                arrays[name] = items
        wanted = plain_name(last_word(collection))
        for name, items in arrays.items():
            if plain_name(name) in (wanted, f"{wanted}s") or plain_name(name).endswith(wanted):
                return Slot(name, True, items)
        for name, items in arrays.items():
            if name.lower() in _LIST_NAMES or (len(arrays) == 1 and not key_member(shape, "", self._shapes.types)):
                return Slot(name, True, items)
        return None

    def _items(self, places: Places) -> Places | None:
        shape = self._shapes.first(places)
        is_list = shape.types[:1] == ("array",) and shape.items is not None and self._is_object(shape.items)
        return shape.items if is_list else None

    def _is_object(self, places: Places) -> bool:
        shape = self._shapes.first(places)
        return shape.types[:1] == ("object",) and bool(shape.properties)


def last_word(collection: str) -> str:
    """The last segment of a path that is no expression."""
    words = [segment for segment in collection.split("/") if segment and "{}" not in segment]
    return words[-1] if words else ""


class Collections:
    """The collections of one document, by normal path, and the role of each operation in them."""

    def __init__(self, operations: Iterable[Operation], shapes: Shapes) -> None:
        self._shapes = shapes
        self.slots = Slots(shapes)
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            by_path.setdefault(normal(operation.key.path), {}).setdefault(operation.key.method, operation)
        self.kinds: dict[str, Kind] = {}
        self.roles: dict[OperationKey, Role] = {}
        for path in by_path:
            self._read(path, by_path)

    def _read(self, path: str, by_path: Mapping[str, Mapping[str, Operation]]) -> None:
        own, item = by_path[path], by_path.get(f"{path}/{{}}", {})
        listing = own.get("GET") and self.slots.listed(own["GET"], path)
        creatable = "POST" in own and ("GET" in item or "DELETE" in item)
        if not creatable and not listing:
            return
        parameter = _item_parameter(item)
        found = self._resource(path, own, item, listing)
        if found is None:
            return
        source, slot = found
        key = self._key(slot, parameter.name if parameter else "")
        kind = self.kinds[path] = Kind(path, parameter, source, slot, key, creatable and bool(key))
        if listing:
            self.roles[own["GET"].key] = Role(Act.LIST, kind)
        if kind.creatable:
            self.roles[own["POST"].key] = Role(Act.CREATE, kind)
        for method, operation in item.items():
            if method in _ACTS and key:
                self.roles[operation.key] = Role(_ACTS[method], kind)

    def _resource(
        self, path: str, own: Mapping[str, Operation], item: Mapping[str, Operation], listing: Slot | None
    ) -> tuple[Operation, Slot] | None:
        """Where one resource is described: where it is read, else listed, else made or changed."""
        parameter = _item_parameter(item)
        name = parameter.name if parameter else ""
        read = self.slots.single(item["GET"], path, name) if "GET" in item else None
        if read is not None and (listing is None or self._key(read, name)):
            return item["GET"], read
        if listing is not None:
            return own["GET"], listing
        for operation in (own.get("POST"), item.get("PUT"), item.get("PATCH")):
            slot = self.slots.single(operation, path, name) if operation else None
            if operation is not None and slot is not None:
                return operation, slot
        return None

    def _key(self, slot: Slot, parameter: str) -> str:
        return key_member(self._shapes.first(slot.places), parameter, self._shapes.types)


def _item_parameter(item: Mapping[str, Operation]) -> Parameter | None:
    """The parameter of the last expression of an item's path."""
    for operation in item.values():
        name = _EXPRESSION.findall(operation.key.path)[-1][1:-1]
        for parameter in operation.parameters:
            if parameter.location is Location.PATH and parameter.name == name:
                return parameter
    return None
