"""What `specport lint` shows: a line for each client, a block for each rule that something breaks, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from specport.catalog.lint import counts
from specport.catalog.lint_model import Client, Finding, Severity
from specport.documents.text import one_line
from specport.surfaces.cli.setting_up import fitted, plural

if TYPE_CHECKING:
    from rich.console import Console

MAX_NAMED = 3
"""Tools named for each rule; `--json` has all of them."""

MAX_PLACE = 160
"""Characters of a place that are shown."""

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow"}
_INDENT = " " * 9


def show(
    screen: Console, findings: Sequence[Finding], clients: Sequence[Client], deciding: frozenset[Client], count: int
) -> None:
    """The findings of the `deciding` clients in full; of the others only how many tools they take."""
    for client in sorted(clients, key=lambda client: client not in deciding):
        _show_client(screen, client, [found for found in findings if found.client is client], deciding, count)
    shown = [found for found in findings if found.client in deciding]
    for block in _blocks(shown):
        _show_block(screen, block)
    screen.print()
    screen.print(Text.assemble(_verdict(shown, count), ("  --json has every finding with its source.", "dim")))


def _show_client(
    screen: Console, client: Client, findings: list[Finding], deciding: frozenset[Client], count: int
) -> None:
    found = counts(findings, count)
    said = ", ".join(f"{number:,} {word}" for word, number in found.items() if number or word == "fine")
    if client not in deciding:
        said = f"{said} (not counted; --client {client} shows why)" if found["rejected"] else said
        screen.print(Text(f"{client.label:<14}{said}", style="dim"))
        return
    is_broken = any(each.severity is Severity.ERROR for each in findings)
    style = "bold red" if is_broken else "yellow" if findings else "green"
    screen.print(Text.assemble((f"{client.label:<14}", "bold"), (said, style)))


def _blocks(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Findings of one rule and one advice together, whichever clients they are of; errors first."""
    blocks: dict[tuple[str, str, str], list[Finding]] = {}
    for found in sorted(findings, key=lambda found: found.severity is not Severity.ERROR):
        blocks.setdefault((found.severity, found.rule, found.advice), []).append(found)
    return list(blocks.values())


def _show_block(screen: Console, block: list[Finding]) -> None:
    first = block[0]
    screen.print()
    screen.print(Text.assemble((f"{first.severity:<9}", _STYLES[first.severity]), (first.rule, "bold")))
    for said in dict.fromkeys(found.message for found in block):
        alike = [found for found in block if found.message == said]
        clients = ", ".join(client.label for client in dict.fromkeys(found.client for found in alike))
        tools = dict.fromkeys(found.tool for found in alike if found.tool)
        total = plural(len(tools), "tool") if tools else _places(alike[0], MAX_NAMED)
        _print(screen, f"{clients}: {said} ({total})")
        _show_tools(screen, list({found.tool: found for found in alike if found.tool}.values()))
    _print(screen, first.advice, style="dim")


def _show_tools(screen: Console, findings: list[Finding]) -> None:
    for found in findings[:MAX_NAMED]:
        place = "" if found.places == (found.tool,) else _places(found, 1)
        _print(screen, f"  {found.tool}  {place}".rstrip(), hanging="    ")
    if len(findings) > MAX_NAMED:
        _print(screen, f"  and {plural(len(findings) - MAX_NAMED, 'more tool')}", style="dim")


def _places(found: Finding, limit: int) -> str:
    """The first places, and how many more there are."""
    named = "; ".join(one_line(place, MAX_PLACE) for place in found.places[:limit])
    return f"{named} and {found.count - limit:,} more" if found.count > limit else named


def _print(screen: Console, text: str, *, style: str = "", hanging: str = "") -> None:
    lead = text[: len(text) - len(text.lstrip())]
    for number, line in enumerate(fitted(screen, text.strip(), _INDENT + lead + hanging)):
        screen.print(Text(f"{_INDENT}{lead}{hanging if number else ''}{line}", style=style))


def _verdict(findings: Sequence[Finding], count: int) -> tuple[str, str]:
    broken = [found for found in findings if found.severity is Severity.ERROR]
    if not broken:
        return f"{plural(count, 'tool')}: no client refuses one.", "bold green"
    clients = " and ".join(client.label for client in dict.fromkeys(found.client for found in broken))
    refused = len({found.tool for found in broken if found.tool})
    what = f"{refused:,} of {plural(count, 'tool')}" if refused else f"the list of {plural(count, 'tool')}"
    return f"{what}: refused by {clients}.", "bold red"
