"""`specport call`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specport.documents.text import printable
from specport.errors import BadArguments, SpecportError
from specport.policy.model import Approve
from specport.results.model import View
from specport.surfaces.cli import options
from specport.surfaces.cli.approving import approver, this_user
from specport.surfaces.cli.main import app
from specport.surfaces.cli.options import Wanted, with_app
from specport.surfaces.cli.printing import say
from specport.surfaces.cli.setting_up import plural

NOTICED_SECONDS = 1.0
"""A wait from here on is told."""

if TYPE_CHECKING:
    from specport.app import App
    from specport.results.model import ToolResult


@app.command()
def call(
    address: Annotated[str, typer.Argument(help="Address or wire name of a tool.")],
    arguments: Annotated[str, typer.Argument(help="Arguments as a JSON object; - reads them from stdin.")] = "{}",
    *,
    dry_run: options.DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Approve the call where policy wants approval.")] = False,
    policy: options.PolicyFile = None,
    approve: options.ApproveOption = Approve.NOTHING,
    audit: options.Audit = None,
    source: Annotated[list[str] | None, typer.Option("--source", help="Source to call. Repeatable.")] = None,
    spec: options.Spec = "",
    base_url: options.BaseUrl = "",
    name: options.Name = "",
    overlay: options.Overlays = None,
    credential: options.Credentials = None,
    sandbox: options.Sandbox = False,
    allow_private: options.AllowPrivate = False,
    follow_references: options.FollowReferences = False,
    files: options.Files = None,
    state: options.State = "",
    state_dir: options.StateDir = None,
    no_state: options.NoState = False,
    select: Annotated[str, typer.Option("--select", metavar="JMESPATH", help="Print only this of the answer.")] = "",
    all_pages: Annotated[bool, typer.Option("--all-pages", help="With all following pages, in one answer.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", dir_okay=False, help="Write the answer to a file, - for stdout."
        ),
    ] = None,
) -> None:
    """Call one tool and print its answer, or write it to a file as it came.

    Example: `specport call droplets.dropletsGet '{"droplet_id": 3164444}' --dry-run`
    """
    if output and not output.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {output.parent}", param_hint="--output")
    wanted = Wanted(
        sources=tuple(source or ()), spec=spec, base_url=base_url, name=name, credentials=tuple(credential or ()),
        overlays=tuple(overlay or ()), sandbox=sandbox, dry_run=dry_run, allow_private=allow_private,
        follow_references=follow_references, state=state, state_dir=state_dir, no_state=no_state,
        files=tuple(files or ()), policy=policy, approve=approve, audit=audit,
    )  # fmt: skip
    given = _parsed(sys.stdin.read() if arguments == "-" else arguments)

    async def run(opened: App) -> bool:
        caller = this_user()
        view = View(select=select, all_pages=all_pages, whole=True)
        result = await opened.call(address, given, caller=caller, ask=approver(caller.name, yes=yes), view=view)
        if output and not result.is_error:
            _write(result, output, select)
        else:
            _print(result)
        if not result.is_error:  # whose line tells it
            _tell(result)
        return result.is_error

    if with_app(wanted, run):
        raise typer.Exit(1)


def _print(result: ToolResult) -> None:
    """The answer on stdout, a failure on stderr: on a terminal so that nothing in it acts, elsewhere as it is."""
    stream = sys.stderr if result.is_error else sys.stdout
    text = printable(result.text) if stream.isatty() else result.text
    print(text, file=stream)
    for note in result.notes:
        say(note, err=True)
    if not result.is_text:
        say("--output FILE writes it to a file", err=True)


def _tell(result: ToolResult) -> None:
    """What was done for an answer, on stderr, where it took more than one request or a wait that a person notices."""
    told = [f"{result.attempts} requests were sent"] if result.attempts > 1 else []
    told += [f"waited {result.waited:.1f} s"] if result.waited >= NOTICED_SECONDS else []
    if told:
        say(", ".join(told), err=True)


def _write(result: ToolResult, output: Path, select: str) -> None:
    """The bytes as they came, what was selected, or specport's own answer, to a file or stdout. Says so on stderr."""
    data = result.text.encode() if result.body is None or select else result.body
    try:
        if output == Path("-"):
            sys.stdout.buffer.write(data)
        else:
            output.write_bytes(data)
            say(f"{output}: {plural(len(data), 'byte')} written", err=True)
    except OSError as error:
        raise SpecportError(f"{output} cannot be written: {error.strerror or error}") from error


def _parsed(text: str) -> object:
    from specport.requests.repair import exact

    try:
        return exact(text)
    except ValueError as error:
        raise BadArguments(
            f"the arguments are not JSON: {error}", hint="""Write them as '{"name": "value"}'"""
        ) from error
