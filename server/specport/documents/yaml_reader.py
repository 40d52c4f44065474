"""YAML bytes -> JSON values, by the YAML 1.2 core schema, without recursion.

PyYAML's own constructors read YAML 1.1 (`no` becomes False, dates become dates, `12:30` a number) and walk
recursively, so a deeply nested document ends the process. Here libyaml's event stream is folded into values with
an explicit stack: depth and what aliases expand to are bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol, cast

import yaml

from specport.documents.bounds import MAX_DEPTH, OPERATOR, Bound
from specport.errors import DocumentError

_TOO_DEEP = f"is nested more than {MAX_DEPTH} levels deep (MAX_DEPTH)"

MAX_ALIASED = 1_000_000
"""Most nodes that all aliases of a document may stand for."""

_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_BASED = re.compile(r"0(o[0-7]+|x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_MAX_NUMBER_DIGITS = 300
_WORDS: dict[str, object] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


def read_yaml(text: str, values: Bound = OPERATOR.values) -> object:
    """The one document in `text` as JSON values; keys are always strings.

    Raises DocumentError with line and column for bad syntax, several documents, unknown aliases, nesting over
    MAX_DEPTH, aliases that expand to over MAX_ALIASED nodes or more `values` than may be.
    """
    folder = _Folder(values)
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            folder.take(event)
    except yaml.MarkedYAMLError as error:
        where = _at(error.problem_mark)
        if error.problem_mark and _opens(text[folder.read_to : error.problem_mark.index]) > MAX_DEPTH:
            raise DocumentError(f"{_TOO_DEEP}{where}") from error
        raise DocumentError(f"is not valid YAML{where}: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise DocumentError(f"is not valid YAML: {' '.join(str(error).split())}") from error
    except _Refused as error:
        raise DocumentError(f"{error.reason}{_at(folder.mark)}", hint=error.hint) from error
    return folder.root


def _opens(text: str) -> int:
    """How many flow collections begin in a text and do not end there.

    libyaml reads a thousand characters ahead of its events, and may give up by itself where those nest too much.
    """
    return sum(text.count(opening) for opening in "[{") - sum(text.count(closing) for closing in "]}")


class _Mark(Protocol):
    """A place in the text, counted from 0."""

    @property
    def index(self) -> int: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


def _at(mark: _Mark | None) -> str:
    return f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""


class _Refused(Exception):
    """Well-formed YAML that is no JSON document within the limits."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


@dataclass(frozen=True, slots=True)
class _Node:
    """A finished value with what it costs: its nodes, and its levels of collections, aliases expanded."""

    value: object
    weight: int = 1
    height: int = 0


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    value: dict[str, object] | list[object]
    anchor: str | None
    key: str | None = None
    merges: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    weight: int = 1
    height: int = 1


class _Folder:
    """Takes events in document order and puts each value into the collection that is open."""

    def __init__(self, values: Bound) -> None:
        self._values = values
        self._placed = 0
        self._most = 2 * values.most  # a member is placed twice, as its name and its value
        self.root: object = None
        self.mark: _Mark | None = None
        self._stack: list[_Open] = []
        self._anchors: dict[str, object] = {}  # a scalar is itself, a collection a node
        self._aliased = 0
        self._documents = 0

    @property
    def read_to(self) -> int:
        """Where the last event began, in characters."""
        return self.mark.index if self.mark else 0

    def take(self, event: yaml.Event) -> None:
        """Fold in the next event. Raises _Refused where the document ends being readable, at `mark`."""
        self.mark = event.start_mark
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._open(_Open({}, event.anchor))
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open(_Open([], event.anchor))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _Refused("holds several YAML documents", hint="Give one document per file")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        value = _plain_value(event.value) if event.implicit[0] else event.value
        if event.anchor:
            self._anchors[event.anchor] = value
        self._place(value, key=event.value)

    def _open(self, collection: _Open) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise _Refused(_TOO_DEEP)
        self._stack.append(collection)

    def _close(self) -> None:
        done = self._stack.pop()
        if isinstance(done.value, dict):
            for merged in done.merges:
                for name, value in merged.items():
                    done.value.setdefault(name, value)
        if done.anchor:
            self._anchors[done.anchor] = _Node(done.value, done.weight, done.height)
        self._place(done.value, key=None, weight=done.weight, height=done.height)

    def _alias(self, anchor: str | None) -> None:
        if anchor not in self._anchors:
            raise _Refused(f"uses the alias *{anchor}, which names nothing finished before it,")
        known = self._anchors[anchor]
        node = known if isinstance(known, _Node) else _Node(known)
        self._aliased += node.weight
        if self._aliased > MAX_ALIASED:
            raise _Refused(f"expands aliases to more than {MAX_ALIASED:,} values (MAX_ALIASED)")
        if len(self._stack) + node.height > MAX_DEPTH:
            raise _Refused(_TOO_DEEP)
        key = node.value if isinstance(node.value, str) else None
        self._place(node.value, key=key, weight=node.weight, height=node.height)

    def _place(self, value: object, *, key: str | None, weight: int = 1, height: int = 0) -> None:
        """Put a finished value where it belongs; `key` is its text when it may serve as a mapping key."""
        if not self._stack:
            self.root = value
            return
        self._placed += 1
        if self._placed > self._most:
            most, name = self._values.most, self._values.name
            raise _Refused(f"has more than {most:,} values ({name})", hint=self._values.hint)
        top = self._stack[-1]
        top.weight += weight
        if height >= top.height:
            top.height = height + 1
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is None:
            if key is None:
                raise _Refused("has a mapping key that is no text")
            top.key = key
        else:
            _put(top, top.key, value)
            top.key = None


def _put(top: _Open, key: str, value: object) -> None:
    """Add a member to an open mapping; what `<<` names is merged when it closes, as it gives way to all others."""
    members = cast("dict[str, object]", top.value)
    if key == "<<" and isinstance(value, dict):
        top.merges.append(cast("dict[str, object]", value))
    elif key == "<<" and isinstance(value, list):
        items = cast("list[object]", value)
        top.merges.extend(cast("dict[str, object]", item) for item in items if isinstance(item, dict))
    else:
        members[key] = value


def _plain_value(text: str) -> object:
    """A plain scalar by the YAML 1.2 core schema (section 10.3.2)."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789" or len(text) > _MAX_NUMBER_DIGITS:
        return text
    if _INTEGER.match(text):
        return _integer(int(text))
    if _BASED.match(text):
        return _integer(int(text, 0))
    if _FLOAT.match(text):
        number = float(text)
        return number if abs(number) != float("inf") else text  # JSON has no infinity
    return text


def _integer(number: int) -> int | float:
    """Beyond 64 bits a float, as the JSON reader gives it."""
    return number if -(2**63) <= number < 2**64 else float(number)
