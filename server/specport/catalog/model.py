"""Frozen values of the catalog room: tools as MCP sees them, and how each argument reaches the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from specport.documents.model import Problem
from specport.operations.model import DocumentHints, Pagination, SecurityScheme
from specport.schemas.model import JsonSchema


class Form(StrEnum):
    """How much of a tool a list shows; arguments are always checked against all of it."""

    LEAN = "lean"
    """Arguments and what is required, the rest as outlines; texts in few words."""
    FULL = "full"
    """Every argument and member with its type, choices, format and limits; texts in few words."""
    VERBATIM = "verbatim"
    """All of that, and every description in full."""


@dataclass(frozen=True, slots=True)
class Binding:
    """How one argument becomes part of the request: OAS parameter `wire_name` in `location`, by its style.

    `allow_empty`: an empty array or object is sent too, as the empty text.
    """

    argument: str
    location: str
    wire_name: str
    required: bool = False
    style: str = "simple"
    explode: bool = False
    allow_reserved: bool = False
    content_type: str | None = None
    allow_empty: bool = False


@dataclass(frozen=True, slots=True)
class FieldBinding:
    """How one property of a form, or one part of a multipart body, is written (Encoding Object, OAS 3.2 section 4.15).

    `content_type`: the media types that the document lists, "" for the default of the value. `style`: "" where the
    content type decides. `headers`: those of the part that have one possible value. `is_binary`: texts stand for
    bytes, which go in the encoding `transfer` (a schema's `contentEncoding`) if there is one. `is_whole`: an array is
    one value, not one to each item.
    """

    name: str
    content_type: str = ""
    style: str = ""
    explode: bool = False
    allow_reserved: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    is_binary: bool = False
    transfer: str = ""
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class MediaBinding:
    """How a body is written in one media type.

    `is_binary`, `transfer`: of the body as a whole. `fields`: the properties that the value alone does not decide.
    `positions`: the same for the items of an array, the last for all that follow. `branch`: which alternative of
    the argument's `anyOf` is the schema for this media type, None where it has no alternatives.
    """

    content_type: str
    is_binary: bool = False
    transfer: str = ""
    fields: tuple[FieldBinding, ...] = ()
    positions: tuple[FieldBinding, ...] = ()
    branch: int | None = None


@dataclass(frozen=True, slots=True)
class BodyBinding:
    """How the argument `argument` becomes the request body.

    `media` in document order, the first being what is sent unless `chooser`, an argument, says otherwise.
    """

    argument: str
    required: bool
    media: tuple[MediaBinding, ...]
    chooser: str | None = None

    @property
    def content_types(self) -> tuple[str, ...]:
        """The media types, in document order."""
        return tuple(media.content_type for media in self.media)


@dataclass(frozen=True, slots=True)
class Route:
    """What a request needs to know of its operation.

    `accept`: media types of successful answers; `accept_only`: texts of which that header must be one, where there are
    any; `security`: alternatives of scheme names; `servers`: URLs that
    override the source's own; `pagination` and `total`: how answers tell the next page, as the document states it.
    """

    source: str
    method: str
    path: str
    bindings: tuple[Binding, ...] = ()
    body: BodyBinding | None = None
    accept: tuple[str, ...] = ()
    accept_only: tuple[str, ...] = ()
    security: tuple[tuple[str, ...], ...] = ()
    servers: tuple[str, ...] = ()
    pagination: Pagination | None = None
    total: str = ""


@dataclass(frozen=True, slots=True)
class Hints:
    """MCP tool annotations, from the method (RFC 9110 section 9.2)."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool = True


class Schemas(Protocol):
    """What a tool takes: `checked` in full, `complete` and `listed` in fewer bytes. Each may be made when asked for."""

    @property
    def checked(self) -> JsonSchema:
        """What arguments are checked against."""
        ...

    @property
    def complete(self) -> JsonSchema:
        """What accepts exactly the same values, with shorter texts."""
        ...

    @property
    def listed(self) -> JsonSchema:
        """What a lean list shows."""
        ...


@dataclass(frozen=True, slots=True)
class GivenSchema:
    """A schema so small that it is listed as it is checked."""

    checked: JsonSchema

    @property
    def complete(self) -> JsonSchema:
        """The same schema."""
        return self.checked

    @property
    def listed(self) -> JsonSchema:
        """The same schema."""
        return self.checked


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """All of a tool but its schemas. `route` is None for the built-in ones, which the server answers itself.

    `brief`: the first words of a description that is longer. `needs_approval`: its document says so. `passes_on`: it
    only finds or calls others, which are decided by themselves. For searches, `summary`: the document's, where the
    description is made of something else, and `answer`: what it says of the successful answer.
    """

    address: str
    wire_name: str
    description: str
    hints: Hints
    route: Route | None = None
    tags: tuple[str, ...] = ()
    deprecated: bool = False
    needs_approval: bool = False
    passes_on: bool = False
    summary: str = ""
    answer: str = ""
    brief: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool(ToolFacts):
    """One tool."""

    schemas: Schemas

    @property
    def input_schema(self) -> JsonSchema:
        """What arguments are checked against."""
        return self.schemas.checked

    @property
    def listed_schema(self) -> JsonSchema:
        """The same in fewer bytes for a lean list."""
        return self.schemas.listed

    def schema_in(self, form: Form) -> JsonSchema:
        """The input schema as a list of this form shows it."""
        if form is Form.LEAN:
            return self.schemas.listed
        return self.schemas.complete if form is Form.FULL else self.schemas.checked

    def description_in(self, form: Form) -> str:
        """The description as a list of this form shows it."""
        return self.description if form is Form.VERBATIM or not self.brief else self.brief


@dataclass(frozen=True, slots=True)
class Filters:
    """Which operations of a document become tools: all, or those that an inclusion fits, less what an exclusion fits.

    `tags`, `operations` (operationIds or `METHOD /path`) and the expressions `include` are inclusions, `exclude` the
    exclusions; `catalog.filters` says how expressions are written. Not `deprecated`: what the document calls so goes.
    """

    tags: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    deprecated: bool = True

    def narrowed(self, given: Filters) -> Filters:
        """These with those of a command line, whose inclusions replace these, and whose exclusions are added."""
        first = given if given.tags or given.operations or given.include else self
        return replace(first, exclude=(*self.exclude, *given.exclude), deprecated=self.deprecated and given.deprecated)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a catalog is made: `prefix` before addresses ("" for the default source), and the sizes of what is listed.

    `description_limit`: characters of a tool's description, its first paragraph staying whole (None: no limit).
    `schema_budget`: JSON bytes of a listed input schema before details give way to an outline.
    """

    prefix: str = ""
    description_limit: int | None = 200
    schema_budget: int = 280


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tools of one source in listing order, what was left out, and the digest of all that.

    `title`, `version`, `servers` are the document's own; `schemes` are its security schemes by name, not described.
    `hints` are what it says of all its operations; `hidden` counts those that it hides.
    `tag_parents` maps a tag to the one it belongs under, `tag_texts` one that tools have to what is said of it.
    """

    source: str
    title: str
    version: str
    tools: tuple[Tool, ...]
    problems: tuple[Problem, ...]
    digest: str
    servers: tuple[str, ...] = ()
    schemes: Mapping[str, SecurityScheme] = field(default_factory=dict[str, SecurityScheme])
    hints: DocumentHints = DocumentHints()
    hidden: int = 0
    tag_parents: Mapping[str, str] = field(default_factory=dict[str, str])
    tag_texts: Mapping[str, str] = field(default_factory=dict[str, str])
