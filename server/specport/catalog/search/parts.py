"""What the index has of one source: nothing in it depends on another one, so that it is made once for each."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from specport.catalog.model import Catalog, Tool
from specport.catalog.search.entries import Reading
from specport.catalog.search.model import Likeness
from specport.catalog.search.postings import Packed, packed
from specport.catalog.search.saying import Sayings
from specport.catalog.search.verbs import Does

SATURATION = 1.7
"""How late more of the same word says no more (BM25's k1)."""


@dataclass(slots=True, eq=False)
class Part:
    """The tools of one source; for each what it does, whether it is deprecated, and the stems of its name and path.

    `likeness` is what the tools mean, from when that is known.
    """

    source: str
    catalog: Catalog | None
    tools: tuple[Tool, ...]
    does: bytes
    deprecated: bytes
    about: tuple[str, ...]
    postings: Packed
    likeness: Likeness | None = None

    def is_of(self, catalog: Catalog | None, tools: Sequence[Tool]) -> bool:
        """Whether it was made of these."""
        return self.catalog is catalog and len(self.tools) == len(tools) and all(map(operator.is_, self.tools, tools))

    def texts(self, sayings: Sayings) -> list[str]:
        """What a model reads of each tool."""
        facts = zip(self.tools, self.about, self.does, strict=True)
        return [sayings.of(tool, frozenset(about.split()), Does(does)) for tool, about, does in facts]


def parts_of(tools: Iterable[Tool], catalogs: Mapping[str, Catalog], kept: Mapping[str, Part]) -> Iterator[Part]:
    """The part of each source, in order: that of `kept` where the source is the same, else made when asked for."""
    by_source: dict[str, list[Tool]] = {}
    for tool in tools:
        by_source.setdefault(tool.route.source if tool.route else "", []).append(tool)
    reading = functools.cache(Reading)
    for source in sorted(by_source):
        known, catalog, of_source = kept.get(source), catalogs.get(source), by_source[source]
        yield known if known and known.is_of(catalog, of_source) else _part(source, catalog, of_source, reading())


def _part(source: str, catalog: Catalog | None, tools: Sequence[Tool], reading: Reading) -> Part:
    does, deprecated, about = bytearray(), bytearray(), list[str]()

    def weights() -> Iterator[Mapping[str, float]]:
        for entry in reading.entries(tools, catalog):
            does.append(entry.does)
            deprecated.append(entry.is_deprecated)
            about.append(" ".join(sorted(entry.about)))
            yield {stem: weight * (1 + SATURATION) / (weight + SATURATION) for stem, weight in entry.stems.items()}

    postings = packed(weights())
    return Part(source, catalog, tuple(tools), bytes(does), bytes(deprecated), tuple(about), postings)
