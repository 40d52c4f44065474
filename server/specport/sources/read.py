"""Source -> Catalog: the one way from bytes to tools, with the catalog cache in front."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import orjson

from specport.catalog.build import Shape, build_catalog
from specport.catalog.codec import decode_catalog, encode_catalog
from specport.catalog.model import Catalog, Route
from specport.documents.load import load_document, parse, read_file
from specport.documents.model import Document
from specport.documents.refs import GATHERED, Loader, References, assemble, refuse
from specport.errors import DocumentError
from specport.executor.model import Channel, Credential
from specport.operations.model import Operations
from specport.operations.read import read_operations
from specport.sources.model import Filters, Origin, Source
from specport.sources.store import CatalogCache


@dataclass(frozen=True, slots=True)
class Opened:
    """A source with its tools. `channel` has its credentials joined with what the document says of each scheme."""

    source: Source
    catalog: Catalog
    channel: Channel
    base_url: str


def open_source(source: Source, shape: Shape, cache: CatalogCache | None) -> Opened:
    """Read a source's document into a catalog, or take the catalog from the cache.

    Raises DocumentError when the bytes are not a usable document.
    """
    with _no_collection():
        catalog = _catalog(source, shape, cache)
    channel = replace(source.channel, credentials=credentials_for(source.references, catalog.schemes))
    return Opened(source, catalog, channel, base_url_of(source, catalog.servers))


def read_document(source: Source) -> tuple[Document, Operations, References]:
    """The source's document with its operations, filtered as the source asks."""
    document = load_document(source.data, source.uri)
    document = replace(document, root=assemble(document.root, document.uri, _loader(source)))
    references = References(document.root)
    operations = read_operations(document, source.name, references)
    return document, _filtered(operations, source.filters), references


def _catalog(source: Source, shape: Shape, cache: CatalogCache | None) -> Catalog:
    key = _key(source, shape)
    cached = cache.get(key) if cache else None
    catalog = decode_catalog(cached) if cached else None
    if catalog is None:
        catalog, is_whole = _build(source, shape)
        if cache and is_whole:
            cache.put(key, encode_catalog(catalog))
    return catalog


def _build(source: Source, shape: Shape) -> tuple[Catalog, bool]:
    """The catalog, and whether the document alone made it: other files may change without its key changing."""
    document, operations, references = read_document(source)
    return build_catalog(document, operations, references, shape), GATHERED not in document.root


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
    digest.update(orjson.dumps((source.name, source.filters, shape, source.origin, source.uri)))
    return digest.hexdigest()


def _filtered(operations: Operations, filters: Filters) -> Operations:
    """The operations that are wanted; a tag brings those of the tags below it."""
    if not filters:
        return operations
    wanted = {word.casefold() for word in filters.operations}
    tags = {tag.casefold() for tag in filters.tags}
    kept = tuple(
        operation
        for operation in operations.operations
        if not tags.isdisjoint(_tags_above(operation.tags, operations.tag_parents))
        or operation.operation_id.casefold() in wanted
        or f"{operation.key.method} {operation.key.path}".casefold() in wanted
    )
    return replace(operations, operations=kept)


def _tags_above(tags: tuple[str, ...], parents: Mapping[str, str]) -> set[str]:
    """Tags and those they stand under, case aside."""
    found: set[str] = set()
    waiting = list(tags)
    while waiting:
        tag = waiting.pop()
        if tag.casefold() not in found:
            found.add(tag.casefold())
            waiting += [parents[tag]] if tag in parents else []
    return found


def _loader(source: Source) -> Loader:
    """Files beside a document that the operator named may be referred to; nothing else is ever read."""
    if source.origin is Origin.TOOL or "://" in source.uri or not Path(source.uri).is_file():
        return refuse
    folder = Path(source.uri).resolve().parent

    def load(uri: str) -> object:
        path = (folder / uri.removeprefix("file://")).resolve()
        if not path.is_relative_to(folder):
            raise DocumentError(f"a reference to {uri!r} leaves the document's folder, which is not allowed")
        return parse(read_file(path))

    return load


def credentials_for(
    references: Mapping[str, str], schemes: Mapping[str, Mapping[str, str]]
) -> Mapping[str, Credential]:
    """Credentials by scheme name; for a scheme that the document does not declare, a bearer token."""
    credentials: dict[str, Credential] = {}
    for name, reference in references.items():
        facts = schemes.get(name, {})
        credentials[name] = Credential(
            name=name,
            reference=reference,
            kind=facts.get("kind", "http"),
            scheme=facts.get("scheme", "bearer"),
            location=facts.get("location", ""),
            parameter=facts.get("parameter", ""),
        )
    return credentials


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
    """Whether a URL is at an origin of the source itself: its base URL's or one of the document's own servers'."""
    if url == opened.base_url:
        return True
    return origin_of(url) in {origin_of(known) for known in (opened.base_url, *opened.catalog.servers)}


def origin_of(url: str) -> str:
    """Scheme, host and port of an absolute http(s) URL, else nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.lower()}" if parts.scheme in ("http", "https") and parts.netloc else ""
