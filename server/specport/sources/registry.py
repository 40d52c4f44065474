"""Sources at run time: what is open, what it answers to, and how another one is added or removed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from specport.catalog.build import Shape
from specport.documents.load import parse, read_file
from specport.documents.model import File, JsonObject
from specport.errors import DocumentError, SourceError
from specport.executor.addresses import is_private_host, origin_of
from specport.sources.fetch import FetchPolicy, fetch
from specport.sources.gather import with_files
from specport.sources.manifest import bundled_names
from specport.sources.model import Filters, Origin, Source, SourceFacts
from specport.sources.preview import Preview, preview_catalog
from specport.sources.read import Opened, open_source, server_of
from specport.sources.store import CatalogCache, SourceStore

MAX_SOURCES = 500
MAX_NAME = 32

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}\Z")


@dataclass(frozen=True, slots=True)
class Specification:
    """What a caller names a document by: a URL, text, or (operators only) a file, and what to take from it.

    `overlays` are URLs or files, which only an operator may name.
    """

    spec: str
    name: str = ""
    base_url: str = ""
    filters: Filters = Filters()
    credentials: tuple[tuple[str, str], ...] = ()
    overlays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Added:
    """What adding did: the source, and whether it was already there as it is."""

    opened: Opened
    is_new: bool


class Registry:
    """The open sources by name; the first is the default one, whose addresses have no prefix."""

    def __init__(
        self, *, shape: Shape, cache: CatalogCache | None, store: SourceStore | None, fetching: FetchPolicy
    ) -> None:
        self._shape = shape
        self._cache = cache
        self._store = store
        self._fetching = fetching
        self.opened: dict[str, Opened] = {}

    def open(self, source: Source) -> Opened:
        """Open a source that the operator named at start. Raises SourceError when the name is taken."""
        if source.name in self.opened:
            raise SourceError(f"two sources are called {source.name!r}", hint="Give one of them another --name")
        opened = self._open(source, prefix=source.name if self.opened else "")
        self.opened[source.name] = opened
        return opened

    def open_stored(self) -> list[SourceError | DocumentError]:
        """Open what was added before; what cannot be opened any more is returned and left alone."""
        failed: list[SourceError | DocumentError] = []
        for source in self._store.all() if self._store else ():
            if source.name in self.opened:
                failed.append(SourceError(f"{source.name} is left out: another source of that name was named at start"))
                continue
            try:
                self.opened[source.name] = self._open(source, prefix=source.name)
            except (SourceError, DocumentError) as error:
                failed.append(error)
        return failed

    async def preview(self, wanted: Specification, origin: Origin) -> Preview:
        """What adding would do. Changes nothing."""
        source = await read_specification(wanted, self._fetching, origin)
        return await asyncio.to_thread(_preview, source, replace(self._shape, prefix=source.name))

    async def add(self, wanted: Specification, origin: Origin) -> Added:
        """Register a source. The same name with the same content is no change.

        Raises SourceError when the name is in use for another document, when there is nothing to call, or when a
        tool call names a base URL on a private address.
        """
        source = await read_specification(wanted, self._fetching, origin)
        known = self.opened.get(source.name)
        if known is not None:
            _check_same(known.source, source)
            return Added(known, is_new=False)
        stored = self._store.get(source.name) if self._store else None
        if stored is not None:  # by another process on the same folder, since this one started
            _check_same(stored, source)
            source = stored
        elif source.name in bundled_names():
            raise SourceError(f"the name {source.name!r} belongs to a bundled source", hint="Choose another name")
        if len(self.opened) >= MAX_SOURCES:
            raise SourceError(f"there are already {MAX_SOURCES} sources", hint="Remove one first")
        opened = self._open(source, prefix=source.name)
        _check_callable(opened)
        if self._store and stored is None:
            self._store.put(source)
        self.opened[source.name] = opened
        return Added(opened, is_new=True)

    def remove(self, name: str) -> bool:
        """Forget an added source; whether there was one. Raises SourceError for a source named at start."""
        known = self.opened.get(name)
        if known is not None and known.source.origin is Origin.BUNDLED:
            raise SourceError(f"{name} is bundled; leave it out of `serve` instead of removing it")
        stored = self._store.delete(name) if self._store else False
        return self.opened.pop(name, None) is not None or stored

    def facts(self) -> list[SourceFacts]:
        """The open sources, in order."""
        return [_facts(opened) for opened in self.opened.values()]

    def _open(self, source: Source, *, prefix: str) -> Opened:
        opened = open_source(source, replace(self._shape, prefix=prefix), self._cache)
        _check_names(opened, self.opened.values())
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

    Credentials are compared only where the caller gives some: a tool call cannot.
    """
    if (known.data, known.files) != (source.data, source.files):
        raise SourceError(
            f"the name {source.name!r} is in use for another document ({known.uri[:200]})",
            hint="Choose another name, or remove that source first",
        )
    same = (known.base_url, known.filters, known.overlays) == (source.base_url, source.filters, source.overlays)
    if not same or (source.references and source.references != known.references):
        raise SourceError(
            f"{source.name!r} has that document already, with another base URL, filters, overlays or credentials",
            hint="Choose another name, or remove that source first",
        )


