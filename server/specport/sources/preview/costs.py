"""What listing tools costs a model: what it sees of each entry, in tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from specport.catalog.listing import tokens_of
from specport.catalog.model import Form, Tool
from specport.sources.preview.model import TagFacts

SEARCH_TOKENS = 1_450
"""About what `--expose search` lists, whatever is added: the tools that find, describe and call the others."""

UNTAGGED = "(untagged)"


@dataclass(frozen=True, slots=True)
class Exposure:
    """A way to list tools: its name, the option of `specport serve` for it (default: none), and a tool's form."""

    name: str
    option: str
    form: Form


EXPOSURES = (
    Exposure("lean", "", Form.LEAN),
    Exposure("full", "--schemas full", Form.FULL),
    Exposure("verbatim", "--schemas verbatim", Form.VERBATIM),
)
"""Every way to list tools, the default first. Another one is measured and told as soon as it stands here."""

DEFAULT = EXPOSURES[0].name

Costs = Mapping[str, int]
"""Tokens by exposure."""


def costs_of(tool: Tool) -> Costs:
    """What listing a tool costs at each exposure; its schemas are made once, one after the other."""
    return {each.name: tokens_of(tool, each.form) for each in EXPOSURES}


def total(costs: Sequence[Costs]) -> Costs:
    """The sum at each exposure."""
    return {each.name: sum(cost[each.name] for cost in costs) for each in EXPOSURES}


def tag_of(tool: Tool) -> str:
    """The tag that a tool is counted under: its first."""
    return tool.tags[0] if tool.tags else UNTAGGED


def by_tag(tools: Sequence[Tool], costs: Mapping[str, Costs]) -> list[TagFacts]:
    """The tags, those that cost most first; `costs` are those of the tools by address."""
    counts = Counter(map(tag_of, tools))
    summed: dict[str, Counter[str]] = {tag: Counter() for tag in counts}
    for tool in tools:
        summed[tag_of(tool)].update(costs[tool.address])
    found = [TagFacts(tag, count, summed[tag][DEFAULT], dict(summed[tag])) for tag, count in counts.items()]
    return sorted(found, key=lambda facts: (-facts.tokens, facts.tag))
