"""Objects and arrays -> the parts of a `multipart/*` body (RFC 2046 section 5.1, RFC 7578, OAS 3.2 section 4.15.4).

The boundary is a digest of the parts, so that the same call is the same bytes, and stands in none of them.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from specport.catalog.model import FieldBinding, MediaBinding
from specport.errors import BadArguments
from specport.operations.media_types import BYTES, concrete, covers, essence, is_json, is_text
from specport.requests import styles
from specport.requests.binary import Blob, ReadFile, written_in
from specport.requests.content import blob, written
from specport.requests.form import chosen_type, members_of, styled

FORM_DATA = "multipart/form-data"

TEXT = "text/plain; charset=utf-8"
"""What a plain value is; in a form that goes without saying."""

MAX_FILENAME = 200
"""Characters of a file name that are sent."""

_UNSAFE_NAME = {ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A", ord("\\"): "%5C"}
"""As WHATWG HTML section 4.10.21.8 writes names; the backslash too, which some readers take for an escape."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_EXTENSIONS = mimetypes.MimeTypes(filenames=())
"""Only the table that Python comes with, so that names do not depend on the machine."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its header fields in order, and its content."""

    headers: tuple[tuple[str, str], ...]
    content: bytes


def multipart(value: object, media: MediaBinding, read_file: ReadFile) -> tuple[bytes, str]:
    """The body and its Content-Type. BadArguments where a part cannot hold its value."""
    kind = essence(concrete(media.content_type))
    is_listed = isinstance(value, list) and kind != FORM_DATA
    parts = list(
        _positional(cast("list[object]", value), media.positions, read_file)
        if is_listed
        else _members(cast("object", value), media, kind, read_file)
    )
    boundary = _boundary(parts)
    delimiter = f"--{boundary}".encode()
    lines = b"".join(delimiter + b"\r\n" + _head(part) + part.content + b"\r\n" for part in parts)
    root = next((text for part in parts[:1] for name, text in part.headers if name == "Content-Type"), TEXT)
    related = f'; type="{essence(root)}"' if kind == "multipart/related" else ""  # RFC 2387 section 3.1
    return lines + delimiter + b"--\r\n", f"{kind}; boundary={boundary}{related}"


def _head(part: Part) -> bytes:
    return "".join(f"{name}: {text}\r\n" for name, text in part.headers).encode() + b"\r\n"


def _boundary(parts: Sequence[Part]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(_head(part) + part.content + b"\0")
    while any(digest.hexdigest()[:32].encode() in part.content for part in parts):
        digest.update(b"again")
    return f"specport-{digest.hexdigest()[:32]}"


def _members(value: object, media: MediaBinding, kind: str, read_file: ReadFile) -> Iterator[Part]:
    by_name = {field.name: field for field in media.fields}
    for name, item in members_of(value).items():
        yield from _named(by_name.get(name) or FieldBinding(name), item, kind, read_file)


def _named(field: FieldBinding, value: object, kind: str, read_file: ReadFile) -> Iterator[Part]:
    """The parts of one property: one to a value, and one to each item of an array unless a style joins them."""
    if field.style and kind == FORM_DATA:
        raw = styles.as_it_is
        for name, text in styled(field, value, encode=raw, encode_name=raw):
            yield Part((_disposition(name), *field.headers), styles.utf8(text))
        return
    items = [value] if field.is_whole or not isinstance(value, list) else cast("list[object]", value)
    for item in items:
        if item is not None:
            content_type, content, filename = _content(field, item, read_file)
            is_default = content_type == TEXT and kind == FORM_DATA  # RFC 7578 section 4.4
            says_type = () if is_default else (("Content-Type", content_type),)
            named = _disposition(field.name, filename)
            yield Part((named, *says_type, *_transfer(field, item), *field.headers), content)


def _positional(values: Sequence[object], positions: Sequence[FieldBinding], read_file: ReadFile) -> Iterator[Part]:
    """One part to an item; the last position stands for all that follow it (OAS 3.2 section 4.14.5.2)."""
    for index, item in enumerate(values):
        field = positions[min(index, len(positions) - 1)] if positions else FieldBinding("")
        content_type, content, _ = _content(field, item, read_file)
        yield Part((("Content-Type", content_type), *_transfer(field, item), *field.headers), content)


def _content(field: FieldBinding, value: object, read_file: ReadFile) -> tuple[str, bytes, str]:
    """Content-Type, bytes and file name ("" for what is no file) of one part."""
    wanted = chosen_type(field.content_type)
    default = "application/json" if styles.is_compound(value) else TEXT
    content_type = concrete(wanted) if wanted else default
    kind = essence(content_type)
    is_bytes = field.is_binary or not (is_text(kind) or is_json(kind))
    if not (is_bytes and isinstance(value, str)):
        return content_type, written(value, content_type), ""
    if field.transfer:
        return content_type if wanted else BYTES, written_in(field.transfer, value, read_file), ""
    found = blob(value, read_file)
    content_type = _type_of(found, field.content_type)
    return content_type, found.data, _filename(found, field.name, content_type)


def _type_of(found: Blob, listed: str) -> str:
    """The media type of a file: the one that it says of itself where the document lists it, else the first listed."""
    ranges = [each.strip() for each in listed.split(",") if each.strip()]
    if found.media_type and (not ranges or any(covers(each, found.media_type) for each in ranges)):
        return found.media_type
    return concrete(ranges[0]) if ranges else BYTES


def _transfer(field: FieldBinding, value: object) -> tuple[tuple[str, str], ...]:
    """What `contentEncoding` is for a part (OAS 3.2 section 4.15.4.2); base64url is no transfer encoding."""
    is_encoded = field.transfer == "base64" and field.is_binary and isinstance(value, str)
    return (("Content-Transfer-Encoding", "base64"),) if is_encoded else ()


def _disposition(name: str, filename: str = "") -> tuple[str, str]:
    quoted = f'form-data; name="{_quoted(name)}"'
    return "Content-Disposition", f'{quoted}; filename="{_quoted(filename)}"' if filename else quoted


def _quoted(name: str) -> str:
    safe = name.translate(_UNSAFE_NAME)
    styles.utf8(safe)
    if _CONTROL.search(safe):
        raise BadArguments("the name of a part holds a control character")
    return safe


def _filename(found: Blob, name: str, content_type: str) -> str:
    """The file's own name without folders; else the property's, with the extension of its media type."""
    own = _CONTROL.sub("", re.split(r"[/\\]", found.filename)[-1])[:MAX_FILENAME].strip()
    if own and own not in (".", ".."):
        return own
    extension = _EXTENSIONS.guess_extension(essence(content_type)) if content_type != BYTES else None
    return f"{name[:MAX_FILENAME] or 'file'}{extension or ''}"
