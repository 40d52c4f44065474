"""What a model is told of tools that it does not have in its list: what was found, and one of them in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import orjson

from specport.catalog.model import Tool
from specport.catalog.signatures import MAX_ANSWER, signature_of, type_of
from specport.code.stubs import stub_of
from specport.errors import BadArguments
from specport.exposure.tools import CALL_DESTRUCTIVE, CALL_READ, CALL_WRITE, RUN, calling_tool_for
from specport.schemas.lean import lean
from specport.schemas.model import JsonSchema
from specport.schemas.parts import members_of, standing_alone
from specport.schemas.prose import shortened

MAX_SUMMARY = 140
"""Characters of a found tool's description."""

MAX_SCHEMA = 6_000
"""Bytes of a schema that is shown as it is; a larger one is shown in outline."""

MAX_NAMED_PARTS = 40
"""Most parts of an argument named to somebody who asked for one that it does not have."""

MAX_PATH = 8
"""Names in the path of a part that is named for being shown."""

_KINDS = {CALL_READ: "read", CALL_WRITE: "write", CALL_DESTRUCTIVE: "destructive"}


def found_text(tools: Sequence[Tool], asking: frozenset[str], query: str, *, in_code: bool = False) -> str:
    """A line for the signature of each tool, `in_code` that of Python, and one for what it does."""
    if not tools:
        return f"No tool fits {query[:100]!r}. Try other words for the thing or for what is done with it."
    signature = stub_of if in_code else signature_of
    return "\n".join(
        f"{signature(tool)}  [{_kind(tool, asking)}]\n  {shortened(tool.description, MAX_SUMMARY)}" for tool in tools
    )


def _kind(tool: Tool, asking: frozenset[str]) -> str:
    kind = _KINDS[calling_tool_for(tool.hints)]
    return f"{kind}, asks a person first" if tool.address in asking else kind


def described_text(
    tool: Tool, asking: frozenset[str], argument: str, answer: JsonSchema | None, *, in_code: bool = False
) -> str:
    """One tool in full: its signature, what it does, the schema of its arguments, and the type of its answer.

    `argument` is the path of a part of the arguments, to see only that; `in_code`: as Python calls it. Raises
    BadArguments where there is no such part.
    """
    if argument:
        return _schema_text(_part(tool.input_schema, argument), argument)
    route = tool.route
    caller = RUN if in_code else calling_tool_for(tool.hints)
    called = f"{route.method} {route.path}, called by {caller}" if route else "built in"
    signature = stub_of(tool, answer) if in_code else signature_of(tool)
    lines = [f"{signature}  [{_kind(tool, asking)}]", called, tool.description]
    lines.append(_schema_text(tool.input_schema, ""))
    if answer is not None and not in_code:
        lines.append(f"Answers {type_of(answer, MAX_ANSWER)}")
    return "\n".join(lines)


def _schema_text(schema: JsonSchema, argument: str) -> str:
    """The schema as JSON; a large one in outline, with how to see the rest."""
    text = orjson.dumps(schema).decode()
    if len(text) <= MAX_SCHEMA:
        return text
    outlined = orjson.dumps(lean(schema, MAX_SCHEMA, "")).decode()
    part = ".".join((argument, *_readable(schema)) if argument else _readable(schema))
    return f"{outlined}\nThis is an outline of {len(text):,} bytes; argument {part} shows that part in full."


def _readable(schema: JsonSchema) -> list[str]:
    """The path of a part that is small enough to be shown as it is, always into the largest."""
    path: list[str] = []
    part = schema
    while _size(part) > MAX_SCHEMA and len(path) < MAX_PATH:
        members = members_of(part, schema)
        schemas = {name: cast("JsonSchema", each) for name, each in members.items() if isinstance(each, dict)}
        if not schemas:
            break
        name = max(schemas, key=lambda name: _size(schemas[name]))
        path.append(name)
        part = standing_alone(schemas[name], schema)
    return path


def _size(schema: JsonSchema) -> int:
    return len(orjson.dumps(schema))


def _part(schema: JsonSchema, argument: str) -> JsonSchema:
    """The schema of the member at a dotted path, with the definitions that it needs. Raises BadArguments."""
    part = schema
    for name in argument.split("."):
        members = members_of(part, schema)
        found = members.get(name)
        if not isinstance(found, dict):
            hint = f"There is: {', '.join(list(members)[:MAX_NAMED_PARTS]) or 'nothing'}"
            raise BadArguments(f"there is no {name[:60]!r} at {argument[:200]!r}", hint=hint)
        part = cast("JsonSchema", found)
    return standing_alone(part, schema)
