"""Tools -> findings: what each client would refuse, drop or change of a list of tools. Nothing is changed here.

The rules are data (`lint_rules`), each with the client it belongs to, what happens, what to do, and its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from specport.catalog.lint_checks import Entry
from specport.catalog.lint_model import Client, Finding, Names, Severity
from specport.catalog.lint_rules import LIST_RULES, RULES, Rule, ToolRule
from specport.catalog.model import Form, Tool

MAX_PLACES = 20
"""Most places named in one finding; `count` says how many there are."""


def lint(
    tools: Sequence[Tool],
    *,
    server_name: str,
    names: Names = Names.PORTABLE,
    forms: Iterable[Form] = tuple(Form),
    clients: Iterable[Client] = tuple(Client),
) -> tuple[Finding, ...]:
    """Every rule of these clients that the list or a tool breaks, in the order of clients, rules and tools.

    `server_name` is what the client's configuration calls the server: some clients count it into a tool's name.
    """
    wanted, looked_at = frozenset(clients), tuple(dict.fromkeys(forms))
    rules = [rule for rule in RULES if rule.client in wanted]
    listed = [_name(tool, names) for tool in tools]
    findings: list[Finding] = []
    for rule in LIST_RULES:
        if rule.client in wanted:
            places = tuple(rule.check(listed, server_name))
            findings += [_finding(rule, "", "", (), places)] if places else []
    by_rule: list[list[Finding]] = [[] for _ in rules]
    for tool in tools:  # one after the other: the schemas of a large API are megabytes
        shown = _Shown(tool, names, server_name, looked_at)
        for found, rule in zip(by_rule, rules, strict=True):
            found += shown.breaking(rule)
    order = {client: position for position, client in enumerate(Client)}
    return tuple(sorted((*findings, *chain(*by_rule)), key=lambda found: order[found.client]))


def _name(tool: Tool, names: Names) -> str:
    return tool.address if names is Names.DOTTED else tool.wire_name


def counts(findings: Sequence[Finding], count: int) -> dict[str, int]:
    """How many of `count` tools one client takes as they are, takes in part, and refuses."""
    refused = {found.tool for found in findings if found.tool and found.severity is Severity.ERROR}
    touched = {found.tool for found in findings if found.tool}
    return {"fine": count - len(touched), "degraded": len(touched - refused), "rejected": len(refused)}


class _Shown:
    """One tool as it is listed, in every form that is looked at."""

    def __init__(self, tool: Tool, names: Names, server_name: str, forms: tuple[Form, ...]) -> None:
        self.address = tool.address
        self.name = _name(tool, names)
        self._entries = {
            form: Entry(self.name, tool.description_in(form), tool.schema_in(form), server_name) for form in forms
        }

    def breaking(self, rule: ToolRule) -> Iterator[Finding]:
        """The finding, if the tool breaks the rule in any form."""
        found = {form: tuple(rule.check(entry)) for form, entry in self._entries.items()}
        forms = tuple(form for form, places in found.items() if places)
        if forms:
            yield _finding(rule, self.address, self.name, forms, max(found.values(), key=len))


def _finding(rule: Rule, tool: str, name: str, forms: tuple[Form, ...], places: tuple[str, ...]) -> Finding:
    return Finding(
        client=rule.client,
        rule=rule.id,
        severity=rule.severity,
        tool=tool,
        name=name,
        forms=forms,
        places=places[:MAX_PLACES],
        count=len(places),
        message=rule.sentence,
        advice=rule.advice,
        source=rule.source,
    )
