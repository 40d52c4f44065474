"""Sources -> what a list says of them."""

from __future__ import annotations

from dataclasses import dataclass

from specport.catalog.model import Filters
from specport.catalog.report import MAX_PROBLEMS, by_severity
from specport.documents.model import Problem
from specport.executor.model import Limit
from specport.sources.model import Held, Source, SourceFacts
from specport.sources.read import Opened


@dataclass(frozen=True, slots=True)
class SourceDetails:
    """An open source in full. `origins`: where credentials may go; `credentials`: references by security scheme."""

    facts: SourceFacts
    version: str
    origins: tuple[str, ...]
    credentials: dict[str, str]
    limits: tuple[Limit, ...]
    filters: Filters
    overlays: tuple[str, ...]
    held: Held
    problems: tuple[Problem, ...]
    problems_left: int


def details_of(opened: Opened) -> SourceDetails:
    """All that is known of an open source, and no secret."""
    problems = by_severity(opened.catalog.problems)
    return SourceDetails(
        facts=facts_of(opened),
        version=opened.catalog.version,
        origins=opened.origins,
        credentials={name: held.reference for name, held in opened.channel.credentials.items()},
        limits=opened.channel.limits,
        filters=opened.source.filters,
        overlays=tuple(overlay.uri for overlay in opened.source.overlays),
        held=opened.source.held,
        problems=tuple(problems[:MAX_PROBLEMS]),
        problems_left=max(0, len(problems) - MAX_PROBLEMS),
    )


def facts_of(opened: Opened) -> SourceFacts:
    """Of an open source."""
    return SourceFacts(
        name=opened.source.name,
        title=opened.source.title or opened.catalog.title,
        uri=opened.source.uri,
        base_url=opened.base_url,
        origin=opened.source.origin.value,
        tools=len(opened.catalog.tools),
        problems=len(opened.catalog.problems),
        preset=opened.kept.preset,
        held=len(opened.source.held.operations),
    )


def facts_of_disabled(source: Source) -> SourceFacts:
    """Of one that is kept and not open."""
    return SourceFacts(
        name=source.name,
        title=source.title,
        uri=source.uri,
        base_url=source.base_url,
        origin=source.origin.value,
        tools=0,
        problems=0,
        preset=source.preset,
        held=len(source.held.operations),
        enabled=False,
    )
