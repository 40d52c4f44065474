"""Which other files a document refers to, looked for again with each that was had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from specport.documents.load import load_document
from specport.documents.model import File, Missing
from specport.errors import DocumentError
from specport.sources.model import Source

if TYPE_CHECKING:
    from specport.documents.assembly import Assembly


@dataclass(frozen=True, slots=True)
class Look:
    """The files that are referred to and not there, and those that were given and are no documents: why, by URI."""

    missing: tuple[Missing, ...]
    faults: tuple[tuple[str, str], ...] = ()


class Referring(Protocol):
    """A document whose other files are looked for."""

    def look(self, files: Sequence[File]) -> Look:
        """With these files more than before. Raises DocumentError where the document itself cannot be read."""
        ...


class Assembling:
    """One that is read in this process."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._assembly: Assembly | None = None

    def look(self, files: Sequence[File]) -> Look:
        """As `Referring.look`."""
        if self._assembly is None:
            from specport.documents.assembly import Assembly  # few documents have several files

            source = self._source
            self._assembly = Assembly(load_document(source.data, source.uri, source.overlays, source.bounds))
        faults: list[tuple[str, str]] = []
        for file in files:
            try:
                self._assembly.add(file)
            except DocumentError as error:
                faults.append((file.uri, error.message))
        return Look(tuple(self._assembly.missing()), tuple(faults))
