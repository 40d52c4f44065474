"""Prompts for the common jobs, and completion of what they and the resources are asked with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

import mcp_types as types
import orjson
from mcp.shared.exceptions import MCPError

from specport.app import App
from specport.errors import SpecportError
from specport.exposure.model import Expose
from specport.schemas.parts import argument_members, choices_of, member_at, members_of
from specport.surfaces.mcp.reading import TOOLS

MAX_COMPLETIONS = 100
"""Most values in one completion (MCP 2025-11-25, completion/complete)."""

_EXPLORE = "explore"
_CALL = "call-safely"


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
            arguments=[
                types.PromptArgument(name="address", description="Address of the tool.", required=True),
                types.PromptArgument(name="argument", description="An argument that is known already."),
                types.PromptArgument(name="value", description="Its value."),
            ],
        ),
    ]


def prompt(app: App, name: str, arguments: dict[str, str]) -> types.GetPromptResult:
    """A prompt with its arguments filled in. Raises MCPError for an unknown one or a missing argument."""
    makers: dict[str, Callable[[App, dict[str, str]], str]] = {_EXPLORE: _explore, _CALL: _call}
    if name not in makers:
        raise MCPError(code=types.INVALID_PARAMS, message=f"there is no prompt {name[:100]!r}")
    try:
        text = makers[name](app, arguments)
    except KeyError as error:
        raise MCPError(code=types.INVALID_PARAMS, message=f"the prompt {name} needs {error.args[0]!r}") from error
    return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=types.TextContent(text=text))])


def _explore(app: App, arguments: dict[str, str]) -> str:
    where = f" of the source {arguments['source']}" if arguments.get("source") else ""
    by, only = {
        Expose.ALL: ("", "Call only tools that are annotated readOnlyHint."),
        Expose.SEARCH: (" with tools.search", "Call only what tools.callRead calls."),
        Expose.CODE: (" with tools.search", "Run only calls that it marks as read."),
    }[app.expose]
    return (
        f"Goal: {arguments['goal']}\n\nFind the tools{where} that serve this goal{by}. {only} Then list the calls "
        "that would reach the goal, in order, with their arguments, and say of each what it changes, costs or "
        "destroys. Make none of them yet."
    )


def _call(app: App, arguments: dict[str, str]) -> str:
    address = arguments["address"]
    shown = f"Read {TOOLS}{quote(address)}" if app.expose is Expose.ALL else "Use tools.describe"
    argument = arguments.get("argument")
    known = f" with {argument} = {arguments.get('value', '')}" if argument else ""
    return (
        f"Prepare a call of {address}{known}. {shown} for its full input schema, look up ids with read-only tools, and "
        "show the arguments with one sentence on what the call will change. Call it only after I said yes, then check "
        "with a read-only tool that it had the effect."
    )


def complete(app: App, argument: str, value: str, known: Mapping[str, str]) -> types.Completion:
    """What starts with, or else contains, what was typed: addresses, source names, arguments of a tool, their choices.

    `known` are the arguments that were given already.
    """
    typed = value.casefold()
    possible = _possible(app, argument, known)
    starting = [word for word in possible if word.casefold().startswith(typed)]
    found = starting or [word for word in possible if typed in word.casefold()]
    return types.Completion(values=found[:MAX_COMPLETIONS], total=len(found), has_more=len(found) > MAX_COMPLETIONS)


def _possible(app: App, argument: str, known: Mapping[str, str]) -> Sequence[str]:
    """Everything that an argument may be."""
    if argument == "address":
        return [tool.address for tool in app.tools]
    if argument == "source":
        return [facts.name for facts in app.sources()]
    if argument not in ("argument", "value"):
        return []
    try:
        schema = app.find(known.get("address", "")).input_schema
    except SpecportError:
        return []
    if argument == "value":
        part = member_at(schema, known.get("argument", "").split("."))
        return [] if part is None else [_written(choice) for choice in choices_of(part, schema)]
    names = members_of(schema, schema)
    return [*names, *(f"body.{name}" for name in argument_members(schema, "body"))]


def _written(choice: object) -> str:
    return choice if isinstance(choice, str) else orjson.dumps(choice).decode()
