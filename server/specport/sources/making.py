"""What is made of a source's document, and that it can be made here or elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import urlsplit

from specport.catalog.model import Catalog, Shape
from specport.documents.load import parse
from specport.documents.model import JsonObject
from specport.errors import DocumentError
from specport.sources.model import MAX_NAME, Source
from specport.sources.read import build, open_source
from specport.sources.referring import Assembling, Referring

if TYPE_CHECKING:
    from specport.sources.preview.model import Preview


class Maker(Protocol):
    """Makes things of documents; takes as long as that takes. Raises DocumentError and SourceError."""

    def name(self, source: Source) -> str:
        """A name for a source that has none yet, from the title of its document, else from its host."""
        ...

    def referring(self, source: Source) -> Referring:
        """Its document, to be looked through for the other files that it refers to."""
        ...

    def catalog(self, source: Source, shape: Shape) -> Catalog | bytes:
        """The catalog of a complete source, or that as bytes (`catalog.codec`)."""
        ...

    def preview(self, source: Source, shape: Shape) -> Preview:
        """What adding the source would do."""
        ...


class Here:
    """Makes all of it in this process, whose memory does not quite come back when it is dropped."""

    def name(self, source: Source) -> str:
        """As `Maker.name`."""
        try:
            root = parse(source.data, source.bounds)
        except DocumentError as error:
            raise DocumentError(f"{source.uri}: {error.message}", pointer=error.pointer, hint=error.hint) from error
        info = cast("JsonObject", root).get("info") if isinstance(root, dict) else None
        title = cast("JsonObject", info).get("title") if isinstance(info, dict) else None
        words = re.findall(r"[a-z0-9]+", str(title or urlsplit(source.uri).hostname or "source").lower())
        kept = [word for word in words if word not in ("api", "the", "openapi", "swagger", "rest")] or words
        name = re.sub(r"^[^a-z]+", "", "_".join(kept[:3]))[:MAX_NAME].rstrip("_")
        return name or "source"

    def referring(self, source: Source) -> Assembling:
        """As `Maker.referring`."""
        return Assembling(source)

    def catalog(self, source: Source, shape: Shape) -> Catalog:
        """As `Maker.catalog`."""
        return build(source, shape)

    def preview(self, source: Source, shape: Shape) -> Preview:
        """As `Maker.preview`."""
        from specport.sources.preview.measure import preview_of  # only previews need what they are made with

        return preview_of(open_source(source, shape, None))


HERE = Here()
