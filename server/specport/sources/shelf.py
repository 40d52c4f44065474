"""A store as one process knows it: what it read there last, and whether another process was quicker."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from specport.errors import SourceError
from specport.sources.model import Source
from specport.sources.store import Kept, SourceStore

log = logging.getLogger("specport")

MAX_SOURCES = 500
"""Most sources that are open or disabled."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is kept now: revisions by name, and the names that are new or have another one than they had."""

    version: str
    revisions: Mapping[str, str]
    news: tuple[str, ...]


class Shelf:
    """Added sources in a store, or for this run alone where there is none. Every method may raise StoreLost."""

    def __init__(self, store: SourceStore | None) -> None:
        self._store = store
        self._version: str | None = None
        self._revisions: Mapping[str, str] = {}

    async def has_changed(self) -> bool:
        """Whether somebody else may have changed something; cheap."""
        return self._store is not None and await self._store.version() != self._version

    async def look(self, known: Iterable[Source]) -> Found:
        """What is there now.

        A store that lost what it held, as a Redis does that restarts without persistence, has what is `known` put back.
        """
        assert self._store is not None
        version = await self._store.version()
        if not version and self._version:
            version = await self._put_back(self._store, tuple(known))
        found = await self._store.revisions()
        if len(found) > MAX_SOURCES:
            log.warning("of %d added sources only the first %d are open (MAX_SOURCES)", len(found), MAX_SOURCES)
        revisions = dict(islice(found.items(), MAX_SOURCES))
        news = tuple(name for name, revision in revisions.items() if self._revisions.get(name) != revision)
        return Found(version, revisions, news)

    def took_in(self, found: Found, read: Mapping[str, str]) -> None:
        """What was found is what is open now, except that what was `read` had these revisions by then, "" if none."""
        revisions = {**found.revisions, **read}
        self._version, self._revisions = found.version, {name: each for name, each in revisions.items() if each}

    async def get(self, name: str) -> Kept | None:
        """A kept source; None where it is not there any more. Raises SourceError where it cannot be read."""
        return await self._store.get(name) if self._store else None

    async def add(self, source: Source) -> bool:
        """Keep a new source; False where another process put one under that name just now."""
        if self._store is None:
            return True
        revision = await self._store.add(source)
        if revision is not None:
            self._revisions = {**self._revisions, source.name: revision}
        return revision is not None

    async def replace(self, name: str, source: Source) -> None:
        """Keep `source` in place of what is under `name`. Raises SourceError where another process changed that."""
        if self._store is None:
            return
        revision = await self._store.replace(name, self._revisions.get(name, ""), source)
        if revision is None:
            taken = "" if source.name == name else f", or {source.name!r} was taken,"
            raise SourceError(f"{name!r} was changed{taken} by another process just now", hint="Try again")
        self._revisions = {**self._without(name), source.name: revision}

    async def delete(self, name: str, *, is_known: bool) -> bool:
        """Forget a source; whether there was one, which without a store is whether it `is_known`."""
        deleted = await self._store.delete(name) if self._store else is_known
        self._revisions = self._without(name)
        return deleted

    async def _put_back(self, store: SourceStore, known: tuple[Source, ...]) -> str:
        if known:
            log.warning("the place where added sources are kept is empty; the %d that are known go back", len(known))
        for source in known:
            await store.add(source)
        return await store.version()

    def _without(self, name: str) -> dict[str, str]:
        return {other: revision for other, revision in self._revisions.items() if other != name}
