"""Bytes -> Document: encoding, JSON or YAML, size and depth limits, and a plain word for what is not OpenAPI.

This is the only module of the room that touches the disk (`read_file`).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import orjson

from specport.documents.bounds import MAX_BYTES, MAX_DEPTH, OPERATOR, Bound, Bounds, check_values
from specport.documents.hidden import hidden_in
from specport.documents.model import Document, File, JsonObject
from specport.documents.pointers import CONTAINERS, children
from specport.documents.upgrade import dialect_of
from specport.errors import DocumentError, SourceError

MAX_FLOW_YAML = 1_000_000
"""Longest text starting with a brace, in characters, that is tried as YAML once it is no JSON."""

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_BY_ZEROS: dict[tuple[bool, ...], str] = {
    (True, True, True, False): "utf-32-be", (False, True, True, True): "utf-32-le",
    (True, False): "utf-16-be", (False, True): "utf-16-le",
}  # fmt: skip
_CONTROLS = {bytes([number]) for number in range(32)} - {b"\t", b"\n", b"\r"}
_FIRST = re.compile(rb"[^ \t\r\n]")
_NOT_BLANK = re.compile(r"\S")
_COMPRESSED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")


def read_file(path: Path) -> bytes:
    """The bytes of a document file; SourceError when it cannot be read or is over MAX_BYTES."""
    try:
        if path.is_dir():
            raise SourceError(f"{path} is a folder, not a document", hint="Name the document file in it")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise SourceError(f"{path} has {size:,} bytes; the limit is {MAX_BYTES:,} (MAX_BYTES)")
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror or error}") from error


def load_document(data: bytes, uri: str, overlays: Sequence[File] = (), bounds: Bounds = OPERATOR) -> Document:
    """Parse one OpenAPI document within `bounds`, apply overlays to it in their order, and check what came of it.

    Each action of an overlay that has no effect is one of the document's warnings. Raises DocumentError, with `uri` in
    its text, when the bytes are not JSON or YAML, not an OpenAPI document, of a version this release cannot read, or
    have no paths; and, with the overlay's `uri` too, when an overlay cannot be read or leaves the limits.
    """
    try:
        changed, warnings = _overlaid(parse(data, bounds), overlays)
        root = _as_openapi(changed)
        return Document(uri, dialect_of(root), root, (*warnings, *hidden_in(data, root)), bounds=bounds)
    except DocumentError as error:
        raise DocumentError(f"{uri}: {error.message}", pointer=error.pointer, hint=error.hint) from error


def parse(data: bytes, bounds: Bounds = OPERATOR) -> object:
    """JSON or YAML bytes as JSON values, within `bounds` and MAX_DEPTH."""
    bounds.size.check(len(data), "bytes")
    start = _FIRST.search(data)
    if start and start[0] in b"{[":  # no text is made of JSON in UTF-8, which may take four times the bytes
        check_values(data, bounds.values)
        with contextlib.suppress(orjson.JSONDecodeError):
            return _checked(orjson.loads(data))
    text = _decode(data)
    first = _NOT_BLANK.search(text)
    if first is None:
        raise DocumentError("is empty")
    if first[0] == "<":
        raise DocumentError("is HTML or XML, not an OpenAPI document", hint=_html_hint(text))
    return _checked(_parse_json(text, bounds) if first[0] in "{[" else _parse_yaml(text, bounds.values))


def _checked(value: object) -> object:
    _check_depth(value)
    return value


def _overlaid(root: object, overlays: Sequence[File]) -> tuple[object, tuple[tuple[str, str], ...]]:
    """What overlays make of a document, and their warnings."""
    if not overlays or not isinstance(root, dict):
        return root, ()
    from specport.documents.overlay import Action, apply, read_overlay  # its JSONPath costs time at start-up

    actions: list[Action] = []
    for file in overlays:
        try:
            actions += read_overlay(parse(file.data), file.uri)
        except DocumentError as error:
            raise DocumentError(f"the overlay {file.uri} {error.message}", hint=error.hint) from error
    return apply(cast("JsonObject", root), actions)


def _parse_json(text: str, bounds: Bounds) -> object:
    check_values(text.encode(), bounds.values)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        broken = error
    if len(text) <= MAX_FLOW_YAML:
        with contextlib.suppress(DocumentError):  # flow-style YAML also starts with a brace
            return _parse_yaml(text, bounds.values)
    raise DocumentError(f"is not valid JSON at line {broken.lineno}, column {broken.colno}: {broken.msg}") from broken


def _parse_yaml(text: str, values: Bound) -> object:
    from specport.documents.yaml_reader import read_yaml  # most documents are JSON, which needs none of it

    return read_yaml(text, values)


def _decode(data: bytes) -> str:
    if data.startswith(_COMPRESSED):
        raise DocumentError("is compressed", hint="Unpack it first")
    encoding, body = next(
        ((name, data[len(bom) :]) for bom, name in _BOMS if data.startswith(bom)), (_unmarked(data), data)
    )
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"is not {encoding.upper()} text (byte {error.start:,})", hint="Save it as UTF-8"
        ) from error


def _unmarked(data: bytes) -> str:
    """The encoding of a text without a mark, whose first character is ASCII (YAML 1.2 section 5.2).

    A control character begins no text: such bytes are told as what is no UTF-8.
    """
    zeros = tuple(byte == 0 for byte in data[:4])
    wide = _BY_ZEROS.get(zeros) or _BY_ZEROS.get(zeros[:2])
    return wide if wide and data[:4].strip(b"\0")[:1] not in _CONTROLS else "utf-8"


def _html_hint(text: str) -> str:
    title = re.search(r"<title[^>]*>([^<]{1,80})", text[:20_000], re.IGNORECASE)
    page = f" (the page is titled “{' '.join(title[1].split())}”)" if title else ""
    return f"Use the address of the raw JSON or YAML{page}"


def _as_openapi(root: object) -> JsonObject:
    if not isinstance(root, dict):
        raise DocumentError(f"is a JSON {_kind(root)}, not an OpenAPI document")
    root = cast("JsonObject", root)
    if "openapi" not in root and "swagger" not in root:
        keys = ", ".join(key[:40] for key in list(root)[:5]) or "nothing"
        raise DocumentError(f"has no `openapi` version field (it has {keys})", hint="Is this an OpenAPI document?")
    paths = root.get("paths")
    if not isinstance(paths, dict) or not paths:
        raise DocumentError("has no paths, so no operations", pointer="/paths")
    return root


def _kind(value: object) -> str:
    names: dict[type, str] = {str: "string", list: "array", bool: "boolean", int: "number", float: "number"}
    return names.get(type(value), "null")


def _check_depth(root: object) -> None:
    """Refuse nesting over MAX_DEPTH level by level, so that later walks may recurse without fear."""
    level: list[object] = [root]
    seen: set[int] = set()
    for _ in range(MAX_DEPTH):
        following: list[object] = []
        for node in level:
            for value in children(node):
                if type(value) in CONTAINERS and value and id(value) not in seen:
                    seen.add(id(value))
                    following.append(value)
        if not following:
            return
        level = following
    raise DocumentError(f"is nested more than {MAX_DEPTH} levels deep (MAX_DEPTH)")
