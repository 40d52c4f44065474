"""Parameter values -> text on the wire: the style x explode matrix of OAS 3.1 section 4.8.12.

Rules are those of RFC 6570 where a style has an equivalent there. Every function takes JSON values, so numbers and
booleans are written as JSON writes them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import quote

import orjson

from specport.documents.pointers import children
from specport.errors import BadArguments

UNRESERVED = "-._~"
"""What RFC 3986 section 2.3 leaves as it is, beside letters and digits."""

RESERVED = ":/?#[]@!$&'()*+,;="
"""RFC 3986 section 2.2: kept as they are where `allowReserved` says so."""

Encode = Callable[[str], str]


def strictly(text: str) -> str:
    """Percent-encodes everything but unreserved characters."""
    return quote(utf8(text), safe=UNRESERVED)


def reserved_too(text: str) -> str:
    """RFC 6570 `+`: reserved characters and percent-encoded triples stay, but for what would end the query part."""
    kept = quote(utf8(text), safe=UNRESERVED + RESERVED + "%")
    return _fix_percent(kept).replace("#", "%23").replace("&", "%26").replace("+", "%2B").replace("=", "%3D")


def _fix_percent(text: str) -> str:
    """A percent sign that starts no triple is itself encoded."""
    pieces = text.split("%")
    fixed = [pieces[0]]
    for piece in pieces[1:]:
        is_triple = len(piece) >= 2 and all(char in "0123456789abcdefABCDEF" for char in piece[:2])
        fixed.append(f"%{piece}" if is_triple else f"%25{piece}")
    return "".join(fixed)


def utf8(text: str) -> bytes:
    """The bytes of a text. BadArguments for half of a surrogate pair, which UTF-8 cannot write."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise BadArguments("a text holds half of a surrogate pair, which is no character") from error


def json_bytes(value: object) -> bytes:
    """JSON without spaces, of integers of any size too; half a surrogate pair stays the escape that it was.

    Raises BadArguments for what JSON cannot say (NaN, infinity) and for nesting beyond all use.
    """
    try:
        data = orjson.dumps(value)
    except TypeError:  # an integer beyond 64 bits, or half of a surrogate pair
        data = _json_bytes_of_any_size(value)
    if b"null" in data and not _is_finite(value):  # orjson writes NaN as null
        raise BadArguments("JSON has no NaN and no infinity")
    return data


def _json_bytes_of_any_size(value: object) -> bytes:
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
    except (RecursionError, TypeError, ValueError) as error:
        raise BadArguments(f"a value cannot be written as JSON: {error}") from error


def _is_finite(value: object) -> bool:
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, float) and not math.isfinite(node):
            return False
        waiting.extend(children(node))
    return True


def as_text(value: object) -> str:
    """A single value as text: strings as they are, everything else as JSON (`true`, `1.5`, `null`)."""
    return value if isinstance(value, str) else json_bytes(value).decode()


def simple(value: object, *, explode: bool, encode: Encode) -> str:
    """`a,b`; objects `k,v` or exploded `k=v`. Path default, headers always."""
    return _delimited(value, separator=",", explode=explode, encode=encode)


def label(value: object, *, explode: bool, encode: Encode) -> str:
    """`.a.b` exploded, else `.a,b`."""
    return "." + _delimited(value, separator="." if explode else ",", explode=explode, encode=encode)


def matrix(name: str, value: object, *, explode: bool, encode: Encode) -> str:
    """`;name=a;name=b` exploded, else `;name=a,b`; an empty value is `;name`."""
    key = encode(name)
    if explode and isinstance(value, dict):
        return "".join(
            _matrix_pair(encode(k), encode(as_text(v))) for k, v in cast("Mapping[str, object]", value).items()
        )
    if explode and isinstance(value, list):
        return "".join(_matrix_pair(key, encode(as_text(item))) for item in cast("list[object]", value))
    return _matrix_pair(key, _delimited(value, separator=",", explode=False, encode=encode))


def _matrix_pair(key: str, value: str) -> str:
    return f";{key}={value}" if value else f";{key}"


def form(name: str, value: object, *, explode: bool, encode: Encode) -> list[str]:
    """Query pairs `name=a&name=b` exploded, else `name=a,b`; an empty array or object leaves nothing."""
    return _form(name, value, separator=",", explode=explode, encode=encode)


def space_delimited(name: str, value: object, *, explode: bool, encode: Encode) -> list[str]:
    """`name=a%20b`; exploded it is the same as form."""
    return _form(name, value, separator="%20", explode=explode, encode=encode)


def pipe_delimited(name: str, value: object, *, explode: bool, encode: Encode) -> list[str]:
    """`name=a%7Cb`; exploded it is the same as form."""
    return _form(name, value, separator="%7C", explode=explode, encode=encode)


def deep_object(name: str, value: object, *, encode: Encode) -> list[str]:
    """`name[k]=v`; nested objects and arrays, which the specification leaves open, go `name[k][i]=v`."""
    key = strictly(name)
    if not isinstance(value, dict):
        return _form(name, value, separator=",", explode=True, encode=encode)
    return [
        f"{key}{path}={encode(as_text(leaf))}"
        for path, leaf in _leaves(cast("Mapping[str, object]", value))
    ]  # fmt: skip


def _leaves(value: object) -> list[tuple[str, object]]:
    items: list[tuple[str, object]]
    if isinstance(value, dict):
        items = list(cast("Mapping[str, object]", value).items())
    elif isinstance(value, list):
        items = [(str(index), item) for index, item in enumerate(cast("list[object]", value))]
    else:
        return [("", value)]
    return [(f"%5B{strictly(key)}%5D{path}", leaf) for key, item in items for path, leaf in _leaves(item)]


def _form(name: str, value: object, *, separator: str, explode: bool, encode: Encode) -> list[str]:
    key = strictly(name)
    if isinstance(value, list):
        items = [encode(as_text(item)) for item in cast("list[object]", value)]
        if explode:
            return [f"{key}={item}" for item in items]
        return [f"{key}={separator.join(items)}"] if items else []
    if isinstance(value, dict):
        members = cast("Mapping[str, object]", value).items()
        pairs = [(strictly(k), encode(as_text(v))) for k, v in members]
        if explode:
            return [f"{k}={v}" for k, v in pairs]
        return [f"{key}={separator.join(part for pair in pairs for part in pair)}"] if pairs else []
    return [f"{key}={encode(as_text(value))}"]


def _delimited(value: object, *, separator: str, explode: bool, encode: Encode) -> str:
    if isinstance(value, list):
        return separator.join(encode(as_text(item)) for item in cast("list[object]", value))
    if isinstance(value, dict):
        pairs = [(encode(k), encode(as_text(v))) for k, v in cast("Mapping[str, object]", value).items()]
        if explode:
            return separator.join(f"{k}={v}" for k, v in pairs)
        return separator.join(part for pair in pairs for part in pair)
    return encode(as_text(value))
