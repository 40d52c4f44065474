"""Where added sources are kept: what every place for them promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from specport.errors import SourceError
from specport.sources.model import Source

MAX_STORED_BYTES = 256 * 1024 * 1024
"""Most bytes that one added source may have in a store, with all its files."""


class StoreLost(SourceError):
    """The store itself does not answer or cannot be used now, whatever was asked of it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A source as it is kept, with the revision that this is."""

    source: Source
    revision: str


class SourceStore(Protocol):
    """Added sources by name, shared by every process that has the same store.

    A source's revision is another one whenever anything about the source is another. Every method may raise StoreLost.
    """

    async def version(self) -> str:
        """Cheap to ask; equal as long as nothing changed. Empty where a store holds nothing, nor ever did."""
        ...

    async def revisions(self) -> Mapping[str, str]:
        """The revision of each source, in the order of their names."""
        ...

    async def get(self, name: str) -> Kept | None:
        """A source, None where there is none. Raises SourceError when what is kept is not one."""
        ...

    async def add(self, source: Source) -> str | None:
        """Keep a new source; its revision, or None where the name is taken. SourceError over MAX_STORED_BYTES."""
        ...

    async def replace(self, name: str, revision: str, source: Source) -> str | None:
        """Keep `source`, which may have another name, in place of the one called `name`; its revision.

        None, and nothing changed, where the one called `name` has not that `revision` any more, or the new name is
        another's. SourceError over MAX_STORED_BYTES.
        """
        ...

    async def delete(self, name: str) -> bool:
        """Forget a source; whether there was one."""
        ...

    async def aclose(self) -> None:
        """Give back what the store holds open."""
        ...
