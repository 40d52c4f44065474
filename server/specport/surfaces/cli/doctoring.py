"""`specport doctor`."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from specport import __version__
from specport.catalog.report import MAX_MESSAGE, MAX_POINTER
from specport.documents.model import Problem, Severity
from specport.documents.text import one_line
from specport.policy.model import Approve
from specport.surfaces.cli import options
from specport.surfaces.cli.checking import Check, Mark, check_everything
from specport.surfaces.cli.main import app
from specport.surfaces.cli.options import DEFAULT_SOURCE, Wanted
from specport.surfaces.cli.printing import say_json
from specport.surfaces.cli.setting_up import console, fitted, plural

if TYPE_CHECKING:
    from rich.console import Console


MAX_SHOWN = 10
"""Problems shown of each severity; `--json` has all."""

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}
_STYLES = {Mark.OK: "green", Mark.WARN: "yellow", Mark.FAIL: "bold red"}


@app.command()
def doctor(
    sources: options.Sources = None,
    *,
    spec: options.Spec = "",
    base_url: options.BaseUrl = "",
    name: options.Name = "",
    include: options.Include = None,
    exclude: options.Exclude = None,
    no_deprecated: options.NoDeprecated = False,
    credential: options.Credentials = None,
    allow_private: options.AllowPrivate = False,
    read_only: options.ReadOnly = False,
    policy: options.PolicyFile = None,
    approve: options.ApproveOption = Approve.NOTHING,
    audit: options.Audit = None,
    offline: Annotated[bool, typer.Option("--offline", help="Send nothing to any API.")] = False,
    state_dir: options.StateDir = None,
    no_state: options.NoState = False,
    json: options.AsJson = False,
) -> None:
    """Check what a server would need: documents, credentials, the APIs, the state folder, the protocol.

    Sends one request without credentials to each API. Example: `specport doctor --offline`
    """
    named = tuple(sources or (() if spec else (DEFAULT_SOURCE,)))
    wanted = Wanted(
        sources=named, spec=spec, base_url=base_url, name=name, credentials=tuple(credential or ()),
        allow_private=allow_private, state_dir=state_dir, no_state=no_state,
        read_only=read_only, policy=policy, approve=approve, audit=audit,
        filters=options.filters_of(include, exclude, deprecated=not no_deprecated),
    )  # fmt: skip
    screen = console()
    with screen.status("checking"):
        checks = asyncio.run(check_everything(wanted, offline=offline))
    failed = any(check.mark is Mark.FAIL for check in checks)
    if json:
        say_json({"version": __version__, "ok": not failed, "checks": [_facts(check) for check in checks]})
    else:
        _show(screen, checks)
    if failed:
        raise typer.Exit(1)


def _facts(check: Check) -> dict[str, object]:
    """A check as JSON; all problems of a document, where it has any."""
    facts = asdict(check)
    return facts if check.problems else {key: value for key, value in facts.items() if key != "problems"}


def _show(screen: Console, checks: list[Check]) -> None:
    """A block for each subject, advice below what it is about, and the sum at the end."""
    from rich.text import Text

    name_width = max(len(check.name) for check in checks)
    indent = " " * (name_width + 10)
    for subject, group in groupby(checks, lambda check: check.subject):
        screen.print(Text(subject, style="bold"))
        for check in group:
            lines = fitted(screen, check.message, indent)
            mark = (f"{check.mark:<6}", _STYLES[check.mark])
            screen.print(Text.assemble("  ", mark, f"{check.name:<{name_width}}  ", lines[0]))
            for line in lines[1:]:
                screen.print(Text(indent + line))
            for line in fitted(screen, check.advice, indent) if check.advice else ():
                screen.print(Text(indent + line, style="dim"))
            _show_problems(screen, check.problems, name_width, indent)
    screen.print(Text(_sum(checks), style="bold"))


def _show_problems(screen: Console, problems: tuple[Problem, ...], name_width: int, indent: str) -> None:
    """What was left out, then the warnings: of each the first ones, the place below the sentence."""
    from rich.text import Text

    for severity, group in groupby(problems, lambda problem: problem.severity):
        found = list(group)
        name = (f"{severity:<{name_width}}  ", _COLOURS[severity])
        for problem in found[:MAX_SHOWN]:
            first, *rest = fitted(screen, one_line(problem.message, MAX_MESSAGE), indent)
            screen.print(Text.assemble(" " * 8, name, first))
            for line in rest:
                screen.print(Text(indent + line))
            screen.print(Text(indent + (one_line(problem.pointer, MAX_POINTER) or "/"), style="dim"))
            name = (" " * (name_width + 2), "")
        if len(found) > MAX_SHOWN:
            more = plural(len(found) - MAX_SHOWN, f"more {severity}")
            screen.print(Text(f"{indent}and {more}; --json has all", style="dim"))


def _sum(checks: list[Check]) -> str:
    counts = {mark: sum(check.mark is mark for check in checks) for mark in Mark}
    if counts[Mark.FAIL]:
        return f"{plural(counts[Mark.FAIL], 'check')} failed, {plural(counts[Mark.WARN], 'warning')}."
    if counts[Mark.WARN]:
        return f"Nothing failed, {plural(counts[Mark.WARN], 'warning')}."
    return "All is well."
