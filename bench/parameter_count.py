"""How many operations of a document have all their parameters, and their body, in a tool list.

Counted from the raw document as `tests/fidelity` reads it: no server is measured by its own reading.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fidelity.operations import Described, operations_of
from fidelity.references import Documents

MAX_DEPTH = 50
"""Deepest nesting of `allOf` followed."""

CUT_FROM = 40
"""Shortest name, letters and digits, that may be the beginning of a longer one."""

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Count:
    """Of `operations`, how many are `listed`, with all `parameters`, and with those and the body, `whole`."""

    operations: int = 0
    listed: int = 0
    parameters: int = 0
    whole: int = 0


def count(document: Path, tools: Sequence[Json]) -> Count:
    """Compare a document's operations with the top-level properties of the listed input schemas."""
    leaves = {_plain(str(tool.get("title", "")).rpartition(".")[2]): tool for tool in tools}
    named = ((tool, name) for tool in tools for name in (tool["name"], tool.get("title")) if name)
    by_name = {**leaves, **{_plain(str(name)): tool for tool, name in named}}
    documents = Documents(document)
    operations = list(operations_of(documents))
    listed = parameters = whole = 0
    for operation in operations:
        tool = _tool_of(_names(operation), by_name)
        if tool is None:
            continue
        properties = cast("Json", cast("Json", tool["inputSchema"]).get("properties", {}))
        listed += 1
        if all(_has_parameter(properties, wire.name, wire.place) for wire in operation.parameters):
            parameters += 1
            whole += _has_body(properties, _body(documents, operation))
    return Count(len(operations), listed, parameters, whole)


def _tool_of(names: set[str], by_name: Mapping[str, Json]) -> Json | None:
    """By a whole name, else by the longest that a server has cut off, with the digit that keeps two such apart."""
    exact = next((by_name[name] for name in names if name in by_name), None)
    if exact is not None:
        return exact
    long = (name for name in by_name if len(name) >= CUT_FROM)
    cut = [name for name in long if any(whole.startswith(name.rstrip("0123456789")) for whole in names)]
    return by_name[max(cut, key=len)] if cut else None


def _names(operation: Described) -> set[str]:
    own = operation.operation_id or operation.label
    return {_plain(own), _plain("".join(operation.tags[:1]) + own)}


def _body(documents: Documents, operation: Described) -> frozenset[str] | None:
    if not operation.media:
        return None
    return frozenset(name for media in operation.media for name in _property_names(documents, media.schema, MAX_DEPTH))


def _property_names(documents: Documents, entry: object, depth: int) -> set[str]:
    """Top-level property names, those that `allOf` brings included. Alternatives are left to the server."""
    schema = documents.follow(entry)
    if depth == 0 or not isinstance(schema, dict):
        return set()
    names = set(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        names |= _property_names(documents, part, depth - 1)
    return names


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
