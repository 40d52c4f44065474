"""What Swagger 2.0 says of one operation, read into the values that OpenAPI 3 is read into.

Swagger 2.0 sections: Operation Object, Parameter Object, Response Object, Security Scheme Object. Pointers are those of
the document as it is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specport.documents.model import JsonObject, Target
from specport.documents.pointers import child
from specport.errors import DocumentError
from specport.operations.model import Body, Location, Media, Parameter, Response
from specport.operations.parameters import (
    DEFAULT_STYLE,
    Declared,
    Inputs,
    declared_parameters,
    listed_accept,
    location_of,
    may_be_empty,
    offered,
    placed,
)
from specport.operations.reading import Reading, entries, members, text, texts

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

_DELIMITED = {"ssv": "spaceDelimited", "tsv": "tabDelimited", "pipes": "pipeDelimited"}
_NO_SCHEMA = frozenset({"name", "in", "required", "description", "collectionFormat", "allowEmptyValue", "type"})
"""Members of a Parameter Object that say nothing of its value; `type` is read apart."""


def read_inputs(reading: Reading, path: str, items: Sequence[Target], operation: Target) -> Inputs:
    """The parameters and the body, which is one `in: body` parameter or all the `in: formData` ones.

    Raises DocumentError when one is broken, or when the path template has a name that no parameter fills.
    """
    plain: list[Parameter] = []
    fields: list[Declared] = []
    body: Declared | None = None
    every = declared_parameters(reading, (*items, operation))
    accept = listed_accept(reading, every)
    for declared in offered(every):
        if declared.place == "formData":
            fields.append(declared)
        elif declared.place == "body":
            body = declared
        else:
            plain.append(_parameter(declared))
    parameters = placed(reading, plain, path, operation.pointer)
    consumes = _media_types(reading, operation, "consumes")
    if body is None:
        return Inputs(parameters, _form(fields, consumes, operation.pointer) if fields else None, accept)
    if fields:
        reading.warn(operation.pointer, "has a body and form fields, of which only one can be sent; the body is")
    media = tuple(
        Media(content_type, body.value.get("schema"), child(body.pointer, "schema"))
        for content_type in consumes or ("application/json",)
    )
    return Inputs(parameters, Body(body.value.get("required") is True, media, body.description), accept)


def _parameter(declared: Declared) -> Parameter:
    value, location = declared.value, location_of(declared)
    style, explode = _style(value, location)
    if value.get("type") == "file":
        raise DocumentError(f"the file {declared.name!r} is not in formData", pointer=declared.pointer)
    return Parameter(
        name=declared.name,
        location=location,
        required=value.get("required") is True or location is Location.PATH,
        style=style,
        explode=explode,
        allow_reserved=False,
        schema=_schema(value),
        pointer=declared.pointer,
        description=declared.description,
        allow_empty=may_be_empty(value, location),
    )


def _style(value: JsonObject, location: Location) -> tuple[str, bool]:
    """The style and explode that write what a `collectionFormat` does; `multi` exists in query and formData only."""
    collection = value.get("collectionFormat")
    if collection == "multi" and location is Location.QUERY:
        return "form", True
    delimited = _DELIMITED.get(collection) if isinstance(collection, str) else None
    return delimited or DEFAULT_STYLE[location], False


def _schema(value: JsonObject) -> JsonObject:
    """The schema that a Parameter Object itself is."""
    schema = {key: member for key, member in value.items() if key not in _NO_SCHEMA}
    kind = value.get("type")
    if kind == "file":
        return {**schema, "type": "string", "format": "binary"}
    return schema if kind is None else {"type": kind, **schema}


def _form(fields: Sequence[Declared], consumes: Sequence[str], pointer: str) -> Body:
    """The fields as one object; a file among them can only be sent in parts."""
    has_file = any(field.value.get("type") == "file" for field in fields)
    required = [field.name for field in fields if field.value.get("required") is True]
    schema: dict[str, object] = {
        "type": "object",
        "properties": {field.name: {**_schema(field.value), **_said(field)} for field in fields},
    }
    if required:
        schema["required"] = required
    encoding: dict[str, object] = {}
    for field in fields:
        if field.value.get("type") == "array":
            style, explode = _style(field.value, Location.QUERY)
            encoding[field.name] = {"style": style, "explode": explode}
    media = tuple(
        Media(content_type, schema, child(pointer, "parameters"), encoding)
        for content_type in _form_types(consumes, has_file=has_file)
    )
    return Body(bool(required), media)


def _said(field: Declared) -> JsonObject:
    return {"description": field.description} if field.description else {}


def _form_types(consumes: Sequence[str], *, has_file: bool) -> Sequence[str]:
    """What a form is sent as: of the media types consumed those that can be forms, else by whether there is a file."""
    able = (MULTIPART,) if has_file else (FORM, MULTIPART)
    return [kind for kind in consumes if kind.partition(";")[0].strip().lower() in able] or able[:1]


def _media_types(reading: Reading, operation: Target, key: str) -> tuple[str, ...]:
    """The `consumes` or `produces` of an operation, which replaces the document's, be it empty."""
    own = members(operation.value)
    holder = own if isinstance(own.get(key), list) else reading.document.root
    return tuple(dict.fromkeys(kind.strip() for kind in texts(holder.get(key)) if kind.strip() and kind.isprintable()))


def read_responses(reading: Reading, operation: Target) -> Iterator[Response]:
    """Answers never decide whether an operation can be called, so a broken one is only a warning."""
    produces = _media_types(reading, operation, "produces") or ("application/json",)
    for status, entry in members(members(operation.value).get("responses")).items():
        if status.startswith("x-"):
            continue
        where = child(operation.pointer, "responses", status)
        try:
            target = reading.references.follow(entry, where)
        except DocumentError as error:
            reading.warn(where, error.message)
            continue
        response = members(target.value)
        schema = response.get("schema")
        if members(schema).get("type") == "file":
            schema = {"type": "string", "format": "binary"}
        pointer = child(target.pointer, "schema")
        media = () if schema is None else tuple(Media(kind, schema, pointer) for kind in produces)
        yield Response(status, media, tuple(members(response.get("headers"))))


def scheme_objects(root: JsonObject) -> Target:
    """The Security Scheme Objects by name, and where they stand."""
    return Target("/securityDefinitions", root.get("securityDefinitions"))


def read_servers(root: JsonObject, schemes: object) -> tuple[str, ...]:
    """The URLs that `host`, `basePath` and `schemes` make, https first; relative where no host is given.

    Without a scheme the URL has none either: the one that the document was fetched by counts.
    """
    base, host = text(root.get("basePath")).strip(), text(root.get("host")).strip().strip("/")
    path = f"/{base.strip('/')}" if base.strip("/") else ""
    if not host:
        return (path or "/",)
    usable = sorted({scheme for scheme in texts(entries(schemes)) if scheme in ("http", "https")}, reverse=True)
    return tuple(f"{scheme}://{host}{path}" for scheme in usable) or (f"//{host}{path}",)
