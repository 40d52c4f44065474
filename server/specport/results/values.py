"""Bytes of JSON -> the value, where passing that on as JSON says the same."""

from __future__ import annotations

import json
import re

import orjson

_LONG_INTEGER = re.compile(rb"[0-9]{19}")


def decoded(body: bytes) -> object:
    """The JSON value of a body. Raises ValueError where passing it on as JSON would alter or fail it.

    That is for text that is not JSON, for integers over 64 bits, which would become floats, and for nesting deeper
    than can be written again; the text itself is then the answer.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    value = orjson.loads(body)
    try:
        orjson.dumps(value)
    except TypeError as error:
        raise ValueError("nested too deep") from error
    if _LONG_INTEGER.search(body):
        json.loads(body, parse_int=_within_64_bits)
    return value


def _within_64_bits(digits: str) -> int:
    value = int(digits)
    if not -(2**63) <= value < 2**64:
        raise ValueError("an integer over 64 bits")
    return value
