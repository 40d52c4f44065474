"""Pages of a list: which part is asked for, and the counts and links that the answer tells it with.

Members that would send a client to a next page stay empty unless there is one, so that no client runs forever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import unquote_plus

from specport.documents.text import plain_name
from specport.operations.model import Location, Operation
from specport.sandbox.checks import Checks
from specport.sandbox.model import Asked, Places
from specport.sandbox.shapes import Shapes

DEFAULT_SIZE = 20
"""Resources on a page when neither the request nor the document says how many."""

_SIZES = ("perpage", "pagesize", "limit", "size", "count", "maxresults", "pagelimit")
_PAGES = ("page", "pagenumber", "pageno")
_OFFSETS = ("offset", "skip", "start", "startindex")
_TOTALS = ("total", "totalcount", "totalitems", "totalresults", "totalentries", "count")
_CURSORS = (
    "next",
    "nextcursor",
    "nextpage",
    "nextpagetoken",
    "nexttoken",
    "continuationtoken",
    "nexturl",
    "cursor",
    "continue",
)
_TAKERS = ("cursor", "startcursor", "pagetoken", "nexttoken", "continue", "continuationtoken", "startingafter", "after")
"""Parameters that take a cursor, or the id of the last item that was seen."""

_AFTER = "from-"
"""How the sandbox's cursors begin; the position of the page's first resource follows."""

_MORE = ("hasmore", "hasnext", "hasnextpage", "more")
_HOLDERS = ("meta", "metadata", "pagination", "paging", "page_info", "pageinfo", "response_metadata")


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its number from 1, its size, how many resources there are, where it starts.

    `page_name` is the parameter that asks for another by number; `has_cursors`: one asks by a cursor; `reachable` says
    whether any parameter can.
    """

    number: int
    size: int
    total: int
    start: int
    page_name: str
    reachable: bool
    has_cursors: bool = False

    @property
    def last(self) -> int:
        """The number of the last page; an empty list has one page."""
        return max(-(-self.total // self.size), 1)

    @property
    def is_last(self) -> bool:
        """Whether nothing follows, or nothing can be asked for."""
        return not self.reachable or self.start + self.size >= self.total


def page_of(operation: Operation, query: Mapping[str, object], keys: Sequence[str]) -> Page:
    """The page that a request asks for, by the parameters the operation declares. `keys`: those of all resources."""
    total = len(keys)
    names = {plain_name(p.name): p for p in operation.parameters if p.location is Location.QUERY}

    def asked(wanted: tuple[str, ...]) -> tuple[str, int | None]:
        for name in wanted:
            if name in names:
                value = query.get(names[name].name, _default(names[name].schema))
                return names[name].name, value if isinstance(value, int) and not isinstance(value, bool) else None
        return "", None

    size_name, size = asked(_SIZES)
    page_name, number = asked(_PAGES)
    offset_name, offset = asked(_OFFSETS)
    cursor_name = next((names[name].name for name in _TAKERS if name in names), "")
    if not size_name and not page_name and not cursor_name:
        return Page(1, max(total, 1), total, 0, page_name="", reachable=False)
    size = size if size is not None and size > 0 else DEFAULT_SIZE
    start = max(number or 1, 1) * size - size
    if offset is not None and not page_name:
        start = max(offset, 0)
    has_cursors = bool(cursor_name) and not page_name and not offset_name
    if has_cursors and cursor_name in query:
        start = _behind(str(query[cursor_name]), keys)
    is_reachable = bool(page_name or offset_name or cursor_name)
    return Page(start // size + 1, size, total, start, page_name, is_reachable, has_cursors)


def _behind(cursor: str, keys: Sequence[str]) -> int:
    """Where the page begins that a cursor, or the key of the last resource before it, leads to; else the first."""
    if cursor in keys:
        return keys.index(cursor) + 1
    position = cursor.removeprefix(_AFTER)
    return int(position) if position != cursor and position.isdecimal() and len(position) < 9 else 0


def _default(schema: object) -> object:
    return cast("Mapping[str, object]", schema).get("default") if isinstance(schema, dict) else None


class PageMarks:
    """Writes counts and links into list answers."""

    def __init__(self, shapes: Shapes, checks: Checks) -> None:
        self._shapes = shapes
        self._checks = checks

    def mark(self, body: dict[str, object], places: Places, page: Page, asked: Asked) -> None:
        """Set what the schema has room for: totals, `links.pages`, next-page members."""
        self._mark_members(body, places, page, asked)
        properties = self._shapes.first(places).properties
        for holder in _HOLDERS:
            inside = body.get(holder)
            if isinstance(inside, dict) and holder in properties:
                self._mark_members(cast("dict[str, object]", inside), properties[holder], page, asked)
        if "links" in properties:
            self._link(body, properties["links"], page, asked)

    def _mark_members(self, body: dict[str, object], places: Places, page: Page, asked: Asked) -> None:
        shape = self._shapes.first(places)
        for name, member in shape.properties.items():
            word = plain_name(name)
            if word in _TOTALS and name in body:
                self._set(body, name, member, page.total)
            elif word in _MORE and name in body:
                self._set(body, name, member, not page.is_last)
            elif word in (*_CURSORS, "previous", "prev"):
                self._set_link(body, name, member, page, asked)
                if name in body and body[name] is None and not self._checks.fits(member, None):
                    del body[name]
            elif word in ("page", "currentpage", "perpage", "pagesize", "totalpages", "pages") and name in body:
                numbers = {
                    "perpage": page.size,
                    "pagesize": page.size,
                    "totalpages": page.last,
                    "pages": page.last,
                }
                self._set(body, name, member, numbers.get(word, page.number))

    def _set(self, body: dict[str, object], name: str, places: Places, value: object) -> None:
        if self._checks.fits(places, value):
            body[name] = value

    def _set_link(self, body: dict[str, object], name: str, places: Places, page: Page, asked: Asked) -> None:
        """The address of the neighbour page where there is one, else as little as the schema lets stand."""
        number = page.number - 1 if plain_name(name) in ("previous", "prev") else page.number + 1
        is_address = plain_name(name) in ("next", "nexturl", "previous", "prev")
        if page.has_cursors and not page.is_last and not is_address:
            self._set(body, name, places, f"{_AFTER}{page.start + page.size}")
            return
        if page.page_name and is_address and 1 <= number <= page.last:
            self._set(body, name, places, address(asked, page.page_name, number))
            return
        if name in body:
            body[name] = "" if not self._checks.fits(places, None) and self._checks.fits(places, "") else None

    def _link(self, body: dict[str, object], places: Places, page: Page, asked: Asked) -> None:
        """`{"pages": {...}}` where the schema has that member, the links themselves where it has `next`, else {}."""
        links = self._pages(page, asked)
        members = {name for shape in self._shapes.alternatives(places) for name in shape.properties}
        form: dict[str, object] = {"pages": links} if "pages" in members else links if "next" in members else {}
        for value in (form if links else {}, {}):
            if self._checks.fits(places, value):
                body["links"] = value
                return

    def _pages(self, page: Page, asked: Asked) -> dict[str, object]:
        """`first`, `prev`, `next`, `last` where they lead elsewhere."""
        if not page.page_name or page.last == 1:
            return {}
        numbers: dict[str, int] = {}
        if page.number > 1:
            numbers |= {"first": 1, "prev": min(page.number - 1, page.last)}
        if page.number < page.last:
            numbers |= {"next": page.number + 1, "last": page.last}
        return {name: address(asked, page.page_name, number) for name, number in numbers.items()}


def address(asked: Asked, name: str, number: int) -> str:
    """The absolute URL of the same list at another page."""
    kept = [f"{key}={value}" for key, value in asked.query if unquote_plus(key) != name]
    return f"{asked.origin}{asked.path}?{'&'.join([f'{name}={number}', *kept])}"
