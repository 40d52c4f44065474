"""Catalog <-> bytes, for the cache: JSON, checked by pydantic on the way in."""

from __future__ import annotations

import functools

import orjson
from pydantic import TypeAdapter, ValidationError

from specport.catalog.model import Catalog


def encode_catalog(catalog: Catalog) -> bytes:
    """The catalog as JSON."""
    return orjson.dumps(catalog)


def decode_catalog(data: bytes) -> Catalog | None:
    """The catalog that `encode_catalog` wrote; None when the bytes are anything else."""
    try:
        return _adapter().validate_python(orjson.loads(data))
    except (orjson.JSONDecodeError, ValidationError):
        return None


@functools.cache
def _adapter() -> TypeAdapter[Catalog]:
    return TypeAdapter(Catalog)
