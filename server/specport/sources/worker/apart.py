"""A maker that has documents read in a process apart, so that what they take of memory ends with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from specport.catalog.model import Catalog, Shape
from specport.documents.model import File
from specport.sources.making import HERE
from specport.sources.model import Source
from specport.sources.referring import Look, Referring
from specport.sources.worker.model import Job, Kind, limits_of
from specport.sources.worker.pool import Workers
from specport.sources.worker.wire import unpack_look, unpack_preview

if TYPE_CHECKING:
    from specport.sources.preview.model import Preview


class Apart:
    """Makes all of it in other processes, or here where none can be started."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def name(self, source: Source) -> str:
        """As `Maker.name`."""
        made = self._workers.ask(Job(Kind.NAME, source, limits_of(source)))
        return HERE.name(source) if made is None else made.decode()

    def referring(self, source: Source) -> Referring:
        """As `Maker.referring`."""
        return _Looking(self._workers, source)

    def catalog(self, source: Source, shape: Shape) -> Catalog | bytes:
        """As `Maker.catalog`."""
        made = self._workers.ask(Job(Kind.CATALOG, _bare(source), limits_of(source), shape))
        return HERE.catalog(source, shape) if made is None else made

    def preview(self, source: Source, shape: Shape) -> Preview:
        """As `Maker.preview`."""
        made = self._workers.ask(Job(Kind.PREVIEW, source, limits_of(source), shape))
        return HERE.preview(source, shape) if made is None else unpack_preview(made)


class _Looking:
    """A document that is read again, with all of its files so far, for each look."""

    def __init__(self, workers: Workers, source: Source) -> None:
        self._workers = workers
        self._source = replace(_bare(source), files=(), unread={})

    def look(self, files: Sequence[File]) -> Look:
        """As `Referring.look`."""
        self._source = source = replace(self._source, files=(*self._source.files, *files))
        made = self._workers.ask(Job(Kind.LOOK, source, limits_of(source)))
        if made is None:
            return HERE.referring(replace(source, files=())).look(source.files)
        return unpack_look(made)


def _bare(source: Source) -> Source:
    """What a catalog is made of."""
    return Source(
        name=source.name,
        uri=source.uri,
        data=source.data,
        origin=source.origin,
        filters=source.filters,
        files=source.files,
        unread=source.unread,
        overlays=source.overlays,
    )
