"""Values of the wrong type that can mean only one thing of the right one: `"5"`, `"true"`, JSON as text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import cast

import orjson

from specport.requests.explain import Fault, Path, branches, by_distance, key_of, wanted_types

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,17})?([eE][-+]?[0-9]{1,3})?\Z")
_LONG_INTEGER = re.compile(r"[0-9]{20}")
_MAX_JSON_TEXT = 1_000_000
_MAX_PATH = 100
_UNCHANGED = object()


def repaired(given: Mapping[str, object], faults: Sequence[Fault]) -> Mapping[str, object] | None:
    """A copy in which every type fault of stringified or unquoted values is mended; None when nothing can be."""
    whole: object = given
    for fault in faults:
        for path, mended in _mends(fault):
            whole = _replaced(whole, path, mended)
    return None if whole is given else cast("Mapping[str, object]", whole)


def json_value(text: str) -> object:
    """The JSON value that a text holds; None when it holds none, or is too long to be meant so."""
    if len(text) > _MAX_JSON_TEXT:
        return None
    try:
        return exact(text)
    except ValueError:
        return None


def exact(text: str) -> object:
    """The value of a JSON text with integers of any size as they are; over 64 bits orjson makes them floats.

    Raises ValueError where it is none.
    """
    value: object = orjson.loads(text)
    if not _LONG_INTEGER.search(text):
        return value
    try:
        return cast("object", json.loads(text))
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _mends(fault: Fault) -> list[tuple[Path, object]]:
    """The value that should stand instead, and where.

    A union none of whose branches takes the type wants all their types; else the nearest branch that can be mended is.
    """
    path = fault.instance_path
    types = wanted_types(fault, path)
    if types is not None:
        mended = _mended(fault.instance, types) if len(path) <= _MAX_PATH else _UNCHANGED
        return [] if mended is _UNCHANGED else [(path, mended)]
    for branch in by_distance(branches(fault), path):
        mends = [mend for inner in branch for mend in _mends(inner)]
        if mends:
            return mends
    return []


def _mended(value: object, types: frozenset[str]) -> object:
    """The one value of an expected type that `value` can only mean, else `_UNCHANGED`."""
    if isinstance(value, int) and not isinstance(value, bool) and "string" in types:
        return str(value)
    if not isinstance(value, str):
        return _UNCHANGED
    text = value.strip()
    if types & {"integer", "number"} and _NUMBER.match(text):
        number = json_value(text)
        is_wanted = isinstance(number, int) or (isinstance(number, float) and "number" in types)
        return number if is_wanted else _UNCHANGED
    if "boolean" in types and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if "null" in types and text == "null":
        return None
    return _structure(text, types)


def _structure(text: str, types: frozenset[str]) -> object:
    parsed = json_value(text) if text[:1] in ("{", "[") else None
    wanted = "object" if isinstance(parsed, dict) else "array" if isinstance(parsed, list) else ""
    return cast("object", parsed) if wanted in types else _UNCHANGED


def _replaced(value: object, path: Path, new: object) -> object:
    """A copy of `value` with `new` at `path`; `value` itself where the path may lead to several places."""
    if not path:
        return new
    token, rest = path[0], path[1:]
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        key = key_of(members, token)
        return members if key is None else {**members, key: _replaced(members[key], rest, new)}
    items = list(cast("list[object]", value))
    items[int(token)] = _replaced(items[int(token)], rest, new)
    return items
