"""The index of a server's tools, which costs nothing until somebody searches."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from specport.catalog.model import Catalog, Tool
from specport.catalog.search.model import Found, Meanings
from specport.memory import by_page, give_back

if TYPE_CHECKING:
    from specport.catalog.search.parts import Part
    from specport.catalog.search.ranking import Ranking


class SearchIndex:
    """The index of some tools, made at the first search. Any number of threads may search it.

    It takes a second for some thousand tools to be made, and is no work for an event loop's thread. With `meanings`,
    what the tools mean is looked up besides, on a thread of its own: until that is known, words alone decide.
    """

    def __init__(
        self,
        tools: Sequence[Tool],
        catalogs: Iterable[Catalog] = (),
        meanings: Meanings | None = None,
        *,
        parts: Mapping[str, Part] | None = None,
    ) -> None:
        """`catalogs` are those that the tools are of, for what they say of their tags.

        `parts`: what another index has of each source. Of those that are the same, nothing is made again.
        """
        self._tools = tools
        self._catalogs = {catalog.source: catalog for catalog in catalogs}
        self._meanings = meanings
        kept = (parts or {}).items()
        self._parts = {source: part for source, part in kept if part.catalog is self._catalogs.get(source)}
        self._making = threading.Lock()
        self._made: Ranking | None = None
        self._learning: threading.Thread | None = None

    def following(self, tools: Sequence[Tool], catalogs: Iterable[Catalog]) -> SearchIndex:
        """The index of the tools that there are after a change; it takes about what the changed sources take."""
        return SearchIndex(tools, catalogs, self._meanings, parts=self._parts.copy())

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
                self._made = self._ranking_made()
                if self._meanings:
                    self._learning = threading.Thread(
                        target=self._made.learn, args=(self._meanings,), name="specport-meaning", daemon=True
                    )
                    self._learning.start()
        return self._made

    def _ranking_made(self) -> Ranking:
        """Each part is had by the indexes that follow as soon as it is there."""
        from specport.catalog.search.parts import parts_of  # a start needs none of their words
        from specport.catalog.search.ranking import Ranking

        parts: list[Part] = []
        with by_page():
            for part in parts_of(self._tools, self._catalogs, self._parts):
                self._parts[part.source] = part
                parts.append(part)
            made = Ranking(parts)
        give_back()  # as much again, which making it took
        return made
