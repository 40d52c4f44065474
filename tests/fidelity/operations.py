"""What a raw document says of each operation: an own count and reading of OAS 2.0, 3.0, 3.1 and 3.2."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fidelity.references import Dangling, Documents, Json

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
UNOFFERED = frozenset({("header", "accept"), ("header", "content-type"), ("header", "authorization")})
"""Header parameters that count for nothing (OAS 3.1 section 4.8.12.2)."""
FRAMING = frozenset({"connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"})
"""Header parameters that the message itself fills (RFC 9110 section 7)."""

DEFAULT_STYLE = {"path": "simple", "query": "form", "header": "simple", "cookie": "form", "querystring": "form"}
_DELIMITED = {"csv": "csv", "ssv": "spaceDelimited", "tsv": "tabDelimited", "pipes": "pipeDelimited"}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
TEMPLATE = re.compile(r"\{([^{}/?#]+)\}")


@dataclass(frozen=True, slots=True)
class Wire:
    """One parameter: where it goes, under which name, in which style; `media` when it has `content`.

    `may_be_empty`: the name with nothing after it is a request of its own (allowEmptyValue, which queries alone have).
    """

    name: str
    place: str
    required: bool
    style: str
    explode: bool
    allow_reserved: bool
    schema: Json
    media: str | None = None
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True)
class Media:
    """One media type of a body.

    `encodes_items`: an Encoding Object is for each item of an array (OAS 3.2 section 4.14.5.1), and `positions` are
    those of the first items and of the rest. `styles_parts`: styles count in multipart bodies, as not in OAS 3.0.
    """

    content_type: str
    schema: Json
    encoding: Mapping[str, Json]
    is_sequence: bool = False
    encodes_items: bool = False
    styles_parts: bool = True
    positions: tuple[tuple[Json, ...], Json] = ((), None)


@dataclass(frozen=True, slots=True)
class Scheme:
    """Where a credential goes: `kind` is apiKey or http; for apiKey the place and name, for http the scheme."""

    kind: str
    place: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """One operation. `broken` says why no request can be made of it, where that is so."""

    method: str
    path: str
    parameters: tuple[Wire, ...]
    media: tuple[Media, ...]
    needs_body: bool
    security: tuple[tuple[str, ...], ...]
    broken: str = ""
    operation_id: str = ""
    tags: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


def operations_of(documents: Documents) -> Iterator[Described]:
    """Every operation of every path, counted from the raw document."""
    for path, raw in documents.root.get("paths", {}).items():
        if path.startswith("x-"):
            continue
        item = {**{key: value for key, value in raw.items() if key != "$ref"}, **documents.follow(raw)}
        for method, operation in _declared(documents.version, item):
            try:
                yield _described(documents, path, method, item, operation)
            except Dangling as error:
                yield Described(method, path, (), (), False, (), f"dangling: {error}")


def _declared(version: str, item: Json) -> Iterator[tuple[str, Json]]:
    methods = [*METHODS, *(["trace"] if version >= "3.0" else []), *(["query"] if version >= "3.2" else [])]
    for method in methods:
        if method in item:
            yield method.upper(), item[method]
    if version >= "3.2":
        yield from item.get("additionalOperations", {}).items()


def _described(documents: Documents, path: str, method: str, item: Json, operation: Json) -> Described:
    declared: dict[tuple[str, str], Json] = {}
    for holder in (item, operation):
        for entry in holder.get("parameters", []):
            found = documents.follow(entry)
            is_header = found["in"] == "header"  # in any spelling (OAS 3.1 section 4.8.12.1)
            declared[found["name"].lower() if is_header else found["name"], found["in"]] = found
    if documents.version < "3.0":
        wires, media, needed = _swagger_inputs(documents, declared, operation)
    else:
        wires = [_wire(documents, each) for each in declared.values()]
        media, needed = _media_of(documents, operation)
    filled = {wire.name for wire in wires if wire.place == "path"}
    missing = [name for name in template_names(path) if name not in filled]
    security = operation.get("security", documents.root.get("security")) or []
    return Described(
        method=method,
        path=path,
        parameters=tuple(wire for wire in wires if _has_place(wire, path)),
        media=tuple(media),
        needs_body=needed,
        security=tuple(tuple(each) for each in security),
        broken=f"no parameter fills {missing}" if missing else "",
        operation_id=operation.get("operationId", ""),
        tags=tuple(operation.get("tags", [])),
    )


def template_names(path: str) -> list[str]:
    """The names in braces in the part of a path key that is sent."""
    return TEMPLATE.findall(path.partition("#")[0])


def _has_place(wire: Wire, path: str) -> bool:
    if (wire.place, wire.name.lower()) in UNOFFERED:
        return False
    if wire.place == "header" and wire.name.lower() in FRAMING:
        return False
    if wire.place == "header":
        return bool(_TOKEN.match(wire.name))
    return wire.place != "path" or wire.name in template_names(path)


def _wire(documents: Documents, found: Json) -> Wire:
    place = found["in"]
    style = found.get("style", DEFAULT_STYLE[place])
    media = None
    schema = found.get("schema")
    if schema is None and found.get("content"):
        media, entry = next(iter(found["content"].items()))
        schema = documents.follow(entry).get("schema")
    return Wire(
        name=found["name"],
        place=place,
        required=bool(found.get("required")) or place == "path",
        style=style,
        explode=found.get("explode", style in {"form", "cookie"}),
        allow_reserved=bool(found.get("allowReserved")),
        schema={} if schema is None else schema,
        media=media,
        may_be_empty=_may_be_empty(found) and style != "deepObject" and media is None,
    )


def _may_be_empty(found: Json) -> bool:
    return found["in"] == "query" and found.get("allowEmptyValue") is True


def _media_of(documents: Documents, operation: Json) -> tuple[list[Media], bool]:
    body = documents.follow(operation.get("requestBody") or {})
    media: list[Media] = []
    for content_type, entry in body.get("content", {}).items():
        found = documents.follow(entry)
        schema = found.get("schema")
        item = found.get("itemSchema")
        is_sequence = schema is None and item is not None
        media.append(
            Media(
                content_type.strip(),
                {"type": "array", "items": item} if is_sequence else schema,
                found.get("encoding", {}),
                is_sequence,
                documents.version >= "3.2",
                documents.version >= "3.1",
                (tuple(found.get("prefixEncoding", [])), found.get("itemEncoding")),
            )
        )
    return media, bool(media) and bool(body.get("required"))


def _swagger_inputs(
    documents: Documents, declared: Mapping[tuple[str, str], Json], operation: Json
) -> tuple[list[Wire], list[Media], bool]:
    """Swagger 2.0, Parameter Object: one in: body, or all in: formData, are the body."""
    wires: list[Wire] = []
    fields: list[Json] = []
    body: Json = None
    for (_, place), found in declared.items():
        if place == "formData":
            fields.append(found)
        elif place == "body":
            body = found
        else:
            wires.append(_swagger_wire(found))
    consumes = operation.get("consumes", documents.root.get("consumes", []))
    if body is not None:
        media = [Media(kind, body.get("schema"), {}) for kind in consumes or ["application/json"]]
        return wires, media, bool(body.get("required"))
    if not fields:
        return wires, [], False
    has_file = any(each["type"] == "file" for each in fields)
    usable = [kind for kind in consumes if kind in ((PARTS,) if has_file else (FORM, PARTS))]
    schema = {
        "type": "object",
        "properties": {each["name"]: _inline_schema(each) for each in fields},
        "required": [each["name"] for each in fields if each.get("required")],
        "additionalProperties": False,
    }
    encoding = {each["name"]: _collection(each, "query") for each in fields if each["type"] == "array"}
    kinds = usable or [PARTS if has_file else FORM]
    return wires, [Media(kind, schema, encoding) for kind in kinds], bool(schema["required"])


def _swagger_wire(found: Json) -> Wire:
    place = found["in"]
    styled = _collection(found, place)
    required = bool(found.get("required")) or place == "path"
    schema, is_optional = _inline_schema(found), _may_be_empty(found)
    return Wire(
        found["name"], place, required, styled["style"], styled["explode"], False, schema, may_be_empty=is_optional
    )


def _collection(found: Json, place: str) -> Json:
    """Swagger 2.0 collectionFormat: csv where none is named; multi in query and formData only."""
    named = found.get("collectionFormat", "csv")
    if named == "multi":
        return {"style": "form", "explode": True}
    return {"style": _DELIMITED[named] if found.get("type") == "array" else DEFAULT_STYLE[place], "explode": False}


def _inline_schema(found: Json) -> Json:
    kept = {key: value for key, value in found.items() if key not in {"in", "name", "required", "collectionFormat"}}
    return {**kept, "type": "string", "format": "binary"} if found.get("type") == "file" else kept


def schemes_of(documents: Documents) -> dict[str, Scheme]:
    """The declared security schemes that one secret can satisfy, by name."""
    root = documents.root
    declared = root.get("securityDefinitions") or root.get("components", {}).get("securitySchemes") or {}
    schemes: dict[str, Scheme] = {}
    for name, entry in declared.items():
        found = documents.follow(entry)
        kind = found.get("type")
        if kind == "apiKey":
            schemes[name] = Scheme("apiKey", found["in"], found["name"])
        elif kind == "basic" or (kind == "http" and found["scheme"].lower() == "basic"):
            schemes[name] = Scheme("http", name="basic")
        elif kind == "http":
            schemes[name] = Scheme("http", name=found["scheme"].lower())
        elif kind in {"oauth2", "openIdConnect"}:
            schemes[name] = Scheme("http", name="bearer")
    return schemes
