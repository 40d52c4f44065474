"""What OpenAPI 3 says of one operation beside its method and path: inputs, answers, security, servers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from specport.documents.model import JsonObject, Target
from specport.documents.pointers import child
from specport.errors import DocumentError
from specport.operations.model import Body, Media, Response
from specport.operations.parameters import (
    Inputs,
    declared_parameters,
    listed_accept,
    offered,
    parameter_of,
    placed,
)
from specport.operations.reading import Reading, entries, members, required_object, text

MAX_SERVER_URL = 2_000
"""Longest URL of a server, its variables at their defaults."""

_VARIABLE = re.compile(r"\{([^{}]+)\}")


def read_inputs(reading: Reading, path: str, items: Sequence[Target], operation: Target) -> Inputs:
    """The parameters and the body of one operation.

    Raises DocumentError when one is broken, or when the path template has a name that no parameter fills.
    """
    declared = declared_parameters(reading, (*items, operation))
    parameters = [parameter_of(reading, each) for each in offered(declared)]
    placed_ones = placed(reading, parameters, path, operation.pointer)
    return Inputs(placed_ones, _body(reading, operation), listed_accept(reading, declared))


def _body(reading: Reading, operation: Target) -> Body | None:
    raw = members(operation.value).get("requestBody")
    if raw is None:
        return None
    target = reading.references.follow(raw, child(operation.pointer, "requestBody"))
    body = required_object(target.value, "the request body")
    media = tuple(_media(reading, body.get("content"), child(target.pointer, "content")))
    if not media:
        reading.warn(target.pointer, "the request body names no media type; no body is offered")
        return None
    return Body(body.get("required") is True, media, text(body.get("description")))


def _media(reading: Reading, content: object, pointer: str) -> Iterator[Media]:
    """The Media Type Objects of a `content` map, in document order."""
    for content_type, raw in members(content).items():
        target = reading.references.follow(raw, child(pointer, content_type))
        if not content_type.isprintable():
            reading.warn(child(pointer, content_type), f"{content_type!r} is no media type and is ignored")
            continue
        media = members(target.value)
        schema, keyword = media.get("schema"), "schema"
        if schema is None and media.get("itemSchema") is not None:  # OAS 3.2 section 4.14.1: a sequence of these
            schema, keyword = {"type": "array", "items": media["itemSchema"]}, "itemSchema"
        yield Media(
            content_type=content_type.strip(),
            schema=schema,
            pointer=child(target.pointer, keyword),
            encoding=members(media.get("encoding")),
            prefix_encoding=tuple(entries(media.get("prefixEncoding"))),
            item_encoding=media.get("itemEncoding"),
        )


def read_responses(reading: Reading, operation: Target) -> Iterator[Response]:
    """Answers never decide whether an operation can be called, so a broken one is only a warning."""
    for status, entry in members(members(operation.value).get("responses")).items():
        if status.startswith("x-"):
            continue
        where = child(operation.pointer, "responses", status)
        try:
            target = reading.references.follow(entry, where)
            response = members(target.value)
            media = tuple(_media(reading, response.get("content"), child(target.pointer, "content")))
        except DocumentError as error:
            reading.warn(where, error.message)
            continue
        yield Response(status, media, tuple(members(response.get("headers"))))


def scheme_objects(root: JsonObject) -> Target:
    """The Security Scheme Objects by name, and where they stand."""
    return Target("/components/securitySchemes", members(root.get("components")).get("securitySchemes"))


def read_servers(reading: Reading, raw: object, pointer: str) -> tuple[str, ...]:
    """The URLs of a `servers` list in order, each variable at its default (OAS 3.1 sections 4.8.5 and 4.8.6).

    Entries without a URL are passed over, and so, with a warning, are those over MAX_SERVER_URL.
    """
    urls: list[str] = []
    for index, entry in enumerate(entries(raw)):
        url = _url(members(entry))
        if len(url) > MAX_SERVER_URL:
            where = child(pointer, index)
            reading.warn(where, f"a URL of over {MAX_SERVER_URL:,} characters is ignored (MAX_SERVER_URL)")
        elif url:
            urls.append(url)
    return tuple(urls)


def _url(server: JsonObject) -> str:
    """The URL with each variable in it once at its default: a default is text, whatever braces it has."""
    url = server.get("url")
    if not isinstance(url, str) or len(url) > MAX_SERVER_URL:
        return url if isinstance(url, str) else ""
    variables = members(server.get("variables"))

    def value(match: re.Match[str]) -> str:
        default = members(variables.get(match[1])).get("default")
        return default[: MAX_SERVER_URL + 1] if isinstance(default, str) else match[0]

    return _VARIABLE.sub(value, url).strip()
