"""What a server offers: the tools that policy lets be seen, by name and as a list, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from specport.catalog.digest import digest_of
from specport.catalog.listing import listed, listed_name
from specport.catalog.model import Form, Tool
from specport.catalog.naming import listing_order
from specport.catalog.search.index import SearchIndex
from specport.catalog.search.names import nearest
from specport.errors import Denied, UnknownTool
from specport.exposure.choosing import is_short
from specport.exposure.model import Expose, Manner
from specport.exposure.tools import built_in_tools
from specport.policy.model import UNDECIDED, Action, Decided, Decision, Policy
from specport.policy.rules import decide_all
from specport.results.reader import reading_tool
from specport.sources.read import Opened

MAX_NEAREST = 3
"""Most tools named to somebody who mistyped a name."""

ASKS_FIRST = "Needs a person's approval."
"""What the description of a tool begins with where a person is asked before each call."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Every visible tool in listing order, under dotted or portable names, in a form.

    `asking` are the addresses of those that a person is asked about.
    """

    tools: tuple[Tool, ...]
    digest: str
    dotted: bool
    form: Form
    asking: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """What each tool is called in the list."""
        return [listed_name(tool, dotted=self.dotted) for tool in self.tools]

    def page(self, start: int, size: int) -> list[Mapping[str, object]]:
        """The wire dicts of `tools/list` for up to `size` tools, made now: those of a large API take a second."""
        return [
            listed(tool, dotted=self.dotted, form=self.form, note=ASKS_FIRST if tool.address in self.asking else "")
            for tool in self.tools[start : start + size]
        ]


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered: the list, and every tool that may be called, by wire name and by address.

    `expose` is what the list shows, never `auto`; `tools` are the visible ones of the sources, listed or not. `denied`
    are those that policy hides, `decided` is what it made of each. `index` searches the visible ones of the sources.
    """

    listing: Listing
    expose: Expose = Expose.ALL
    tools: tuple[Tool, ...] = ()
    decided: Decided = field(default_factory=Decided)
    by_name: Mapping[str, Tool] = field(default_factory=dict[str, Tool])
    denied: Mapping[str, Tool] = field(default_factory=dict[str, Tool])
    index: SearchIndex = field(default_factory=lambda: SearchIndex(()))

    @property
    def count(self) -> int:
        """How many tools may be called, listed or not."""
        return len({tool.address for tool in (*self.tools, *self.listing.tools)})

    def about(self, name: str) -> tuple[Tool | None, Decision]:
        """The tool of a name, visible or denied, and what becomes of it."""
        tool = self.by_name.get(name) or self.denied.get(name)
        return tool, self.decided.decisions.get(tool.address, UNDECIDED) if tool else UNDECIDED

    def missing(self, name: str) -> UnknownTool | Denied:
        """The error for a name that no visible tool has: which rule denies it, or else which names are near."""
        tool = self.denied.get(name)
        if tool is not None:
            decision = self.decided.decisions.get(tool.address, UNDECIDED)
            return Denied(decision.reason, hint=decision.hint)
        near = self._near(name)
        hint = f"Nearest: {', '.join(near)}" if near else "See tools/list, or `specport tools`"
        return UnknownTool(f"there is no tool {name[:100]!r}", hint=hint)

    def _near(self, typed: str) -> list[str]:
        """Tools that may have been meant, called as what was typed is: those alike in letters, else in words."""
        dotted = "." in typed
        names = dict.fromkeys(listed_name(tool, dotted=dotted) for tool in self.by_name.values())
        near = nearest(names, typed, MAX_NEAREST)
        return near or [listed_name(found.tool, dotted=dotted) for found in self.index.find(typed, limit=MAX_NEAREST)]


def offer_of(
    opened: Sequence[Opened],
    policy: Policy,
    manner: Manner = Manner(),  # noqa: B008  # frozen
    *,
    reading: bool = False,
    before: SearchIndex | None = None,
) -> Offer:
    """What is offered of the tools of some sources and the server's own ones.

    `reading`: there are results to read, so that a list of every tool has the one that reads them. `before`: the index
    of what was offered till now, of which that of sources that are the same is kept.
    """
    tools = [tool for each in opened for tool in each.catalog.tools]
    tools.sort(key=lambda tool: listing_order(tool.address))
    expose = _shown(tools, manner)
    reader, is_read = reading_tool(), reading or expose is not Expose.ALL
    own = (*built_in_tools(expose, manage=manner.manage), reader)
    rules = [each.rules for each in opened if each.source.rules or each.source.held]
    decided = decide_all((*tools, *own), policy, rules)
    hidden, asking = _of(decided, Action.DENY), _of(decided, Action.APPROVE)
    visible, visible_own = _without(tools, hidden), _without(own, hidden)
    shown_own = visible_own if is_read else _without(visible_own, frozenset({reader.address}))
    listed_tools = (*visible, *shown_own) if expose is Expose.ALL else shown_own
    facts = sorted(hidden), sorted(asking), expose, is_read
    digest = digest_of([*(each.catalog.digest for each in opened), *facts])
    return Offer(
        listing=Listing(listed_tools, digest, dotted=manner.dotted, form=manner.form, asking=asking),
        expose=expose,
        tools=visible,
        decided=decided if is_read else _but(decided, reader.address),
        by_name=_named((*visible, *visible_own)),
        denied=_named(tool for tool in (*tools, *own) if tool.address in hidden),
        index=(before or SearchIndex(())).following(visible, [each.catalog for each in opened]),
    )


def _shown(tools: Sequence[Tool], manner: Manner) -> Expose:
    """What the list shows, `auto` decided."""
    if manner.expose is not Expose.AUTO:
        return manner.expose
    return Expose.ALL if is_short(tools, manner.form) else Expose.SEARCH


def _without(tools: Sequence[Tool], hidden: frozenset[str]) -> tuple[Tool, ...]:
    return tuple(tool for tool in tools if tool.address not in hidden) if hidden else tuple(tools)


def _but(decided: Decided, address: str) -> Decided:
    """What was decided of all tools but one."""
    return replace(decided, decisions={tool: each for tool, each in decided.decisions.items() if tool != address})


def _of(decided: Decided, action: Action) -> frozenset[str]:
    return frozenset(address for address, decision in decided.decisions.items() if decision.action is action)


def _named(tools: Iterable[Tool]) -> dict[str, Tool]:
    """Tools by wire name and by address, which goes first."""
    every = tuple(tools)
    return {tool.wire_name: tool for tool in every} | {tool.address: tool for tool in every}
