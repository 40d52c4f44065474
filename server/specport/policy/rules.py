"""Pure rules: what becomes of each tool, decided once when tools are listed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from specport.catalog.globs import glob_pattern
from specport.catalog.model import Tool
from specport.catalog.naming import RUNNING_TOOL
from specport.policy.model import UNDECIDED, Action, Approve, Decided, Decision, Policy, Rule, SourceRules

HELD = "held"
"""What decides of an operation that a newer document brought, or took out of a rule."""

HINTED = "x-specport of the document"
"""What a document's own wish for approval is called."""

_NO_POLICY = Policy()
_STRICTNESS = {Action.ALLOW: 0, Action.APPROVE: 1, Action.DENY: 2}


def decide_all(tools: Iterable[Tool], policy: Policy, sources: Iterable[SourceRules] = ()) -> Decided:
    """What becomes of each tool: --read-only, the operator's rules, its source's, its document's, then `--approve`."""
    tools = tuple(tools)
    first = _compiled(policy.rules)
    every_source = tuple(sources)
    own = {each.source: (each.prefix, _compiled(each.rules)) for each in every_source}
    held = {each.source: each.held for each in every_source if each.held}
    if policy == _NO_POLICY and not own and not any(tool.needs_approval for tool in tools):
        return Decided(dict.fromkeys((tool.address for tool in tools), UNDECIDED))
    fits: dict[int, int] = {}
    decides: set[int] = set()
    decisions: dict[str, Decision] = {}
    for tool in tools:
        found = list(_fitting(tool, first, own))
        for matcher in found:
            fits[id(matcher)] = fits.get(id(matcher), 0) + 1
        decides.update(id(matcher) for matcher in found[:1])
        decisions[tool.address] = _held(tool, held) or _decision(tool, policy, found[0].rule if found else None)
    every = [*first, *(matcher for _, compiled in own.values() for matcher in compiled)]
    idle = [_idle(matcher.rule, fits.get(id(matcher), 0)) for matcher in every if id(matcher) not in decides]
    return Decided(decisions, tuple(idle))


def is_looser(decision: Decision, before: Decision) -> bool:
    """Whether a tool may be called with less than before: without a person's yes, or at all."""
    return _STRICTNESS[decision.action] < _STRICTNESS[before.action]


@dataclass(frozen=True, slots=True)
class _Matcher:
    """A rule made ready to be compared; None fits anything."""

    rule: Rule
    addresses: re.Pattern[str] | None
    methods: frozenset[str] | None
    tags: frozenset[str] | None

    def fits(self, tool: Tool, address: str) -> bool:
        if self.addresses is None and tool.passes_on:
            return False
        if self.addresses is not None and not self.addresses.fullmatch(address):
            return False
        if self.methods is not None and (tool.route is None or tool.route.method.upper() not in self.methods):
            return False
        return self.tags is None or not self.tags.isdisjoint(tag.casefold() for tag in tool.tags)


def _compiled(rules: Sequence[Rule]) -> list[_Matcher]:
    return [
        _Matcher(
            rule,
            glob_pattern(*rule.tools) if rule.tools else None,
            frozenset(rule.methods) or None,
            frozenset(tag.casefold() for tag in rule.tags) or None,
        )
        for rule in rules
    ]


def _fitting(
    tool: Tool, first: Sequence[_Matcher], own: Mapping[str, tuple[str, Sequence[_Matcher]]]
) -> Iterator[_Matcher]:
    """The rules that fit a tool, in their order."""
    yield from (matcher for matcher in first if matcher.fits(tool, tool.address))
    if tool.route is not None and tool.route.source in own:
        prefix, compiled = own[tool.route.source]
        address = tool.address.removeprefix(f"{prefix}.") if prefix else tool.address
        yield from (matcher for matcher in compiled if matcher.fits(tool, address))


def _held(tool: Tool, held: Mapping[str, frozenset[str]]) -> Decision | None:
    if tool.route is None or f"{tool.route.method} {tool.route.path}" not in held.get(tool.route.source, ()):
        return None
    source = tool.route.source
    return Decision(
        Action.DENY,
        HELD,
        f"{tool.address} waits to be accepted: a newer document of {source} brought it, or took it out of a rule",
        f"The operator accepts it: `specport refresh {source}` tells how",
    )


def _decision(tool: Tool, policy: Policy, rule: Rule | None) -> Decision:
    if policy.read_only and not tool.hints.read_only and tool.address != RUNNING_TOOL:
        return Decision(
            Action.DENY,
            "--read-only",
            f"{tool.address} changes something, and this server runs --read-only",
            "The operator may start it without",
        )
    if rule is not None:
        return _ruled(tool, rule)
    asking = HINTED if tool.needs_approval else f"--approve {policy.approve}" if _asks(tool, policy.approve) else ""
    if asking:
        return Decision(Action.APPROVE, asking, f"{tool.address} needs a person's approval ({asking})", _remedy(tool))
    return UNDECIDED


def _ruled(tool: Tool, rule: Rule) -> Decision:
    if rule.action is Action.ALLOW:
        return Decision(rule=rule.place)
    because = f"{rule.place}: {rule.reason.rstrip('.')}" if rule.reason else rule.place
    said = f"is denied by {because}" if rule.action is Action.DENY else f"needs a person's approval ({because})"
    return Decision(rule.action, rule.place, f"{tool.address} {said}", _remedy(tool))


def _remedy(tool: Tool) -> str:
    """How the operator lets a tool be called without a question."""
    entry = f'[[policy]], action = "allow", tools = ["{tool.address}"]'
    return f"The operator may allow it by a first rule in a --policy file: {entry}"


def _asks(tool: Tool, approve: Approve) -> bool:
    if tool.passes_on:
        return False
    if approve is Approve.WRITES:
        return not tool.hints.read_only
    return approve is Approve.DESTRUCTIVE and tool.hints.destructive


def _idle(rule: Rule, fits: int) -> str:
    if fits:
        return f"{rule.place} ({rule.action}) decides nothing: rules before it decide all {fits} tools that it fits"
    named = (("tools", rule.tools), ("methods", rule.methods), ("tags", rule.tags))
    given = ", ".join(f"{key} {', '.join(values)}" for key, values in named if values) or "no tools at all"
    return f"{rule.place} ({rule.action}) fits no tool: {given}"
