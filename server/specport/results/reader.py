"""The tool that reads kept answers: what it is."""

from __future__ import annotations

from specport.catalog.model import Hints, Tool
from specport.catalog.naming import READ_RESULT
from specport.catalog.own import own_tool
from specport.results.select import MAX_EXPRESSION

_PROPERTIES: dict[str, object] = {
    "handle": {"type": "string", "minLength": 1, "maxLength": 100, "description": "As the answer gave it."},
    "select": {
        "type": "string",
        "maxLength": MAX_EXPRESSION,
        "description": "JMESPath of what to read: droplets[3], droplets[].{id: id, name: name}.",
    },
    "offset": {"type": "integer", "minimum": 0, "description": "First item, or character of a text."},
    "max_items": {
        "type": "integer",
        "minimum": 1,
        "description": "Most items, or lines of a text, in a longer answer; default: what fits into 2,000 tokens.",
    },
}


def reading_tool() -> Tool:
    """The tool `results.read`."""
    return own_tool(
        READ_RESULT,
        "Reads on in an answer that was too large to show: from an item on, or what a JMESPath selects.",
        _PROPERTIES,
        ("handle",),
        Hints(read_only=True, destructive=False, idempotent=True, open_world=False),
        passes_on=True,
    )
