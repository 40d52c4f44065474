"""The index of a server's tools, which costs nothing until somebody searches."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from specport.catalog.model import Catalog, Tool
from specport.catalog.search.model import Found, Meanings
from specport.memory import by_page

if TYPE_CHECKING:
    from specport.catalog.search.ranking import Ranking


class SearchIndex:
    """The index of some tools, made at the first search. Any number of threads may search it.

    It takes a second for some thousand tools to be made, and is no work for an event loop's thread. With `meanings`,
    what the tools mean is looked up besides, on a thread of its own: until that is known, words alone decide.
    """

    def __init__(
        self, tools: Sequence[Tool], catalogs: Iterable[Catalog] = (), meanings: Meanings | None = None
    ) -> None:
        """`catalogs` are those that the tools are of, for what they say of their tags."""
        self._tools = tools
        self._catalogs = tuple(catalogs)
        self._meanings = meanings
        self._making = threading.Lock()
        self._made: Ranking | None = None
        self._learning: threading.Thread | None = None

    def find(self, query: str, *, source: str = "", limit: int = 10) -> list[Found]:
        """The tools that fit, best first, all of them or those of one source.

        A query that is an address, a wire name, an operationId, a path or `GET /path` finds what it names first.
        """
        return self._ranking().find(query, source, limit)

    def learn(self) -> None:
        """Wait until it is known what the tools mean, for a command that searches once."""
        self._ranking()
        if self._learning:
            self._learning.join()

    def _ranking(self) -> Ranking:
        with self._making:
            if self._made is None:
                from specport.catalog.search.ranking import Ranking  # a start needs none of its words

                with by_page():
                    self._made = Ranking(self._tools, self._catalogs)
                if self._meanings:
                    self._learning = threading.Thread(
                        target=self._made.learn, args=(self._meanings,), name="specport-meaning", daemon=True
                    )
                    self._learning.start()
        return self._made
