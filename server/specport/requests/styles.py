"""Parameter values -> text on the wire: the style x explode matrix of OAS 3.2 section 4.12.3.

Rules are those of RFC 6570 where a style has an equivalent there. Every function takes JSON values, so numbers and
booleans are written as JSON writes them. What RFC 6570 calls undefined (section 2.3: null, and lists and objects
without a defined member) leaves nothing behind (section 3.2.1): `defined` takes it out first. An empty string is
defined and is written.
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

DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}
"""What stands between items in the styles without an equivalent in RFC 6570; encoded itself where items are.

`tabDelimited` is the `tsv` of Swagger 2.0, whose delimiters can stand in paths and headers too.
"""

_SEGMENT = "!$&'()*+,;=:@"
"""What RFC 3986 section 3.3 lets stand in a path segment, beside the unreserved."""

Encode = Callable[[str], str]
Pair = tuple[str, str]


def strictly(text: str) -> str:
    """Percent-encodes everything but unreserved characters."""
    return quote(utf8(text), safe=UNRESERVED)


def reserved_too(text: str) -> str:
    """RFC 6570 `+`: reserved characters and percent-encoded triples stay, but for what would end the query part."""
    kept = _triples_kept(text, RESERVED)
    return kept.replace("#", "%23").replace("&", "%26").replace("+", "%2B").replace("=", "%3D")


def reserved_item(text: str) -> str:
    """The same for one of several values with commas between, whose own commas are data."""
    return reserved_too(text).replace(",", "%2C")


def reserved_in_segment(text: str) -> str:
    """RFC 6570 `+` in a path, where `/`, `?`, `#` must not stay (OAS 3.2 section 4.8.2), nor brackets (RFC 3986)."""
    return _triples_kept(text, _SEGMENT)


def reserved_segment_item(text: str) -> str:
    """The same for one of several values, whose own delimiters are data."""
    return reserved_in_segment(text).replace(",", "%2C").replace(";", "%3B").replace("=", "%3D")


def as_it_is(text: str) -> str:
    """For places where nothing is encoded."""
    return text


def _triples_kept(text: str, safe: str) -> str:
    """Percent-encoded but for `safe` characters and what already is a triple."""
    pieces = quote(utf8(text), safe=f"{UNRESERVED}{safe}%").split("%")
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
    """A single value as text: strings as they are, everything else as JSON (`true`, `1.5`, `null`).

    A whole number is written without a fraction, since JSON Schema takes 1.0 for an integer and servers do not.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return value if isinstance(value, str) else json_bytes(value).decode()


def is_compound(value: object) -> bool:
    """Whether a value is an array or an object."""
    return isinstance(value, list | dict)


def defined(value: object) -> object:
    """The value without its undefined members; None when nothing defined is left (RFC 6570 section 2.3)."""
    if isinstance(value, list):
        items = [item for item in cast("list[object]", value) if item is not None]
        return items or None
    if isinstance(value, dict):
        members = {key: item for key, item in cast("Mapping[str, object]", value).items() if item is not None}
        return members or None
    return value


def simple(value: object, *, explode: bool, encode: Encode, separator: str = ",") -> str:
    """`a,b`; objects `k,v` or exploded `k=v`. Path default, headers always."""
    if isinstance(value, list):
        return separator.join(encode(as_text(item)) for item in cast("list[object]", value))
    if isinstance(value, dict):
        pairs = [(encode(k), encode(as_text(v))) for k, v in cast("Mapping[str, object]", value).items()]
        if explode:
            return separator.join(f"{k}={v}" for k, v in pairs)
        return separator.join(part for pair in pairs for part in pair)
    return encode(as_text(value))


def label(value: object, *, explode: bool, encode: Encode) -> str:
    """`.a.b` exploded, else `.a,b`."""
    return "." + simple(value, explode=explode, encode=encode, separator="." if explode else ",")


def matrix(name: str, value: object, *, explode: bool, encode: Encode) -> str:
    """`;name=a;name=b` exploded, else `;name=a,b`; an empty value is `;name`."""
    return "".join(
        f";{key}={text}" if text else f";{key}"
        for key, text in pairs(name, value, style="matrix", explode=explode, encode=encode)
    )


def separator_of(style: str, encode: Encode) -> str:
    """What stands between the items of a style, as it goes where `encode` is what goes for items."""
    return encode(DELIMITERS[style]) if style in DELIMITERS else ","


def pairs(
    name: str, value: object, *, style: str, explode: bool, encode: Encode, encode_name: Encode = strictly
) -> list[Pair]:
    """Names and values as they go on the wire: exploded one to an item or member, else all under one name.

    For `form`, `cookie`, `matrix` and the delimited styles, which exploded are the same as form; `deepObject` is
    always exploded. An empty array or object leaves nothing.
    """
    if style == "deepObject" and is_compound(value):
        return _deep(encode_name(name), value, encode, encode_name)
    key = encode_name(name)
    if explode and isinstance(value, list):
        return [(key, encode(as_text(item))) for item in cast("list[object]", value)]
    if explode and isinstance(value, dict):
        members = cast("Mapping[str, object]", value).items()
        return [(encode_name(member), encode(as_text(item))) for member, item in members]
    if is_compound(value) and not value:
        return []
    return [(key, simple(value, explode=False, encode=encode, separator=separator_of(style, encode)))]


def _deep(key: str, value: object, encode: Encode, encode_name: Encode) -> list[Pair]:
    """`name[k]=v`; what the specification leaves open goes on alike, `name[k][i]=v`, as most servers read it."""
    opening, closing = encode_name("["), encode_name("]")
    found: list[Pair] = []
    waiting: list[tuple[str, object]] = [(key, value)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict):
            items = list(cast("Mapping[str, object]", node).items())
        elif isinstance(node, list):
            items = [(str(index), item) for index, item in enumerate(cast("list[object]", node))]
        else:
            found += [] if node is None else [(path, encode(as_text(node)))]
            continue
        waiting += [(f"{path}{opening}{encode_name(inner)}{closing}", item) for inner, item in reversed(items)]
    return found
