"""A tool as code sees it: a Python signature, with what it answers where that is known."""

from __future__ import annotations

import keyword

from specport.catalog.model import Tool
from specport.catalog.signatures import MAX_ANSWER, MAX_SIGNATURE, PYTHON, arguments_of, type_of
from specport.schemas.model import JsonSchema

_GIVEN = "tools."
"""Where the names of tools begin in code."""


def stub_of(tool: Tool, answer: JsonSchema | None = None, limit: int = MAX_SIGNATURE) -> str:
    """`async def tools.droplets.dropletsList(*, per_page: int = 20, page: int = 1) -> {droplets: list[...], ...}`.

    As `call("address", ...)` where its address is no Python name. `{name: str, size?: int}` is a dict that may lack
    `size`. It has at most `limit` characters, and MAX_ANSWER for the answer, where its required arguments allow.
    """
    address = tool.address
    names = address.split(".")
    if all(name.isidentifier() and not keyword.iskeyword(name) for name in names):
        called, before = f"async def {address if address.startswith(_GIVEN) else _GIVEN + address}(", "*, "
    else:
        called, before = f'async def call("{address}"', ", *, "
    arguments = arguments_of(tool.input_schema, limit - len(called) - len(before) - 1, PYTHON)
    answers = f" -> {type_of(answer, MAX_ANSWER, PYTHON)}" if answer is not None else ""
    return f"{called}{before if arguments else ''}{arguments}){answers}"
