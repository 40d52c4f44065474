"""Frozen values of the documents room: what is known of a document before anything is built from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

JsonObject: TypeAlias = Mapping[str, object]
"""A JSON object whose members are not checked yet."""


class Severity(StrEnum):
    """How bad a problem is: an `ERROR` left something out, a `WARNING` left nothing out."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a document that did not stop the rest: where (JSON Pointer) and what."""

    source: str
    pointer: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between OpenAPI versions, as data that the schema conversion reads.

    `nullable_keyword`: `nullable: true` adds null to the type (OAS 3.0 section 4.7.24.1).
    `boolean_exclusive`: `exclusiveMinimum`/`Maximum` are booleans beside `minimum`/`maximum` (draft 5).
    `ref_siblings`: keywords beside a schema's `$ref` count (JSON Schema 2020-12 section 8.2.3.1);
    in 3.0 they are ignored (OAS 3.0 section 4.7.23.1).
    """

    version: str
    nullable_keyword: bool
    boolean_exclusive: bool
    ref_siblings: bool


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed OpenAPI document: `uri` it came from, SHA-256 `digest` of its bytes, JSON `root`."""

    uri: str
    dialect: Dialect
    root: JsonObject
    digest: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where a reference leads: the canonical JSON Pointer (no hop left in it) and the value there."""

    pointer: str
    value: object
