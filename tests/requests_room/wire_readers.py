"""What a server makes of a request: styles, forms and parts read back by test code, from RFC 6570 and RFC 3986.

Nothing here is specport's. A reader splits at delimiters first and decodes afterwards, as RFC 6570 section 1.4 has it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import unquote, urlsplit

from specport.requests.model import PreparedRequest

Decode = Callable[[str], str]
ENCODED = {"spaceDelimited": "%20", "pipeDelimited": "%7C", "tabDelimited": "%09"}
RAW = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}


def as_is(text: str) -> str:
    return text


def typed(kind: str, text: str) -> Any:
    """A text as the value of a type."""
    if kind == "string":
        return text
    if kind == "boolean":
        return {"true": True, "false": False}[text]
    return int(text) if kind == "integer" else float(text)


def split(text: str, delimiter: str, decode: Decode) -> list[str]:
    return [decode(part) for part in text.split(delimiter)]


def twos(parts: list[str]) -> dict[str, str]:
    return dict(zip(parts[::2], parts[1::2], strict=True))


def members(parts: Iterable[str], decode: Decode) -> dict[str, str]:
    pairs = (part.partition("=") for part in parts)
    return {decode(name): decode(value) for name, _, value in pairs}


def one_text(text: str, shape: str, *, explode: bool, delimiter: str, decode: Decode) -> Any:
    """What stands in one text: `a,b`, `k,v` or exploded `k=v`."""
    if shape == "array":
        return split(text, delimiter, decode)
    if shape == "object":
        return members(text.split(delimiter), decode) if explode else twos(split(text, delimiter, decode))
    return decode(text)


def in_path(text: str, style: str, shape: str, *, explode: bool) -> Any:
    """A path segment; the name in a matrix is `value`."""
    if style == "label":
        assert text[0] == "."
        return one_text(text[1:], shape, explode=explode, delimiter="." if explode else ",", decode=unquote)
    if style == "matrix":
        assert text[0] == ";"
        parts = text[1:].split(";")
        if explode and shape == "object":
            return members(parts, unquote)
        if explode and shape == "array":
            assert {part.partition("=")[0] for part in parts} == {"value"}
            return [unquote(part.partition("=")[2]) for part in parts]
        (part,) = parts
        name, _, text = part.partition("=")
        assert name == "value"
        return one_text(text, shape, explode=False, delimiter=",", decode=unquote)
    return one_text(text, shape, explode=explode, delimiter=ENCODED.get(style, ","), decode=unquote)


def in_pairs(
    pairs: list[str], style: str, shape: str, *, explode: bool, decode: Decode = unquote, delimiters: Any = None
) -> Any:
    """Query pairs, cookies or form fields; the name is `value`."""
    found = [pair.partition("=")[::2] for pair in pairs]
    if style == "deepObject":
        return {decode(name).removeprefix("value[").removesuffix("]"): decode(text) for name, text in found}
    if explode and shape == "object":
        return {decode(name): decode(text) for name, text in found}
    assert {name for name, _ in found} == {"value"}
    if explode and shape == "array":
        return [decode(text) for _, text in found]
    ((_, text),) = found
    named = ENCODED if delimiters is None else delimiters
    return one_text(text, shape, explode=False, delimiter=named.get(style, ","), decode=decode)


def arrived(request: PreparedRequest, location: str, style: str, shape: str, *, explode: bool) -> Any:
    """The value of the one parameter of a request."""
    parts = urlsplit(request.url)
    if location == "path":
        return in_path(parts.path.removeprefix("/base/before/").removesuffix("/after"), style, shape, explode=explode)
    if location == "query":
        return in_pairs(parts.query.split("&"), style, shape, explode=explode)
    headers = dict(request.headers)
    if location == "header":
        return one_text(headers["value"], shape, explode=explode, delimiter=RAW.get(style, ","), decode=as_is)
    decode = as_is if style == "cookie" else unquote
    return in_pairs(headers["Cookie"].split("; "), style, shape, explode=explode, decode=decode)


def read_parts(request: PreparedRequest) -> list[tuple[str, Message]]:
    """Name and message of each part of a multipart body; `%22` and the like are how browsers write names."""
    head = f"Content-Type: {dict(request.headers)['Content-Type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + (request.content or b""))
    assert not message.defects
    return [(str(part.get_param("name", header="content-disposition")), part) for part in message.get_payload()]


def parsed(content: bytes, kind: str) -> Any:
    """The content of a part or field as the JSON type that its schema says."""
    text = content.decode()
    return json.loads(text) if kind in {"object", "array"} else typed(kind, text)
