"""Values as bodies of media types that are not JSON: something small of the right form."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Mapping
from typing import cast
from xml.sax.saxutils import escape

import yaml

_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
_ZIP = b"PK\x05\x06" + bytes(18)


def rendered(kind: str, value: object) -> bytes:
    """The bytes of a body of this media type; `value` is an example or was made for its schema."""
    fixed = {"application/pdf": _PDF, "image/png": _PNG, "application/zip": _ZIP}.get(kind)
    if fixed is not None:
        return fixed
    if kind == "text/csv":
        return _csv(value).encode()
    if "yaml" in kind:
        made_up = isinstance(value, str) and ":" not in value
        text = "kind: Example\nname: example\n" if made_up else as_yaml(value)
        return text.encode()
    if kind == "text/event-stream":
        return f"data: {as_text(value)}\n\n".encode()
    if kind.endswith("xml"):
        return (as_text(value) if _is_markup(value) else f"<response>{escape(as_text(value))}</response>").encode()
    if kind == "text/html":
        return (as_text(value) if _is_markup(value) else f"<!doctype html><p>{escape(as_text(value))}</p>").encode()
    return as_text(value).encode()


def as_text(value: object) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def as_yaml(value: object) -> str:
    """A text as it is, anything else as YAML."""
    return value if isinstance(value, str) else yaml.safe_dump(json.loads(json.dumps(value, default=str)))


def _is_markup(value: object) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("<")


def _csv(value: object) -> str:
    """A table: objects as rows under their members' names; a text only when it is a table already."""
    if isinstance(value, str) and "," in value:
        return value
    rows = cast("list[object]", value) if isinstance(value, list) else [value]
    objects = [cast("Mapping[str, object]", row) for row in rows if isinstance(row, Mapping)]
    objects = objects or [{"id": "1", "description": "example", "amount": "10.00"}]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(list(objects[0]))
    writer.writerows([as_text(cell) for cell in row.values()] for row in objects)
    return out.getvalue()
