"""The other files that a document refers to, read once when it is brought in and kept with its source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from specport.documents.bounds import MAX_BYTES
from specport.documents.load import read_file
from specport.documents.model import File
from specport.documents.quick_look import may_refer_elsewhere
from specport.errors import DocumentError, SourceError, SpecportError
from specport.executor.addresses import origin_of
from specport.sources.fetch import FetchPolicy, fetch
from specport.sources.model import Origin, Source, is_on_web
from specport.sources.referring import Assembling, Referring
from specport.sources.turns import in_turn
from specport.threads import in_thread

MAX_FILES = 1_000
"""Most other files that one document may refer to."""

MAX_ROUNDS = 100
"""Most files that lead from one to the next: what a document refers to is looked for again with each round of them."""

MAX_GATHERED_BYTES = MAX_BYTES
"""Most bytes that the other files of one document may have together."""

Read = Callable[[str], Awaitable[bytes]]
"""URL of a file -> its bytes. Raises SourceError for one that may not, or cannot, be read."""

Refer = Callable[[Source], Referring]
"""A source -> its document, to be looked through for what it refers to."""


async def with_files(source: Source, fetching: FetchPolicy, refer: Refer = Assembling) -> Source:
    """The source with the files that its document refers to.

    A file of the operator's may refer to files below its own folder, a document from a URL, where
    `fetching.follows_references` allows it, to others of its origin. Why another could not be had is kept as `unread`.
    `refer` reads what there is. Raises DocumentError for what is no document, for more than MAX_FILES, MAX_ROUNDS and
    MAX_GATHERED_BYTES.
    """
    if not any(may_refer_elsewhere(data) for data in (source.data, *(overlay.data for overlay in source.overlays))):
        return source
    files, unread = await _gather(source.uri, refer(source), _reader(source, fetching))
    return replace(source, files=files, unread=unread)


async def _gather(uri: str, document: Referring, read: Read) -> tuple[tuple[File, ...], dict[str, str]]:
    """What is referred to, directly or by another file, and why some of it is not there."""
    files: dict[str, File] = {}
    unread: dict[str, str] = {}
    found = await in_turn(document.look, ())
    for _ in range(MAX_ROUNDS):
        missing = [entry for entry in found.missing if entry.uri not in unread]
        if not missing:
            return tuple(files.values()), unread
        if len(files) + len(unread) + len(missing) > MAX_FILES:
            raise DocumentError(f"{uri} refers to more than {MAX_FILES:,} other files (MAX_FILES)")
        more: list[File] = []
        for entry in missing:
            try:
                more.append(File(entry.uri, await read(entry.place)))
            except SpecportError as error:
                unread[entry.uri] = error.message
            _check_size(uri, [*files.values(), *more])
        found = await in_turn(document.look, more)
        unread |= dict(found.faults)
        files |= {file.uri: file for file in more if file.uri not in unread}
    raise DocumentError(f"{uri} refers to files that refer to files, over {MAX_ROUNDS} times (MAX_ROUNDS)")


def _check_size(uri: str, files: list[File]) -> None:
    if sum(len(file.data) for file in files) > MAX_GATHERED_BYTES:
        raise DocumentError(f"{uri} refers to files of over {MAX_GATHERED_BYTES:,} bytes (MAX_GATHERED_BYTES)")


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
        return await in_thread(read_file, path)

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
