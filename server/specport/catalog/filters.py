"""Which operations of a document become tools, as a person writes it: `tag:Droplets`, `/v2/apps*`, `DELETE`, `*.list*`.

Addresses are those that operations have without any filter, so that filtering renames nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from specport.catalog.globs import ADDRESS_GLOB, glob_pattern
from specport.catalog.model import Filters
from specport.documents.bounds import Bound
from specport.documents.model import Problem
from specport.errors import SourceError
from specport.operations.model import Operation, Operations

MAX_FILTERS = 100
"""Most expressions of one source."""

MAX_EXPRESSION = 200
"""Characters of an expression."""

MAX_NEAR = 3
"""Most names told to somebody whose expression fits nothing, and most expressions that they are looked for."""

MAX_NAMES = 2_000
"""Most names looked through for near ones."""

FILTERS = "filters"
"""The place of the problems that are about filters, not about the document."""

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY", "PUT", "POST", "PATCH", "DELETE"})
_METHOD = re.compile(r"[A-Za-z]+(?:[-_][A-Za-z]+)*\Z")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The indexes of the operations that stay, and a sentence for each filter that fits none."""

    kept: frozenset[int]
    idle: tuple[str, ...] = ()


def choose(operations: Operations, addresses: Sequence[str], filters: Filters, bound: Bound) -> Chosen:
    """The operations that filters leave; `addresses` are theirs, without the source's prefix.

    `bound`: characters of all operations, each compared with those of all expressions. Raises SourceError for what
    `checked_filters` refuses, and DocumentError over the bound.
    """
    wanted, unwanted = _expressions(filters)
    every = frozenset(range(len(addresses)))
    if filters == Filters() or not every:
        return Chosen(every)
    named = zip(operations.operations, addresses, strict=True)
    candidates = [_candidate(operation, address, operations.tag_parents) for operation, address in named]
    compared = sum(each.size for each in candidates) * sum(len(each.typed) for each in (*wanted, *unwanted))
    bound.check(compared, "characters to compare with those of filters")
    fitting = {
        each: frozenset(index for index in every if each.fits(candidates[index])) for each in (*wanted, *unwanted)
    }
    kept = frozenset[int]().union(*map(fitting.__getitem__, wanted)) if wanted else every
    kept = kept.difference(*map(fitting.__getitem__, unwanted))
    if not filters.deprecated:
        kept = frozenset(index for index in kept if not operations.operations[index].deprecated)
    idle = tuple(_idle([each for each, found in fitting.items() if not found], candidates))
    return Chosen(kept, idle if kept or idle else (f"filters leave none of {len(every):,} operations",))


def checked_filters(filters: Filters) -> Filters:
    """The same filters. Raises SourceError for an expression that is none, and for more than MAX_FILTERS."""
    _expressions(filters)
    return filters


def idle_filters(problems: Sequence[Problem]) -> list[Problem]:
    """Those of a catalog's problems that are about filters."""
    return [problem for problem in problems if problem.pointer == FILTERS]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """What filters know of an operation: `tags` are its own and those above them."""

    address: str
    method: str
    path: str
    operation_id: str
    tags: tuple[str, ...]
    called: tuple[str, str]

    @property
    def size(self) -> int:
        """How much there is to compare."""
        return len(self.address) + len(self.path) + sum(map(len, self.tags))


def _candidate(operation: Operation, address: str, parents: Mapping[str, str]) -> _Candidate:
    key, tags = operation.key, tags_above(operation.tags, parents)
    called = (operation.operation_id.casefold(), f"{key.method} {key.path}".casefold())
    return _Candidate(address, key.method, key.path, operation.operation_id, tags, called)


