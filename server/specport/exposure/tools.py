"""The server's own tools: which of them are offered, and what those are that find, describe and call the others."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import cast

from specport.catalog.model import Hints, Tool
from specport.catalog.naming import CALLING_TOOLS, FINDING_TOOLS, RUNNING_TOOL
from specport.catalog.own import own_tool
from specport.code.model import MISSING, MODULES
from specport.errors import BadArguments, UnknownTool
from specport.exposure.model import Expose
from specport.results.model import View
from specport.results.select import check_expression
from specport.sources.builtin import source_tools

SEARCH, DESCRIBE = FINDING_TOOLS
RUN = RUNNING_TOOL
CALL_READ, CALL_WRITE, CALL_DESTRUCTIVE = CALLING_TOOLS

MAX_FOUND = 50
"""Most tools in one answer of tools.search."""

USUALLY_FOUND = 8
"""Tools in an answer of tools.search that asks for no number of them."""

_LOOKS = Hints(read_only=True, destructive=False, idempotent=True, open_world=False)
_ADDRESS = {"type": "string", "minLength": 1, "description": "As tools.search gives it, such as droplets.dropletsGet."}
_SINGLY = "Call it page by page"
_ALL_PAGES = {"type": "boolean", "description": "With all following pages, in one list."}
_VIEW = {
    "select": {"type": "string", "description": "JMESPath of what is wanted of the answer: droplets[].{id: id}."},
    "max_items": {"type": "integer", "minimum": 1, "description": "Most items of its list."},
}


def view_of(given: Mapping[str, object]) -> View:
    """What the arguments of a calling tool say is wanted of the answer."""
    return View(
        select=cast("str", given.get("select", "")),
        max_items=cast("int | None", given.get("max_items")),
        all_pages=cast("bool", given.get("all_pages", False)),
    )


def check_view(view: View, tool: Tool, *, asks: bool) -> None:
    """Raises BadArguments for an expression that is none, and where all pages are wanted of what changes something.

    Or of what a person is asked about (`asks`), who would be asked for each page.
    """
    if view.select:
        check_expression(view.select)
    if view.all_pages and not tool.hints.read_only:
        raise BadArguments(f"{tool.address} does not only read, so there are no pages of it", pointer="/all_pages")
    if view.all_pages and asks:
        raise BadArguments(f"a person is asked before each call of {tool.address}", pointer="/all_pages", hint=_SINGLY)


def built_in_tools(expose: Expose, *, manage: bool = False) -> tuple[Tool, ...]:
    """The server's own tools in listing order; `manage`: with those that list, refresh and remove sources."""
    first: tuple[Tool, ...] = ()
    if expose is Expose.SEARCH:
        first = (*finding_tools(), *calling_tools())
    elif expose is Expose.CODE:
        first = (running_tool(), *finding_tools(in_code=True))
    return (*first, *source_tools(manage=manage))


@functools.cache
def finding_tools(*, in_code: bool = False) -> tuple[Tool, Tool]:
    """Those that say which tools there are, `in_code` with Python signatures."""
    signature = "Python signature" if in_code else "call signature (? optional, [] array)"
    return (
        _tool(
            SEARCH,
            f"Finds tools by what they do. Each result is a {signature} with its kind (read, write or destructive) "
            "and a summary.",
            {
                "query": {"type": "string", "minLength": 1, "description": "What is to be done, in a few words."},
                "source": {"type": "string", "description": "Only tools of this source."},
                "limit": {"type": "integer", "minimum": 1, "maximum": MAX_FOUND, "default": USUALLY_FOUND},
            },
            ("query",),
            _LOOKS,
        ),
        _tool(
            DESCRIBE,
            "Shows one tool in full: what it does and the schema of its arguments"
            + (", and what it answers." if in_code else "."),
            {
                "address": _ADDRESS,
                "argument": {
                    "type": "string",
                    "description": "Only this part of its arguments, where they are large: body, body.rules.",
                },
                "answer": {"type": "boolean", "default": in_code, "description": "Also what it answers."},
            },
            ("address",),
            _LOOKS,
        ),
    )


@functools.cache
def running_tool() -> Tool:
    """The one that runs code, in which the other tools are called."""
    return _tool(
        RUN,
        "Runs Python that calls tools: `page = await tools.droplets.dropletsList(per_page=5)` is the decoded answer, "
        'all of it; `await call("address", {...})` where a name is no identifier. asyncio.gather '
        "makes calls at the same time; a failed one raises an exception whose text has the status. Returns what was "
        f"printed and the value of the last expression: keep that small. Modules: {MODULES}. Not there: files, "
        f"network, {MISSING}.",
        {"code": {"type": "string", "minLength": 1}},
        ("code",),
        Hints(read_only=False, destructive=True, idempotent=False),
    )


@functools.cache
def calling_tools() -> tuple[Tool, Tool, Tool]:
    """Those that call another tool, by what that may do, so that a client's approval keeps its meaning."""
    return (
        _calling(CALL_READ, "Calls a tool that only reads.", Hints(read_only=True, destructive=False, idempotent=True)),
        _calling(
            CALL_WRITE,
            "Calls a tool that creates or changes something.",
            Hints(read_only=False, destructive=False, idempotent=False),
        ),
        _calling(
            CALL_DESTRUCTIVE,
            "Calls a tool that deletes something.",
            Hints(read_only=False, destructive=True, idempotent=False),
        ),
    )


def calling_tool_for(hints: Hints) -> str:
    """The tool that calls those of such hints."""
    return CALL_READ if hints.read_only else CALL_DESTRUCTIVE if hints.destructive else CALL_WRITE


def not_there(error: UnknownTool) -> BadArguments:
    """The error for an argument `address` that no tool has."""
    return BadArguments(error.message, pointer="/address", hint=error.hint)


def check_calls(calling: Tool, tool: Tool) -> None:
    """Raises BadArguments where a calling tool does not call a tool of that kind."""
    if tool.route is None:
        raise BadArguments(f"{tool.address} is called by its own name", pointer="/address")
    wanted = calling_tool_for(tool.hints)
    if calling.address != wanted:
        does = "only reads" if tool.hints.read_only else "deletes" if tool.hints.destructive else "changes something"
        raise BadArguments(f"{tool.address} {does}", pointer="/address", hint=f"Call it with {wanted}")


def _calling(address: str, description: str, hints: Hints) -> Tool:
    arguments = {"type": "object", "description": "Its arguments, by its signature."}
    properties = {"address": _ADDRESS, "arguments": arguments, **_VIEW}
    if hints.read_only:
        properties["all_pages"] = _ALL_PAGES
    return _tool(address, description, properties, ("address",), hints)


def _tool(
    address: str, description: str, properties: Mapping[str, object], required: tuple[str, ...], hints: Hints
) -> Tool:
    return own_tool(address, description, properties, required, hints, passes_on=True)
