"""The other files that a document refers to, read once when it is brought in and kept with its source."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from specport.documents.assembly import Assembly, may_refer_elsewhere
from specport.documents.bounds import MAX_BYTES
from specport.documents.load import load_document, read_file
from specport.documents.model import Document, File
from specport.errors import DocumentError, SourceError, SpecportError
from specport.executor.addresses import origin_of
from specport.sources.fetch import FetchPolicy, fetch
from specport.sources.model import Origin, Source, is_on_web
from specport.sources.turns import in_turn

MAX_FILES = 1_000
"""Most other files that one document may refer to."""

MAX_GATHERED_BYTES = MAX_BYTES
"""Most bytes that the other files of one document may have together."""

Read = Callable[[str], Awaitable[bytes]]
"""URL of a file -> its bytes. Raises SourceError for one that may not, or cannot, be read."""


async def with_files(source: Source, fetching: FetchPolicy) -> Source:
    """The source with the files that its document refers to.

    A file of the operator's may refer to files below its own folder, a document from a URL, where
    `fetching.follows_references` allows it, to others of its origin. Why another could not be had is kept as `unread`.
    Raises DocumentError for what is no document, for more than MAX_FILES, and for more than MAX_GATHERED_BYTES.
    """
    if not any(may_refer_elsewhere(data) for data in (source.data, *(overlay.data for overlay in source.overlays))):
        return source
    document = await in_turn(load_document, source.data, source.uri, source.overlays, source.bounds)
    files, unread = await _gather(document, _reader(source, fetching))
    return replace(source, files=files, unread=unread)


async def _gather(document: Document, read: Read) -> tuple[tuple[File, ...], dict[str, str]]:
    """What is referred to, directly or by another file, and why some of it is not there."""
    assembly = await in_turn(Assembly, document)
    files: list[File] = []
    unread: dict[str, str] = {}
    while missing := [entry for entry in assembly.missing() if entry.uri not in unread]:
        if len(files) + len(unread) + len(missing) > MAX_FILES:
            raise DocumentError(f"{document.uri} refers to more than {MAX_FILES:,} other files (MAX_FILES)")
        for entry in missing:
            try:
                file = File(entry.uri, await read(entry.place))
                await in_turn(assembly.add, file)
            except SpecportError as error:
                unread[entry.uri] = error.message
            else:
                files.append(file)
                _check_size(document, files)
    return tuple(files), unread


def _check_size(document: Document, files: list[File]) -> None:
    if sum(len(file.data) for file in files) > MAX_GATHERED_BYTES:
        raise DocumentError(f"{document.uri} refers to files of over {MAX_GATHERED_BYTES:,} bytes (MAX_GATHERED_BYTES)")


def _reader(source: Source, fetching: FetchPolicy) -> Read:
    """What the document of a source may read."""
    if is_on_web(source.uri):
        return _at_origin_of(source.uri, fetching)
    if source.origin is Origin.OPERATOR and Path(source.uri).is_absolute():
        return _below(Path(source.uri).parent.resolve())
    return _nothing


def _below(folder: Path) -> Read:
    """Files below a folder, links followed first."""

    async def read(url: str) -> bytes:
        if not url.startswith("file:///"):
            raise SourceError("a file refers only to files below its own folder")
        path = Path(url2pathname(urlsplit(url).path)).resolve()
        if not path.is_relative_to(folder):
            raise SourceError(f"it is outside the document's folder {folder}")
        return await asyncio.to_thread(read_file, path)

    return read


def _at_origin_of(document: str, fetching: FetchPolicy) -> Read:
    """Documents of the same scheme, host and port, redirects included."""
    origin = origin_of(document)

    async def read(url: str) -> bytes:
        if origin_of(url) != origin:
            raise SourceError(f"it is not at the document's own origin {origin}")
        if not fetching.follows_references:
            raise SourceError("references are followed only with --follow-references")
        return (await fetch(url, replace(fetching, origin=origin))).data

    return read


async def _nothing(url: str) -> bytes:
    raise SourceError(f"a document given as text, or by a tool, has no folder for {url[:200]!r} to be read from")
