"""The index of a server's tools, which costs nothing until somebody searches."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from specport.catalog.model import Catalog, Tool
from specport.catalog.search.model import Found

if TYPE_CHECKING:
    from specport.catalog.search.ranking import Ranking


class SearchIndex:
    """The index of some tools, made at the first search. Any number of threads may search it.

    It takes a second for some thousand tools to be made, and is no work for an event loop's thread.
    """

    def __init__(self, tools: Sequence[Tool], catalogs: Iterable[Catalog] = ()) -> None:
        """`catalogs` are those that the tools are of, for what they say of their tags."""
        self._tools = tools
        self._catalogs = tuple(catalogs)
        self._making = threading.Lock()
        self._made: Ranking | None = None

    def find(self, query: str, *, source: str = "", limit: int = 10) -> list[Found]:
        """The tools that fit, best first, all of them or those of one source.

        A query that is an address, a wire name, an operationId, a path or `GET /path` finds what it names first.
        """
        with self._making:
            if self._made is None:
                from specport.catalog.search.ranking import Ranking  # a start needs none of its words

                self._made = Ranking(self._tools, self._catalogs)
        return self._made.find(query, source, limit)
