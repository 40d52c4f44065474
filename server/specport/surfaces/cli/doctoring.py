"""`specport doctor`."""

from __future__ import annotations

import asyncio
import textwrap
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from specport import __version__
from specport.surfaces.cli import options
from specport.surfaces.cli.checking import Check, Mark, check_everything
from specport.surfaces.cli.main import app
from specport.surfaces.cli.options import DEFAULT_SOURCE, Wanted
from specport.surfaces.cli.setting_up import console, plural

if TYPE_CHECKING:
    from rich.console import Console


MIN_WIDTH = 30
"""Columns that a message has at least, however narrow the terminal is."""

_STYLES = {Mark.OK: "green", Mark.WARN: "yellow", Mark.FAIL: "bold red"}


@app.command()
def doctor(
    sources: options.Sources = None,
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Send nothing to any API.")] = False,
    state_dir: options.StateDir = None,
    no_state: options.NoState = False,
    json: options.AsJson = False,
) -> None:
    """Check what a server would need: documents, credentials, the APIs, the state folder, the protocol.

    Sends one request without credentials to each API. Example: `specport doctor --offline`
    """
    wanted = Wanted(sources=tuple(sources or (DEFAULT_SOURCE,)), state_dir=state_dir, no_state=no_state)
    screen = console()
    with screen.status("checking"):
        checks = asyncio.run(check_everything(wanted, offline=offline))
    failed = any(check.mark is Mark.FAIL for check in checks)
    if json:
        facts = {"version": __version__, "ok": not failed, "checks": [asdict(check) for check in checks]}
        typer.echo(orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode())
    else:
        _show(screen, checks)
    if failed:
        raise typer.Exit(1)


def _show(screen: Console, checks: list[Check]) -> None:
    """A block for each subject, advice below what it is about, and the sum at the end."""
    from rich.text import Text

    name_width = max(len(check.name) for check in checks)
    indent = " " * (name_width + 10)
    for subject, group in groupby(checks, lambda check: check.subject):
        screen.print(Text(subject, style="bold"))
        for check in group:
            lines = _lines(screen, check.message, indent)
            mark = (f"{check.mark:<6}", _STYLES[check.mark])
            screen.print(Text.assemble("  ", mark, f"{check.name:<{name_width}}  ", lines[0]))
            for line in lines[1:]:
                screen.print(Text(indent + line))
            for line in _lines(screen, check.advice, indent) if check.advice else ():
                screen.print(Text(indent + line, style="dim"))
    screen.print(Text(_sum(checks), style="bold"))


def _lines(screen: Console, text: str, indent: str) -> list[str]:
    """The text in lines that fit beside the indent on a terminal; whole elsewhere."""
    room = max(MIN_WIDTH, screen.width - len(indent)) if screen.is_terminal else len(text) + 1
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]


def _sum(checks: list[Check]) -> str:
    counts = {mark: sum(check.mark is mark for check in checks) for mark in Mark}
    if counts[Mark.FAIL]:
        return f"{plural(counts[Mark.FAIL], 'check')} failed, {plural(counts[Mark.WARN], 'warning')}."
    if counts[Mark.WARN]:
        return f"Nothing failed, {plural(counts[Mark.WARN], 'warning')}."
    return "All is well."
