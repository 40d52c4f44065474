"""Fragments as JSON text, so that they can wait, in memory or on disk, until a schema is made of them."""

from __future__ import annotations

from typing import cast

import orjson

from specport.documents.model import JsonObject
from specport.documents.own_json import read_json
from specport.schemas.keywords import ONE_SCHEMA, SCHEMA_LISTS, SCHEMA_MAPS
from specport.schemas.model import Fragment, Use

_PLACE = "place"
"""The member that tells a stored `Use` from a schema: no keyword is called that."""


def dump_fragment(fragment: Fragment) -> str:
    """The fragment as JSON; a `Use` is its siblings with `"place": [pointer, names]` before them."""
    return orjson.dumps(fragment, default=_with_place, option=orjson.OPT_PASSTHROUGH_DATACLASS).decode()


def load_fragment(text: str) -> Fragment:
    """The fragment that `dump_fragment` wrote."""
    value = read_json(text)
    return cast("Fragment", _read(value) if f'"{_PLACE}"' in text else value)


def _with_place(use: object) -> JsonObject:
    assert isinstance(use, Use)
    pointer, names = use.place
    return {_PLACE: [pointer, sorted(names)], **use.siblings}


def _read(value: object) -> object:
    if not isinstance(value, dict):
        return value
    schema = cast("JsonObject", value)
    keywords = {key: _member(key, member) for key, member in schema.items() if key != _PLACE}
    if _PLACE not in schema:
        return keywords
    pointer, names = cast("tuple[str, list[str]]", schema[_PLACE])
    return Use((pointer, frozenset(names)), keywords)


def _member(key: str, value: object) -> object:
    if key in ONE_SCHEMA:
        return _read(value)
    if key in SCHEMA_LISTS:
        return [_read(part) for part in cast("list[object]", value)]
    if key in SCHEMA_MAPS:
        return {name: _read(part) for name, part in cast("JsonObject", value).items()}
    return value
