"""Source -> Catalog: the one way from bytes to tools, with the catalog cache in front."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import orjson

from specport.catalog.codec import decode_catalog, encode_catalog
from specport.catalog.model import Catalog, Route, Shape
from specport.documents.model import Document
from specport.documents.quick_look import may_have_other_references
from specport.errors import SourceError
from specport.executor.addresses import origin_of
from specport.executor.model import CERTIFICATE, Channel, Credential
from specport.operations.model import KEY, Operations, SecurityScheme
from specport.operations.security import fault_of
from specport.policy.model import SourceRules
from specport.sources.cache import CatalogCache
from specport.sources.clients import Place, clients_of
from specport.sources.hinted import with_hints
from specport.sources.model import Source
from specport.sources.presets import completed

if TYPE_CHECKING:
    from specport.documents.refs import References


@dataclass(frozen=True, slots=True)
class Opened:
    """A source with its tools. `channel` has its credentials joined with what the document says of each scheme.

    `source` is complete with what its preset says, `kept` as it was given and is stored. `origins`: where credentials
    may go. `prefix` is what its addresses begin with, empty for the default source.
    """

    source: Source
    kept: Source
    catalog: Catalog
    channel: Channel
    base_url: str
    origins: tuple[str, ...]
    prefix: str = ""

    @property
    def rules(self) -> SourceRules:
        """What the source itself decides of its tools, and what waits to be accepted."""
        return SourceRules(self.source.name, self.prefix, self.source.rules, frozenset(self.source.held.operations))


Make = Callable[[Source, Shape], Catalog | bytes]
"""A complete source -> its catalog, or that as bytes."""


def build(source: Source, shape: Shape) -> Catalog:
    """The catalog of a complete source. Raises DocumentError when the bytes are not a usable document."""
    from specport.catalog.build import build_catalog  # a catalog that is kept needs none of what makes one

    with _no_collection():
        return build_catalog(*read_document(source), shape, source.filters)


def open_source(source: Source, shape: Shape, cache: CatalogCache | None, make: Make = build) -> Opened:
    """Make a catalog of a source's document, or take the catalog from the cache. Raises what `make` raises."""
    kept, source = source, completed(source)
    with _no_collection():
        catalog = _catalog(source, shape, cache, make)
    return _opened(kept, source, catalog, shape.prefix)


def with_other_facts(opened: Opened, kept: Source) -> Opened:
    """The open source with what `kept`, of the same document, says of everything else."""
    return _opened(kept, completed(kept), opened.catalog, opened.prefix)


def _opened(kept: Source, source: Source, catalog: Catalog, prefix: str) -> Opened:
    source = with_hints(source, catalog.hints)
    channel = replace(source.channel, credentials=credentials_of(source, catalog))
    base_url = base_url_of(source, catalog.servers)
    origins = source.origins or _origins(source, base_url, catalog.servers)
    return Opened(source, kept, catalog, channel, base_url, origins, prefix)


def read_document(source: Source) -> tuple[Document, Operations, References]:
    """The source's document with all its operations; filters are applied where they are named, to tools."""
    from specport.documents.load import load_document  # likewise
    from specport.documents.refs import References
    from specport.operations.read import read_operations

    document = load_document(source.data, source.uri, source.overlays, source.bounds)
    files = (source.data, *(file.data for file in (*source.files, *source.overlays)))
    if source.files or any(map(may_have_other_references, files)):
        from specport.documents.assembly import assemble

        document = assemble(document, source.files, source.unread)
    references = References(document.root, document.unread)
    seeks_hints = any(KEY.encode() in data for data in files)
    return document, read_operations(document, source.name, references, seeks_hints=seeks_hints), references


def _catalog(source: Source, shape: Shape, cache: CatalogCache | None, make: Make) -> Catalog:
    key = _key(source, shape)
    cached = cache.get(key) if cache else None
    known = decode_catalog(cached) if cached else None
    if known is not None:
        return known
    made = make(source, shape)
    if cache is None and isinstance(made, Catalog):
        return made
    data = made if isinstance(made, bytes) else encode_catalog(made)
    if cache:
        cache.put(key, data)
    decoded = decode_catalog(data)  # what was made between parts of the document takes a third more memory
    assert decoded is not None, "a catalog is not what was written of it"
    return decoded


