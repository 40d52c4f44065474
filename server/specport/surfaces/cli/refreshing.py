"""`specport refresh`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from specport.errors import SpecportError
from specport.surfaces.cli import options
from specport.surfaces.cli.approving import this_user
from specport.surfaces.cli.main import app
from specport.surfaces.cli.options import Wanted, with_added
from specport.surfaces.cli.printing import say, say_json
from specport.surfaces.cli.setting_up import plural

if TYPE_CHECKING:
    from specport.app import App
    from specport.sources.renewal import Refreshed

MAX_TOLD = 60
"""Most changed tools named for one source."""


@app.command()
def refresh(
    names: Annotated[list[str] | None, typer.Argument(help="Names of added sources.", metavar="NAME")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All whose documents come from URLs.")] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take all of the newer version, and what waits of earlier ones.")
    ] = False,
    only: Annotated[
        str,
        typer.Option(help="Take this version of one source, which a refresh named, and no other.", metavar="VERSION"),
    ] = "",
    allow_private: options.AllowPrivate = False,
    state: options.State = "",
    state_dir: options.StateDir = None,
    audit: options.Audit = None,
    json: options.AsJson = False,
) -> None:
    """Read the documents of added sources again and say what changed.

    New operations wait until they are accepted; a version that would send calls or credentials elsewhere is not taken.
    Example: `specport refresh shop`, then what it ends with: `specport refresh shop --accept --only VERSION`
    """
    if bool(names) == every:
        raise typer.BadParameter("give names of sources, or --all")
    if only and len(names or ()) != 1:
        raise typer.BadParameter("a version is of one source: name that one", param_hint="--only")
    wanted = Wanted(state=state, state_dir=state_dir, allow_private=allow_private, audit=audit)

    async def refreshed(opened: App) -> list[tuple[str, Refreshed | SpecportError]]:
        return [(name, await _refreshed(opened, name, accept=accept, only=only)) for name in names or opened.fetched()]

    found = with_added(wanted, refreshed)
    if json:
        from specport.sources.builtin import refreshed_facts

        say_json(
            [_failed(name, each) if isinstance(each, SpecportError) else refreshed_facts(each) for name, each in found]
        )
    else:
        for name, each in found:
            _tell(name, each)
    if any(isinstance(each, SpecportError) or each.refused for _, each in found):
        raise typer.Exit(1)


async def _refreshed(opened: App, name: str, *, accept: bool, only: str) -> Refreshed | SpecportError:
    """What came of one source; the others are refreshed whatever that was."""
    try:
        return await opened.refresh(name, accept=accept, only=only, caller=this_user())
    except SpecportError as error:
        return error


def _failed(name: str, error: SpecportError) -> dict[str, object]:
    return {"source": name, "status": "failed", "error": str(error)}


def _tell(name: str, each: Refreshed | SpecportError) -> None:
    from specport.sources.builtin import accepting

    if isinstance(each, SpecportError):
        say(f"{name}: {each}", err=True)
        return
    if each.refused:
        say(f"{name}: a newer version is there and was not taken ({each.changes.summary})")
        for reason in each.refused:
            say(f"  {reason}")
    elif each.accepted:
        said = f", {each.changes.summary}" if each.changes else ""
        say(f"{name}: {plural(len(each.accepted), 'tool')} accepted{said}")
    elif each.is_taken:
        say(f"{name}: {each.changes.summary}")
    else:
        say(f"{name}: unchanged")
    accepted = [f"+ {address}" for address in each.accepted[:MAX_TOLD]]
    for line in (*accepted, *each.changes.lines(MAX_TOLD)):
        say(f"  {line}")
    waiting = len(each.opened.source.held.operations)
    if each.refused:
        say(f"Take it as it is: {accepting(each)}")
    elif waiting:
        wait = "waits" if waiting == 1 else "wait"
        say(f"{plural(waiting, 'tool')} {wait} to be accepted: {accepting(each)}")
