"""Reads a kept answer to its end as a model would: by the calls that each reading names, until none is named."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import orjson

Read = Callable[[dict[str, Any]], tuple[str, str]]
"""Calls results.read, and gives its text and its notes."""

_NEXT = re.compile(r"Next: \S+ (\{.*?\})\.(?= |$|\n)")
_INTO = re.compile(r"Read into it: \S+ (\{.*?\})\.(?= |$|\n)")
_STRING_OR_GAP = re.compile(r'"(?:[^"\\]|\\.)*"|<[^<>"]*(?:"(?:[^"\\]|\\.)*")?[^<>"]*>', re.DOTALL)
_NAME_LEFT_OUT = re.compile(r"keys\(@\)\[(\d+)\]")
GAP = "\ue000"


def parsed(text: str) -> Any:
    """The JSON of an outline, each `<...>` a string that begins with GAP."""
    return orjson.loads(_STRING_OR_GAP.sub(_without_gap, text))


def _without_gap(found: re.Match[str]) -> str:
    return found[0] if found[0][0] == '"' else json.dumps(GAP + found[0])


class Walker:
    """One answer being read. `longest` is the longest that one reading gave, notes included, by a measure."""

    def __init__(self, read: Read, handle: str, *, most: int | None, measure: Callable[[str], int]) -> None:
        self._read = read
        self._more: dict[str, Any] = {"handle": handle} | ({} if most is None else {"max_items": most})
        self._measure = measure
        self.longest = 0
        self.reads = 0

    def all(self, select: str = "") -> Any:
        """All of what an expression selects."""
        kind, _ = self._reading(_behind(select, "type(@)"))
        if kind == "string":
            return "".join(text for text, _ in self._readings(select))
        if kind == "array":
            items: list[Any] = []
            for text, notes in self._readings(select):
                items += self._items(select, text, notes, len(items))
            return items
        if kind == "object":
            return self._members(select)
        return orjson.loads(self._reading(select)[0])

    def text(self) -> str:
        """All of a text that is no JSON."""
        return "".join(text for text, _ in self._readings(""))

    def _reading(self, select: str, offset: int = 0) -> tuple[str, str]:
        arguments = dict(self._more)
        if select:
            arguments["select"] = select
        if offset:
            arguments["offset"] = offset
        text, notes = self._read(arguments)
        self.reads += 1
        self.longest = max(self.longest, self._measure(f"{text}\n{notes}"))
        return text, notes

    def _readings(self, select: str) -> list[tuple[str, str]]:
        """The readings of a list, an object or a text, to its end."""
        readings = [self._reading(select)]
        while found := _NEXT.search(readings[-1][1]):
            following = json.loads(found[1])
            assert following.get("select", "") == select, (following, select)
            readings.append(self._reading(select, following["offset"]))
        return readings

    def _items(self, select: str, text: str, notes: str, offset: int) -> list[Any]:
        into = _INTO.search(notes)
        if into:
            return [self.all(json.loads(into[1])["select"])]
        items = parsed(text)
        for at, item in enumerate(items):
            if GAP in json.dumps(item, ensure_ascii=False):
                items[at] = self.all(_behind(select, f"[{offset + at}]"))
        return items

    def _members(self, select: str) -> dict[str, Any]:
        text, notes = self._reading(select)
        if not notes:
            return orjson.loads(text)
        found = _NEXT.search(notes)
        is_map = found is not None and json.loads(found[1]).get("select", "") == select
        members: dict[str, Any] = {}
        for part, _ in self._readings(select) if is_map else [(text, notes)]:
            for name, value in parsed(part).items():
                members[self._name(select, name)] = self._member(select, len(members), value, is_whole=is_map)
        return members

    def _name(self, select: str, name: str) -> str:
        left_out = _NAME_LEFT_OUT.search(name) if name.startswith(GAP) else None
        return self.all(_behind(select, left_out[0])) if left_out else name

    def _member(self, select: str, position: int, value: Any, *, is_whole: bool) -> Any:
        if (isinstance(value, dict | list) and not is_whole) or GAP in json.dumps(value, ensure_ascii=False):
            return self.all(_behind(select, f"values(@)[{position}]"))
        return value


def _behind(select: str, more: str) -> str:
    return f"{select} | {more}" if select else more
