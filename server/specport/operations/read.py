"""Document -> Operations: one pass over `paths`, references followed, every broken operation a Problem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from specport.documents.model import LEFT_OUT, Document, JsonObject, Target
from specport.documents.pointers import child
from specport.documents.refs import References
from specport.documents.text import clean, one_line
from specport.errors import DocumentError
from specport.operations import openapi, swagger
from specport.operations.hints import Hints
from specport.operations.model import Operation, OperationHints, OperationKey, Operations
from specport.operations.parameters import TOKEN
from specport.operations.reading import Reading, entries, members, required_object, text, texts
from specport.operations.security import read_requirements, read_schemes

MAX_TITLE = 200
"""Characters of a document's title, and of its version."""

_NOT_CALLABLE = frozenset({"CONNECT"})
"""Methods that are about the connection itself (RFC 9110 section 9.3.6)."""


def read_operations(
    document: Document, source: str, references: References, *, seeks_hints: bool = False
) -> Operations:
    """Every operation of the document that can be read, in document order, and a Problem for each that cannot.

    `seeks_hints`: hints are sought where nothing reads them, too, for a warning each.
    """
    reading = Reading(document, source, references)
    for pointer, message in document.warnings:
        reading.warn(pointer, message)
    root = document.root
    is_swagger = document.dialect.is_swagger
    hints = Hints.of(reading)
    operations = tuple(_each_operation(reading, hints))
    if seeks_hints:
        hints.tell_unread()
    servers = _root_servers(reading)
    info = members(root.get("info"))
    return Operations(
        source=source,
        title=_shown(info.get("title")),
        version=_shown(info.get("version")),
        description=text(info.get("description")),
        operations=operations,
        problems=tuple(reading.problems),
        schemes=read_schemes(swagger.scheme_objects(root) if is_swagger else openapi.scheme_objects(root), references),
        servers=servers,
        tag_parents=_of_tags(root, "parent"),
        tag_texts=_of_tags(root, "description"),
        hints=hints.document(),
    )


def _root_servers(reading: Reading) -> tuple[str, ...]:
    root = reading.document.root
    if reading.document.dialect.is_swagger:
        return swagger.read_servers(root, root.get("schemes"))
    return openapi.read_servers(reading, root.get("servers"), "/servers")


def _of_tags(root: JsonObject, member: str) -> Mapping[str, str]:
    """What each tag says in one of its members, such as `parent` (OAS 3.2 section 4.22.1), where it says something."""
    tags = [members(tag) for tag in entries(root.get("tags"))]
    named = ((tag.get("name"), tag.get(member)) for tag in tags)
    return {name: value for name, value in named if isinstance(name, str) and isinstance(value, str)}


def _each_operation(reading: Reading, hints: Hints) -> Iterator[Operation]:
    for path, raw_item in members(reading.document.root.get("paths")).items():
        if path.startswith("x-"):
            continue
        try:
            items = _path_items(reading, path, raw_item)
        except DocumentError as error:
            hints.pass_over(raw_item)
            reading.fail(child("/paths", path), f"everything at {path}{LEFT_OUT}{error.message}")
            continue
        if not path.startswith("/"):
            reading.warn(child("/paths", path), f"the path {path!r} does not start with a slash; one is added")
        shared = hints.path_item(path, items)
        for method, operation in _declared_operations(reading, path, items):
            reading.begin()
            said = hints.operation(operation, shared, method=method, path=path)
            try:
                read = _operation(reading, path, method, items, operation, hints=said)
            except DocumentError as error:
                reading.fail(error.pointer or operation.pointer, f"{method} {path}{LEFT_OUT}{error.message}")
            else:
                reading.count(_parts_of(read))
                yield read


def _parts_of(operation: Operation) -> int:
    """How many parameters, answers, media types, schemes, servers and tags an operation has, wherever they stand."""
    media = sum(len(response.media) for response in operation.responses)
    names = sum(map(len, operation.security)) + len(operation.servers) + len(operation.tags)
    return len(operation.parameters) + len(operation.responses) + media + names


def _path_items(reading: Reading, path: str, raw: object) -> tuple[Target, ...]:
    """A Path Item Object, or what it says beside its `$ref` and then what that refers to.

    OAS 3.1 section 4.8.9 leaves open what a field on both sides means; here the referenced one, the later, wins.
    """
    pointer = child("/paths", path)
    own = required_object(raw, "the path item")
    target = reading.references.follow(own, pointer)
    referenced = Target(target.pointer, required_object(target.value, "the path item"))
    return (referenced,) if referenced.value is own else (Target(pointer, own), referenced)


def _declared_operations(reading: Reading, path: str, items: Sequence[Target]) -> Iterator[tuple[str, Target]]:
    """Every operation of a path item by its method as it is sent, in document order, those of other methods last."""
    dialect = reading.document.dialect
    fixed = {
        name.upper(): Target(child(item.pointer, name), raw)
        for item in items
        for name, raw in members(item.value).items()
        if name in dialect.methods
    }
    yield from fixed.items()
    if not dialect.additional_operations:
        return
    for item in items:
        where = child(item.pointer, "additionalOperations")
        for method, raw in members(members(item.value).get("additionalOperations")).items():
            if not TOKEN.match(method) or method in _NOT_CALLABLE:
                reading.fail(child(where, method), f"{path}{LEFT_OUT}{method!r} is no method that can be called")
            elif method in fixed:
                reading.fail(child(where, method), f"{method} {path}{LEFT_OUT}it stands beside additionalOperations")
            else:
                yield method, Target(child(where, method), raw)


def _shown(value: object) -> str:
    """A title in one line, without what a reader would not see."""
    return one_line(clean(text(value)), MAX_TITLE)


def _operation(
    reading: Reading, path: str, method: str, items: Sequence[Target], target: Target, *, hints: OperationHints
) -> Operation:
    own = required_object(target.value, "the operation")
    shared = {key: value for item in items for key, value in members(item.value).items()}
    root = reading.document.root
    version = swagger if reading.document.dialect.is_swagger else openapi
    inputs = version.read_inputs(reading, path, items, target)
    return Operation(
        key=OperationKey(reading.source, method, path),
        pointer=target.pointer,
        operation_id=text(own.get("operationId")),
        tags=texts(own.get("tags")),
        summary=text(own.get("summary")) or text(shared.get("summary")),
        description=text(own.get("description")) or text(shared.get("description")),
        deprecated=own.get("deprecated") is True,
        parameters=inputs.parameters,
        body=inputs.body,
        responses=tuple(version.read_responses(reading, target)),
        security=read_requirements(own["security"] if "security" in own else root.get("security")),
        servers=_servers(reading, own, shared, target.pointer),
        accept=inputs.accept,
        hints=hints,
    )


def _servers(reading: Reading, own: JsonObject, shared: JsonObject, pointer: str) -> tuple[str, ...]:
    """The servers that override the document's for one operation, which stands at `pointer`."""
    if not reading.document.dialect.is_swagger:
        where = child(pointer, "servers")
        found = openapi.read_servers(reading, own.get("servers"), where)
        return found or openapi.read_servers(reading, shared.get("servers"), where)
    return swagger.read_servers(reading.document.root, own["schemes"]) if "schemes" in own else ()
