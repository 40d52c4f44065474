"""What must hold of every catalog: schemas that clients take, names that are valid, unique and in order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import orjson

from schema_checks import MAX_CHECKED, MAX_LISTED, look
from specport.catalog.lint import lint
from specport.catalog.lint_model import Client, Severity
from specport.catalog.listing import listed
from specport.catalog.model import Catalog, Form, Tool
from specport.requests.check import ArgumentChecker

WIRE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}\Z")
MAX_DESCRIPTION = 1_024
AT_ONCE = 200
"""Tools looked at together: fewer than full schemas are kept once they were made."""

CLIENTS = tuple(client for client in Client if client is not Client.OPENAI_STRICT)
LONG_ONLY_WITH_THE_SERVERS_NAME = frozenset({"name-in-full", "cut-names"})


@dataclass(slots=True)
class Finding:
    """One thing that must not be: its kind, which operation or tool, and what."""

    kind: str
    where: str
    what: str


@dataclass(slots=True)
class Figures:
    """Of a catalog: bytes of its list, its largest schemas, odd keys below the top, tools refused by client."""

    list_bytes: int = 0
    largest_listed: int = 0
    largest_checked: int = 0
    odd_keys: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])


def check_catalog(catalog: Catalog, figures: Figures) -> Iterator[Finding]:
    """Everything that does not hold of the catalog; the figures are filled on the way."""
    yield from _names(catalog.tools)
    for start in range(0, len(catalog.tools), AT_ONCE):
        yield from _some(catalog.tools[start : start + AT_ONCE], figures)


def _some(tools: Sequence[Tool], figures: Figures) -> Iterator[Finding]:
    for tool in tools:
        yield from _tool(tool, figures)
    for found in lint(tools, server_name="s", clients=CLIENTS):
        if found.severity is Severity.ERROR and found.rule not in LONG_ONLY_WITH_THE_SERVERS_NAME:
            figures.refused[found.client.value] += 1
            yield Finding("lint", found.tool, f"{found.client.value}: {found.message} {found.places[:1]}")


def _names(tools: Sequence[Tool]) -> Iterator[Finding]:
    for kind, names in (
        ("address", [tool.address for tool in tools]),
        ("wire name", [tool.wire_name.casefold() for tool in tools]),
    ):
        for name, count in Counter(names).items():
            if count > 1:
                yield Finding("name", name, f"stands {count} times as {kind}")
    for tool in tools:
        if not WIRE_NAME.match(tool.wire_name):
            yield Finding("name", tool.address, f"has the wire name {tool.wire_name!r}")
        if not 0 < len(tool.description) <= MAX_DESCRIPTION:
            yield Finding("description", tool.address, f"has a description of {len(tool.description)} characters")
    addresses = [tool.address for tool in tools]
    if addresses != sorted(addresses, key=lambda address: (address.casefold(), address)):
        yield Finding("order", "", "the tools are not in the order of their addresses")


def _tool(tool: Tool, figures: Figures) -> Iterator[Finding]:
    checked, shown = tool.input_schema, tool.listed_schema
    figures.list_bytes += len(orjson.dumps(listed(tool, dotted=False, form=Form.LEAN)))
    for form, limit in ((Form.VERBATIM, MAX_CHECKED), (Form.FULL, MAX_CHECKED), (Form.LEAN, MAX_LISTED)):
        looked = look(tool.schema_in(form), limit=limit, closed=form is not Form.LEAN)
        yield from (Finding("schema", tool.address, f"the {form} schema {fault}") for fault in looked.faults)
        if form is Form.VERBATIM:
            figures.odd_keys += looked.odd_keys
            figures.largest_checked = max(figures.largest_checked, looked.size)
        elif form is Form.LEAN:
            figures.largest_listed = max(figures.largest_listed, looked.size)
    for key in ("properties", "required"):
        if sorted(checked.get(key, ())) != sorted(shown.get(key, ())):  # pyright: ignore[reportArgumentType]
            yield Finding("schema", tool.address, f"the listed schema has other {key} than the full one")
    try:
        ArgumentChecker(tool)
    except Exception as error:  # noqa: BLE001 - whatever it is, no call of this tool would be possible
        yield Finding("schema", tool.address, f"cannot be compiled: {type(error).__name__}: {error}")
