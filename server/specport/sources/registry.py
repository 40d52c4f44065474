"""Sources at run time: what is open, what it answers to, and how another one is added or removed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from urllib.parse import urlsplit

from specport.catalog.build import Shape
from specport.errors import SourceError, SpecportError
from specport.executor.addresses import is_private_host, origin_of
from specport.sources.cache import CatalogCache
from specport.sources.fetch import FetchPolicy
from specport.sources.manifest import bundled_names
from specport.sources.model import Origin, Source, SourceFacts
from specport.sources.preview import Preview, preview_catalog
from specport.sources.read import Opened, open_source, origins_of, server_of
from specport.sources.specification import Specification, read_specification
from specport.sources.store import SourceStore, StoreLost

log = logging.getLogger("specport")

MAX_SOURCES = 500

_FAULTS = (SpecportError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError)
"""What reading a document that somebody else stored may end in, without harm to the other sources."""


@dataclass(frozen=True, slots=True)
class Added:
    """What adding did: the source, and whether it was already there as it is."""

    opened: Opened
    is_new: bool


@dataclass(frozen=True, slots=True)
class Synced:
    """What looking into the store brought: whether other sources are open now, and what could not be opened."""

    is_changed: bool = False
    failed: Mapping[str, Exception] = field(default_factory=dict[str, Exception])


class Registry:
    """The open sources by name: those named at start, then the added ones in the order of their names.

    The first one named at start is the default one, whose addresses have no prefix. `left_out`: those added that cannot
    be opened, and why.
    """

    def __init__(
        self, *, shape: Shape, cache: CatalogCache | None, store: SourceStore | None, fetching: FetchPolicy
    ) -> None:
        self._shape = shape
        self._cache = cache
        self._store = store
        self._fetching = fetching
        self._named: list[str] = []
        self._version: str | None = None
        self._revisions: Mapping[str, str] = {}
        self._changing = asyncio.Lock()
        self.opened: Mapping[str, Opened] = {}
        self.left_out: Mapping[str, Exception] = {}

    def open(self, source: Source) -> Opened:
        """Open a source that the operator named at start. Raises SourceError when the name is taken."""
        if source.name in self.opened:
            raise SourceError(f"two sources are called {source.name!r}", hint="Give one of them another --name")
        opened = self._open(source, prefix=source.name if self.opened else "", beside=self.opened)
        self._named.append(source.name)
        self.opened = {**self.opened, source.name: opened}
        return opened

    async def sync(self) -> Synced:
        """Open what is new in the store, drop what is gone, all at once; cheap where nothing changed.

        What cannot be opened is left out. Raises StoreLost, which changes nothing.
        """
        if self._store is None or await self._store.version() == self._version:
            return Synced()
        async with self._changing:
            return await self._sync(self._store)

    async def preview(self, wanted: Specification, origin: Origin) -> Preview:
        """What adding would do. Changes nothing."""
        source = await read_specification(wanted, self._fetching, origin)
        return await asyncio.to_thread(_preview, source, replace(self._shape, prefix=source.name))

    async def add(self, wanted: Specification, origin: Origin) -> Added:
        """Register a source. The same name with the same content is no change.

        Raises SourceError when the name is in use for another document, when there is nothing to call, when a
        tool call names a base URL on a private address, or when it cannot be kept.
        """
        source = await read_specification(wanted, self._fetching, origin)
        async with self._changing:
            known = self.opened.get(source.name)
            if known is not None:
                _check_same(known.kept, source)
                return Added(known, is_new=False)
            if source.name in bundled_names():
                raise SourceError(f"the name {source.name!r} belongs to a bundled source", hint="Choose another name")
            if len(self.opened) >= MAX_SOURCES:
                raise SourceError(f"there are already {MAX_SOURCES} sources", hint="Remove one first")
            opened = await asyncio.to_thread(self._open, source, prefix=source.name, beside=self.opened)
            _check_callable(opened)
            origins = origins_of(opened)
            source = replace(source, origins=origins)
            opened = replace(opened, source=replace(opened.source, origins=origins), kept=source)
            revision = await self._store.add(source) if self._store else None
            if revision is not None:
                self._revisions = {**self._revisions, source.name: revision}
            elif self._store:
                source = await self._by_another(self._store, source)
                opened = await asyncio.to_thread(self._open, source, prefix=source.name, beside=self.opened)
            self.opened = self._ordered({**self.opened, source.name: opened})
            return Added(opened, is_new=True)

    async def remove(self, name: str) -> bool:
        """Forget an added source; whether there was one. Raises SourceError for a source named at start."""
        async with self._changing:
            known = self.opened.get(name)
            if known is not None and known.source.origin is Origin.BUNDLED:
                raise SourceError(f"{name} is bundled; leave it out of `serve` instead of removing it")
            stored = await self._store.delete(name) if self._store else False
            self.opened = {other: opened for other, opened in self.opened.items() if other != name}
            self._revisions = {other: revision for other, revision in self._revisions.items() if other != name}
            return known is not None or stored

    def facts(self) -> list[SourceFacts]:
        """The open sources, in order."""
        return [_facts(opened) for opened in self.opened.values()]

    async def _sync(self, store: SourceStore) -> Synced:
        version = await store.version()
        if not version and self._version:
            version = await self._put_back(store)
        found = await store.revisions()
        revisions = dict(islice(found.items(), MAX_SOURCES))
        if len(found) > MAX_SOURCES:
            log.warning("of %d added sources only the first %d are open (MAX_SOURCES)", len(found), MAX_SOURCES)
        opened = {name: known for name, known in self.opened.items() if name in self._named or name in revisions}
        failed: dict[str, Exception] = {}
        for name, revision in revisions.items():
            if self._revisions.get(name) != revision:
                try:
                    opened[name] = await self._open_stored(store, name, opened)
                except StoreLost:
                    raise
                except _FAULTS as error:
                    failed[name] = error
        opened = self._ordered(opened)
        is_changed = [id(each) for each in opened.values()] != [id(each) for each in self.opened.values()]
        left_out = {name: error for name, error in self.left_out.items() if name in revisions and name not in opened}
        self.opened, self._revisions, self._version = opened, revisions, version
        self.left_out = {**left_out, **failed}
        return Synced(is_changed, failed)

    async def _open_stored(self, store: SourceStore, name: str, opened: dict[str, Opened]) -> Opened:
        """A source of the store, in place of an earlier one; the event loop goes on while it is read."""
        at_start = opened[name] if name in self._named else opened.pop(name, None)
        source = await store.get(name)
        if source is None:
            raise SourceError("it was removed just now")
        if name in self._named:
            if at_start and source.preset and source.preset == at_start.kept.preset:
                return at_start  # the operator named at start what was added
            raise SourceError("another source of that name was named at start")
        return await asyncio.to_thread(self._open, source, prefix=name, beside=opened)

    async def _put_back(self, store: SourceStore) -> str:
        """A store that lost what it held, as a Redis does that restarts without persistence, gets it from here."""
        added = [known.kept for name, known in self.opened.items() if name not in self._named]
        if added:
            log.warning("the place where added sources are kept is empty; the %d that are open go back", len(added))
        for source in added:
            await store.add(source)
        return await store.version()

    async def _by_another(self, store: SourceStore, source: Source) -> Source:
        """The source that another process put under that name just now. SourceError when it is another one."""
        stored = await store.get(source.name)
        if stored is None:
            raise SourceError(f"{source.name!r} was added and removed by another process just now", hint="Try again")
        _check_same(stored, source)
        return stored

    def _ordered(self, opened: Mapping[str, Opened]) -> dict[str, Opened]:
        """In the same order in every process, since cursors of the list are made from it."""
        added = sorted(opened.keys() - set(self._named))
        return {name: opened[name] for name in (*self._named, *added) if name in opened}

    def _open(self, source: Source, *, prefix: str, beside: Mapping[str, Opened]) -> Opened:
        opened = open_source(source, replace(self._shape, prefix=prefix), self._cache)
        _check_names(opened, beside.values())
        if self._fetching.allow_private:
            return opened
        return replace(opened, channel=replace(opened.channel, public_urls=_untrusted_urls(opened)))


def _check_names(newcomer: Opened, known: Iterable[Opened]) -> None:
    """Raises SourceError where a tool would have the wire name of another source's and be called in its place."""
    taken = {tool.wire_name.casefold(): tool.address for opened in known for tool in opened.catalog.tools}
    for tool in newcomer.catalog.tools:
        if tool.wire_name.casefold() in taken:
            other = taken[tool.wire_name.casefold()]
            raise SourceError(
                f"{tool.address} and {other} would both be called {tool.wire_name}", hint="Give the source another name"
            )


