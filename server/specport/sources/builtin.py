"""The tools that bring in and manage sources, `openapi.previewSpec` and the like: what they are and answer."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

from specport.catalog.model import Hints, Tool
from specport.catalog.naming import SOURCE_TOOLS
from specport.catalog.own import own_tool
from specport.catalog.report import problem_lines
from specport.requests.shown_urls import masked
from specport.sources.model import SourceFacts, is_on_web
from specport.sources.registry import Added
from specport.sources.renewal import Refreshed

PREVIEW, ADD, LIST, REFRESH, REMOVE = SOURCE_TOOLS

MAX_NAMED_TOOLS = 40
"""Most new addresses named in the answer to addSource."""

MAX_NAMED_PROBLEMS = 5
"""Most problems told there; a preview has more."""

MAX_NAMED_CHANGES = 60
"""Most changed tools told in the answer to refreshSource."""

MAX_URI = 200

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
    name: {"type": "array", "items": {"type": "string"}, "description": description}
    for name, description in (
        ("tags", "Only operations with one of these tags."),
        ("operations", "Only these operations: operationIds or 'METHOD /path'."),
        (
            "include",
            "Only what one fits: tag:NAME, /path*, GET, 'GET /path*', or addresses: pets.*",
        ),
        ("exclude", "Nothing that one fits."),
    )
}
_NAME = {
    "type": "string",
    "pattern": "^[a-z][a-z0-9_-]{0,31}$",
    "description": "Short name that its tools' addresses start with; default: from the title.",
}


_KNOWN = {"type": "string", "minLength": 1, "description": "Name of a source, as openapi.listSources gives it."}


def source_tools(*, manage: bool = False) -> tuple[Tool, ...]:
    """These tools in listing order; `manage`: with those that list, refresh and remove sources."""
    return (*_bringing(), *_managing()) if manage else _bringing()


@functools.cache
def _bringing() -> tuple[Tool, Tool]:
    return (
        own_tool(
            PREVIEW,
            "Shows what an OpenAPI document would bring before anything is added: its operations by tag, what listing "
            "them costs in tokens, how many destroy something, where requests would go, which credentials it needs and "
            "what is wrong in it. Changes nothing.",
            {"spec": _SPEC, "base_url": _BASE_URL, **_FILTERS},
            ("spec",),
            Hints(read_only=True, destructive=False, idempotent=True),
        ),
        own_tool(
            ADD,
            "Registers an OpenAPI document as a source: each of its operations becomes a tool at once, callable by the "
            "addresses in the answer, and stays after a restart. Preview it first with openapi.previewSpec.",
            {"spec": _SPEC, "name": _NAME, "base_url": _BASE_URL, **_FILTERS},
            ("spec",),
            Hints(read_only=False, destructive=False, idempotent=True),
        ),
    )


@functools.cache
def _managing() -> tuple[Tool, Tool, Tool]:
    return (
        own_tool(
            LIST,
            "Lists the sources: where their documents and calls go, how many tools each has, and how many wait for the "
            "operator to accept them.",
            {},
            (),
            Hints(read_only=True, destructive=False, idempotent=True),
        ),
        own_tool(
            REFRESH,
            "Reads the document of a source again and takes a newer version: the answer says which tools were added, "
            "removed and changed. What is new stays off until the operator accepts it, and a broken version is not "
            "taken.",
            {"name": _KNOWN},
            ("name",),
            Hints(read_only=False, destructive=False, idempotent=True),
        ),
        own_tool(
            REMOVE,
            "Forgets a source that was added, with all its tools, for every client of this server.",
            {"name": _KNOWN},
            ("name",),
            Hints(read_only=False, destructive=True, idempotent=True),
        ),
    )


def listed_facts(facts: Sequence[SourceFacts]) -> dict[str, object]:
    """The answer to listSources. Where a document is among the operator's files is nobody else's business."""
    return {"sources": [_listed(each) for each in facts]}


def _listed(facts: SourceFacts) -> dict[str, object]:
    shown: dict[str, object] = {
        "name": facts.name,
        "title": facts.title,
        "document": masked(facts.uri)[:MAX_URI] if is_on_web(facts.uri) else "",
        "base_url": facts.base_url,
        "tools": facts.tools,
        "problems": facts.problems,
        "from": facts.origin,
    }
    return {**shown, **_unusual({"held": facts.held, "disabled": not facts.enabled})}


def _unusual(facts: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in facts.items() if value}


def refreshed_facts(refreshed: Refreshed) -> dict[str, object]:
    """The answer to refreshSource, and what `specport refresh --json` prints."""
    name, held = refreshed.opened.source.name, len(refreshed.opened.source.held.operations)
    status = "taken" if refreshed.is_taken else "not taken" if refreshed.refused else "unchanged"
    facts: dict[str, object] = {"source": name, "status": status}
    changes = refreshed.changes.lines(MAX_NAMED_CHANGES)
    more: dict[str, object] = {
        "refused": refreshed.refused,
        "changes": changes,
        "accepted": refreshed.accepted,
        "held": held,
    }
    if refreshed.refused or held:
        more["to_accept"] = f"the operator runs `{accepting(refreshed)}`"
    return {**facts, **_unusual(more)}


def accepting(refreshed: Refreshed) -> str:
    """The command that accepts what a refresh told of, and nothing that came after it."""
    return f"specport refresh {refreshed.opened.source.name} --accept --only {refreshed.fingerprint}"


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
