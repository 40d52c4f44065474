"""Tools -> the wire dicts of `tools/list` (MCP 2025-11-25 and 2026-07-28, schema `Tool`)."""

from __future__ import annotations

from specport.catalog.model import Form, Hints, Tool
from specport.documents.text import noted


def listed(tool: Tool, *, dotted: bool, form: Form, note: str = "") -> dict[str, object]:
    """One entry of the list.

    `note` is a sentence before the description, which gives way at its end where both are too long for a client.
    """
    return {
        "name": listed_name(tool, dotted=dotted),
        "title": tool.address,
        "description": noted(tool.description, note) if note else tool.description,
        "inputSchema": tool.schema_in(form),
        "annotations": _annotations(tool.hints),
    }


def listed_name(tool: Tool, *, dotted: bool) -> str:
    """What the list calls a tool."""
    return tool.address if dotted else tool.wire_name


def _annotations(hints: Hints) -> dict[str, bool]:
    """Only what says something: MCP ignores destructive and idempotent hints of a read-only tool."""
    if hints.read_only:
        return {"readOnlyHint": True, "openWorldHint": hints.open_world}
    shown = {"destructiveHint": hints.destructive, "openWorldHint": hints.open_world}
    return {**shown, "idempotentHint": True} if hints.idempotent else shown
