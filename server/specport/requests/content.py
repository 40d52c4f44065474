"""One value -> bytes under one media type that has no parts: JSON, JSON in sequence, text, bytes."""

from __future__ import annotations

from typing import cast

from specport.errors import BadArguments
from specport.operations.media_types import charset, essence, is_json, is_json_lines, is_json_sequence, is_xml
from specport.requests.binary import Blob, ReadFile, blob_of
from specport.requests.styles import as_text, json_bytes, utf8

_EVENTS = "text/event-stream"


def written(value: object, content_type: str) -> bytes:
    """A value as JSON or text, whichever the media type is.

    A text stays as it is in every format but JSON; something else goes as JSON, which YAML and plain text can hold.
    Raises BadArguments where the media type cannot hold the value.
    """
    kind = essence(content_type)
    if is_json(kind):
        return json_bytes(value)
    if not isinstance(value, str) and (is_xml(kind) or kind == _EVENTS):
        raise BadArguments(f"the content is {kind}, which is not made of JSON here", hint=f"Give it as {kind} text")
    if is_json_lines(kind) and not isinstance(value, str):
        return b"".join(json_bytes(item) + b"\n" for item in _items(value))
    if is_json_sequence(kind) and not isinstance(value, str):
        return b"".join(b"\x1e" + json_bytes(item) + b"\n" for item in _items(value))
    return _text(as_text(value), content_type)


def blob(value: object, read_file: ReadFile) -> Blob:
    """A value where bytes are wanted: a text is read as what stands for bytes, anything else is JSON."""
    return blob_of(value, read_file) if isinstance(value, str) else Blob(json_bytes(value))


def _items(value: object) -> list[object]:
    """A single value is a sequence of one."""
    return cast("list[object]", value) if isinstance(value, list) else [value]


def _text(text: str, content_type: str) -> bytes:
    """The text in the charset that the media type names, UTF-8 where it names none."""
    name = charset(content_type)
    if name in ("utf-8", "utf8"):
        return utf8(text)
    try:
        return text.encode(name)
    except LookupError:
        return utf8(text)
    except UnicodeEncodeError as error:
        raise BadArguments(f"a text holds {error.object[error.start]!r}, which {name} cannot write") from error
