"""Filters that make an expensive list shorter, with what would be left.

Where listing all tools costs over LIST_BUDGET tokens: the tags with the most tools that cost at most so much each, what
only reads, what no DELETE is, and what is not deprecated. Where something is included already, only exclusions are
suggested: another inclusion would bring more tools, not fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from specport.catalog.filters import MAX_EXPRESSION, tags_above
from specport.catalog.model import Catalog, Filters, Tool
from specport.documents.text import one_line
from specport.sources.preview.commands import options_of
from specport.sources.preview.costs import DEFAULT, Costs
from specport.sources.preview.model import LIST_BUDGET, MAX_TAG_SUGGESTIONS, Suggestion

_TAG = "tag:"


def suggestions_of(catalog: Catalog, given: Filters, costs: Mapping[str, Costs]) -> tuple[Suggestion, ...]:
    """Filters to give beside the `given` ones, each with the tools and tokens that it leaves."""
    tools = catalog.tools
    if _tokens(tools, costs) <= LIST_BUDGET:
        return ()
    is_free = not (given.tags or given.operations or given.include)
    reading = [tool for tool in tools if tool.hints.read_only]
    others = [tool for tool in tools if not tool.hints.read_only]
    found: list[tuple[Filters, Sequence[Tool]]] = [
        *(_tags(catalog, costs) if is_free else ()),
        (Filters(include=_methods(reading)) if is_free else Filters(exclude=_methods(others)), reading),
        (Filters(exclude=("DELETE",)), [tool for tool in tools if not tool.hints.destructive]),
        (Filters(deprecated=False), [tool for tool in tools if not tool.deprecated]),
    ]
    return tuple(
        Suggestion(options_of(filters), _arguments(filters), len(left), _tokens(left, costs))
        for filters, left in found
        if 0 < len(left) < len(tools)
    )


def _arguments(filters: Filters) -> Mapping[str, tuple[str, ...]]:
    """Filters as arguments of the tools, which cannot leave out deprecated operations by one."""
    return {name: values for name, values in (("include", filters.include), ("exclude", filters.exclude)) if values}


def _tags(catalog: Catalog, costs: Mapping[str, Costs]) -> Iterator[tuple[Filters, Sequence[Tool]]]:
    """The tags with the most tools among those that cost at most LIST_BUDGET; a tag has what is under it too."""
    by_tag: dict[str, list[Tool]] = {}
    written: dict[str, str] = {}
    for tool in catalog.tools:
        for tag in {tag.casefold(): tag for tag in tags_above(tool.tags, catalog.tag_parents)}.items():
            written.setdefault(*tag)
            by_tag.setdefault(tag[0], []).append(tool)
    left = MAX_TAG_SUGGESTIONS
    for folded, tools in sorted(by_tag.items(), key=lambda each: (-len(each[1]), each[0])):
        if left and _is_writable(written[folded]) and _tokens(tools, costs) <= LIST_BUDGET:
            left -= 1
            yield Filters(include=(f"{_TAG}{written[folded]}",)), tools


def _is_writable(tag: str) -> bool:
    """Whether a tag can be written in an expression that fits it alone."""
    is_shown = tag == one_line(tag, MAX_EXPRESSION - len(_TAG))
    return bool(tag) and is_shown and not {"*", "?"}.intersection(tag)


def _methods(tools: Iterable[Tool]) -> tuple[str, ...]:
    return tuple(sorted({tool.route.method.upper() for tool in tools if tool.route}))


def _tokens(tools: Iterable[Tool], costs: Mapping[str, Costs]) -> int:
    return sum(costs[tool.address][DEFAULT] for tool in tools)
