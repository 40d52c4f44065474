"""The body argument -> bytes and Content-Type, by media type (OAS 3.2 section 4.14)."""

from __future__ import annotations

from dataclasses import dataclass

from specport.catalog.model import MediaBinding
from specport.operations.media_types import BYTES, concrete, covers, essence, is_json
from specport.requests.binary import ReadFile, no_files, written_in
from specport.requests.content import blob, written
from specport.requests.form import urlencoded
from specport.requests.multipart import multipart


@dataclass(frozen=True, slots=True)
class Content:
    """A body as it is sent."""

    content_type: str
    data: bytes


def encode_body(value: object, media: MediaBinding, read_file: ReadFile = no_files) -> Content:
    """The body that a value makes. BadArguments where it cannot be written in that media type."""
    content_type = concrete(media.content_type)
    kind = essence(content_type)
    if media.is_binary and (isinstance(value, str) or not is_json(kind)):
        return _binary(value, media, read_file)
    if kind == "application/x-www-form-urlencoded":
        return Content(content_type, urlencoded(value, media.fields).encode())
    if kind.startswith("multipart/"):
        data, content_type = multipart(value, media, read_file)
        return Content(content_type, data)
    return Content(content_type, written(value, content_type))


def _binary(value: object, media: MediaBinding, read_file: ReadFile) -> Content:
    """Bytes; of a range of media types the one that the bytes say they are."""
    is_range = "*" in media.content_type
    content_type = BYTES if is_range else media.content_type
    if media.transfer and isinstance(value, str):
        return Content(content_type, written_in(media.transfer, value, read_file))
    found = blob(value, read_file)
    if is_range and found.media_type and covers(media.content_type, found.media_type):
        content_type = found.media_type
    return Content(content_type, found.data)
