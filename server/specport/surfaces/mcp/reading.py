"""Resources, prompts and completion: what a client may read beside calling tools.

`specport://sources/<name>` says what a source is and needs; `specport://tools/<address>` gives a tool with its full
input schema, where the list shows large ones in outline.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, unquote

import mcp_types as types
import orjson
from mcp.shared.exceptions import MCPError

from specport.app import App
from specport.errors import SpecportError

SOURCES = "specport://sources/"
TOOLS = "specport://tools/"
MAX_COMPLETIONS = 100
"""Most values in one completion (MCP 2025-11-25, completion/complete)."""

_EXPLORE = "explore"
_CALL = "call-safely"


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
    """Any tool by its address."""
    return [
        types.ResourceTemplate(
            uri_template=f"{TOOLS}{{address}}",
            name="tool",
            title="A tool in full",
            description="Description, full input schema and the operation of one tool, by address or wire name.",
            mime_type="application/json",
        )
    ]


def read(app: App, uri: str) -> list[types.TextResourceContents | types.BlobResourceContents]:
    """The JSON of a source or tool. Raises MCPError (invalid params) for anything else."""
    facts = _source(app, uri) if uri.startswith(SOURCES) else _tool(app, uri) if uri.startswith(TOOLS) else None
    if facts is None:
        raise MCPError(code=types.INVALID_PARAMS, message=f"there is no resource {uri[:200]!r}", data={"uri": uri})
    text = orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode()
    return [types.TextResourceContents(uri=uri, mime_type="application/json", text=text)]


def _source(app: App, uri: str) -> dict[str, object] | None:
    try:
        details = app.describe(unquote(uri.removeprefix(SOURCES)))
    except SpecportError:
        return None
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


def _tool(app: App, uri: str) -> dict[str, object] | None:
    try:
        tool = app.find(unquote(uri.removeprefix(TOOLS)))
    except SpecportError:
        return None
    return {
        "address": tool.address,
        "name": tool.wire_name,
        "operation": f"{tool.route.method} {tool.route.path}" if tool.route else "built in",
        "description": tool.description,
        "tags": tool.tags,
        "inputSchema": tool.input_schema,
    }


def prompts() -> list[types.Prompt]:
    """The common jobs."""
    return [
        types.Prompt(
            name=_EXPLORE,
            title="Explore an API",
            description="Find out what a source can do for a goal, without changing anything.",
            arguments=[
                types.PromptArgument(name="goal", description="What is to be achieved.", required=True),
                types.PromptArgument(name="source", description="Name of a source; default: all."),
            ],
        ),
        types.Prompt(
            name=_CALL,
            title="Call safely",
            description="Prepare one call, show what it would do, and make it only after a yes.",
            arguments=[types.PromptArgument(name="address", description="Address of the tool.", required=True)],
        ),
    ]


def prompt(name: str, arguments: dict[str, str]) -> types.GetPromptResult:
    """A prompt with its arguments filled in. Raises MCPError for an unknown one or a missing argument."""
    makers: dict[str, Callable[[dict[str, str]], str]] = {_EXPLORE: _explore, _CALL: _call}
    if name not in makers:
        raise MCPError(code=types.INVALID_PARAMS, message=f"there is no prompt {name[:100]!r}")
    try:
        text = makers[name](arguments)
    except KeyError as error:
        raise MCPError(code=types.INVALID_PARAMS, message=f"the prompt {name} needs {error.args[0]!r}") from error
    return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=types.TextContent(text=text))])


def _explore(arguments: dict[str, str]) -> str:
    where = f" of the source {arguments['source']}" if arguments.get("source") else ""
    return (
        f"Goal: {arguments['goal']}\n\nFind the tools{where} that serve this goal. Call only tools that are annotated "
        "readOnlyHint. Then list the calls that would reach the goal, in order, with their arguments, and say of each "
        "what it changes, costs or destroys. Make none of them yet."
    )


def _call(arguments: dict[str, str]) -> str:
    address = arguments["address"]
    return (
        f"Prepare a call of {address}. Read {TOOLS}{quote(address)} for its full input schema, look up ids with "
        "read-only tools, and show the arguments with one sentence on what the call will change. Call it only after I "
        "said yes, then check with a read-only tool that it had the effect."
    )


def complete(app: App, argument: str, value: str) -> types.Completion:
    """Addresses and source names that start with, or else contain, what was typed."""
    if argument == "address":
        known = [tool.address for tool in app.tools]
    elif argument == "source":
        known = [facts.name for facts in app.sources()]
    else:
        known = []
    typed = value.casefold()
    starting = [word for word in known if word.casefold().startswith(typed)]
    found = starting or [word for word in known if typed in word.casefold()]
    return types.Completion(values=found[:MAX_COMPLETIONS], total=len(found), has_more=len(found) > MAX_COMPLETIONS)
