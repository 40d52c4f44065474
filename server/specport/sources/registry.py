"""Sources at run time: what is open, what it answers to, and how another one is added or removed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from specport.catalog.build import Shape
from specport.documents.load import parse, read_file
from specport.errors import DocumentError, SourceError
from specport.sources.fetch import FetchPolicy, fetch, is_public
from specport.sources.model import Filters, Origin, Source, SourceFacts
from specport.sources.preview import Preview, preview_catalog
from specport.sources.read import Opened, open_source
from specport.sources.store import CatalogCache, SourceStore

MAX_SOURCES = 500
MAX_NAME = 32

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}\Z")


@dataclass(frozen=True, slots=True)
class Specification:
    """What a caller names a document by: a URL, text, or (operators only) a file, and what to take from it."""

    spec: str
    name: str = ""
    base_url: str = ""
    filters: Filters = Filters()
    credentials: tuple[tuple[str, str], ...] = ()


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
            try:
                if source.name not in self.opened:
                    self.opened[source.name] = self._open(source, prefix=source.name)
            except (SourceError, DocumentError) as error:
                failed.append(error)
        return failed

    async def preview(self, wanted: Specification, origin: Origin) -> Preview:
        """What adding would do. Changes nothing."""
        source = await read_specification(wanted, self._fetching, origin)
        opened = open_source(source, replace(self._shape, prefix=source.name), None)
        return preview_catalog(opened.catalog, source.uri, opened.base_url)

    async def add(self, wanted: Specification, origin: Origin) -> Added:
        """Register a source. The same name with the same content is no change.

        Raises SourceError when the name is in use for another document, when there is nothing to call, or when a
        tool call names a base URL on a private address.
        """
        source = await read_specification(wanted, self._fetching, origin)
        known = self.opened.get(source.name)
        if known is not None:
            if _same(known.source, source):
                return Added(known, is_new=False)
            raise SourceError(
                f"the name {source.name!r} is in use for another document ({known.source.uri[:200]})",
                hint="Choose another name, or remove that source first",
            )
        if len(self.opened) >= MAX_SOURCES:
            raise SourceError(f"there are already {MAX_SOURCES} sources", hint="Remove one first")
        opened = self._open(source, prefix=source.name)
        self._check(opened, origin)
        if self._store:
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
        return open_source(source, replace(self._shape, prefix=prefix), self._cache)

    def _check(self, opened: Opened, origin: Origin) -> None:
        """What every added source must have, and what a tool call may not choose."""
        if not opened.catalog.tools:
            raise SourceError("no operation is left to add", hint="Check the filters, or see the preview's problems")
        parts = urlsplit(opened.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SourceError("the document names no absolute server URL", hint="Give base_url")
        if origin is Origin.TOOL and not self._fetching.allow_private and _is_private_host(parts.hostname):
            raise SourceError(
                f"calls would go to the private address {parts.hostname}", hint="Start with --allow-private if meant"
            )


async def read_specification(
    wanted: Specification, fetching: FetchPolicy, origin: Origin = Origin.OPERATOR
) -> Source:
    """The source that a caller describes. A tool call may name URLs and text, an operator files as well.

    Raises SourceError when the document cannot be had or the name is not one.
    """
    uri, data = await _document(wanted.spec, fetching, origin)
    name = wanted.name or _name_from(data, uri)
    if not _NAME.match(name):
        raise SourceError(
            f"{name[:60]!r} is no source name",
            hint=f"Lower-case letters, digits, - and _, a letter first, at most {MAX_NAME}",
        )
    return Source(
        name=name,
        uri=uri,
        data=data,
        origin=origin,
        base_url=wanted.base_url,
        references=dict(wanted.credentials),
        filters=wanted.filters,
    )


async def _document(spec: str, fetching: FetchPolicy, origin: Origin) -> tuple[str, bytes]:
    text = spec.strip()
    is_line = "\n" not in text and not text.startswith("{")
    if is_line and text.startswith(("http://", "https://")):
        return text, await fetch(text, fetching)
    if is_line and origin is not Origin.TOOL:
        path = Path(text).expanduser()
        return str(path.resolve()), read_file(path)
    if is_line:
        raise SourceError(
            f"{text[:80]!r} is neither an http(s) URL nor a document",
            hint="Files can be added only on the command line: specport add PATH",
        )
    return "given as text", text.encode()


def _same(known: Source, source: Source) -> bool:
    return (known.data, known.base_url, known.filters) == (source.data, source.base_url, source.filters)


def _facts(opened: Opened) -> SourceFacts:
    return SourceFacts(
        name=opened.source.name,
        title=opened.catalog.title,
        uri=opened.source.uri,
        base_url=opened.base_url,
        origin=opened.source.origin.value,
        tools=len(opened.catalog.tools),
        problems=len(opened.catalog.problems),
    )


def _is_private_host(host: str) -> bool:
    """Whether a host is a private address as written; names are checked when connecting."""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not is_public(host)
    except ValueError:
        return False


def _name_from(data: bytes, uri: str) -> str:
    """A name from the document's title, else from its host."""
    root = parse(data)
    info = root.get("info") if isinstance(root, dict) else None
    title = info.get("title") if isinstance(info, dict) else None
    words = re.findall(r"[a-z0-9]+", str(title or urlsplit(uri).hostname or "source").lower())
    kept = [word for word in words if word not in ("api", "the", "openapi", "swagger", "rest")] or words
    name = re.sub(r"^[^a-z]+", "", "_".join(kept[:3]))[:MAX_NAME].rstrip("_")
    return name or "source"

