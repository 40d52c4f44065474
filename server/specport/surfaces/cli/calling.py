"""`specport call`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from specport.errors import BadArguments
from specport.surfaces.cli import options
from specport.surfaces.cli.main import app
from specport.surfaces.cli.options import Wanted, with_app

if TYPE_CHECKING:
    from specport.app import App


@app.command()
def call(
    address: Annotated[str, typer.Argument(help="Address or wire name of a tool.")],
    arguments: Annotated[str, typer.Argument(help="Arguments as a JSON object; - reads them from stdin.")] = "{}",
    *,
    dry_run: options.DryRun = False,
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
    state_dir: options.StateDir = None,
    no_state: options.NoState = False,
) -> None:
    """Call one tool and print its answer.

    Example: `specport call droplets.dropletsGet '{"droplet_id": 3164444}' --dry-run`
    """
    wanted = Wanted(
        sources=tuple(source or ()), spec=spec, base_url=base_url, name=name, credentials=tuple(credential or ()),
        overlays=tuple(overlay or ()), sandbox=sandbox, dry_run=dry_run, allow_private=allow_private,
        follow_references=follow_references, state_dir=state_dir, no_state=no_state, files=tuple(files or ()),
    )  # fmt: skip
    given = _parsed(sys.stdin.read() if arguments == "-" else arguments)

    async def run(opened: App) -> bool:
        result = await opened.call(address, given)
        typer.echo(result.text, err=result.is_error)
        for note in result.notes:
            typer.echo(note, err=True)
        return result.is_error

    if with_app(wanted, run):
        raise typer.Exit(1)


def _parsed(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadArguments(
            f"the arguments are not JSON: {error}", hint="""Write them as '{"name": "value"}'"""
        ) from error
