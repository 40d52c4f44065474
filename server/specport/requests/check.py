"""Arguments against the input schema, before anything is sent: repaired where that is beyond doubt, else explained."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import cast

import jsonschema_rs
import orjson

from specport.catalog.model import Tool
from specport.errors import BadArguments

MAX_REPAIRS = 3
"""Rounds of repairing stringified values before the arguments are refused."""

MAX_REPORTED = 3
"""Faults named in one message."""

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][-+]?[0-9]{1,3})?\Z")
_MAX_JSON_TEXT = 1_000_000
_MAX_SHOWN = 80

Fault = jsonschema_rs.ValidationError


class ArgumentChecker:
    """The compiled input schema of one tool."""

    def __init__(self, tool: Tool) -> None:
        self._schema = tool.input_schema
        self._validator = jsonschema_rs.Draft202012Validator(dict(tool.input_schema), offline=True)

    def check(self, arguments: object) -> Mapping[str, object]:
        """The arguments, repaired if need be. Raises BadArguments naming what is wrong, where, and what would do."""
        given = _as_object(arguments)
        if self._validator.is_valid(given):
            return given
        for _ in range(MAX_REPAIRS):
            faults = list(self._validator.iter_errors(given))
            repaired = _repair(given, faults)
            if repaired is None:
                raise self._refusal(faults)
            given = repaired
            if self._validator.is_valid(given):
                return given
        raise self._refusal(list(self._validator.iter_errors(given)))

    def _refusal(self, faults: list[Fault]) -> BadArguments:
        leaves = _leaves(faults)
        shown = [self._explain(fault) for fault in leaves[:MAX_REPORTED]]
        more = len(leaves) - len(shown)
        text = "; ".join(shown) + (f"; and {more} more" if more else "")
        return BadArguments(text, pointer=_pointer(leaves[0]), hint=self._hint(leaves[0]))

    def _explain(self, fault: Fault) -> str:
        where = _pointer(fault) or "arguments"
        kind = fault.kind
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
            return f"{where}: {kind.property!r} is missing"
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
            names = ", ".join(repr(name) for name in kind.unexpected)
            return f"{where}: {names} {'is' if len(kind.unexpected) == 1 else 'are'} not known here"
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.Type):
            return f"{where}: expected {' or '.join(kind.types)}, got {_shown(fault.instance)}"
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.Enum):
            options = kind.options if isinstance(kind.options, list) else [kind.options]
            listed = ", ".join(_shown(option) for option in options[:30])
            return f"{where}: {_shown(fault.instance)} is not one of {listed}{', ...' if len(options) > 30 else ''}"
        return f"{where}: {fault.message[:300]}"

    def _hint(self, fault: Fault) -> str:
        """The nearest known name for an unknown one, and which names there are."""
        kind = fault.kind
        if fault.instance_path:
            return ""
        names = list(cast("Mapping[str, object]", self._schema.get("properties", {})))
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
            near = difflib.get_close_matches(kind.unexpected[0], names, n=1, cutoff=0.5)
            if near:
                return f"Did you mean {near[0]!r}?"
            return f"Arguments are {', '.join(names)}" if names else "This tool takes no arguments"
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
            required = cast("list[str]", self._schema.get("required", []))
            return f"Required: {', '.join(required)}"
        return ""


def _as_object(arguments: object) -> Mapping[str, object]:
    if arguments is None:
        return {}
    value = _parsed(arguments) if isinstance(arguments, str) else arguments
    if not isinstance(value, dict):
        raise BadArguments(f"arguments must be an object, got {_shown(arguments)}")
    return cast("Mapping[str, object]", value)


def _leaves(faults: Iterable[Fault]) -> list[Fault]:
    """The faults with each union replaced by those of the branch that came closest."""
    found: list[Fault] = []
    for fault in faults:
        context = getattr(fault.kind, "context", None)  # only union kinds have one
        branches = [_leaves(branch) for branch in context or []]
        branches = [branch for branch in branches if branch]
        found += min(branches, key=_distance) if branches else [fault]
    return found


def _distance(branch: list[Fault]) -> tuple[bool, int]:
    """A branch of another type is farther than any with faults inside."""
    return isinstance(branch[0].kind, jsonschema_rs.ValidationErrorKind.Type), len(branch)


def _repair(given: Mapping[str, object], faults: list[Fault]) -> Mapping[str, object] | None:
    """A copy in which every type fault of stringified or unquoted values is mended; None when nothing can be."""
    repaired: object = given
    changed = False
    for fault in faults:
        if isinstance(fault.kind, jsonschema_rs.ValidationErrorKind.Type):
            mended = _mended(fault.instance, fault.kind.types)
            if mended is not _UNCHANGED:
                repaired = _replaced(repaired, list(fault.instance_path), mended)
                changed = True
    return cast("Mapping[str, object]", repaired) if changed else None


_UNCHANGED = object()


def _mended(value: object, types: list[str]) -> object:
    """The one value of an expected type that `value` can only mean, else `_UNCHANGED`."""
    if isinstance(value, bool):
        return _UNCHANGED
    if isinstance(value, int) and types == ["string"]:
        return str(value)
    if not isinstance(value, str) or "string" in types:
        return _UNCHANGED
    text = value.strip()
    if ("integer" in types or "number" in types) and _NUMBER.match(text):
        number = orjson.loads(text)
        return number if "number" in types or isinstance(number, int) else _UNCHANGED
    if "boolean" in types and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if "null" in types and text == "null":
        return None
    parsed = _parsed(text) if text[:1] in ("{", "[") else None
    wanted = "object" if isinstance(parsed, dict) else "array" if isinstance(parsed, list) else ""
    return parsed if wanted in types else _UNCHANGED


def _parsed(text: str) -> object:
    if len(text) > _MAX_JSON_TEXT:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _replaced(value: object, path: list[str | int], new: object) -> object:
    if not path:
        return new
    key, rest = path[0], path[1:]
    if isinstance(value, dict):
        items = cast("dict[str | int, object]", value)
        return {**items, key: _replaced(items[key], rest, new)}
    items_list = list(cast("list[object]", value))
    index = int(key)
    items_list[index] = _replaced(items_list[index], rest, new)
    return items_list


def _pointer(fault: Fault) -> str:
    return "".join(f"/{str(token).replace('~', '~0').replace('/', '~1')}" for token in fault.instance_path)


def _shown(value: object) -> str:
    text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."
