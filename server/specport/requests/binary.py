"""Text of an argument -> the bytes that it stands for: a `data:` URL, base64, a `file:` URL, or the text itself.

Arguments are JSON and JSON has no bytes, so strings stand for them wherever the document wants binary data.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, unquote_to_bytes

from specport.errors import BadArguments
from specport.requests.styles import utf8

MAX_PLAIN = 64
"""Characters up to which a text of only base64 letters may be something else than base64 that is broken."""

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}\Z")
_WORD = re.compile(r"[A-Z]?[a-z]+\Z|[0-9]+\Z")
"""What a person would take for a word or a number, whether or not it happens to be base64."""
_BASE64_URL = re.compile(r"[A-Za-z0-9_-]*={0,2}\Z")
_LINES = re.compile(r"(?:[A-Za-z0-9+/]{64}\r?\n|[A-Za-z0-9+/]{76}\r?\n)[A-Za-z0-9+/=\r\n]*\Z")
"""Base64 in lines, as PEM (RFC 7468) and MIME (RFC 2045 section 6.8) write it."""

_DATA_URL = re.compile(
    r"data:(?P<type>[\w.+-]+/[\w.+-]+)?(?P<parameters>(?:;[\w.+-]+=(?:\"[^\"]*\"|[^;,\"]*))*)(?P<base64>;base64)?,",
    re.IGNORECASE | re.ASCII,
)
_NAME = re.compile(r";(?:file)?name=\"?([^;,\"]*)", re.IGNORECASE)
_FILE_URL = re.compile(r"file:/\S*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes, and what is known of them: a media type and a file name, each "" where it was not said."""

    data: bytes
    media_type: str = ""
    filename: str = ""


ReadFile = Callable[[str], Blob]
"""`file:` URL -> what the file holds; BadArguments for one that may not, or cannot, be read."""


def no_files(url: str) -> Blob:
    """The reader where the operator allowed no folder."""
    raise BadArguments(
        f"{url[:100]!r} cannot be read: no folder is open to file: URLs",
        hint="Give the content as base64 or a data: URL, or start specport with --files DIR (stdio only)",
    )


def blob_of(text: str, read_file: ReadFile) -> Blob:
    """What a text stands for.

    Raises BadArguments for a `data:` URL or a long text of only base64 letters that does not decode, since a cut-off
    file sent as it is would arrive as something else, and for a word that happens to be base64.
    """
    if len(text) <= MAX_PLAIN and _WORD.match(text) and _decoded(text) is not None:
        raise BadArguments(f"{text!r} may be a word, or base64", hint=f"Write 'data:,{text}' or 'data:;base64,{text}'")
    return _blob_of(text, read_file)


def _blob_of(text: str, read_file: ReadFile) -> Blob:
    if _FILE_URL.match(text):
        return read_file(text)
    url = _DATA_URL.match(text)
    if url:
        return _data(url, text[url.end() :])
    plain = "".join(text.split()) if _LINES.match(text) else text
    if not plain or not _BASE64.match(plain):
        return Blob(utf8(text))
    decoded = _decoded(plain)
    if decoded is not None:
        return Blob(decoded)
    if len(plain) > MAX_PLAIN:
        raise BadArguments(
            "looks like base64 but does not decode", hint="Is it cut off, or its padding missing? A data: URL is plain"
        )
    return Blob(utf8(text))


def _data(url: re.Match[str], rest: str) -> Blob:
    """The parts of a `data:` URL (RFC 2397); `name` is a parameter that many tools write."""
    name = _NAME.search(url["parameters"] or "")
    filename = unquote(name[1]) if name else ""
    if not url["base64"]:
        return Blob(unquote_to_bytes(utf8(rest)), url["type"] or "", filename)
    decoded = _decoded("".join(unquote(rest).split()))
    if decoded is None:
        raise BadArguments("a data: URL does not decode", hint="Is it cut off? What follows the comma is base64")
    return Blob(decoded, url["type"] or "", filename)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def written_in(transfer: str, text: str, read_file: ReadFile) -> bytes:
    """Bytes in the text encoding that a schema's `contentEncoding` asks for; text that is so encoded already stays."""
    if transfer == "base64url":
        if _BASE64_URL.match(text):
            return utf8(text)
        return base64.urlsafe_b64encode(_blob_of(text, read_file).data)
    return base64.b64encode(_blob_of(text, read_file).data)