@contextmanager
def _no_collection() -> Generator[None]:
    """Without garbage collection, which costs more than the parsing itself when everything stays alive."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _key(source: Source, shape: Shape) -> str:
    digest = hashlib.sha256(source.data)
    for file in (*source.files, *source.overlays):
        digest.update(hashlib.sha256(file.data).digest())
    parts = ([file.uri for file in source.files], [file.uri for file in source.overlays], source.unread)
    digest.update(orjson.dumps((source.name, source.filters, shape, source.uri, *parts)))
    return digest.hexdigest()


def credentials_of(source: Source, catalog: Catalog) -> Mapping[str, Credential]:
    """The credentials of a source by scheme name, without those of schemes that wait to be accepted.

    Raises SourceError for a scheme that cannot be satisfied, and for an OAuth client without a token endpoint that may
    be used.
    """
    held = source.held.schemes
    source = replace(
        source,
        references={name: text for name, text in source.references.items() if name not in held},
        clients={name: client for name, client in source.clients.items() if name not in held},
    )
    references = {name: text for name, text in source.references.items() if not text.startswith("oauth:")}
    clients = clients_of(source, catalog.schemes, _place_of(source, catalog))
    for name in (*references, *clients):
        if name in catalog.schemes:
            _check_usable(catalog.schemes[name])
    return {
        **{name: credential_for(name, reference, catalog.schemes) for name, reference in references.items()},
        **{
            name: replace(credential_for(name, f"oauth:{name}", catalog.schemes), client=client)
            for name, client in clients.items()
        },
    }


def _check_usable(scheme: SecurityScheme) -> None:
    """Raises SourceError for a client certificate, which cannot be presented yet, and where no credential can go."""
    fault = fault_of(scheme)
    said = f"cannot be used: {fault}" if fault else ""
    if scheme.kind == CERTIFICATE:
        said = "wants a client certificate (mutualTLS), which cannot be presented yet"
    if said:
        raise SourceError(
            f"the scheme {scheme.name} {said}",
            hint="Give a credential for another of the document's schemes",
        )


def credential_for(name: str, reference: str, schemes: Mapping[str, SecurityScheme]) -> Credential:
    """The credential of a scheme; of one that the document does not declare, a bearer token."""
    scheme = schemes.get(name) or SecurityScheme(name, "http", "bearer")
    return Credential(name, reference, scheme.kind, scheme.scheme, scheme.location, scheme.parameter)


def _place_of(source: Source, catalog: Catalog) -> Place:
    """Where calls of a source go, and may have credentials."""
    base = base_url_of(source, catalog.servers)
    return Place(base, frozenset(source.origins or _origins(source, base, catalog.servers)))


def base_url_of(source: Source, servers: tuple[str, ...]) -> str:
    """Where calls go: what the operator said, else the document's first server, seen from where the document is.

    A host without a scheme (Swagger 2.0) is reached by https where the document was not fetched by anything else.
    """
    if source.base_url:
        return source.base_url.rstrip("/")
    first = servers[0] if servers else ""
    if urlsplit(source.uri).scheme in ("http", "https"):
        return urljoin(source.uri, first or "/").rstrip("/")
    return f"https:{first}".rstrip("/") if first.startswith("//") else first.rstrip("/")


def server_of(opened: Opened, route: Route) -> str:
    """Where the calls of one operation go: the source's base URL, or the operation's own server where it has one.

    A base URL that the operator gave replaces servers at every level. A relative server is seen from the base URL.
    """
    if opened.source.base_url or not route.servers:
        return opened.base_url
    return urljoin(f"{opened.base_url}/", route.servers[0]).rstrip("/")


def may_have_credentials(opened: Opened, url: str) -> bool:
    """Whether a URL is at an origin of the source itself."""
    return origin_of(url) in opened.origins


def origins_of(opened: Opened) -> tuple[str, ...]:
    """By the document itself: the base URL's origin, and its servers' where the operator's URL replaces none."""
    return _origins(opened.source, opened.base_url, opened.catalog.servers)


def _origins(source: Source, base_url: str, servers: tuple[str, ...]) -> tuple[str, ...]:
    urls = (base_url, *(() if source.base_url else servers))
    return tuple(dict.fromkeys(filter(None, map(origin_of, urls))))
