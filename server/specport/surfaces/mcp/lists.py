"""The list of tools in pages: of the list of now, and of those before it that clients have begun to read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

from specport.offer import Listing

PAGE_SIZE = 500
"""Tools on one page."""

MAX_CACHED_PAGES = 64

BEGUN_SECONDS = 60
"""How long a list of several pages can be read on after another took its place."""

MAX_BEGUN = 100
"""Most lists that are kept for that."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page starts in a list."""

    listing: Listing
    start: int

    @property
    def cursor(self) -> str:
        """What leads here: the position, and a mark of the list's contents."""
        return f"{self.start}-{_mark(self.listing)}"

    def tools(self) -> list[types.Tool]:
        """The tools of the page, made now: those of a large API take a second."""
        return [types.Tool.model_validate(entry, by_name=False) for entry in self.listing.page(self.start, PAGE_SIZE)]

    @property
    def next_cursor(self) -> str | None:
        """What leads to the page behind it."""
        following = Place(self.listing, self.start + PAGE_SIZE)
        return following.cursor if following.start < len(self.listing.tools) else None


class ListPages:
    """Finds the places of pages and keeps the pages of the list of now as they are sent.

    Whoever has begun a list gets the rest of that same list, so that its pages fit together, whatever is added or
    removed meanwhile: a tool that is gone by then is refused when it is called.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._begun: dict[str, Listing] = {}

    def place(self, present: Listing, cursor: str | None) -> Place:
        """Where a cursor leads, or the start of the present list. Raises MCPError for one of no known list."""
        if not cursor:
            if len(present.tools) > PAGE_SIZE:
                self._begun[_mark(present)] = present
            return Place(present, 0)
        number, _, mark = cursor.partition("-")
        listing = present if mark == _mark(present) else self._begun.get(mark)
        if listing is None or not (number.isascii() and number.isdigit()) or int(number) >= len(listing.tools):
            raise MCPError(code=types.INVALID_PARAMS, message="the cursor is of an older list; start again without one")
        return Place(listing, int(number))

    def made(self, version: str, place: Place) -> Mapping[str, Any] | None:
        """The page as it was made for a protocol version."""
        return self._made.get((version, place.cursor))

    def keep(self, version: str, place: Place, page: Mapping[str, Any]) -> None:
        """Keep a page as it was made, until the list changes."""
        if len(self._made) >= MAX_CACHED_PAGES:
            self._made.clear()
        self._made[version, place.cursor] = page

    def change(self) -> None:
        """Another list is the present one: those that were begun can be read on for a while."""
        self._made.clear()
        while len(self._begun) > MAX_BEGUN:
            del self._begun[next(iter(self._begun))]
        asyncio.get_running_loop().call_later(BEGUN_SECONDS, self._forget, tuple(self._begun.values()))

    def _forget(self, listings: tuple[Listing, ...]) -> None:
        for listing in listings:
            if self._begun.get(_mark(listing)) is listing:
                del self._begun[_mark(listing)]


def _mark(listing: Listing) -> str:
    return listing.digest[:16]
