"""Tools -> the wire dicts of `tools/list` (MCP 2025-11-25 and 2026-07-28, schema `Tool`)."""

from __future__ import annotations

import orjson

from specport.catalog.model import Form, Hints, Tool
from specport.documents.text import noted

BYTES_PER_TOKEN = 4
"""How tokens are estimated from JSON bytes; it errs on the high side for tool lists."""


def listed(tool: Tool, *, dotted: bool, form: Form, note: str = "") -> dict[str, object]:
    """One entry of the list.

    `note` is a sentence before the description, which gives way at its end where both are too long for a client.
    """
    text = tool.description_in(form)
    return {
        "name": listed_name(tool, dotted=dotted),
        "title": tool.address,
        "description": noted(text, note) if note else text,
        "inputSchema": tool.schema_in(form),
        "annotations": _annotations(tool.hints),
    }


def tokens_of(tool: Tool, form: Form) -> int:
    """About how many tokens a model reads of an entry: clients pass on name, description and inputSchema."""
    seen = {"name": tool.wire_name, "description": tool.description_in(form), "inputSchema": tool.schema_in(form)}
    return -(-len(orjson.dumps(seen)) // BYTES_PER_TOKEN)


def listed_name(tool: Tool, *, dotted: bool) -> str:
    """What the list calls a tool."""
    return tool.address if dotted else tool.wire_name


def _annotations(hints: Hints) -> dict[str, bool]:
    """Only what says something: MCP ignores destructive and idempotent hints of a read-only tool."""
    if hints.read_only:
        return {"readOnlyHint": True, "openWorldHint": hints.open_world}
    shown = {"destructiveHint": hints.destructive, "openWorldHint": hints.open_world}
    return {**shown, "idempotentHint": True} if hints.idempotent else shown
