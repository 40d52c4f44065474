"""Documents of a few lines, and what specport makes of them: the catalog, one tool, the request of a call."""

from __future__ import annotations

import asyncio
import functools
import json
from pathlib import Path
from typing import Any

from specport.catalog.model import Catalog, Filters, Shape, Tool
from specport.requests.check import ArgumentChecker
from specport.requests.model import PreparedRequest
from specport.requests.prepare import prepare
from specport.sources.fetch import FetchPolicy
from specport.sources.model import Origin, Source
from specport.sources.read import open_source
from specport.sources.specification import Specification, read_specification

BASE = "https://api.example.com/base"


def document(paths: dict[str, Any], *, version: str = "3.1.0", **rest: Any) -> dict[str, Any]:
    """A document of these paths; `components`, `security` and so on may be given."""
    return {"openapi": version, "info": {"title": "Small", "version": "1"}, "paths": paths, **rest}


def catalog_of(
    described: dict[str, Any] | bytes,
    *,
    shape: Shape | None = None,
    origin: Origin = Origin.OPERATOR,
    uri: str = "small",
    filters: Filters | None = None,
) -> Catalog:
    """The tools of a document, through the one way from bytes to tools."""
    data = described if isinstance(described, bytes) else json.dumps(described).encode()
    source = Source(name="small", uri=uri, data=data, origin=origin, filters=filters or Filters())
    return open_source(source, shape or Shape(), None).catalog


def catalog_of_file(path: Path, *overlays: Path) -> Catalog:
    """The tools of a document that the operator names as a file, with the files that it refers to."""
    wanted = Specification(str(path), name="small", overlays=tuple(str(overlay) for overlay in overlays))
    return open_source(asyncio.run(read_specification(wanted, FetchPolicy())), Shape(), None).catalog


@functools.cache
def catalog_of_large_file(path: Path) -> Catalog:
    """The same, made once for all tests."""
    return catalog_of_file(path)


def tool_of(operation: dict[str, Any], *, path: str = "/things", method: str = "post", **rest: Any) -> Tool:
    """The tool of one operation."""
    catalog = catalog_of(document({path: {method: operation}}, **rest))
    assert len(catalog.tools) == 1, catalog.problems
    return catalog.tools[0]


def body_schema(schema: Any, **rest: Any) -> Any:
    """What the input schema says of a JSON body with this schema, `$defs` beside it."""
    shown = tool_of(taking(schema), **rest).input_schema
    return {**shown["properties"]["body"], **({"$defs": shown["$defs"]} if "$defs" in shown else {})}


def taking(schema: Any, media: str = "application/json", **rest: Any) -> dict[str, Any]:
    """An operation with a body of this schema."""
    return {"requestBody": {"required": True, "content": {media: {"schema": schema, **rest}}}, "responses": {}}


def query(name: str, schema: Any = None, **rest: Any) -> dict[str, Any]:
    """A query parameter."""
    return {"name": name, "in": "query", "schema": {"type": "string"} if schema is None else schema, **rest}


def path_parameter(name: str, **rest: Any) -> dict[str, Any]:
    """A path parameter, a text unless said otherwise."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, **rest}


def request_of(tool: Tool, arguments: Any) -> PreparedRequest:
    """The request that a call makes: arguments checked, then put in their places."""
    assert tool.route is not None
    return prepare(tool.route, ArgumentChecker(tool).check(arguments), BASE)


def messages(catalog: Catalog) -> str:
    """Everything the catalog reports, one problem a line."""
    return "\n".join(f"{problem.severity} {problem.pointer} {problem.message}" for problem in catalog.problems)
