"""Parameter Objects: path-item ones first, operation ones replacing them by name and location."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from specport.documents.model import JsonObject, Target
from specport.documents.pointers import child
from specport.errors import DocumentError
from specport.operations.model import Location, Parameter

if TYPE_CHECKING:
    from specport.operations.read import Reading

_DEFAULT_STYLE = {
    Location.PATH: "simple", Location.QUERY: "form", Location.HEADER: "simple", Location.COOKIE: "form",
}  # fmt: skip
_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
_TEMPLATE = re.compile(r"\{([^{}/?#]+)\}")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


def read_parameters(reading: Reading, path: str, item: Target, operation: Target) -> tuple[Parameter, ...]:
    """The parameters of one operation in document order.

    Header parameters called Accept, Content-Type or Authorization are ignored, as OAS 3.1 section 4.8.12.2 asks.
    Raises DocumentError when one is broken, or when the path template has a name that no parameter fills.
    """
    merged: dict[tuple[str, Location], Parameter] = {}
    for holder in (item, operation):
        for where, raw in _listed(holder):
            parameter = _parameter(reading, raw, where)
            if parameter.location is Location.HEADER and parameter.name.lower() in _IGNORED_HEADERS:
                continue
            merged[parameter.name, parameter.location] = parameter
    for name in path_names(path):
        if (name, Location.PATH) not in merged:
            message = f"the path needs {{{name}}}, which no parameter declares"
            raise DocumentError(message, pointer=operation.pointer)
    return tuple(parameter for parameter in merged.values() if _is_placed(reading, parameter, path))


def _listed(holder: Target) -> Iterator[tuple[str, object]]:
    listed = cast("JsonObject", holder.value).get("parameters")
    if listed is None:
        return
    where = child(holder.pointer, "parameters")
    if not isinstance(listed, list):
        raise DocumentError("`parameters` is not an array", pointer=where)
    for index, raw in enumerate(cast("list[object]", listed)):
        yield child(where, index), raw


def path_names(path: str) -> tuple[str, ...]:
    """The template expressions of a path, in order (OAS 3.1 section 4.8.2)."""
    return tuple(_TEMPLATE.findall(path.partition("#")[0]))


def _is_placed(reading: Reading, parameter: Parameter, path: str) -> bool:
    """Whether the request has a place for a parameter; a warning and False for an optional one without.

    Raises DocumentError for a required header whose name is no field name (RFC 9110 section 5.1): sending it could
    say something else altogether.
    """
    if parameter.location is Location.PATH and parameter.name not in path_names(path):
        reading.warn(parameter.pointer, f"the path {path} has no {{{parameter.name}}}; the parameter is ignored")
        return False
    if parameter.location is Location.HEADER and not _FIELD_NAME.match(parameter.name):
        if parameter.required:
            raise DocumentError(f"{parameter.name!r} cannot be a header", pointer=parameter.pointer)
        reading.warn(parameter.pointer, f"{parameter.name!r} cannot be a header; the parameter is ignored")
        return False
    return True


def _parameter(reading: Reading, raw: object, where: str) -> Parameter:
    try:
        target = reading.references.follow(raw, where)
    except DocumentError as error:
        raise DocumentError(error.message, pointer=where) from error
    value = target.value
    if not isinstance(value, dict):
        raise DocumentError("a parameter is not an object", pointer=where)
    value = cast("JsonObject", value)
    name, place = value.get("name"), value.get("in")
    if not isinstance(name, str) or not name:
        raise DocumentError("a parameter has no name", pointer=target.pointer)
    if place not in tuple(Location):
        raise DocumentError(f"the parameter {name!r} is `in: {place}`, which is no place", pointer=target.pointer)
    location = Location(cast("str", place))
    style = value.get("style")
    style = style if isinstance(style, str) else _DEFAULT_STYLE[location]
    explode = value.get("explode")
    schema, pointer, content_type = _typed(reading, value, target.pointer)
    return Parameter(
        name=name,
        location=location,
        required=value.get("required") is True or location is Location.PATH,
        style=style,
        explode=explode if isinstance(explode, bool) else style == "form",
        allow_reserved=value.get("allowReserved") is True,
        schema=schema,
        pointer=pointer,
        description=_described(value, raw),
        deprecated=value.get("deprecated") is True,
        content_type=content_type,
    )


def _described(value: JsonObject, raw: object) -> str:
    """A description beside the reference replaces the referenced one (OAS 3.1 section 4.8.23)."""
    for holder in (raw, value):
        text = cast("JsonObject", holder).get("description") if isinstance(holder, dict) else None
        if isinstance(text, str):
            return text
    return ""


def _typed(reading: Reading, value: JsonObject, pointer: str) -> tuple[object, str, str | None]:
    """The schema, where it stands, and the media type when the parameter has `content` instead of a style."""
    content = value.get("content")
    if "schema" in value or not isinstance(content, dict) or not content:
        return value.get("schema"), child(pointer, "schema"), None
    content_type, raw = next(iter(cast("JsonObject", content).items()))
    media = reading.references.follow(raw, child(pointer, "content", content_type))
    held = media.value
    schema = cast("JsonObject", held).get("schema") if isinstance(held, dict) else None
    return schema, child(media.pointer, "schema"), content_type.strip()
