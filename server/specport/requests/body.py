"""The `body` argument -> bytes and Content-Type, by media type (OAS 3.1 section 4.8.14)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import cast
from urllib.parse import quote_plus

from specport.errors import BadArguments
from specport.requests.styles import as_text, json_bytes, utf8


def encode_body(value: object, content_type: str) -> bytes:
    """The bytes of a body. BadArguments where the value cannot be written in that media type."""
    kind = content_type.partition(";")[0].strip().lower()
    if is_json(kind):
        return json_bytes(value)
    if kind == "application/x-www-form-urlencoded":
        return _form(value)
    if kind.startswith("text/") or kind.endswith(("xml", "yaml", "graphql")):
        return utf8(as_text(value))
    if kind.startswith("multipart/"):
        raise BadArguments("multipart bodies cannot be sent yet", hint="Choose another content_type if there is one")
    return _binary(value)


def is_json(media_type: str) -> bool:
    """Whether a media type without parameters is JSON: `application/json`, `*+json`, and the wildcards."""
    return media_type.endswith(("/json", "+json")) or media_type in ("*/*", "application/*", "")


def _form(value: object) -> bytes:
    if not isinstance(value, dict):
        raise BadArguments("a form body is an object of fields")
    pairs: list[str] = []
    for name, item in cast("Mapping[str, object]", value).items():
        values = cast("list[object]", item) if isinstance(item, list) else [item]
        pairs += [f"{quote_plus(utf8(name))}={quote_plus(utf8(as_text(each)))}" for each in values]
    return "&".join(pairs).encode()


def _binary(value: object) -> bytes:
    if not isinstance(value, str):
        return json_bytes(value)
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadArguments("a binary body is base64 text", hint="Encode the bytes as base64") from error
