"""`specport lint`: what each client would refuse or change of the tools."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from specport.catalog.lint_model import Client, Names, Severity
from specport.catalog.model import Form
from specport.surfaces.cli import options
from specport.surfaces.cli.main import app
from specport.surfaces.cli.options import Wanted, with_app
from specport.surfaces.cli.printing import say_json, say_problems
from specport.surfaces.cli.setting_up import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specport.app import App
    from specport.catalog.lint_model import Finding

_BY_DEFAULT = tuple(client for client in Client if client is not Client.OPENAI_STRICT)


@app.command(name="lint")
def check_tools(
    sources: options.Sources = None,
    *,
    spec: options.Spec = "",
    name: options.Name = "",
    overlay: options.Overlays = None,
    include: options.Include = None,
    exclude: options.Exclude = None,
    no_deprecated: options.NoDeprecated = False,
    client: Annotated[
        list[Client] | None,
        typer.Option(
            "--client", help="Whose rules. Repeatable; without it all but openai-strict decide the exit code."
        ),
    ] = None,
    schemas: Annotated[
        Form | None, typer.Option("--schemas", help="Only the tools as one form of the list shows them.")
    ] = None,
    tool_names: Annotated[
        Names, typer.Option("--tool-names", envvar="SPECPORT_TOOL_NAMES", help="The names that are listed.")
    ] = Names.PORTABLE,
    server_name: Annotated[
        str, typer.Option("--server-name", help="What the client's configuration calls the server.")
    ] = "specport",
    read_only: options.ReadOnly = False,
    allow_private: options.AllowPrivate = False,
    follow_references: options.FollowReferences = False,
    state_dir: options.StateDir = None,
    no_state: options.NoState = False,
    json: options.AsJson = False,
) -> None:
    """Check the tools against the rules of Claude, OpenAI, Gemini, VS Code and Cursor.

    Exit code 1 when a client would refuse a tool. OpenAI's strict mode, which no MCP client turns on by itself, is
    only counted, and decides when it is asked for. Example: `specport lint --spec openapi.yaml --client vscode`
    """
    wanted = Wanted(
        sources=tuple(sources or ()), spec=spec, name=name, overlays=tuple(overlay or ()), read_only=read_only,
        allow_private=allow_private, follow_references=follow_references, state_dir=state_dir, no_state=no_state,
        filters=options.filters_of(include, exclude, deprecated=not no_deprecated),
    )  # fmt: skip
    clients = tuple(dict.fromkeys(client or Client))
    deciding = frozenset(client or _BY_DEFAULT)

    async def check(opened: App) -> bool:
        from specport.catalog.lint import lint
        from specport.surfaces.cli.lint_screen import show

        tools = opened.listing.tools
        forms = (schemas,) if schemas else tuple(Form)
        findings = lint(tools, server_name=server_name, names=tool_names, forms=forms, clients=clients)
        if json:
            say_json(_facts(findings, clients, len(tools)))
        else:
            show(console(), findings, clients, deciding, len(tools))
            say_problems(each.catalog for each in opened.channels())
        return any(found.severity is Severity.ERROR and found.client in deciding for found in findings)

    if with_app(wanted, check):
        raise typer.Exit(1)


def _facts(findings: Sequence[Finding], clients: Sequence[Client], count: int) -> dict[str, object]:
    from specport.catalog.lint import counts

    summary = {
        client.value: counts([found for found in findings if found.client is client], count) for client in clients
    }
    return {"tools": count, "clients": summary, "findings": [asdict(found) for found in findings]}
