"""`specport sources`, `show`, `configure`, `rename`, `enable`, `disable`, `remove`: the sources that are kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from specport.catalog.report import problem_lines
from specport.errors import SourceError
from specport.surfaces.cli import options
from specport.surfaces.cli.approving import this_user
from specport.surfaces.cli.main import app
from specport.surfaces.cli.opening import given_for
from specport.surfaces.cli.options import Wanted, limits_of, with_added, with_app
from specport.surfaces.cli.printing import say, say_json
from specport.surfaces.cli.setting_up import plural

if TYPE_CHECKING:
    from specport.app import App
    from specport.sources.facts import SourceDetails
    from specport.sources.model import SourceFacts

Name = Annotated[str, typer.Argument(help="Name of an added source.")]
T = TypeVar("T")

MAX_SHOWN_PROBLEMS = 10
MAX_SHOWN_WAITING = 20
"""Most problems shown by `show`; `--json` has more."""


@app.command()
def sources(*, state: options.State = "", state_dir: options.StateDir = None, json: options.AsJson = False) -> None:
    """List the bundled and the added sources.

    Example: `specport sources --json`
    """

    async def use(opened: App) -> list[SourceFacts]:
        return opened.sources()

    found = _with_all(use, state, state_dir)
    if json:
        say_json(found)
        return
    for facts in found:
        say(_line(facts))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name of a source.")],
    *,
    state: options.State = "",
    state_dir: options.StateDir = None,
    json: options.AsJson = False,
) -> None:
    """Show one source: where calls go, which credentials they take, what is limited, left out, or waits.

    Example: `specport show shop`
    """

    async def use(opened: App) -> SourceDetails:
        return opened.describe(name)

    found = _with_all(use, state, state_dir)
    if json:
        say_json(found)
        return
    for label, value in _rows(found):
        say(f"{label:<12} {value}")


def _rows(found: SourceDetails) -> Iterator[tuple[str, str]]:
    """What there is to say of a source, a label and a text each."""
    facts = found.facts
    yield "source", f"{facts.name}: {facts.title} {found.version}".rstrip()
    yield "document", facts.uri
    if found.overlays:
        yield "overlays", ", ".join(found.overlays)
    yield "calls go to", facts.base_url
    if found.credentials:
        yield "credentials", ", ".join(f"{name} from {text}" for name, text in found.credentials.items())
        yield "may go to", ", ".join(found.origins)
    if found.limits:
        yield "limits", "; ".join(limit.figures for limit in found.limits)
    yield "tools", f"{facts.tools:,}"
    if found.held.operations:
        waiting = plural(len(found.held.operations), "new tool")
        yield "waiting", f"{waiting} to be accepted: `specport refresh {facts.name}` tells how"
        for operation in found.held.operations[:MAX_SHOWN_WAITING]:
            yield "", operation
    for scheme in found.held.schemes:
        yield "waiting", f"the security scheme {scheme}"
    for line in problem_lines(found.problems, MAX_SHOWN_PROBLEMS, count=facts.problems):
        yield "problem", line


@app.command()
def configure(
    name: Name,
    *,
    credential: options.Credentials = None,
    limit: options.Limits = None,
    state: options.State = "",
    state_dir: options.StateDir = None,
    audit: options.Audit = None,
) -> None:
    """Give an added source credentials or limits, also one that an assistant added.

    Example: `specport configure shop --credential api_key=env:SHOP_KEY --limit 100/60s`
    """
    given, limits = given_for(name, tuple(credential or ())), limits_of(tuple(limit or ()))
    if not given and not limits:
        raise typer.BadParameter("give --credential or --limit")
    wanted = Wanted(state=state, state_dir=state_dir, audit=audit)
    configured = with_added(
        wanted, lambda opened: opened.configure(name, credentials=dict(given), limits=limits, caller=this_user())
    )
    origins = ", ".join(configured.source.origins)
    say(f"{name}: configured" + (f"; credentials may go to {origins}" if given else ""))


@app.command()
def rename(
    name: Name,
    new: Annotated[str, typer.Argument(help="Its new name, which its tools' addresses start with.")],
    *,
    state: options.State = "",
    state_dir: options.StateDir = None,
    audit: options.Audit = None,
) -> None:
    """Give an added source another name.

    Example: `specport rename shop store`
    """
    wanted = Wanted(state=state, state_dir=state_dir, audit=audit)
    renamed = with_added(wanted, lambda opened: opened.rename(name, new, caller=this_user()))
    say(f"{name} is {new} now; its tools start with {renamed.catalog.tools[0].address.partition('.')[0]}.")
    if any(credential.client for credential in renamed.channel.credentials.values()):
        say(f"Its logins are kept by name: `specport login {new}`", err=True)


@app.command()
def disable(
    name: Name, *, state: options.State = "", state_dir: options.StateDir = None, audit: options.Audit = None
) -> None:
    """Keep an added source without offering any of its tools.

    Example: `specport disable shop`
    """
    wanted = Wanted(state=state, state_dir=state_dir, audit=audit)
    done = with_added(wanted, lambda opened: opened.disable(name, caller=this_user()))
    say(f"{name}: disabled" if done else f"{name}: was disabled already")


@app.command()
def enable(
    name: Name, *, state: options.State = "", state_dir: options.StateDir = None, audit: options.Audit = None
) -> None:
    """Offer the tools of a disabled source again.

    Example: `specport enable shop`
    """
    wanted = Wanted(state=state, state_dir=state_dir, audit=audit)
    done = with_added(wanted, lambda opened: opened.enable(name, caller=this_user()))
    say(f"{name}: enabled" if done else f"{name}: was enabled already")


@app.command()
def remove(
    name: Name, *, state: options.State = "", state_dir: options.StateDir = None, audit: options.Audit = None
) -> None:
    """Remove an added source.

    Example: `specport remove shop`
    """
    wanted = Wanted(state=state, state_dir=state_dir, audit=audit)
    if not with_added(wanted, lambda opened: opened.remove(name, caller=this_user())):
        raise SourceError(f"no added source is called {name!r}", hint="`specport sources` lists them")
    say(f"{name}: removed")


def _line(facts: SourceFacts) -> str:
    problems = f", {facts.problems} problems" if facts.problems else ""
    held = f", {facts.held} waiting" if facts.held else ""
    preset = "preset" if facts.preset == facts.name else f"preset {facts.preset}"
    kind = "disabled" if not facts.enabled else preset if facts.preset else facts.origin
    return f"{facts.name:<20} {facts.tools:>5} tools{problems}{held}  {kind:<9} {facts.base_url}"


def _with_all(use: Callable[[App], Awaitable[T]], state: str, state_dir: Path | None) -> T:
    """With the bundled and the added sources."""
    from specport.sources.manifest import bundled_names, open_bundled

    wanted = Wanted(state=state, state_dir=state_dir)
    return with_app(wanted, use, [open_bundled(name) for name in bundled_names()])
