"""Tools -> findings: what each client would refuse, drop or change of a list of tools. Nothing is changed here.

The rules are data (`lint_rules`), each with the client it belongs to, what happens, what to do, and its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from specport.catalog.lint_checks import Entry
from specport.catalog.lint_model import Client, Finding, Form, Names
from specport.catalog.lint_rules import LIST_RULES, RULES, Rule, ToolRule
from specport.catalog.model import Tool

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
    wanted = frozenset(clients)
    shown = [_Shown(tool, names, server_name, tuple(forms)) for tool in tools]
    listed = [each.name for each in shown]
    findings: list[Finding] = []
    for rule in LIST_RULES:
        if rule.client in wanted:
            places = tuple(rule.check(listed, server_name))
            findings += [_finding(rule, "", "", (), places)] if places else []
    for rule in RULES:
        if rule.client in wanted:
            findings += [found for each in shown for found in each.breaking(rule)]
    order = {client: position for position, client in enumerate(Client)}
    findings.sort(key=lambda found: order[found.client])
    return tuple(findings)


class _Shown:
    """One tool as it is listed, in every form that is looked at."""

    def __init__(self, tool: Tool, names: Names, server_name: str, forms: tuple[Form, ...]) -> None:
        self.address = tool.address
        self.name = tool.address if names is Names.DOTTED else tool.wire_name
        schemas = {Form.LEAN: tool.listed_schema, Form.FULL: tool.input_schema}
        self._entries = {
            form: Entry(self.name, tool.description, schemas[form], server_name) for form in dict.fromkeys(forms)
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