def tags_above(tags: tuple[str, ...], parents: Mapping[str, str]) -> tuple[str, ...]:
    """Tags and those they stand under."""
    found: dict[str, None] = {}
    waiting = list(tags)
    while waiting:
        tag = waiting.pop()
        if tag not in found:
            found[tag] = None
            waiting += [parents[tag]] if tag in parents else []
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Expression:
    """A filter made ready to be compared. What is empty fits any operation; `said` and `typed` are for who wrote it."""

    said: str
    typed: str
    tag: re.Pattern[str] | None = None
    method: str = ""
    path: re.Pattern[str] | None = None
    address: re.Pattern[str] | None = None
    operation: str | None = None

    def fits(self, candidate: _Candidate) -> bool:
        if self.method and self.method != candidate.method.upper():
            return False
        if self.operation is not None and self.operation not in candidate.called:
            return False
        if self.tag and not any(map(self.tag.fullmatch, candidate.tags)):
            return False
        if self.path and not self.path.fullmatch(candidate.path if candidate.path[:1] == "/" else f"/{candidate.path}"):
            return False
        return not self.address or bool(self.address.fullmatch(candidate.address))


def _expressions(filters: Filters) -> tuple[list[_Expression], list[_Expression]]:
    """Inclusions and exclusions."""
    count = len((*filters.tags, *filters.operations, *filters.include, *filters.exclude))
    if count > MAX_FILTERS:
        raise SourceError(f"{count:,} filters are too many; the limit is {MAX_FILTERS} (MAX_FILTERS)")
    tags = [_Expression(f"tag {text!r}", text, tag=glob_pattern(text)) for text in filters.tags]
    named = [_Expression(f"operation {text!r}", text, operation=text.casefold()) for text in filters.operations]
    wanted = [*tags, *named, *(_expression(text, "include") for text in filters.include)]
    return wanted, [_expression(text, "exclude") for text in filters.exclude]


def _expression(text: str, list_name: str) -> _Expression:
    said, text = f"{list_name} {text[:MAX_EXPRESSION]!r}", text.strip()
    word, _, tag = text.partition(":")
    before, slash, after = text.partition("/")
    method = before.strip()
    if len(text) > MAX_EXPRESSION:
        raise SourceError(f"a filter has {len(text):,} characters; the limit is {MAX_EXPRESSION} (MAX_EXPRESSION)")
    if word.casefold() == "tag" and tag.strip():
        return _Expression(said, tag.strip(), tag=glob_pattern(tag.strip()))
    if slash and (not method or _METHOD.match(method)):
        path = f"/{after}"
        return _Expression(said, f"{method.upper()} {path}".strip(), method=method.upper(), path=glob_pattern(path))
    if text.upper() in _METHODS or (text.isupper() and _METHOD.match(text)):
        return _Expression(said, text, method=text.upper())
    if ADDRESS_GLOB.match(text) and any(sign in text for sign in ".*?"):
        return _Expression(said, text, address=glob_pattern(text))
    raise SourceError(
        f"{text[:60]!r} is no filter: write tag:NAME, /path*, METHOD, 'METHOD /path*', or a glob over addresses "
        "such as droplets.*"
    )


def _idle(expressions: Sequence[_Expression], candidates: Sequence[_Candidate]) -> Iterator[str]:
    """A sentence for each expression that fits nothing, the first ones with what may have been meant."""
    for place, expression in enumerate(expressions):
        names = _comparable(expression, candidates if place < MAX_NEAR else ())
        near = difflib.get_close_matches(expression.typed.casefold(), names, n=MAX_NEAR)
        nearest = f"; nearest: {', '.join(names[name] for name in near)}" if near else ""
        yield f"{expression.said} fits no operation{nearest}"


def _comparable(expression: _Expression, candidates: Sequence[_Candidate]) -> Mapping[str, str]:
    """The first MAX_NAMES names of the expression's kind, by the same in lower case."""
    if expression.tag:
        names = (tag for each in candidates for tag in each.tags)
    elif expression.path and not expression.method:
        names = (each.path for each in candidates)
    elif expression.path or "/" in (expression.operation or ""):
        names = (f"{each.method} {each.path}" for each in candidates)
    elif expression.operation:
        names = (each.operation_id for each in candidates)
    elif expression.address:
        groups = (f"{each.address.partition('.')[0]}.*" for each in candidates)
        names = chain(groups, (each.address for each in candidates))
    else:
        names = iter(())
    unique = dict.fromkeys(name for name in names if len(name) <= MAX_EXPRESSION)
    return {name.casefold(): name for name in islice(unique, MAX_NAMES)}
