"""Parameter Objects: path-item ones first, operation ones replacing them by name and location."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from specport.documents.model import JsonObject, Target
from specport.documents.pointers import child
from specport.errors import DocumentError
from specport.operations.model import Body, Location, Parameter
from specport.operations.reading import Reading, members, texts

DEFAULT_STYLE = {
    Location.PATH: "simple", Location.QUERY: "form", Location.HEADER: "simple", Location.COOKIE: "form",
    Location.QUERYSTRING: "form",
}  # fmt: skip
"""Styles where the document names none (OAS 3.1 section 4.8.12.2)."""

_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
MESSAGE_HEADERS = frozenset({
    "connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "proxy-authenticate",
    "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
"""What says where a message goes, where it ends and how a connection goes on (RFC 9110 sections 7.2, 7.6, 8.6, 11)."""

_TEMPLATE = re.compile(r"\{([^{}/?#]+)\}")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
"""A field name or method (RFC 9110 sections 5.1 and 9.1)."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that an operation takes. `accept`: see `listed_accept`."""

    parameters: tuple[Parameter, ...]
    body: Body | None
    accept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Declared:
    """A Parameter Object as it stands, references followed: what identifies it, its members, and where it is."""

    name: str
    place: str
    value: JsonObject
    pointer: str
    description: str


def declared_parameters(reading: Reading, holders: Iterable[Target]) -> list[Declared]:
    """The Parameter Objects of a path item and then of its operation, in document order, a later one replacing.

    Of headers the name counts in any spelling, as RFC 9110 section 5.1 has it (OAS 3.1 section 4.8.12.1).
    Raises DocumentError when one is broken.
    """
    merged: dict[tuple[str, str], Declared] = {}
    for holder in holders:
        for where, raw in _listed(holder):
            declared = _declared(reading, raw, where)
            is_header = declared.place == Location.HEADER
            merged[declared.name.lower() if is_header else declared.name, declared.place] = declared
    return list(merged.values())


def offered(declared: Iterable[Declared]) -> Iterator[Declared]:
    """All but headers called Accept, Content-Type or Authorization, which OAS 3.1 section 4.8.12.2 ignores."""
    for each in declared:
        if each.place != Location.HEADER or each.name.lower() not in _IGNORED_HEADERS:
            yield each


def listed_accept(reading: Reading, declared: Iterable[Declared]) -> tuple[str, ...]:
    """The only texts that the document takes as Accept, where a parameter of that name lists them; else none.

    It is no argument, but what is sent of our own accord may as well be one of them: there are APIs that compare.
    """
    for each in declared:
        if each.place == Location.HEADER and each.name.lower() == "accept":
            listed = members(_schema_of(reading, each)).get("enum")
            return tuple(kind.strip() for kind in texts(listed) if kind.strip() and kind.isprintable())
    return ()


def _schema_of(reading: Reading, declared: Declared) -> object:
    """The schema of a parameter, which in Swagger 2.0 it is itself; None where its reference leads nowhere."""
    if "schema" not in declared.value:
        return declared.value
    try:
        return reading.references.follow(declared.value["schema"], child(declared.pointer, "schema")).value
    except DocumentError:
        return None


def _listed(holder: Target) -> Iterator[tuple[str, object]]:
    listed = cast("JsonObject", holder.value).get("parameters")
    if listed is None:
        return
    where = child(holder.pointer, "parameters")
    if not isinstance(listed, list):
        raise DocumentError("`parameters` is not an array", pointer=where)
    for index, raw in enumerate(cast("list[object]", listed)):
        yield child(where, index), raw


def _declared(reading: Reading, raw: object, where: str) -> Declared:
    try:
        target = reading.references.follow(raw, where)
    except DocumentError as error:
        raise DocumentError(error.message, pointer=where) from error
    found = target.value
    if not isinstance(found, dict):
        raise DocumentError("a parameter is not an object", pointer=where)
    value = cast("JsonObject", found)
    name, place = value.get("name"), value.get("in")
    if not isinstance(name, str) or not name:
        raise DocumentError("a parameter has no name", pointer=target.pointer)
    return Declared(name, str(place), value, target.pointer, _described(value, raw))


