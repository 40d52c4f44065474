"""Whether what a tool shows is a schema that every client takes: an own reading, which shares nothing with specport."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import jsonschema_rs
import orjson

Json: TypeAlias = Any  # schemas are read as they come; looking at them is the check

DIALECT = "https://json-schema.org/draft/2020-12/schema"
KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}\Z")
MAX_LISTED = 64_000
"""Most bytes of one listed schema: no list of a large API stays readable beyond."""

MAX_CHECKED = 16_000_000
"""Most bytes of one full schema."""

_ONE = (
    "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "contentSchema",
    "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "$defs", "dependentSchemas")


@dataclass(frozen=True, slots=True)
class Looked:
    """What is wrong with one schema, its size, and how many keys below the top no client's rule for keys allows."""

    faults: tuple[str, ...]
    size: int
    odd_keys: int


def look(schema: Json, *, limit: int, closed: bool) -> Looked:
    """Everything that is wrong with one input schema; a `closed` one must refuse arguments that it does not name."""
    size = len(orjson.dumps(schema))
    faults = [*_whole(schema), *_root(schema)]
    if closed and schema.get("additionalProperties") is not False:
        faults.append("allows other arguments")
    if size > limit:
        faults.append(f"has {size:,} bytes, more than {limit:,}")
    odd = 0
    for node in nodes(schema):
        faults += _node(node, schema)
        odd += sum(not KEY.match(name) for name in node.get("properties", ()))
    return Looked(tuple(dict.fromkeys(faults)), size, odd)


def nodes(schema: Json) -> Iterator[Json]:
    """The schema and every schema in it."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            yield node
            waiting += [node[key] for key in _ONE if key in node]
            waiting += [part for key in _LISTS for part in node.get(key, ())]
            waiting += [part for key in _MAPS for part in node.get(key, {}).values()]


def _whole(schema: Json) -> Iterator[str]:
    try:
        jsonschema_rs.meta.validate({"$schema": DIALECT, **schema})
        jsonschema_rs.Draft202012Validator(schema, offline=True)
    except (ValueError, jsonschema_rs.ValidationError) as error:
        yield f"is no JSON Schema 2020-12: {str(error).splitlines()[0][:200]}"


def _root(schema: Json) -> Iterator[str]:
    if schema.get("type") != "object":
        yield f"has a root of type {schema.get('type')}"
    for key in (*_LISTS, "not", "if", "$ref", "enum"):
        if key in schema:
            yield f"has {key} at its root"
    properties = schema.get("properties", {})
    yield from (f"has the key {name!r}" for name in properties if not KEY.match(name))
    yield from (f"requires {name!r}, which it has not" for name in schema.get("required", ()) if name not in properties)


def _node(node: Json, root: Json) -> Iterator[str]:
    kind = node.get("type")
    if (kind == "array" or (isinstance(kind, list) and "array" in kind)) and not isinstance(node.get("items"), dict):
        yield "has an array without items"
    reference = node.get("$ref")
    if reference is not None and not _leads_somewhere(reference, root):
        yield f"has the dangling reference {reference!r}"
    for key in ("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$schema"):
        if key in node:
            yield f"has a {key}"


def _leads_somewhere(reference: Json, root: Json) -> bool:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return False
    node = root
    for token in reference[1:].split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, Mapping) or key not in node:
            return False
        node = node[key]
    return isinstance(node, Mapping | bool)
