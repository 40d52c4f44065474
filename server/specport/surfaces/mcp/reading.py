"""Resources: what a client may read beside calling tools.

`specport://sources/<name>` says what a source is and needs; `specport://tools/<address>` gives a tool with its full
input schema, where the list shows large ones in outline; `specport://documents/<name>` is what the tools were made of,
and with a JSON Pointer behind it a part of that. `specport://results/<handle>` is an answer that was too large to
show, for whoever made the call.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import cast
from urllib.parse import quote, unquote

import mcp_types as types
import orjson
from mcp.shared.exceptions import MCPError

from specport.app import App
from specport.documents.pointers import child, split
from specport.errors import SpecportError
from specport.results.model import Answer

SOURCES = "specport://sources/"
TOOLS = "specport://tools/"
DOCUMENTS = "specport://documents/"
RESULTS = "specport://results/"

MAX_PART = 100_000
"""Bytes of a document, or of a part, that are given at once; of a larger one its parts are named."""

MAX_NAMED_PARTS = 2_000
"""Most parts named."""


def resources(app: App) -> list[types.Resource]:
    """One resource for each open source."""
    return [
        types.Resource(
            uri=f"{SOURCES}{facts.name}",
            name=facts.name,
            title=facts.title or facts.name,
            description=f"{facts.tools} tools; calls go to {facts.base_url}",
            mime_type="application/json",
        )
        for facts in app.sources()
    ]


def resource_templates() -> list[types.ResourceTemplate]:
    """Any tool by its address, any source and any part of its document."""
    return [
        _template(f"{TOOLS}{{address}}", "tool", "A tool in full", "Its description, full input schema and operation."),
        _template(f"{SOURCES}{{source}}", "source", "A source", "What a source is, where its calls go, what it needs."),
        _template(f"{DOCUMENTS}{{source}}", "document", "A document", "The OpenAPI document of a source, as JSON."),
        _template(
            f"{DOCUMENTS}{{source}}{{+pointer}}",
            "part",
            "A part of a document",
            "What stands at a JSON Pointer of the OpenAPI document of a source, such as /components/schemas/Pet.",
        ),
        _template(f"{RESULTS}{{handle}}", "result", "An answer", "All of an answer that was too large to show."),
    ]


def _template(uri: str, name: str, title: str, description: str) -> types.ResourceTemplate:
    return types.ResourceTemplate(
        uri_template=uri, name=name, title=title, description=description, mime_type="application/json"
    )


def read(app: App, uri: str) -> list[types.TextResourceContents | types.BlobResourceContents]:
    """The JSON of a resource. Raises MCPError (invalid params) for what is none."""
    readers = {SOURCES: _source, TOOLS: _tool, DOCUMENTS: _document}
    start = next((start for start in readers if uri.startswith(start)), "")
    try:
        facts = readers[start](app, unquote(uri.removeprefix(start))) if start else None
    except SpecportError:
        facts = None
    if facts is None:
        raise MCPError(code=types.INVALID_PARAMS, message=f"there is no resource {uri[:200]!r}", data={"uri": uri})
    text = orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode()
    return [types.TextResourceContents(uri=uri, mime_type="application/json", text=text)]


def handle_of(uri: str) -> str:
    """The handle of the answer that is a resource."""
    return unquote(uri.removeprefix(RESULTS))


def read_result(answer: Answer | None, uri: str) -> list[types.TextResourceContents | types.BlobResourceContents]:
    """A kept answer, whole. Raises MCPError (invalid params) where there is none."""
    if answer is None:
        raise MCPError(code=types.INVALID_PARAMS, message=f"there is no resource {uri[:200]!r}", data={"uri": uri})
    if isinstance(answer.value, bytes):
        data = base64.b64encode(answer.value).decode()
        return [types.BlobResourceContents(uri=uri, mime_type=answer.media_type, blob=data)]
    text = orjson.dumps(answer.value).decode() if answer.is_json else str(answer.value)
    return [types.TextResourceContents(uri=uri, mime_type=answer.media_type, text=text)]


def _document(app: App, place: str) -> object:
    """A document, or what stands at the JSON Pointer behind its source's name; of what is large its parts by name."""
    name, slash, rest = place.partition("/")
    part: object = app.document(name)
    for token in split(slash + rest):
        part = _member(part, token)
        if part is None:
            return None
    size = len(orjson.dumps(part))
    if size <= MAX_PART:
        return part
    within = f"{DOCUMENTS}{quote(name)}{quote(slash + rest)}"
    tokens = (
        list(cast("Mapping[str, object]", part)) if isinstance(part, dict) else range(len(cast("list[object]", part)))
    )
    parts = [f"{within}{quote(child('', token))}" for token in tokens[:MAX_NAMED_PARTS]]
    return {"bytes": size, "parts": parts, "parts_left": len(tokens) - len(parts)}


def _member(part: object, token: str) -> object:
    """The member of an object or array that a token of a pointer names, None where there is none."""
    if isinstance(part, dict):
        return cast("Mapping[str, object]", part).get(token)
    items = cast("list[object]", part) if isinstance(part, list) else []
    is_index = token.isascii() and token.isdigit() and len(token) < 9
    return items[int(token)] if is_index and int(token) < len(items) else None


def _source(app: App, name: str) -> dict[str, object]:
    details = app.describe(name)
    facts = details.facts
    return {
        "name": facts.name,
        "title": facts.title,
        "version": details.version,
        "base_url": facts.base_url,
        "tools": facts.tools,
        "credentials": details.credentials,
        "limits": details.limits,
        "held": details.held.operations,
        "problems": details.problems,
        "problems_left": details.problems_left,
    }


def _tool(app: App, address: str) -> dict[str, object]:
    tool = app.find(address)
    return {
        "address": tool.address,
        "name": tool.wire_name,
        "operation": f"{tool.route.method} {tool.route.path}" if tool.route else "built in",
        "description": tool.description,
        "tags": tool.tags,
        "inputSchema": tool.input_schema,
    }
