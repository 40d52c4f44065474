"""Bytes of JSON -> the value -> its text again, where that says the same."""

from __future__ import annotations

import json

import orjson

MAX_WRITTEN_LEVELS = 254
"""Most levels that orjson writes."""

MAX_STRUCTURED_LEVELS = 190
"""Most levels of what is given as structure. The SDK's clients read messages of 200, and lose those of more."""

_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
_LONG_INTEGER = b"0" * 19


def decoded(body: bytes) -> object:
    """The JSON value of a body. Raises ValueError where passing it on as JSON would alter or fail it.

    That is for text that is not JSON, and for integers over 64 bits, which would become floats; the text itself is then
    the answer.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    value = orjson.loads(body)
    if _LONG_INTEGER in body.translate(_DIGITS_AS_ZEROS):  # a pattern takes 15 times as long
        json.loads(body, parse_int=_within_64_bits)
    return value


def written(value: object, levels: int = MAX_WRITTEN_LEVELS) -> str:
    """The JSON of a value that was decoded. Raises ValueError where it has more than so many levels.

    orjson counts levels up to its own limit, so lists around the value make it stop earlier; they are cut off again.
    """
    around = MAX_WRITTEN_LEVELS - levels
    for _ in range(around):
        value = [value]
    try:
        text = orjson.dumps(value)
    except TypeError as error:
        raise ValueError(f"nested over {levels} levels") from error
    return text[around : len(text) - around].decode()


def _within_64_bits(digits: str) -> int:
    value = int(digits)
    if not -(2**63) <= value < 2**64:
        raise ValueError("an integer over 64 bits")
    return value
