"""Values of the wrong type that can mean only one thing of the right one: `"5"`, `"true"`, JSON as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import orjson

from specport.requests.explain import Fault, branches, nearest, wanted_types

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,17})?([eE][-+]?[0-9]{1,3})?\Z")
_MAX_JSON_TEXT = 1_000_000
_UNCHANGED = object()


def repaired(given: Mapping[str, object], faults: Sequence[Fault]) -> Mapping[str, object] | None:
    """A copy in which every type fault of stringified or unquoted values is mended; None when nothing can be."""
    whole: object = given
    for fault in faults:
        for path, value, types in _wrong_types(fault):
            mended = _mended(value, types)
            if mended is not _UNCHANGED:
                whole = _replaced(whole, path, mended)
    return None if whole is given else cast("Mapping[str, object]", whole)


def json_value(text: str) -> object:
    """The JSON value that a text holds; None when it holds none, or is too long to be meant so."""
    if len(text) > _MAX_JSON_TEXT:
        return None
    try:
        return cast("object", orjson.loads(text))
    except orjson.JSONDecodeError:
        return None


def _wrong_types(fault: Fault) -> Iterator[tuple[Sequence[str | int], object, frozenset[str]]]:
    """Where a value has the wrong type, the value, and the types that would do.

    A union none of whose branches takes the type wants all their types; else what is wrong in the nearest branch.
    """
    types = wanted_types(fault, fault.instance_path)
    if types is not None:
        yield fault.instance_path, fault.instance, types
        return
    unions = branches(fault)
    for inner in nearest(unions, fault.instance_path) if unions else ():
        yield from _wrong_types(inner)


def _mended(value: object, types: frozenset[str]) -> object:
    """The one value of an expected type that `value` can only mean, else `_UNCHANGED`."""
    if isinstance(value, int) and not isinstance(value, bool) and "string" in types:
        return str(value)
    if not isinstance(value, str):
        return _UNCHANGED
    text = value.strip()
    if types & {"integer", "number"} and _NUMBER.match(text):
        number: object = orjson.loads(text)
        return number if "number" in types or isinstance(number, int) else _UNCHANGED
    if "boolean" in types and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if "null" in types and text == "null":
        return None
    return _structure(text, types)


def _structure(text: str, types: frozenset[str]) -> object:
    parsed = json_value(text) if text[:1] in ("{", "[") else None
    wanted = "object" if isinstance(parsed, dict) else "array" if isinstance(parsed, list) else ""
    return cast("object", parsed) if wanted in types else _UNCHANGED


def _replaced(value: object, path: Sequence[str | int], new: object) -> object:
    """A copy of `value` with `new` at `path`."""
    if not path:
        return new
    key, rest = path[0], path[1:]
    if isinstance(value, dict):
        members = cast("dict[str | int, object]", value)
        return {**members, key: _replaced(members[key], rest, new)}
    items = list(cast("list[object]", value))
    items[int(key)] = _replaced(items[int(key)], rest, new)
    return items