def _preview(source: Source, shape: Shape) -> Preview:
    opened = open_source(source, shape, None)
    return preview_catalog(opened.catalog, source.uri, opened.base_url)


async def read_specification(wanted: Specification, fetching: FetchPolicy, origin: Origin = Origin.OPERATOR) -> Source:
    """The source that a caller describes. A tool call may name URLs and text, an operator files as well.

    Raises SourceError when the document cannot be had or the name is not one.
    """
    document = await _read(wanted.spec, fetching, origin)
    overlays = [await _read(overlay, fetching, origin) for overlay in wanted.overlays]
    name = wanted.name or _name_from(document)
    if not _NAME.match(name):
        raise SourceError(
            f"{name[:60]!r} is no source name",
            hint=f"Lower-case letters, digits, - and _, a letter first, at most {MAX_NAME}",
        )
    source = Source(
        name=name,
        uri=document.uri,
        data=document.data,
        origin=origin,
        base_url=wanted.base_url,
        references=dict(wanted.credentials),
        filters=wanted.filters,
        overlays=tuple(overlays),
    )
    return await with_files(source, fetching)


async def _read(spec: str, fetching: FetchPolicy, origin: Origin) -> File:
    text = spec.strip()
    is_line = "\n" not in text and not text.startswith(("{", "[", "<"))  # else a document, or what was taken for one
    if is_line and text.lower().startswith(("http://", "https://")):
        return File(text, await fetch(text, fetching))
    if is_line and origin is not Origin.TOOL:
        path = Path(text).expanduser()
        return File(str(path.resolve()), read_file(path))
    if is_line:
        raise SourceError(
            f"{text[:80]!r} is neither an http(s) URL nor a document",
            hint="Files can be added only on the command line: specport add PATH",
        )
    return File("given as text", text.encode())


def _facts(opened: Opened) -> SourceFacts:
    return SourceFacts(
        name=opened.source.name,
        title=opened.source.title or opened.catalog.title,
        uri=opened.source.uri,
        base_url=opened.base_url,
        origin=opened.source.origin.value,
        tools=len(opened.catalog.tools),
        problems=len(opened.catalog.problems),
    )


def _name_from(document: File) -> str:
    """A name from the document's title, else from its host. Raises DocumentError when it cannot be parsed."""
    try:
        root = parse(document.data)
    except DocumentError as error:
        raise DocumentError(f"{document.uri}: {error.message}", pointer=error.pointer, hint=error.hint) from error
    info = cast("JsonObject", root).get("info") if isinstance(root, dict) else None
    title = cast("JsonObject", info).get("title") if isinstance(info, dict) else None
    words = re.findall(r"[a-z0-9]+", str(title or urlsplit(document.uri).hostname or "source").lower())
    kept = [word for word in words if word not in ("api", "the", "openapi", "swagger", "rest")] or words
    name = re.sub(r"^[^a-z]+", "", "_".join(kept[:3]))[:MAX_NAME].rstrip("_")
    return name or "source"
