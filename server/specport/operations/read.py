"""Document -> Operations: one pass over `paths`, references followed, every broken operation a Problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from specport.documents.model import Document, JsonObject, Problem, Severity, Target
from specport.documents.pointers import child
from specport.documents.refs import References
from specport.errors import DocumentError
from specport.operations.model import Body, Media, Operation, OperationKey, Operations, Response
from specport.operations.parameters import read_parameters
from specport.operations.security import read_requirements, read_schemes
from specport.operations.servers import read_servers

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""Operation fields of a Path Item Object (OAS 3.1 section 4.8.9.1)."""


@dataclass(slots=True)
class Reading:
    """What the readers of one document share: its references, and the problems met so far."""

    document: Document
    source: str
    references: References
    problems: list[Problem] = field(default_factory=list[Problem])

    def warn(self, pointer: str, message: str) -> None:
        """Note something wrong that leaves nothing out."""
        self.problems.append(Problem(self.source, pointer, Severity.WARNING, message))

    def fail(self, pointer: str, message: str) -> None:
        """Note something wrong that leaves an operation out."""
        self.problems.append(Problem(self.source, pointer, Severity.ERROR, message))


def read_operations(document: Document, source: str, references: References) -> Operations:
    """Every operation of the document that can be read, in document order, and a Problem for each that cannot."""
    reading = Reading(document, source, references)
    root = document.root
    schemes = read_schemes(root, references)
    operations = tuple(_each_operation(reading))
    info = _object(root.get("info"))
    return Operations(
        source=source,
        title=_text(info.get("title")),
        version=_text(info.get("version")),
        description=_text(info.get("description")),
        operations=operations,
        problems=tuple(reading.problems),
        schemes=schemes,
        servers=read_servers(root.get("servers")),
    )


def _each_operation(reading: Reading) -> Iterator[Operation]:
    for path, raw_item in _object(reading.document.root.get("paths")).items():
        pointer = child("/paths", path)
        if path.startswith("x-"):
            continue
        try:
            target = reading.references.follow(raw_item, pointer)
            item = _must_be_object(target.value, "the path item")
        except DocumentError as error:
            reading.fail(pointer, error.message)
            continue
        if not path.startswith("/"):
            reading.warn(pointer, f"the path {path!r} does not start with a slash; one is added")
        for method in item:
            if method in METHODS:
                try:
                    yield _operation(reading, path, method, Target(target.pointer, item))
                except DocumentError as error:
                    reading.fail(error.pointer or child(pointer, method), f"left out: {error.message}")


def _operation(reading: Reading, path: str, method: str, item_target: Target) -> Operation:
    item = cast("JsonObject", item_target.value)
    pointer = child(item_target.pointer, method)
    raw = _must_be_object(item[method], "the operation")
    root = reading.document.root
    return Operation(
        key=OperationKey(reading.source, method.upper(), path),
        pointer=pointer,
        operation_id=_text(raw.get("operationId")),
        tags=tuple(tag for tag in _list(raw.get("tags")) if isinstance(tag, str)),
        summary=_text(raw.get("summary")) or _text(item.get("summary")),
        description=_text(raw.get("description")) or _text(item.get("description")),
        deprecated=raw.get("deprecated") is True,
        parameters=read_parameters(reading, path, item_target, Target(pointer, raw)),
        body=_body(reading, raw, pointer),
        responses=tuple(_responses(reading, raw, pointer)),
        security=read_requirements(raw["security"] if "security" in raw else root.get("security")),
        servers=read_servers(raw.get("servers")) or read_servers(item.get("servers")),
    )


def _body(reading: Reading, raw: JsonObject, pointer: str) -> Body | None:
    if raw.get("requestBody") is None:
        return None
    target = reading.references.follow(raw["requestBody"], child(pointer, "requestBody"))
    body = _must_be_object(target.value, "the request body")
    media = tuple(read_media(body.get("content"), child(target.pointer, "content"), reading))
    if not media:
        reading.warn(target.pointer, "the request body names no media type; no body is offered")
        return None
    return Body(body.get("required") is True, media, _text(body.get("description")))


def read_media(content: object, pointer: str, reading: Reading) -> Iterator[Media]:
    """The Media Type Objects of a `content` map, in document order."""
    for content_type, raw in _object(content).items():
        target = reading.references.follow(raw, child(pointer, content_type))
        media = _object(target.value)
        if not content_type.isprintable():
            reading.warn(child(pointer, content_type), f"{content_type!r} is no media type and is ignored")
            continue
        yield Media(
            content_type=content_type.strip(),
            schema=media.get("schema"),
            pointer=child(target.pointer, "schema"),
            encoding=_object(media.get("encoding")),
        )


def _responses(reading: Reading, raw: JsonObject, pointer: str) -> Iterator[Response]:
    """Answers never decide whether an operation can be called, so a broken one is only a warning."""
    for status, entry in _object(raw.get("responses")).items():
        if status.startswith("x-"):
            continue
        where = child(pointer, "responses", status)
        try:
            target = reading.references.follow(entry, where)
            response = _object(target.value)
            media = tuple(read_media(response.get("content"), child(target.pointer, "content"), reading))
        except DocumentError as error:
            reading.warn(where, error.message)
            continue
        yield Response(status, media, tuple(_object(response.get("headers"))))


def _must_be_object(value: object, what: str) -> JsonObject:
    if not isinstance(value, dict):
        raise DocumentError(f"{what} is not an object")
    return cast("JsonObject", value)


def _object(value: object) -> JsonObject:
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
