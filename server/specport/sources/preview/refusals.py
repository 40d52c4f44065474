"""Which clients would refuse tools of a list, as it is by default."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specport.catalog.lint import counts, lint
from specport.catalog.lint_model import Client, Finding, Severity
from specport.catalog.model import Form, Tool
from specport.sources.preview.model import MAX_REFUSED, ClientFacts, Refusal

SERVER = "specport"
"""What the client's configuration calls the server, unless somebody chose another name."""

CLIENTS = tuple(client for client in Client if client is not Client.OPENAI_STRICT)
"""The clients that are told of; OpenAI's strict mode, which refuses most tools, no MCP client turns on by itself."""


def clients_of(tools: Sequence[Tool]) -> tuple[ClientFacts, ...]:
    """What each client takes, changes and refuses of the short schemas under portable names."""
    findings = lint(tools, server_name=SERVER, forms=(Form.LEAN,), clients=CLIENTS)
    return tuple(
        _client(client, [found for found in findings if found.client is client], len(tools)) for client in CLIENTS
    )


def _client(client: Client, findings: Sequence[Finding], count: int) -> ClientFacts:
    return ClientFacts(
        client=client.value,
        **counts(findings, count),
        refusals=tuple(_refusals(found for found in findings if found.tool and found.severity is Severity.ERROR)),
        whole_list=tuple(found.message for found in findings if not found.tool),
    )


def _refusals(findings: Iterable[Finding]) -> Iterable[Refusal]:
    rules: dict[str, list[Finding]] = {}
    for found in findings:
        rules.setdefault(found.rule, []).append(found)
    for rule, alike in rules.items():
        tools = tuple(found.tool for found in alike[:MAX_REFUSED])
        yield Refusal(rule, alike[0].message, alike[0].advice, len(alike), tools)
