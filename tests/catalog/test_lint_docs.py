"""`docs/lint.md` lists the rules that are checked, made from the rules themselves."""

from __future__ import annotations

from generated_tables import check_table
from specport.catalog.lint_model import Client
from specport.catalog.lint_rules import LIST_RULES, RULES


def table() -> str:
    """A row for each rule with whose it is and where it is from; one that several clients have is one row."""
    whose: dict[tuple[str, ...], list[Client]] = {}
    order = list(Client)
    for rule in sorted((*RULES, *LIST_RULES), key=lambda rule: order.index(rule.client)):
        whose.setdefault((rule.id, rule.severity, rule.sentence, rule.source), []).append(rule.client)
    rows = ["| rule | client | | what is wanted, or happens | from |", "|---|---|---|---|---|"]
    for (name, severity, sentence, origin), clients in whose.items():
        named = "all" if len(clients) == len(order) else ", ".join(client.label for client in clients)
        shown = sentence.replace("<", "&lt;")
        rows.append(f"| `{name}` | {named} | {severity} | {shown} | {source(origin)} |")
    return "\n".join(rows) + "\n"


def source(text: str) -> str:
    url, _, rest = text.partition(" ")
    if not url.startswith("https://"):
        return text
    host = url.removeprefix("https://").split("/")[0]
    label = "/".join(url.split("/")[3:5]) if host == "github.com" else host
    return f"[{label}]({url}) {rest}".strip()


def test_the_page_lists_every_rule_with_its_source() -> None:
    """`UPDATE_SNAPSHOTS=1` writes the table anew; a change of it is reviewed."""
    check_table("lint.md", "rules", table())
