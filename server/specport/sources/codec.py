"""Source <-> bytes, for every store: one line of JSON facts, then the document and its files as they are.

A member that a newer specport wrote is passed over; a store may be shared by two releases while one replaces the other.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from specport.catalog.model import Filters
from specport.documents.model import File
from specport.errors import SourceError
from specport.executor.model import Channel, Limit, OAuthClient
from specport.policy.model import Rule
from specport.results.model import Conventions
from specport.sources.model import NAME, NO_VALIDATORS, Held, Origin, Source, Validators
from specport.sources.store import MAX_STORED_BYTES

FORMAT = 2
"""Of the facts; each source has the lowest that reads it rightly, so that older releases read what they can.

2: some of its tools are held, all of them are off, filters have expressions, or a manifest says more of it.
"""


@dataclass(frozen=True, slots=True)
class _Part:
    """A file: its URI, and how many of the bytes that follow are its own."""

    uri: str
    size: Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class _Stored:
    """The facts. The bytes of `document`, `files` and `overlays` follow in this order."""

    format: int
    name: str
    origin: Origin
    document: _Part
    base_url: str = ""
    references: Mapping[str, str] = field(default_factory=dict[str, str])
    filters: Filters = field(default_factory=Filters)
    files: tuple[_Part, ...] = ()
    overlays: tuple[_Part, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict[str, str])
    limits: tuple[Limit, ...] = ()
    origins: tuple[str, ...] = ()
    preset: str = ""
    validators: Validators = NO_VALIDATORS
    held: Held = field(default_factory=Held)
    enabled: bool = True
    title: str = ""
    clients: Mapping[str, OAuthClient] = field(default_factory=dict[str, OAuthClient])
    conventions: Conventions = field(default_factory=Conventions)
    rules: tuple[Rule, ...] = ()
    idempotency_header: str = ""


def encode_source(source: Source) -> bytes:
    """An added source as bytes. Raises SourceError over MAX_STORED_BYTES."""
    return b"".join(encode_parts(source))


def encode_parts(source: Source) -> list[bytes]:
    """The same bytes in parts, of which those of the documents are no copies."""
    facts, *bodies = pack_source(source)
    parts = [facts, b"\n", *bodies]
    size = sum(map(len, parts))
    if size > MAX_STORED_BYTES:
        raise SourceError(f"{source.name} has {size:,} bytes; the limit is {MAX_STORED_BYTES:,} (MAX_STORED_BYTES)")
    return parts


def pack_source(source: Source) -> list[bytes]:
    """The facts of a source, its document, its files and its overlays."""
    stored = _Stored(
        format=1 if _is_old(source) else FORMAT,
        name=source.name,
        origin=source.origin,
        document=_Part(source.uri, len(source.data)),
        base_url=source.base_url,
        references=source.references,
        filters=source.filters,
        files=_parts(source.files),
        overlays=_parts(source.overlays),
        unread=source.unread,
        limits=source.channel.limits,
        origins=source.origins,
        preset=source.preset,
        validators=source.validators,
        held=source.held,
        enabled=source.enabled,
        title=source.title,
        clients=source.clients,
        conventions=source.conventions,
        rules=source.rules,
        idempotency_header=source.channel.idempotency_header,
    )
    return [orjson.dumps(stored), source.data, *(file.data for file in (*source.files, *source.overlays))]


def decode_source(data: bytes, name: str) -> Source:
    """The source that `encode_source` wrote under that name. Raises SourceError for anything else."""
    facts, _, rest = data.partition(b"\n")
    try:
        stored = _adapter().validate_python(orjson.loads(facts))
    except (orjson.JSONDecodeError, ValidationError) as error:
        raise _unreadable(name) from error
    if stored.format > FORMAT:
        raise SourceError(f"the added source {name!r} was written by a newer specport", hint="Update this one")
    if not _is_sound(stored, name, len(rest)):
        raise _unreadable(name)
    parts = (stored.document, *stored.files, *stored.overlays)
    ends = [*itertools.accumulate(part.size for part in parts)]
    return _source(stored, [rest[end - part.size : end] for part, end in zip(parts, ends, strict=True)])


def unpack_source(facts: bytes, bodies: Sequence[bytes]) -> Source:
    """The source that `pack_source` packed, which must be known to have done so."""
    return _source(_adapter().validate_python(orjson.loads(facts)), bodies)


def _source(stored: _Stored, bodies: Sequence[bytes]) -> Source:
    document, *others = bodies
    files = [File(part.uri, data) for part, data in zip((*stored.files, *stored.overlays), others, strict=True)]
    return Source(
        name=stored.name,
        uri=stored.document.uri,
        data=document,
        origin=stored.origin,
        base_url=stored.base_url,
        references=stored.references,
        filters=stored.filters,
        files=tuple(files[: len(stored.files)]),
        overlays=tuple(files[len(stored.files) :]),
        unread=stored.unread,
        channel=Channel(limits=stored.limits, idempotency_header=stored.idempotency_header),
        origins=stored.origins,
        preset=stored.preset,
        validators=stored.validators,
        held=stored.held,
        enabled=stored.enabled,
        title=stored.title,
        clients=stored.clients,
        conventions=stored.conventions,
        rules=stored.rules,
    )


def _is_old(source: Source) -> bool:
    """Whether older releases read it rightly; else they would offer what is held, off, filtered out or denied."""
    filters = source.filters
    return (
        source.enabled
        and filters == Filters(filters.tags, filters.operations)
        and not (source.held or source.rules or source.clients)
    )


def _is_sound(stored: _Stored, name: str, size: int) -> bool:
    """Whether the facts fit the name and the number of bytes behind them, and are such as can be added."""
    sizes = stored.document.size + sum(part.size for part in (*stored.files, *stored.overlays))
    return (
        (stored.name, sizes) == (name, size)
        and bool(NAME.match(name))
        and stored.origin is not Origin.BUNDLED
        and not (
            stored.origin is Origin.TOOL and (stored.references or stored.clients or stored.preset)
        )  # it brings no credentials
        and all(limit.is_possible for limit in stored.limits)
    )


def revision_of(*parts: bytes) -> str:
    """The revision of an encoded source: its SHA-256, so the same source has the same one everywhere."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _parts(files: Sequence[File]) -> tuple[_Part, ...]:
    return tuple(_Part(file.uri, len(file.data)) for file in files)


def _unreadable(name: str) -> SourceError:
    return SourceError(
        f"the added source {name!r} cannot be read from where it is kept",
        hint=f"`specport remove {name}`, then add it again",
    )


@functools.cache
def _adapter() -> TypeAdapter[_Stored]:
    return TypeAdapter(_Stored)
