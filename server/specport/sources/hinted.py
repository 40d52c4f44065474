"""What a document says of its source by `x-specport`: it adds limits, and tells what the operator left untold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from specport.executor.model import DEFAULT_LIMITS, Limit
from specport.operations.model import KEY, DocumentHints, HintedLimit, Pagination
from specport.results.model import Conventions
from specport.sources.model import Source


def with_hints(source: Source, hints: DocumentHints) -> Source:
    """The source with its document's limits behind its own, or behind those that a source without any has."""
    given = source.channel.limits
    if hints.limits:
        given = (*(given or DEFAULT_LIMITS), *map(_limit, hints.limits))
    channel = replace(source.channel, limits=_told_apart(given))
    return replace(source, channel=channel, conventions=_conventions(source.conventions, hints))


def _told_apart(limits: Iterable[Limit]) -> tuple[Limit, ...]:
    """The limits with no name twice: what is taken of each is counted by its name."""
    named: dict[str, Limit] = {}
    for limit in limits:
        name = limit.name
        while name in named:
            name += "'"
        named[name] = replace(limit, name=name)
    return tuple(named.values())


def _limit(hinted: HintedLimit) -> Limit:
    """It counts for the operations that it stands at."""
    place = " ".join(filter(None, (hinted.method, hinted.path)))
    return Limit(
        name=f"{hinted.name} of {place} ({KEY})" if place else f"{hinted.name} ({KEY})",
        amount=hinted.amount,
        window=float(hinted.window),
        methods=(hinted.method,) if hinted.method else (),
        paths=(hinted.path,) if hinted.path else (),
        weight=hinted.weight,
        by_document=True,
    )


def _conventions(given: Conventions, hints: DocumentHints) -> Conventions:
    return Conventions.of(
        given.pagination or hints.pagination or Pagination(),
        total=given.total or hints.total,
        error_message=given.error_message or hints.error_message,
        error_id=given.error_id or hints.error_id,
    )
