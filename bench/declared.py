"""What a raw document declares, counted one operation at a time, with the reason where one cannot be called.

Read as `tests/fidelity` reads it: nothing here is shared with specport.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fidelity.operations import _TOKEN, FRAMING, METHODS, UNOFFERED, template_names
from fidelity.references import Dangling, Documents, Json

MAX_DEPTH = 50
"""Deepest nesting of `allOf` followed."""

PLACES = ("path", "query", "header", "cookie")
FORM_PLACES = ("body", "formData")

_LITERAL = frozenset({"example", "examples", "default", "enum", "const", "required", "discriminator", "xml"})
_ONE = ("items", "additionalProperties", "not")
_LISTS = ("allOf", "anyOf", "oneOf")


@dataclass(frozen=True, slots=True)
class Declared:
    """One operation: what must be offered, by name and place; `broken` says why it cannot be called.

    `unplaced`: parameters that no request has a place for. `names`: top-level properties of its bodies that travel.
    """

    method: str
    path: str
    parameters: frozenset[tuple[str, str]] = frozenset()
    unplaced: frozenset[tuple[str, str]] = frozenset()
    media: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    broken: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Method as sent and path."""
        return self.method, self.path


class Broken(Exception):
    """Why one operation cannot be called."""


def unusable(raw: Json) -> str:
    """Why a document gives no tools at all; empty where it should give some."""
    if not isinstance(raw, dict):
        return "it is no object"
    version = str(raw.get("openapi") or raw.get("swagger"))
    if version[:3] not in {"2.0", "3.0", "3.1", "3.2"}:
        return f"its version is {version}"
    paths = raw.get("paths")
    return "" if isinstance(paths, dict) and paths else "it has no paths"


def declared(documents: Documents) -> Iterator[Declared]:
    """Every operation of every path."""
    sound = _Sound(documents)
    for path, raw in documents.root["paths"].items():
        if path.startswith("x-"):
            continue
        try:
            item = _object({**_object(raw, "the path item"), **_object(documents.follow(raw), "the path item")}, "")
        except (Broken, Dangling) as error:
            yield Declared("*", path, broken=str(error))
            continue
        for method, operation in _operations(documents.version, item):
            try:
                yield _declared(sound, path, method, item, _object(operation, "the operation"))
            except (Broken, Dangling) as error:
                yield Declared(method, path, broken=str(error) or type(error).__name__)


def _object(node: Json, what: str) -> Json:
    if not isinstance(node, dict):
        raise Broken(f"{what} is no object")
    return node


def _operations(version: str, item: Json) -> Iterator[tuple[str, Json]]:
    methods = [*METHODS, *(["trace"] if version >= "3.0" else []), *(["query"] if version >= "3.2" else [])]
    yield from ((method.upper(), item[method]) for method in methods if method in item)
    if version >= "3.2" and isinstance(item.get("additionalOperations"), dict):
        yield from item["additionalOperations"].items()


def _declared(sound: _Sound, path: str, method: str, item: Json, operation: Json) -> Declared:
    documents = sound.documents
    found: dict[tuple[str, str], Json] = {}
    for holder in (item, operation):
        for entry in holder.get("parameters") or []:
            parameter = _object(documents.follow(entry), "a parameter")
            name, place = parameter.get("name"), parameter.get("in")
            if not isinstance(name, str) or not name:
                raise Broken("a parameter has no name")
            known = {(spelled.lower(), where): (spelled, where) for spelled, where in found if where == "header"}
            found.pop(known.get((name.lower(), str(place)), ("", "")), None)  # one header, however it is spelled
            found[name, str(place)] = parameter
    forms = [each for (_, place), each in found.items() if documents.version < "3.0" and place in FORM_PLACES]
    plain = {key: each for key, each in found.items() if each not in forms and not _is_unoffered(*key)}
    unplaced = frozenset(key for key, each in plain.items() if not _has_place(documents, key, each, path))
    missing = [name for name in template_names(path) if (name, "path") not in plain]
    if missing:
        raise Broken(f"no parameter fills {missing}")
    media, schemas = (
        _swagger_body(documents, forms, operation) if documents.version < "3.0" else _body(documents, operation)
    )
    sound.check([*(each.get("schema") for each in plain.values()), *schemas])
    return Declared(
        method=method,
        path=path,
        parameters=frozenset(plain) - unplaced,
        unplaced=unplaced,
        media=media,
        names=frozenset().union(*(_names(documents, schema, MAX_DEPTH) for schema in schemas)),
    )


