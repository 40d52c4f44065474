"""Sources -> open sources, a few at a time, with the addresses that their calls must not be at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from specport.catalog.model import Shape
from specport.sources.admission import untrusted_urls
from specport.sources.cache import CatalogCache
from specport.sources.making import HERE, Maker
from specport.sources.model import Source
from specport.sources.read import Opened, open_source
from specport.sources.turns import in_turn

if TYPE_CHECKING:
    from specport.sources.preview.model import Preview


class Reader:
    """Reads documents into catalogs of one shape, from the cache where they are there."""

    def __init__(self, shape: Shape, cache: CatalogCache | None, maker: Maker, *, allow_private: bool) -> None:
        """`maker` reads what arrives at run time; `allow_private`: no call of any source is refused for its address."""
        self._maker = maker
        self._shape = shape
        self._cache = cache
        self._allow_private = allow_private

    def read_now(self, source: Source, prefix: str) -> Opened:
        """The source open, its addresses beginning with `prefix`, its document read here. Raises DocumentError."""
        return self._read(source, prefix, HERE)

    async def read(self, source: Source, prefix: str) -> Opened:
        """The same in turn with others; calls go on meanwhile."""
        return await in_turn(self._read, source, prefix, self._maker)

    async def preview(self, source: Source) -> Preview:
        """What adding the source would do; nothing of it is kept."""
        return await in_turn(self._maker.preview, source, replace(self._shape, prefix=source.name))

    def _read(self, source: Source, prefix: str, maker: Maker) -> Opened:
        shape = replace(self._shape, prefix=prefix)
        return self.guarded(open_source(source, shape, self._cache, maker.catalog))

    def guarded(self, opened: Opened) -> Opened:
        """With the addresses that its calls must not be at, where it was not the operator who chose them."""
        if self._allow_private:
            return opened
        return replace(opened, channel=replace(opened.channel, public_urls=untrusted_urls(opened)))
