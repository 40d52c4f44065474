"""Sequences of values in one body -> a list: JSON lines, JSON text sequences, server-sent events."""

from __future__ import annotations

import re

from specport.results.values import decoded

_LINE = re.compile(rb"\r\n|\n|\r")
_RECORD = b"\x1e"


def items_of(body: bytes, *, is_whole: bool) -> list[object]:
    """The values of JSON lines or of a JSON text sequence (RFC 7464). ValueError where something is no JSON.

    Of a body that is not whole the last line is left out, unless it ended.
    """
    pieces = body.split(_RECORD) if body.lstrip()[:1] == _RECORD else _LINE.split(body)
    if not is_whole:
        pieces = pieces[:-1]
    return [decoded(piece) for piece in pieces if piece.strip()]


def events_of(body: bytes, *, is_whole: bool) -> list[object]:
    """The events of a stream (WHATWG HTML section 9.2.6): `data` as JSON where it is, with `event` and `id` if given.

    An event that no empty line ended is left out of a body that is not whole.
    """
    events: list[object] = []
    fields: dict[str, str] = {}
    data: list[str] = []
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = re.split(r"\r\n|\n|\r", text)
    for line in [*lines, ""] if is_whole else lines[:-1]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data or fields.get("event"):
                events.append({**fields, "data": _data("\n".join(data))})
            fields, data = {}, []
        elif name == "data":
            data.append(value)
        elif name in {"event", "id"} and value:
            fields[name] = value
    return events


def _data(text: str) -> object:
    """The JSON of an event's data, where it is an object or array, or another value written as JSON, else the text."""
    try:
        return decoded(text.encode())
    except ValueError:
        return text
