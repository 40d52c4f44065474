"""The next page: the exact arguments to call the same tool with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import parse_qs, urlsplit

import orjson

from specport.catalog.model import Route
from specport.executor.model import Exchange
from specport.requests.styles import as_text
from specport.results.model import Conventions

_NEXT_LINK = re.compile(r"<([^<>]*)>\s*;[^,]*\brel=\"?next\"?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NextPage:
    """The arguments of the next page, and how many items there are in all, where the answer says."""

    arguments: Mapping[str, object]
    total: int | None = None

    def __str__(self) -> str:
        count = "" if self.total is None else f", {self.total:,} in all"
        return f"There are more{count}. Next page: call again with {orjson.dumps(self.arguments).decode()}"


def next_page(
    answer: object, exchange: Exchange, *, route: Route, arguments: Mapping[str, object], conventions: Conventions
) -> NextPage | None:
    """The arguments of the next page, None when the answer names none.

    The next URL is looked for where the document says for the operation, where `conventions` say, then in the Link
    header (RFC 8288).
    """
    found = (at_path(answer, path) for path in (route.next_page, conventions.next_page))
    url = next((each for each in found if isinstance(each, str)), None)
    if url is None:
        link = _NEXT_LINK.search(exchange.headers.get("link", ""))
        url = link[1] if link else None
    changed = _changed(url, route, arguments) if url else {}
    if not changed:
        return None
    totals = (at_path(answer, path) for path in (route.total, conventions.total))
    total = next((total for total in totals if isinstance(total, int)), None)
    return NextPage({**arguments, **changed}, total)


def _changed(url: str, route: Route, arguments: Mapping[str, object]) -> dict[str, object]:
    """Arguments that the next URL's query sets otherwise than this call did."""
    try:
        query = parse_qs(urlsplit(url).query)
    except ValueError:
        return {}
    changed: dict[str, object] = {}
    for binding in route.bindings:
        values = query.get(binding.wire_name, []) if binding.location == "query" else []
        given = arguments.get(binding.argument)
        if len(values) == 1 and not isinstance(given, list | dict):
            value = _number(values[0])
            if given is None or (given != value and as_text(given) != values[0]):
                changed[binding.argument] = value
    return changed


def _number(text: str) -> object:
    """The whole number that the text writes, where it writes it the usual way, else the text."""
    is_number = text.isascii() and text.isdigit() and len(text) < 16 and (text == "0" or text[0] != "0")
    return int(text) if is_number else text


def at_path(value: object, path: str) -> object:
    """What stands at a dotted path of member names, None when nothing does or the path is empty."""
    if not path:
        return None
    for name in path.split("."):
        if not isinstance(value, dict):
            return None
        value = cast("Mapping[str, object]", value).get(name)
    return value
