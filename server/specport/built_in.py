"""Calls of the built-in tools -> what they do to the sources -> results."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Protocol, cast

import orjson

from specport.catalog.model import Filters, Tool
from specport.catalog.report import report
from specport.errors import SourceError
from specport.policy.model import Caller
from specport.results.model import ToolResult
from specport.sources.builtin import (
    ADD,
    LIST,
    PREVIEW,
    REFRESH,
    REMOVE,
    added_facts,
    listed_facts,
    refreshed_facts,
)  # fmt: skip
from specport.sources.model import Origin, SourceFacts
from specport.sources.preview.model import Preview
from specport.sources.preview.text import as_text
from specport.sources.registry import Added
from specport.sources.renewal import Refreshed
from specport.sources.specification import Specification

log = logging.getLogger("specport")


class Sources(Protocol):
    """What the built-in tools need of an App, which says what each does."""

    async def preview(self, wanted: Specification, origin: Origin) -> Preview:
        """As `App.preview`."""
        ...

    async def add(self, wanted: Specification, origin: Origin, *, caller: Caller) -> Added:
        """As `App.add`."""
        ...

    async def refresh(self, name: str, *, caller: Caller) -> Refreshed:
        """As `App.refresh`."""
        ...

    async def remove(self, name: str, *, caller: Caller) -> bool:
        """As `App.remove`."""
        ...

    def sources(self) -> list[SourceFacts]:
        """As `App.sources`."""
        ...

    def known(self, name: str) -> Tool | None:
        """As `App.known`."""
        ...


async def call_built_in(sources: Sources, tool: Tool, arguments: Mapping[str, object], caller: Caller) -> ToolResult:
    """What a built-in tool answers. Raises SourceError and DocumentError."""
    if tool.address == PREVIEW:
        return ToolResult(text=as_text(await sources.preview(_specification(arguments), Origin.TOOL)))
    if tool.address == ADD:
        return _facts(await _add(sources, arguments, caller))
    if tool.address == LIST:
        return _facts(listed_facts(sources.sources()))
    name = cast("str", arguments["name"])
    if tool.address == REFRESH:
        return _facts(refreshed_facts(await sources.refresh(name, caller=caller)))
    assert tool.address == REMOVE
    if not await sources.remove(name, caller=caller):
        raise SourceError(f"no added source is called {name[:60]!r}", hint="openapi.listSources lists them")
    return _facts({"source": name, "status": "removed"})


async def _add(sources: Sources, arguments: Mapping[str, object], caller: Caller) -> Mapping[str, object]:
    added = await sources.add(_specification(arguments), Origin.TOOL, caller=caller)
    if added.is_new:
        report(added.opened.catalog, log.warning)
    return added_facts(added, lambda tool: sources.known(tool.address) is not None)


def _facts(facts: Mapping[str, object]) -> ToolResult:
    return ToolResult(text=orjson.dumps(facts).decode(), structured=facts)


def _specification(arguments: Mapping[str, object]) -> Specification:
    def texts(name: str) -> tuple[str, ...]:
        return tuple(cast("list[str]", arguments.get(name, [])))

    return Specification(
        spec=cast("str", arguments["spec"]),
        name=cast("str", arguments.get("name", "")),
        base_url=cast("str", arguments.get("base_url", "")),
        filters=Filters(texts("tags"), texts("operations"), texts("include"), texts("exclude")),
    )
