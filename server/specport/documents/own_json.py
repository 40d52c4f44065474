"""JSON that this program wrote of what documents say, read without a trace.

orjson keeps up to 2,048 names of members for the next text. Each that a removed document leaves there would keep a
megabyte of this process's memory from going back.
"""

from __future__ import annotations

from pydantic_core import from_json


def read_json(text: bytes | str) -> object:
    """The value. Raises ValueError for what is no JSON."""
    return from_json(text, cache_strings="none")