def _untrusted_urls(opened: Opened) -> tuple[str, ...]:
    """The origins that calls go to by the choice of a tool call, or of a document that is no file of the operator's."""
    source = opened.source
    by_tool = source.origin is Origin.TOOL
    if not by_tool and not source.uri.startswith(("http://", "https://")):
        return ()
    if source.base_url:  # it replaces the document's servers at every level
        return (origin_of(opened.base_url),) if by_tool else ()
    servers = (server_of(opened, tool.route) for tool in opened.catalog.tools if tool.route)
    origins = (origin_of(url) for url in (opened.base_url, *servers))
    return tuple(dict.fromkeys(origin for origin in origins if origin))


def _check_callable(opened: Opened) -> None:
    """What every added source must have, and what nobody but the operator may choose."""
    if not opened.catalog.tools:
        raise SourceError("no operation is left to add", hint="Check the filters, or see the preview's problems")
    if not _host(opened.base_url):
        raise SourceError("the document names no absolute server URL", hint="Give base_url")
    for url in opened.channel.public_urls:
        host = _host(url)
        if host and is_private_host(host):
            raise SourceError(
                f"calls would go to the private address {host}", hint="Start with --allow-private if that is meant"
            )


def _host(url: str) -> str:
    """The host of an absolute http(s) URL, else nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in ("http", "https") else ""


def _check_same(known: Source, source: Source) -> None:
    """Raises SourceError unless adding `source` beside the `known` one of its name changes nothing.

    Credentials and limits are compared only where the caller gives some: a tool call cannot.
    """
    if (known.data, known.files) != (source.data, source.files):
        raise SourceError(
            f"the name {source.name!r} is in use for another document ({known.uri[:200]})",
            hint="Choose another name, or remove that source first",
        )
    same = (known.base_url, known.filters, known.overlays) == (source.base_url, source.filters, source.overlays)
    same = same and known.preset == source.preset and source.references in ({}, known.references)
    if not same or source.channel.limits not in ((), known.channel.limits):
        raise SourceError(
            f"{source.name!r} has that document, with another base URL, filters, overlays, credentials or limits",
            hint="Choose another name, or remove that source first",
        )


def _preview(source: Source, shape: Shape) -> Preview:
    opened = open_source(source, shape, None)
    return preview_catalog(opened.catalog, source.uri, opened.base_url, origins_of(opened))


def _facts(opened: Opened) -> SourceFacts:
    return SourceFacts(
        name=opened.source.name,
        title=opened.source.title or opened.catalog.title,
        uri=opened.source.uri,
        base_url=opened.base_url,
        origin=opened.source.origin.value,
        tools=len(opened.catalog.tools),
        problems=len(opened.catalog.problems),
        preset=opened.kept.preset,
    )
