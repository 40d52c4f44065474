"""Frozen values of the catalog room: tools as MCP sees them, and how each argument reaches the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from specport.documents.model import Problem


@dataclass(frozen=True, slots=True)
class Binding:
    """How one argument becomes part of the request: OAS parameter `wire_name` in `location`, by its style."""

    argument: str
    location: str
    wire_name: str
    required: bool = False
    style: str = "simple"
    explode: bool = False
    allow_reserved: bool = False
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class BodyBinding:
    """How the argument `argument` becomes the request body.

    `content_types` in document order, the first being what is sent unless `chooser`, an argument, says otherwise.
    """

    argument: str
    required: bool
    content_types: tuple[str, ...]
    chooser: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """What a request needs to know of its operation.

    `accept`: media types of successful answers; `security`: alternatives of scheme names; `servers`: URLs that
    override the source's own.
    """

    source: str
    method: str
    path: str
    bindings: tuple[Binding, ...] = ()
    body: BodyBinding | None = None
    accept: tuple[str, ...] = ()
    security: tuple[tuple[str, ...], ...] = ()
    servers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hints:
    """MCP tool annotations, from the method (RFC 9110 section 9.2)."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool = True


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. `route` is None for the built-in ones, which the server answers itself.

    `input_schema` is what arguments are checked against, `listed_schema` the same in fewer bytes for the list.
    """

    address: str
    wire_name: str
    description: str
    input_schema: Mapping[str, object]
    listed_schema: Mapping[str, object]
    hints: Hints
    route: Route | None = None
    tags: tuple[str, ...] = ()
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tools of one source in listing order, what was left out, and the digest of all that.

    `title`, `version`, `servers` are the document's own; `schemes` maps security scheme names to their kinds.
    """

    source: str
    title: str
    version: str
    tools: tuple[Tool, ...]
    problems: tuple[Problem, ...]
    digest: str
    servers: tuple[str, ...] = ()
    schemes: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
