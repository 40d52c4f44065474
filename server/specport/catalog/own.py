"""The server's own tools: tools that are no operation of a document."""

from __future__ import annotations

from collections.abc import Mapping

from specport.catalog.model import GivenSchema, Hints, Tool


def own_tool(
    address: str,
    description: str,
    properties: Mapping[str, object],
    required: tuple[str, ...],
    hints: Hints,
    *,
    passes_on: bool = False,
) -> Tool:
    """One of them, with these arguments and no others."""
    schema = {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
    return Tool(
        address=address,
        wire_name=address.replace(".", "_"),
        description=description,
        schemas=GivenSchema(schema),
        hints=hints,
        passes_on=passes_on,
    )
