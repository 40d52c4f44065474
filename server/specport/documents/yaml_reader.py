"""YAML bytes -> JSON values, by the YAML 1.2 core schema, without recursion.

PyYAML's own constructors read YAML 1.1 (`no` becomes False, dates become dates, `12:30` a number) and walk
recursively, so a deeply nested document ends the process. Here libyaml's event stream is folded into values with
an explicit stack: depth, node count and what aliases expand to are all bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from specport.errors import DocumentError

MAX_DEPTH = 200
"""Deepest nesting of collections accepted."""

MAX_NODES = 20_000_000
"""Most nodes a document may have once every alias is counted at its full size."""

_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_BASED = re.compile(r"0(o[0-7]+|x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_MAX_NUMBER_DIGITS = 300
_WORDS: dict[str, object] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


def read_yaml(text: str) -> object:
    """The one document in `text` as JSON values; keys are always strings.

    Raises DocumentError with line and column for bad syntax, several documents, unknown aliases, nesting over
    MAX_DEPTH or an expansion over MAX_NODES.
    """
    try:
        return _fold(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise DocumentError(f"not valid YAML{where}: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise DocumentError(f"not valid YAML: {error}") from error


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet; `weight` counts its nodes with aliases expanded."""

    value: dict[str, object] | list[object]
    anchor: str | None
    key: str | None = None
    merges: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    weight: int = 1


class _Folder:
    """Receives values in document order and puts each into the collection that is open."""

    def __init__(self) -> None:
        self.stack: list[_Open] = []
        self.root: object = None
        self.anchors: dict[str, tuple[object, int]] = {}

    def place(self, value: object, weight: int, *, key: str | None) -> None:
        """Add a finished value; `key` is its text when it may serve as a mapping key."""
        if not self.stack:
            self.root = value
            return
        top = self.stack[-1]
        top.weight += weight
        if top.weight > MAX_NODES:
            raise DocumentError(f"aliases expand to more than {MAX_NODES} nodes")
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is None:
            if key is None:
                raise DocumentError("a mapping key is a collection; OpenAPI keys are text")
            top.key = key
        else:
            _put(top, top.key, value)
            top.key = None

    def close(self) -> None:
        """End the innermost collection."""
        done = self.stack.pop()
        if isinstance(done.value, dict):
            for merged in done.merges:
                for name, value in merged.items():
                    done.value.setdefault(name, value)
        if done.anchor:
            self.anchors[done.anchor] = (done.value, done.weight)
        self.place(done.value, done.weight, key=None)


def _put(top: _Open, key: str, value: object) -> None:
    assert isinstance(top.value, dict)
    if key == "<<" and isinstance(value, dict):
        top.merges.append(value)
    elif key == "<<" and isinstance(value, list):
        top.merges.extend(item for item in value if isinstance(item, dict))
    else:
        top.value[key] = value


def _fold(events: Iterator[yaml.Event]) -> object:
    folder = _Folder()
    documents = 0
    for event in events:
        if isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0]
            value = _scalar(event.value) if plain else event.value
            if event.anchor:
                folder.anchors[event.anchor] = (value, 1)
            folder.place(value, 1, key=event.value)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(folder.stack) >= MAX_DEPTH:
                raise DocumentError(f"nested more than {MAX_DEPTH} levels deep")
            empty: dict[str, object] | list[object] = {} if isinstance(event, yaml.MappingStartEvent) else []
            folder.stack.append(_Open(empty, event.anchor))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            folder.close()
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in folder.anchors:
                raise DocumentError(f"the alias *{event.anchor} has no finished anchor")
            value, weight = folder.anchors[event.anchor]
            folder.place(value, weight, key=value if isinstance(value, str) else None)
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise DocumentError("holds several YAML documents", hint="Give one document per file")
    return folder.root


def _scalar(text: str) -> object:
    """A plain scalar by the YAML 1.2 core schema (section 10.3.2)."""
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first not in "+-.0123456789":
        return text
    if len(text) > _MAX_NUMBER_DIGITS:
        return text
    if _INTEGER.match(text):
        return _integer(int(text))
    if _BASED.match(text):
        return _integer(int(text, 0))
    if _FLOAT.match(text):
        return float(text)
    return text


def _integer(number: int) -> int | float:
    """Beyond 64 bits a float, as the JSON reader gives it."""
    return number if -(2**63) <= number < 2**64 else float(number)
