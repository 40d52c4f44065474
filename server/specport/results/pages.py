"""The next page: the exact arguments to call the same tool with.

It is looked for where the document says for the operation, where the source says, in the Link header (RFC 8288), and
where an answer and the operation's own parameters have names that are known to belong together (`recognized`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import cast
from urllib.parse import parse_qs, urlsplit

import orjson

from specport.executor.model import Exchange
from specport.operations.model import Pagination
from specport.requests.styles import as_text
from specport.results.asked import Asked, Place
from specport.results.model import Conventions
from specport.results.recognized import as_cursor, holders_of, next_urls, recognized

SAME_PAGE = "The answer names this same page as the next one, so it is taken for the last."
"""What is told of an answer whose cursor is the one that it was asked for with."""

_NEXT_LINK = re.compile(r"<([^<>]*)>\s*;[^,]*\brel=\"?next\"?", re.IGNORECASE)
_MISSING = object()


@dataclass(frozen=True, slots=True)
class NextPage:
    """The arguments of the next page, and how many items there are in all, where the answer says.

    No arguments: the answer names the page that it is.
    """

    arguments: Mapping[str, object] | None
    total: int | None = None

    def __str__(self) -> str:
        if self.arguments is None:
            return SAME_PAGE
        count = "" if self.total is None else f", {self.total:,} in all"
        return f"There are more{count}. Next page: call again with {orjson.dumps(self.arguments).decode()}"


class _End(Enum):
    """What an answer says of which no page follows."""

    LAST = "last"


def next_page(answer: object, exchange: Exchange, *, asked: Asked, conventions: Conventions) -> NextPage | None:
    """The arguments of the next page, None when the answer names none. What says first that there is none is heard."""
    if not asked.inputs.can_change:
        return None
    totals = (at_path(answer, path) for path in (asked.route.total, conventions.total))
    total = next((total for total in totals if is_count(total)), None)
    for how in filter(None, (asked.route.pagination, conventions.pagination)):
        found = _declared(answer, how, asked, cast("int | None", total))
        if found is not None:
            return found if isinstance(found, NextPage) else None
    root: Mapping[str, object] = cast("Mapping[str, object]", answer) if isinstance(answer, dict) else {}
    holders = holders_of(root)
    link = _NEXT_LINK.search(exchange.headers.get("link", ""))
    urls = ([link[1]] if link else []) + next_urls(holders, asked.route.path)
    for url in urls:
        found = _by_url(url, asked, cast("int | None", total))
        if found is not None:
            return found
    place, value, counted = recognized(root, holders, asked) or (None, "", None)
    return _with(asked, place, value, cast("int | None", total) if counted is None else counted) if place else None


def _declared(answer: object, how: Pagination, asked: Asked, total: int | None) -> NextPage | _End | None:
    """What an answer says where that is stated; LAST where it says that there is no more, None where nothing."""
    if not how.argument:
        url = at_path(answer, how.next_page, _MISSING)
        if not isinstance(url, str):
            return None if url is _MISSING else _End.LAST
        return _by_url(url, asked, total) or _End.LAST
    place = asked.inputs.place(how.argument)
    if place is None or asked.is_backwards(place):
        return None
    if how.more and at_path(answer, how.more, _MISSING) is not True:
        return None if at_path(answer, how.more, _MISSING) is _MISSING else _End.LAST
    value: object = _MISSING
    if how.next_page:
        value = at_path(answer, how.next_page, _MISSING)
    elif how.pages:
        value = _counted(asked.given(place), at_path(answer, how.pages, _MISSING), step=1, first=1)
    elif total is not None:
        items = at_path(answer, how.items, _MISSING)
        length = len(cast("list[object]", items)) if isinstance(items, list) else 0
        value = _counted(asked.given(place), total - 1, step=length, first=0)
    if value is _MISSING:
        return None
    cursor = as_cursor(value)
    return _End.LAST if cursor is None else _with(asked, place, cursor, total) or _End.LAST


def _counted(given: object, last: object, *, step: int, first: int) -> object:
    """The number of the next page or item, None behind the last."""
    if not is_count(last):
        return _MISSING
    current = first if given is None else given
    if not isinstance(current, int) or not step:
        return None
    following = current + step
    return following if following <= cast("int", last) else None


def _with(asked: Asked, place: Place, value: str | int, total: int | None) -> NextPage | None:
    if asked.gave(place, value):
        return NextPage(None)
    arguments = asked.changed(place, value)
    return NextPage(arguments, total) if arguments is not None else None


def _by_url(url: str, asked: Asked, total: int | None) -> NextPage | None:
    changed = _changed(url, asked)
    arguments = asked.inputs.fitted({**asked.arguments, **changed}) if changed else None
    return NextPage(arguments, total) if arguments is not None else None


def _changed(url: str, asked: Asked) -> dict[str, object]:
    """Arguments that the next URL's query sets otherwise than this call did."""
    try:
        query = parse_qs(urlsplit(url).query)
    except ValueError:
        return {}
    changed: dict[str, object] = {}
    for binding in asked.route.bindings:
        values = query.get(binding.wire_name, []) if binding.location == "query" else []
        given = asked.arguments.get(binding.argument)
        if len(values) == 1 and not isinstance(given, list | dict):
            value = _number(values[0])
            if given is None or (given != value and as_text(given) != values[0]):
                changed[binding.argument] = value
    return changed


def _number(text: str) -> object:
    """The whole number that the text writes, where it writes it the usual way, else the text."""
    is_number = text.isascii() and text.isdigit() and len(text) < 16 and (text == "0" or text[0] != "0")
    return int(text) if is_number else text


def is_count(value: object) -> bool:
    """Whether a value is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def at_path(value: object, path: str, missing: object = None) -> object:
    """What stands at a dotted path of member names, `missing` when nothing does or the path is empty.

    `-1` is the last item of a list.
    """
    if not path:
        return missing
    for name in path.split("."):
        if name == "-1" and isinstance(value, list) and value:
            value = cast("list[object]", value)[-1]
            continue
        if not isinstance(value, dict) or name not in value:
            return missing
        value = cast("Mapping[str, object]", value)[name]
    return value
