"""Media types by what is written under them: JSON, JSON in sequence, XML, text, or bytes."""

from __future__ import annotations

import re

CONCRETE = {
    "": "application/json", "*/*": "application/json", "application/*": "application/json", "text/*": "text/plain",
    "multipart/*": "multipart/form-data", "application/*+json": "application/json",
    "application/*+xml": "application/xml",
}  # fmt: skip
"""What is sent where the document names a range of media types, or none."""

BYTES = "application/octet-stream"

_SEQUENCES = frozenset({"jsonl", "x-jsonl", "jsonlines", "x-jsonlines", "ndjson", "x-ndjson"})
_TEXTS = ("yaml", "graphql", "javascript", "ecmascript", "sql", "toml", "typescript")
_BINARY_FAMILIES = ("image", "audio", "video", "font", "model")
_BINARY = frozenset({
    BYTES, "application/pdf", "application/zip", "application/gzip", "application/x-gzip", "application/x-tar",
    "application/x-zip-compressed", "application/x-bzip2", "application/x-7z-compressed", "application/java-archive",
    "application/wasm", "application/x-msgpack", "application/msgpack", "application/cbor", "application/protobuf",
    "application/x-protobuf", "application/dicom", "application/x-json-smile", "application/vnd.ms-excel",
    "application/msword",
})  # fmt: skip
_CHARSET = re.compile(r""";\s*charset\s*=\s*"?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)


def essence(content_type: str) -> str:
    """A media type without its parameters, in lower case (RFC 9110 section 8.3.1)."""
    return content_type.partition(";")[0].strip().lower()


def concrete(content_type: str) -> str:
    """The media type to send under: itself, or one of the range that it is."""
    kind = essence(content_type)
    if kind in CONCRETE:
        return CONCRETE[kind]
    return BYTES if "*" in kind else content_type


def covers(content_range: str, media_type: str) -> bool:
    """Whether a media type falls in a range such as `image/*` or is the one named."""
    wanted, kind = essence(content_range), essence(media_type)
    return wanted in (kind, "*/*") or (wanted.endswith("/*") and kind.startswith(wanted[:-1]))


def is_json(media_type: str) -> bool:
    """Whether a media type without parameters is JSON: `application/json`, `*+json`, and the wildcards."""
    return media_type.endswith(("/json", "+json")) or media_type in ("*/*", "application/*", "")


def is_json_lines(media_type: str) -> bool:
    """Whether JSON values stand one to a line: JSON Lines and NDJSON under any of their names."""
    return media_type.startswith(("application/", "text/")) and media_type.partition("/")[2] in _SEQUENCES


def is_json_sequence(media_type: str) -> bool:
    """Whether JSON values stand each after a record separator (RFC 7464, and RFC 8091 for `+json-seq`)."""
    return media_type.endswith(("/json-seq", "+json-seq"))


def is_xml(media_type: str) -> bool:
    """Whether a media type is XML (RFC 7303 section 4)."""
    return media_type.endswith(("/xml", "+xml"))


def is_text(media_type: str) -> bool:
    """Whether a value under this media type is text for certain."""
    return media_type.startswith("text/") or is_xml(media_type) or media_type.endswith(_TEXTS)


def is_binary(media_type: str) -> bool:
    """Whether a value under this media type is bytes for certain."""
    return media_type.partition("/")[0] in _BINARY_FAMILIES or media_type in _BINARY


def charset(content_type: str) -> str:
    """The `charset` parameter, "utf-8" where there is none."""
    found = _CHARSET.search(content_type)
    return found[1].lower() if found else "utf-8"
