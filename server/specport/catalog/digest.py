"""What tells one list of tools from another."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import orjson

from specport.catalog.schemas import MadeSchemas


def digest_of(facts: Sequence[object]) -> str:
    """SHA-256 over JSON-able facts, such as tools; of schemas that are not made yet the text they are made of."""
    return hashlib.sha256(orjson.dumps(facts, default=_root)).hexdigest()


def _root(schemas: object) -> str:
    assert isinstance(schemas, MadeSchemas)
    return schemas.root
