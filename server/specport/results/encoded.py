"""Base64 inside JSON answers: thousands of characters that no model can use, told by kind and size instead.

Only what stands alone in a string of some length counts: letters of both cases and digits, as RFC 4648 writes bytes,
with `data:` in front or not (RFC 2397).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import cast

from specport.results.media import actual_type
from specport.results.model import Blob
from specport.results.places import Member, Step

MAX_BASE64_SHOWN = 1_000
"""Characters of base64 that are shown as they are."""

_ALPHABET = r"[A-Za-z0-9+/_-]"
_FOUND = re.compile(
    rb'(?<!\\)"(?:data:[\w/+.;=-]{1,100},)?' + _ALPHABET.encode() + rb"{%d,}={0,2}\"(?!:)" % MAX_BASE64_SHOWN
)
_ENCODED = re.compile(
    rf"(?:data:([\w/+.-]{{0,80}})[\w;=-]{{0,60}};base64,|)({_ALPHABET}{{{MAX_BASE64_SHOWN},}}={{0,2}})\Z"
)
_START = 400
_MAX_PREFIX = 200
"""Characters that stand before base64 at most: `data:`, what it is, and how."""


def without_base64(data: bytes) -> bytes:
    """Some JSON with `<...>` in place of each string that is long base64."""
    return _FOUND.sub(_told, data) if _has_long_string(data) else data


def _has_long_string(data: bytes) -> bool:
    """Whether so much of some JSON is without a quote as long base64 is: a few looks, where a pattern reads it all."""
    start = 0
    while start + MAX_BASE64_SHOWN <= len(data):
        quote = data.rfind(b'"', start, start + MAX_BASE64_SHOWN)
        if quote < 0:
            return True
        start = quote + 1
    return False


def _told(found: re.Match[bytes]) -> bytes:
    text = found[0].decode()[1:-1]
    return f"<{kind_of(text)}>".encode() if _decoded_start(text) else found[0]


def kind_of(text: str) -> str:
    """`base64 of 45,123 bytes, image/png`, empty where it is none."""
    start = _decoded_start(text)
    found = _ENCODED.match(text) if start else None
    if not found:
        return ""
    media_type = found[1] or _media_type(start)
    size = len(found[2].rstrip("=")) * 3 // 4
    return f"base64 of {size:,} bytes" + (f", {media_type}" if media_type else "")


def blob_of(text: str) -> Blob | None:
    """The bytes of a string that is base64 of a known kind, as content."""
    start = _decoded_start(text)
    found = _ENCODED.match(text) if start else None
    if not found:
        return None
    media_type = found[1] or _media_type(start)
    try:
        data = base64.b64decode(
            _padded(found[2]), altchars=b"-_" if re.search("[-_]", found[2]) else None, validate=True
        )
    except (binascii.Error, ValueError):
        return None
    return Blob(media_type, base64.b64encode(data).decode(), "answer") if media_type else None


def steps_to_base64(value: object, offset: int = 0) -> tuple[Step, ...] | None:
    """Where in a value, from its item `offset` on, the first such string stands."""
    waiting: list[tuple[object, tuple[Step, ...]]] = _inside(value, ())[offset:][::-1]
    while waiting:
        each, steps = waiting.pop()
        if isinstance(each, str) and _decoded_start(each):
            return steps
        waiting += _inside(each, steps)[::-1]
    return None


def _inside(value: object, steps: tuple[Step, ...]) -> list[tuple[object, tuple[Step, ...]]]:
    if isinstance(value, dict):
        members = enumerate(cast("dict[str, object]", value).items())
        return [(member, (*steps, Member(name, at))) for at, (name, member) in members]
    if isinstance(value, list):
        return [(item, (*steps, at)) for at, item in enumerate(cast("list[object]", value))]
    return []


def _decoded_start(text: str) -> bytes:
    """The first bytes of what a text is base64 of; nothing where it is none."""
    if len(text) < MAX_BASE64_SHOWN or not _is_mixed(text[: _START + _MAX_PREFIX]):
        return b""
    found = _ENCODED.match(text)
    start = found[2][:_START] if found else ""
    if not _is_mixed(start):
        return b""
    return base64.b64decode(start, altchars=_others(start))


def _is_mixed(text: str) -> bool:
    """Whether it has letters of both cases and digits."""
    return bool(re.search("[a-z]", text) and re.search("[A-Z]", text) and re.search("[0-9]", text))


def _others(text: str) -> bytes | None:
    """The two characters that differ between the alphabets of RFC 4648 sections 4 and 5."""
    return b"-_" if "-" in text or "_" in text else None


def _padded(text: str) -> str:
    return text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)


def _media_type(start: bytes) -> str:
    return actual_type({}, start)
