"""How many operations of a document have all their parameters, and their body, in a tool list.

Counted from the raw document with a resolver of this file's own: no server is measured by its own reading.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import unquote

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

IGNORED_HEADERS = ("accept", "content-type", "authorization")
"""Header parameters that count for nothing, whatever a document says (OAS 3.1 section 4.8.12.1)."""

MAX_HOPS = 50
"""Longest chain of references followed."""

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What one operation takes: names its tool may have, parameters, names in its body (None: no body)."""

    names: frozenset[str]
    parameters: tuple[tuple[str, str], ...]
    body: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Count:
    """Of `operations`, how many are `listed`, with all `parameters`, and with those and the body, `whole`."""

    operations: int = 0
    listed: int = 0
    parameters: int = 0
    whole: int = 0


def count(document: Json, tools: Sequence[Json]) -> Count:
    """Compare a document's operations with the top-level properties of the listed input schemas."""
    names = ((tool, name) for tool in tools for name in (tool["name"], tool.get("title")) if name)
    by_name = {_plain(str(name)): tool for tool, name in names}
    operations = operations_of(document)
    listed = parameters = whole = 0
    for inputs in operations:
        tool = next((by_name[name] for name in inputs.names if name in by_name), None)
        if tool is None:
            continue
        properties = cast("Json", cast("Json", tool["inputSchema"]).get("properties", {}))
        listed += 1
        if all(_has_parameter(properties, name, location) for name, location in inputs.parameters):
            parameters += 1
            whole += _has_body(properties, inputs.body)
    return Count(len(operations), listed, parameters, whole)


def operations_of(document: Json) -> list[Inputs]:
    """Every method of every path, with the path's own parameters added."""
    found: list[Inputs] = []
    for entry in cast("Json", document["paths"]).values():
        item = _object(document, entry)
        for method in METHODS:
            if method in item:
                found.append(_inputs(document, item, _object(document, item[method])))
    return found


def _inputs(document: Json, item: Json, operation: Json) -> Inputs:
    parameters: dict[tuple[str, str], None] = {}
    for holder in (item, operation):
        for entry in cast("list[object]", holder.get("parameters", [])):
            parameter = _object(document, entry)
            name, location = str(parameter["name"]), str(parameter["in"])
            if location != "header" or name.lower() not in IGNORED_HEADERS:
                parameters[name, location] = None
    tags = cast("list[str]", operation.get("tags", []))
    identity = str(operation.get("operationId", ""))
    names = {_plain(identity), _plain((tags[0] if tags else "") + identity)}
    body = operation.get("requestBody")
    return Inputs(frozenset(names), tuple(parameters), _body(document, body) if body else None)


def _body(document: Json, entry: object) -> frozenset[str]:
    names: set[str] = set()
    content = cast("Json", _object(document, entry).get("content", {}))
    for media in content.values():
        names |= _property_names(document, cast("Json", media).get("schema", {}), MAX_HOPS)
    return frozenset(names)


def _property_names(document: Json, entry: object, hops: int) -> set[str]:
    """Top-level property names, those that `allOf` brings included. Alternatives are left to the server."""
    if hops == 0:
        return set()
    schema = _object(document, entry)
    names = set(cast("Json", schema.get("properties", {})))
    for part in cast("list[object]", schema.get("allOf", [])):
        names |= _property_names(document, part, hops - 1)
    return names


def _object(document: Json, entry: object) -> Json:
    """The entry, or what its chain of references leads to, through references on the way there."""
    for _ in range(MAX_HOPS):
        if not isinstance(entry, dict):
            raise TypeError(f"expected an object, found {entry!r}"[:200])
        reference = cast("Json", entry).get("$ref")
        if not isinstance(reference, str):
            return cast("Json", entry)
        entry = _at(document, reference)
    raise ValueError("a reference leads in a circle")


def _at(document: Json, reference: str) -> object:
    value: object = document
    for token in unquote(reference.removeprefix("#/")).split("/"):
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and "$ref" in value and key not in value:
            value = _object(document, cast("object", value))
        value = cast("list[object]", value)[int(key)] if isinstance(value, list) else cast("Json", value)[key]
    return value


def _has_parameter(properties: Json, name: str, location: str) -> bool:
    """By its own name, or by that with its location, as servers write it where two share one."""
    plain = re.sub(r"[^a-zA-Z0-9_.-]+", "_", name).strip("_")
    return any(form in properties for form in (name, plain, f"{name}__{location}", f"{plain}_{location}"))


def _has_body(properties: Json, body: frozenset[str] | None) -> bool:
    """As one property `body`, or flattened with every name of its own."""
    return body is None or "body" in properties or (bool(body) and all(name in properties for name in body))


def _plain(name: str) -> str:
    """A name without what servers change in it."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
