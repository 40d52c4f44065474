"""Calls of the built-in tools -> what they do to the sources -> results."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, cast

import orjson

from specport.catalog.model import Filters, Tool
from specport.catalog.report import report
from specport.errors import SourceError, UnknownTool
from specport.exposure.model import Expose
from specport.exposure.telling import described_text, found_text
from specport.exposure.tools import DESCRIBE, SEARCH, USUALLY_FOUND, not_there
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
from specport.sources.registry import Added
from specport.sources.renewal import Refreshed
from specport.sources.specification import Specification
from specport.threads import in_thread

if TYPE_CHECKING:
    from specport.sources.preview.model import Preview

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

    async def search(self, query: str, *, source: str, limit: int) -> list[Tool]:
        """As `App.search`."""
        ...

    def find(self, name: str) -> Tool:
        """As `App.find`."""
        ...

    @property
    def expose(self) -> Expose:
        """As `App.expose`."""
        ...

    def asking(self) -> frozenset[str]:
        """As `App.asking`."""
        ...

    def output_schema(self, tool: Tool) -> Mapping[str, object] | None:
        """As `App.output_schema`."""
        ...

    def known(self, name: str) -> Tool | None:
        """As `App.known`."""
        ...


async def call_built_in(sources: Sources, tool: Tool, arguments: Mapping[str, object], caller: Caller) -> ToolResult:
    """What a built-in tool answers. Raises SourceError and DocumentError."""
    if tool.address == SEARCH:
        return ToolResult(text=await _searched(sources, arguments))
    if tool.address == DESCRIBE:
        return ToolResult(text=await in_thread(_described, sources, arguments))
    if tool.address == PREVIEW:
        return ToolResult(text=await _previewed(sources, arguments))
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


async def _previewed(sources: Sources, arguments: Mapping[str, object]) -> str:
    """A preview as a text."""
    from specport.sources.preview.text import as_text  # only previews need it

    return as_text(await sources.preview(_specification(arguments), Origin.TOOL))


async def _searched(sources: Sources, arguments: Mapping[str, object]) -> str:
    query = cast("str", arguments["query"])
    limit = cast("int", arguments.get("limit", USUALLY_FOUND))
    found = await sources.search(query, source=cast("str", arguments.get("source", "")), limit=limit)
    return found_text(found, sources.asking(), query, in_code=sources.expose is Expose.CODE)


def _described(sources: Sources, arguments: Mapping[str, object]) -> str:
    try:
        tool = sources.find(cast("str", arguments["address"]))
    except UnknownTool as error:
        raise not_there(error) from error
    in_code = sources.expose is Expose.CODE
    part = cast("str", arguments.get("argument", ""))
    answer = sources.output_schema(tool) if not part and arguments.get("answer", in_code) else None
    return described_text(tool, sources.asking(), part, answer, in_code=in_code)


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
