"""The two built-in tools, `openapi.previewSpec` and `openapi.addSource`: what they take and what they are."""

from __future__ import annotations

from collections.abc import Callable

from specport.catalog.model import GivenSchema, Hints, Tool
from specport.catalog.naming import BUILT_IN
from specport.catalog.report import problem_lines
from specport.sources.registry import Added

PREVIEW, ADD = BUILT_IN

MAX_NAMED_TOOLS = 40
"""Most new addresses named in the answer to addSource."""

MAX_NAMED_PROBLEMS = 5
"""Most problems told there; a preview has more."""

_SPEC = {
    "type": "string",
    "minLength": 1,
    "description": "http(s) URL of an OpenAPI document, or the document itself as JSON or YAML text.",
}
_BASE_URL = {
    "type": "string",
    "pattern": "^https?://",
    "description": "Where calls go; default: the document's server.",
}
_FILTERS: dict[str, object] = {
    "tags": {"type": "array", "items": {"type": "string"}, "description": "Only operations with one of these tags."},
    "operations": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Only these operations: operationIds or 'METHOD /path'.",
    },
}
_NAME = {
    "type": "string",
    "pattern": "^[a-z][a-z0-9_-]{0,31}$",
    "description": "Short name that its tools' addresses start with; default: from the title.",
}


def builtin_tools() -> tuple[Tool, Tool]:
    """The built-in tools in listing order."""
    return (
        _tool(
            PREVIEW,
            "Shows what an OpenAPI document would bring before anything is added: its operations by tag, what listing "
            "them costs in tokens, how many destroy something, where requests would go, which credentials it needs and "
            "what is wrong in it. Changes nothing.",
            {"spec": _SPEC, "base_url": _BASE_URL, **_FILTERS},
            Hints(read_only=True, destructive=False, idempotent=True),
        ),
        _tool(
            ADD,
            "Registers an OpenAPI document as a source: each of its operations becomes a tool at once, callable by the "
            "addresses in the answer, and stays after a restart. Preview it first with openapi.previewSpec.",
            {"spec": _SPEC, "name": _NAME, "base_url": _BASE_URL, **_FILTERS},
            Hints(read_only=False, destructive=False, idempotent=True),
        ),
    )


def added_facts(added: Added, is_visible: Callable[[Tool], bool]) -> dict[str, object]:
    """The answer to addSource: tools by wire name, so that they can be called before they are listed, and problems.

    Tools that policy hides are counted and not named.
    """
    catalog = added.opened.catalog
    tools = [tool for tool in catalog.tools if is_visible(tool)]
    facts: dict[str, object] = {
        "source": added.opened.source.name,
        "status": "added" if added.is_new else "already there, unchanged",
        "title": catalog.title,
        "base_url": added.opened.base_url,
        "tools": len(tools),
        "addresses": [tool.address for tool in tools[:MAX_NAMED_TOOLS]],
        "names": [tool.wire_name for tool in tools[:MAX_NAMED_TOOLS]],
        "problems": len(catalog.problems),
    }
    if len(tools) > MAX_NAMED_TOOLS:
        facts["more"] = f"{len(tools) - MAX_NAMED_TOOLS} more addresses are in tools/list"
    if len(tools) < len(catalog.tools):
        facts["denied"] = f"{len(catalog.tools) - len(tools)} more tools are denied by this server's policy"
    if catalog.problems:
        facts["first_problems"] = problem_lines(catalog.problems, MAX_NAMED_PROBLEMS)
    return facts


def _tool(address: str, description: str, properties: dict[str, object], hints: Hints) -> Tool:
    schema = {"type": "object", "properties": properties, "required": ["spec"], "additionalProperties": False}
    return Tool(
        address=address,
        wire_name=address.replace(".", "_"),
        description=description,
        schemas=GivenSchema(schema),
        hints=hints,
    )