def _described(value: JsonObject, raw: object) -> str:
    """A description beside the reference replaces the referenced one (OAS 3.1 section 4.8.23)."""
    for holder in (raw, value):
        described = members(holder).get("description")
        if isinstance(described, str):
            return described
    return ""


def path_names(path: str) -> tuple[str, ...]:
    """The template expressions of a path, in order (OAS 3.1 section 4.8.2)."""
    return tuple(_TEMPLATE.findall(path.partition("#")[0]))


def placed(reading: Reading, parameters: Sequence[Parameter], path: str, pointer: str) -> tuple[Parameter, ...]:
    """The parameters that a request to `path` has a place for; a warning for an optional one without.

    Headers of the message itself are never taken: one of another value would be another request, to another host even.
    Raises DocumentError, about the operation at `pointer`, when nothing fills a name in the path, and for a required
    header whose name is no field name (RFC 9110 section 5.1): sending it could say something else altogether.
    """
    given = {parameter.name for parameter in parameters if parameter.location is Location.PATH}
    for name in path_names(path):
        if name not in given:
            raise DocumentError(f"the path needs {{{name}}}, which no parameter declares", pointer=pointer)
    return tuple(parameter for parameter in parameters if _is_placed(reading, parameter, path))


def _is_placed(reading: Reading, parameter: Parameter, path: str) -> bool:
    if parameter.location is Location.PATH and parameter.name not in path_names(path):
        reading.warn(parameter.pointer, f"the path {path} has no {{{parameter.name}}}; the parameter is ignored")
        return False
    if parameter.location is Location.HEADER and parameter.name.lower() in MESSAGE_HEADERS:
        reading.warn(parameter.pointer, f"{parameter.name} is the HTTP message's own header; the parameter is ignored")
        return False
    if parameter.location is Location.HEADER and not TOKEN.match(parameter.name):
        if parameter.required:
            raise DocumentError(f"{parameter.name!r} cannot be a header", pointer=parameter.pointer)
        reading.warn(parameter.pointer, f"{parameter.name!r} cannot be a header; the parameter is ignored")
        return False
    return True


def location_of(declared: Declared) -> Location:
    """Where a parameter travels. DocumentError for an `in` that is no place."""
    if declared.place not in tuple(Location):
        message = f"the parameter {declared.name!r} is `in: {declared.place}`, which is no place"
        raise DocumentError(message, pointer=declared.pointer)
    return Location(declared.place)


def parameter_of(reading: Reading, declared: Declared) -> Parameter:
    """The parameter that an OpenAPI 3 Parameter Object describes."""
    value, location = declared.value, location_of(declared)
    style = value.get("style")
    style = style if isinstance(style, str) else DEFAULT_STYLE[location]
    explode = value.get("explode")
    schema, pointer, content_type = _typed(reading, value, declared.pointer)
    if location is Location.QUERYSTRING and content_type is None:  # OAS 3.2 section 4.12.1
        raise DocumentError(
            f"the parameter {declared.name!r} in querystring has no `content`", pointer=declared.pointer
        )
    return Parameter(
        name=declared.name,
        location=location,
        required=value.get("required") is True or location is Location.PATH,
        style=style,
        explode=explode if isinstance(explode, bool) else style in ("form", "cookie"),
        allow_reserved=value.get("allowReserved") is True
        and (location is Location.QUERY or reading.document.dialect.reserved_anywhere),
        schema=schema,
        pointer=pointer,
        description=declared.description,
        deprecated=value.get("deprecated") is True,
        content_type=content_type,
        allow_empty=may_be_empty(value, location) and style != "deepObject" and content_type is None,
    )


def may_be_empty(value: JsonObject, location: Location) -> bool:
    """Whether a Parameter Object lets its name stand in the query with nothing after it."""
    return value.get("allowEmptyValue") is True and location is Location.QUERY


def _typed(reading: Reading, value: JsonObject, pointer: str) -> tuple[object, str, str | None]:
    """The schema, where it stands, and the media type when the parameter has `content` instead of a style."""
    content = members(value.get("content"))
    if "schema" in value or not content:
        return value.get("schema"), child(pointer, "schema"), None
    content_type, raw = next(iter(content.items()))
    media = reading.references.follow(raw, child(pointer, "content", content_type))
    return members(media.value).get("schema"), child(media.pointer, "schema"), content_type.strip()
