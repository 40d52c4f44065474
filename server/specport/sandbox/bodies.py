"""Request body bytes -> the value the schema speaks of, by media type; a Refusal says what is wrong with them."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import cast
from urllib.parse import unquote_plus

import orjson

from specport.operations.model import Body, Media
from specport.sandbox.checks import Checks
from specport.sandbox.model import ABSENT, Place, Refusal
from specport.sandbox.parameters import ParameterReader
from specport.sandbox.shapes import Shapes


class BodyReader:
    """Reads and checks the bodies of one document's requests."""

    def __init__(self, shapes: Shapes, checks: Checks, parameters: ParameterReader) -> None:
        self._shapes = shapes
        self._checks = checks
        self._parameters = parameters

    def read(self, body: Body | None, content_type: str, data: bytes) -> object:
        """The value, or ABSENT for no body where none is needed.

        Refuses 400 for a missing, unwanted or unreadable body, 415 for another media type, 422 for a wrong value.
        """
        if body is None:
            if data.strip() not in (b"", b"{}", b"null"):
                raise Refusal(400, "bad_request", "/body: this operation takes no body")
            return ABSENT
        if not data:
            if body.required:
                raise Refusal(400, "bad_request", "/body: is required and was not sent")
            return ABSENT
        media = _chosen(body, content_type)
        place = Place(media.schema, media.pointer)
        value = self._value(_kind(content_type), content_type, data, place)
        if value is ABSENT:
            return ABSENT
        complaints = self._checks.complaints((place,), value, "/body")
        if complaints:
            message = "; ".join(str(complaint) for complaint in complaints)
            raise Refusal(422, "unprocessable_entity", message)
        return value

    def _value(self, kind: str, content_type: str, data: bytes, place: Place) -> object:
        if kind == "application/json" or kind.endswith("+json"):
            return _json(data)
        if kind == "application/x-www-form-urlencoded":
            return self._form(_pairs(data), place)
        if kind.startswith("multipart/"):
            return self._form(_parts(content_type, data), place)
        if kind.startswith("text/") and "string" in self._shapes.types((place,)):
            return data.decode("utf-8", "replace")
        return ABSENT

    def _form(self, pairs: list[tuple[str, str]], place: Place) -> object:
        """A form as the object it stands for: repeated names are arrays, objects are JSON or deep names."""
        shape = self._shapes.first((place,))
        gathered: dict[str, list[str]] = {}
        for name, text in pairs:
            known = name in shape.properties
            gathered.setdefault(name if known else name.removesuffix("[]"), []).append(text)
        value: dict[str, object] = {}
        for name, listed in gathered.items():
            outer, bracket, _ = name.partition("[")
            if bracket and name not in shape.properties and outer in shape.properties:
                continue  # a deep name; its whole is not put back together, so it is not checked
            kinds = self._shapes.types(shape.properties.get(name, ()))
            value[name] = self._member(listed, kinds)
        return self._parameters.typed(value, (place,))

    def _member(self, texts: list[str], kinds: frozenset[str]) -> object:
        if len(texts) == 1 and kinds & {"object", "array"}:
            try:
                read = cast("object", orjson.loads(texts[0]))
            except orjson.JSONDecodeError:
                read = None
            if isinstance(read, dict | list):
                return cast("object", read)
        if "array" in kinds:
            return texts[0].split(",") if len(texts) == 1 else texts
        return texts if len(texts) > 1 else texts[0]


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _chosen(body: Body, content_type: str) -> Media:
    """The declared media type that this one is, or falls in the range of."""
    kind = _kind(content_type)
    ranges = (kind, f"{kind.partition('/')[0]}/*", "*/*")
    for wanted in ranges:
        for media in body.media:
            if kind and _kind(media.content_type) == wanted:
                return media
    takes = ", ".join(media.content_type for media in body.media)
    said = f"{kind} is not" if kind else "no Content-Type is not"
    raise Refusal(415, "unsupported_media_type", f"/body: {said} what this operation takes ({takes})")


def _json(data: bytes) -> object:
    try:
        return cast("object", orjson.loads(data))
    except orjson.JSONDecodeError as error:
        message = f"/body: is not valid JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        raise Refusal(400, "bad_request", message) from error


def _pairs(data: bytes) -> list[tuple[str, str]]:
    fields = data.decode("utf-8", "replace").split("&")
    split = (field.partition("=") for field in fields if field)
    return [(unquote_plus(name), unquote_plus(value)) for name, _, value in split]


def _parts(content_type: str, data: bytes) -> list[tuple[str, str]]:
    """Names and texts of a multipart body; a file's bytes are read as Latin-1, which loses none."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = cast("Message", BytesParser(policy=HTTP).parsebytes(head + data))
    parts = message.get_payload()
    if not message.is_multipart() or not isinstance(parts, list):
        raise Refusal(400, "bad_request", "/body: is not a multipart body with the boundary its Content-Type names")
    found: list[tuple[str, str]] = []
    for part in cast("list[Message]", parts):
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        raw = content if isinstance(content, bytes) else b""
        encoding = "latin-1" if part.get_filename() is not None else "utf-8"
        found.append((str(name or ""), raw.decode(encoding, "replace")))
    return found
