"""Operations -> Catalog: every operation a tool, in the listing's order, with a digest of the result."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import orjson

from specport.catalog.inputs import Owned, build_input
from specport.catalog.model import Catalog, Hints, Route, Tool
from specport.catalog.naming import addresses, listing_order, wire_names
from specport.documents.model import Document, Problem, Severity
from specport.documents.refs import References
from specport.documents.text import clean, shorten
from specport.errors import DocumentError
from specport.operations.model import Operation, Operations, SecurityScheme
from specport.schemas.convert import SchemaConverter
from specport.schemas.model import Direction
from specport.schemas.outline import lean

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "QUERY", "TRACE"})
_IDEMPOTENT = _SAFE | {"PUT", "DELETE"}


@dataclass(frozen=True, slots=True)
class Shape:
    """How a catalog is made: `prefix` before addresses ("" for the default source), and the sizes of what is listed.

    `description_limit`: characters of a tool's description, its first paragraph staying whole (None: no limit).
    `schema_budget`: JSON bytes of a listed input schema before details give way to an outline.
    """

    prefix: str = ""
    description_limit: int | None = 200
    schema_budget: int = 450


def build_catalog(document: Document, operations: Operations, references: References, shape: Shape) -> Catalog:
    """One tool per operation, sorted by casefolded address; an operation whose schemas are broken is a Problem."""
    problems = list(operations.problems)

    def warn(pointer: str, message: str) -> None:
        problems.append(Problem(operations.source, pointer, Severity.WARNING, message))

    converter = SchemaConverter(references, document.dialect, Direction.REQUEST, warn)
    owned = owned_parameters(operations.schemes)
    named = list(zip(operations.operations, addresses(operations.operations, shape.prefix), strict=True))
    tools: list[Tool] = []
    for operation, address in named:
        try:
            tools.append(_tool(operation, address, converter, owned, shape))
        except DocumentError as error:
            pointer = error.pointer or operation.pointer
            message = f"{operation.key.method} {operation.key.path} is left out: {error.message}"
            problems.append(Problem(operations.source, pointer, Severity.ERROR, message))
    tools = _with_wire_names(tools, named)
    tools.sort(key=lambda tool: listing_order(tool.address))
    return Catalog(
        source=operations.source,
        title=operations.title,
        version=operations.version,
        tools=tuple(tools),
        problems=tuple(dict.fromkeys(problems)),
        digest=digest_of(tools),
        servers=operations.servers,
        schemes={name: _scheme_facts(scheme) for name, scheme in operations.schemes.items()},
    )


def digest_of(facts: Sequence[object]) -> str:
    """SHA-256 over JSON-able facts, such as everything a client can see of these tools."""
    return hashlib.sha256(orjson.dumps(facts)).hexdigest()


def _tool(operation: Operation, address: str, converter: SchemaConverter, owned: Owned, shape: Shape) -> Tool:
    schema, bindings, body = build_input(operation, converter, owned)
    description = clean(operation.description) or clean(operation.summary)
    method = operation.key.method
    return Tool(
        address=address,
        wire_name="",
        description=shorten(description, shape.description_limit) or f"{method} {operation.key.path}",
        input_schema=schema,
        listed_schema=lean(schema, shape.schema_budget, address),
        hints=hints_of(method),
        route=Route(
            source=operation.key.source,
            method=method,
            path=operation.key.path,
            bindings=bindings,
            body=body,
            accept=_accepted(operation),
            security=operation.security,
            servers=operation.servers,
        ),
        tags=operation.tags,
        deprecated=operation.deprecated,
    )


def _with_wire_names(tools: list[Tool], named: list[tuple[Operation, str]]) -> list[Tool]:
    """Names are given over all operations, left out or not, so that mending one renames no other."""
    names = wire_names((address, operation.key) for operation, address in named)
    by_address = {address: name for (_, address), name in zip(named, names, strict=True)}
    return [replace(tool, wire_name=by_address[tool.address]) for tool in tools]


def hints_of(method: str) -> Hints:
    """Annotations of a method: safe ones read only, DELETE destroys, PUT and DELETE may be repeated."""
    return Hints(read_only=method in _SAFE, destructive=method == "DELETE", idempotent=method in _IDEMPOTENT)


def owned_parameters(schemes: Mapping[str, SecurityScheme]) -> Owned:
    """Parameters that authentication fills and a model is therefore not asked for."""
    owned = {("header", "authorization")} if schemes else set[tuple[str, str]]()
    for scheme in schemes.values():
        if scheme.kind == "apiKey" and scheme.parameter:
            owned.add((scheme.location, scheme.parameter.lower()))
    return frozenset(owned)


def _accepted(operation: Operation) -> tuple[str, ...]:
    """Media types of the successful answers, in document order."""
    types = [
        media.content_type
        for response in operation.responses
        if response.status[:1] == "2" or response.status == "default"
        for media in response.media
    ]
    return tuple(dict.fromkeys(types))


def _scheme_facts(scheme: SecurityScheme) -> Mapping[str, str]:
    return {
        "kind": scheme.kind, "scheme": scheme.scheme, "location": scheme.location, "parameter": scheme.parameter,
    }  # fmt: skip
