"""`specport lint`: what each client would refuse or change of the tools."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from specport.catalog.lint_model import Client, Form, Names, Severity
from specport.surfaces.cli import options
from specport.surfaces.cli.main import app
from specport.surfaces.cli.options import Wanted, with_app
from specport.surfaces.cli.printing import say_json
from specport.surfaces.cli.setting_up import console, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from specport.app import App
    from specport.catalog.lint_model import Finding

MAX_NAMED = 3
"""Tools named for each rule; `--json` has all of them."""

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow"}
_TITLES = {
    Client.CLAUDE: "Claude", Client.OPENAI: "OpenAI", Client.OPENAI_STRICT: "OpenAI strict", Client.GEMINI: "Gemini",
    Client.VSCODE: "VS Code", Client.CURSOR: "Cursor",
}  # fmt: skip
_BY_DEFAULT = tuple(client for client in Client if client is not Client.OPENAI_STRICT)


@app.command(name="lint")
def check_tools(
    sources: options.Sources = None,
    *,
    spec: options.Spec = "",
    name: options.Name = "",
    overlay: options.Overlays = None,
    client: Annotated[
        list[Client] | None,
        typer.Option(
            "--client", help="Whose rules. Repeatable; without it all but openai-strict decide the exit code."
        ),
    ] = None,
    schemas: Annotated[
        Form | None, typer.Option("--schemas", help="Only the listed (lean) or the full schemas.")
    ] = None,
    tool_names: Annotated[
        Names, typer.Option("--tool-names", envvar="SPECPORT_TOOL_NAMES", help="The names that are listed.")
    ] = Names.PORTABLE,
    server_name: Annotated[
        str, typer.Option("--server-name", help="What the client's configuration calls the server.")
    ] = "specport",
    allow_private: options.AllowPrivate = False,
    follow_references: options.FollowReferences = False,
    state_dir: options.StateDir = None,
    no_state: options.NoState = False,
    json: options.AsJson = False,
) -> None:
    """Check the tools against the rules of Claude, OpenAI, Gemini, VS Code and Cursor.

    Exit code 1 when a client would refuse a tool. OpenAI's strict mode, which no MCP client turns on by itself, is
    shown but counts only when it is asked for. Example: `specport lint --spec openapi.yaml --client vscode`
    """
    wanted = Wanted(
        sources=tuple(sources or ()), spec=spec, name=name, overlays=tuple(overlay or ()),
        allow_private=allow_private, follow_references=follow_references, state_dir=state_dir, no_state=no_state,
    )  # fmt: skip
    clients = tuple(dict.fromkeys(client or Client))

    async def check(opened: App) -> bool:
        from specport.catalog.lint import lint

        tools = opened.listing.tools
        forms = (schemas,) if schemas else tuple(Form)
        findings = lint(tools, server_name=server_name, names=tool_names, forms=forms, clients=clients)
        if json:
            say_json(_facts(findings, clients, len(tools)))
        else:
            _show(console(), findings, clients, len(tools))
        deciding = frozenset(client or _BY_DEFAULT)
        return any(found.severity is Severity.ERROR and found.client in deciding for found in findings)

    if with_app(wanted, check):
        raise typer.Exit(1)


def _counts(findings: Iterable[Finding], count: int) -> dict[str, int]:
    """How many tools one client takes as they are, takes in part, and refuses."""
    refused = {found.tool for found in findings if found.tool and found.severity is Severity.ERROR}
    touched = {found.tool for found in findings if found.tool}
    return {"fine": count - len(touched), "degraded": len(touched - refused), "rejected": len(refused)}


def _facts(findings: Sequence[Finding], clients: Sequence[Client], count: int) -> dict[str, object]:
    summary = {
        client.value: _counts([found for found in findings if found.client is client], count) for client in clients
    }
    return {"tools": count, "clients": summary, "findings": [asdict(found) for found in findings]}


def _show(screen: Console, findings: Sequence[Finding], clients: Sequence[Client], count: int) -> None:
    """A line for each client, and below it one for each rule that something breaks."""
    from rich.text import Text

    for client in clients:
        own = [found for found in findings if found.client is client]
        counts = _counts(own, count)
        parts = [f"{number:,} {word}" for word, number in counts.items() if number or word == "fine"]
        style = "bold red" if counts["rejected"] else "yellow" if own else "green"
        screen.print(Text.assemble((f"{_TITLES[client]:<14}", "bold"), (", ".join(parts), style)))
        for _, group in groupby(own, lambda found: found.rule):
            _show_rule(screen, list(group))
    screen.print(Text(f"{plural(count, 'tool')} checked; --json has every finding with its source.", style="dim"))


def _show_rule(screen: Console, findings: list[Finding]) -> None:
    from rich.text import Text

    first = findings[0]
    severity = (f"{first.severity:<8}", _STYLES[first.severity])
    total = "" if not first.tool else f" ({plural(len(findings), 'tool')})"
    screen.print(Text.assemble("  ", severity, f"{first.rule}: {first.message}{total}"))
    for found in findings[:MAX_NAMED]:
        more = f" and {found.count - 1:,} more" if found.count > 1 else ""
        where = f"{found.places[0]}{more}" if found.places else ""
        screen.print(Text(f"          {f'{found.tool}  ' if found.tool else ''}{where}"))
    if len(findings) > MAX_NAMED:
        screen.print(Text(f"          and {plural(len(findings) - MAX_NAMED, 'more tool')}", style="dim"))
    screen.print(Text(f"          {first.advice}", style="dim"))