def _is_unoffered(name: str, place: str) -> bool:
    """Whether the parameter counts for nothing, or the message itself fills it."""
    return (place, name.lower()) in UNOFFERED or (place == "header" and name.lower() in FRAMING)


def _has_place(documents: Documents, key: tuple[str, str], parameter: Json, path: str) -> bool:
    name, place = key
    if place == "querystring" and documents.version >= "3.2":
        return True
    if place not in PLACES:
        raise Broken(f"{place} is no place")
    if place == "header" and not _TOKEN.match(name):
        if parameter.get("required"):
            raise Broken(f"{name!r} is no header")
        return False
    return place != "path" or name in template_names(path)


def _body(documents: Documents, operation: Json) -> tuple[tuple[str, ...], list[Json]]:
    if operation.get("requestBody") is None:
        return (), []
    content = _object(documents.follow(operation["requestBody"]), "the body").get("content") or {}
    media = {kind.strip(): documents.follow(entry) for kind, entry in content.items() if kind.isprintable()}
    return tuple(media), [each.get("schema") for each in media.values() if isinstance(each, dict)]


def _swagger_body(documents: Documents, forms: list[Json], operation: Json) -> tuple[tuple[str, ...], list[Json]]:
    whole = [each for each in forms if each["in"] == "body"]
    if whole:
        consumes = operation.get("consumes", documents.root.get("consumes")) or ["application/json"]
        return tuple(dict.fromkeys(kind.strip() for kind in consumes)), [whole[-1].get("schema")]
    names = {each["name"]: {} for each in forms}
    return (("form",), [{"properties": names}]) if forms else ((), [])


def _names(documents: Documents, entry: Json, depth: int) -> set[str]:
    """Properties of a value, those that `allOf` brings included, without any that may be read-only.

    What stands beside a `$ref` is no part of an OpenAPI 3.0 schema, but `readOnly` there is meant, and hides.
    """
    found: dict[str, bool] = {}
    for part in _together(documents, entry, depth):
        properties = part.get("properties")
        for name, schema in properties.items() if isinstance(properties, dict) else ():
            parts = [schema if isinstance(schema, dict) else {}, *_together(documents, schema, depth)]
            is_hidden = any(each.get("readOnly") for each in parts)
            found[name] = found.get(name, False) or is_hidden
    return {name for name, is_hidden in found.items() if not is_hidden}


def _together(documents: Documents, entry: Json, depth: int) -> Iterator[Json]:
    """The schemas that hold for one value."""
    if depth == 0 or not isinstance(entry, dict):
        return
    node = documents.follow(entry)
    for part in [node] if node is entry or not documents.has_modern_schemas else [node, entry]:
        if isinstance(part, dict):
            yield part
            for inner in part.get("allOf") if isinstance(part.get("allOf"), list) else ():
                yield from _together(documents, inner, depth - 1)


class _Sound:
    """Whether the schemas that some lead to are schemas; each is looked at once a document."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self._sound: dict[int, Json] = {}

    def check(self, schemas: list[Json]) -> None:
        """Raises Dangling or Broken where one is none."""
        waiting = [schema for schema in schemas if schema is not None]
        mine: dict[int, Json] = {}
        while waiting:
            node = waiting.pop()
            if isinstance(node, bool) or id(node) in self._sound or id(node) in mine:
                continue
            mine[id(node)] = _object(node, "a schema")
            if isinstance(node.get("$ref"), str):
                waiting.append(self.documents.follow(node))
                if not self.documents.has_modern_schemas:
                    continue
            waiting += _inside(node)
        self._sound.update(mine)


def _inside(node: Json) -> Iterator[Json]:
    for key in _ONE:
        if isinstance(node.get(key), list):
            yield from node[key]
        elif key in node:
            yield node[key]
    for key in _LISTS:
        if isinstance(node.get(key), list):
            yield from node[key]
    if isinstance(node.get("properties"), dict):
        yield from node["properties"].values()
