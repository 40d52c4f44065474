"""Catalog <-> bytes, for the cache: a digest of what follows, a line feed, and JSON, checked by pydantic on the way in.

Schemas stay the text they are made of, except that those of the first list page are there as they are listed: what
a start needs is decoded at once, and nothing else. What tools have alike (`catalog.alike`) is there once.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from pydantic import TypeAdapter

from specport.catalog.alike import Alike, Gathering, Numbers, joined
from specport.catalog.model import Catalog, Tool, ToolFacts
from specport.catalog.schemas import Library, MadeSchemas
from specport.documents.model import Problem
from specport.documents.own_json import read_json
from specport.operations.model import DocumentHints, SecurityScheme

LISTED_AHEAD = 500
"""Tools whose listed schemas are made before they are asked for: those of the first page."""

_DIGEST_BYTES = 64


@dataclass(frozen=True, slots=True)
class _Stored:
    """A catalog as it is written. `tools` are without what stands in `alike` by the `numbers` of each.

    `schemas`: root and listed text of each tool; `targets`: pointer, names, text.
    """

    source: str
    title: str
    version: str
    digest: str
    servers: tuple[str, ...]
    schemes: Mapping[str, SecurityScheme]
    problems: tuple[Problem, ...]
    tools: tuple[ToolFacts, ...]
    numbers: tuple[Numbers, ...]
    alike: Alike
    schemas: tuple[tuple[str, str | None], ...]
    targets: tuple[tuple[str, tuple[str, ...], str], ...]
    budget: int
    hints: DocumentHints
    hidden: int
    tag_parents: Mapping[str, str]
    tag_texts: Mapping[str, str]


def encode_catalog(catalog: Catalog) -> bytes:
    """A catalog of `build_catalog` as bytes."""
    made = [tool.schemas for tool in catalog.tools if isinstance(tool.schemas, MadeSchemas)]
    library = made[0].library if made else Library({}, 0)
    gathered = Gathering()
    parted = [gathered.parted(tool) for tool in catalog.tools]
    stored = _Stored(
        source=catalog.source,
        title=catalog.title,
        version=catalog.version,
        digest=catalog.digest,
        servers=catalog.servers,
        schemes=catalog.schemes,
        problems=catalog.problems,
        tools=tuple(facts for facts, _ in parted),
        numbers=tuple(numbers for _, numbers in parted),
        alike=gathered.alike(),
        schemas=tuple(
            (each.root, each.listed_text if index < LISTED_AHEAD else None) for index, each in enumerate(made)
        ),
        targets=tuple((pointer, tuple(sorted(names)), text) for (pointer, names), text in library.texts.items()),
        budget=library.budget,
        hints=catalog.hints,
        hidden=catalog.hidden,
        tag_parents=catalog.tag_parents,
        tag_texts=catalog.tag_texts,
    )
    data = orjson.dumps(stored, default=_nothing)
    return b"%s\n%s" % (hashlib.sha256(data).hexdigest().encode(), data)


def decode_catalog(data: bytes) -> Catalog | None:
    """The catalog that `encode_catalog` wrote; None when the bytes are anything else, or not all of them."""
    content = data[_DIGEST_BYTES + 1 :]
    if data[:_DIGEST_BYTES] != hashlib.sha256(content).hexdigest().encode():
        return None
    try:
        stored = _adapter().validate_python(read_json(content))
    except ValueError:
        return None
    library = Library({(pointer, frozenset(names)): text for pointer, names, text in stored.targets}, stored.budget)
    return Catalog(
        source=stored.source,
        title=stored.title,
        version=stored.version,
        tools=tuple(
            _tool(joined(facts, numbers, stored.alike), MadeSchemas(root, library, facts.address, listed))
            for facts, numbers, (root, listed) in zip(stored.tools, stored.numbers, stored.schemas, strict=True)
        ),
        problems=stored.problems,
        digest=stored.digest,
        servers=stored.servers,
        schemes=stored.schemes,
        hints=stored.hints,
        hidden=stored.hidden,
        tag_parents=stored.tag_parents,
        tag_texts=stored.tag_texts,
    )


def _tool(facts: ToolFacts, schemas: MadeSchemas) -> Tool:
    return Tool(
        address=facts.address,
        wire_name=facts.wire_name,
        description=facts.description,
        hints=facts.hints,
        route=facts.route,
        tags=facts.tags,
        deprecated=facts.deprecated,
        needs_approval=facts.needs_approval,
        summary=facts.summary,
        answer=facts.answer,
        brief=facts.brief,
        schemas=schemas,
    )


def _nothing(schemas: object) -> None:
    """Schemas are written beside the tools."""
    assert isinstance(schemas, MadeSchemas)


@functools.cache
def _adapter() -> TypeAdapter[_Stored]:
    return TypeAdapter(_Stored)
