"""Frozen values of the documents room: what is known of a document before anything is built from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from specport.documents.bounds import OPERATOR, Bounds

JsonObject: TypeAlias = Mapping[str, object]
"""A JSON object whose members are not checked yet."""

Place: TypeAlias = tuple[str | int, ...]
"""Where a value stands: the names and indices that lead to it from the root."""


class Severity(StrEnum):
    """How bad a problem is: an `ERROR` left something out, a `WARNING` left nothing out."""

    ERROR = "error"
    WARNING = "warning"


LEFT_OUT = " is left out: "
"""What stands in a problem's sentence between the operation and the reason."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a document that did not stop the rest: where (JSON Pointer) and what."""

    source: str
    pointer: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between OpenAPI versions, as data that later rooms read.

    `field`: the root member that names the version, `openapi` or `swagger`.
    `methods`: the members of a Path Item Object that are operations.
    `nullable_keyword`: a keyword that, being true, adds null to the type (`nullable`, OAS 3.0 section 4.7.24.1; in
    Swagger 2.0 the extension `x-nullable`); empty where `type` lists it.
    `boolean_exclusive`: `exclusiveMinimum`/`Maximum` are booleans beside `minimum`/`maximum` (draft 5).
    `ref_siblings`: schemas are JSON Schema 2020-12, where keywords beside `$ref` count (section 8.2.3.1) and `$id`
    opens a resource of its own (section 8.2.1); before 3.1 siblings are ignored (OAS 3.0 section 4.7.23.1).
    `additional_operations`: a Path Item Object may have operations of any method (OAS 3.2 section 4.9.1).
    `reserved_anywhere`: `allowReserved` counts wherever values are percent-encoded (OAS 3.2 section 4.12.2.2), not in
    queries alone.
    `encodes_items`: an Encoding Object is applied to each item of an array, and there are some by position (OAS 3.2
    sections 4.14.5.1 and 4.14.5.2); before, it is applied to the property.
    `styled_parts`: the style of an Encoding Object counts in multipart bodies, as it does not in OAS 3.0 (section
    4.7.15.1).
    """

    version: str
    field: str
    methods: tuple[str, ...]
    nullable_keyword: str
    boolean_exclusive: bool
    ref_siblings: bool
    additional_operations: bool = False
    reserved_anywhere: bool = False
    encodes_items: bool = False
    styled_parts: bool = True

    @property
    def is_swagger(self) -> bool:
        """Whether parameters, bodies, security and servers have the shape of Swagger 2.0."""
        return self.field == "swagger"

    def is_nullable(self, schema: JsonObject) -> bool:
        """Whether a Schema Object allows null by a keyword of its own."""
        return bool(self.nullable_keyword) and schema.get(self.nullable_keyword) is True


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was read: where it came from, and its bytes."""

    uri: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Missing:
    """A file that is referred to and not here: `uri` names it, `place` is where it may be read."""

    uri: str
    place: str


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed OpenAPI document: `uri` it came from, JSON `root`.

    `warnings`: pointer and sentence for what was wrong before any operation was read. `unread`: why files that it
    refers to are not part of it, by URI. `bounds` are those it was read within.
    """

    uri: str
    dialect: Dialect
    root: JsonObject
    warnings: tuple[tuple[str, str], ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict[str, str])
    bounds: Bounds = OPERATOR


@dataclass(frozen=True, slots=True)
class Target:
    """Where a reference leads: the canonical JSON Pointer (no hop left in it) and the value there."""

    pointer: str
    value: object
