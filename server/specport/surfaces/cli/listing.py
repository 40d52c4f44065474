"""`specport tools`, `describe`, `search`: what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from specport.documents.text import one_line
from specport.policy.model import Approve
from specport.surfaces.cli import options
from specport.surfaces.cli.main import app
from specport.surfaces.cli.options import Wanted, with_app
from specport.surfaces.cli.printing import say, say_json, say_problems

if TYPE_CHECKING:
    from specport.app import App
    from specport.catalog.model import Tool

MAX_FOUND = 150
"""Characters of a description in the list of what was found."""


@app.command()
def tools(
    sources: options.Sources = None,
    *,
    spec: options.Spec = "",
    base_url: options.BaseUrl = "",
    name: options.Name = "",
    overlay: options.Overlays = None,
    include: options.Include = None,
    exclude: options.Exclude = None,
    no_deprecated: options.NoDeprecated = False,
    credential: options.Credentials = None,
    read_only: options.ReadOnly = False,
    policy: options.PolicyFile = None,
    approve: options.ApproveOption = Approve.NOTHING,
    allow_private: options.AllowPrivate = False,
    follow_references: options.FollowReferences = False,
    state: options.State = "",
    state_dir: options.StateDir = None,
    no_state: options.NoState = False,
    json: options.AsJson = False,
) -> None:
    """List every tool by address, in order.

    Example: `specport tools --json`
    """
    wanted = Wanted(
        sources=tuple(sources or ()), spec=spec, base_url=base_url, name=name, read_only=read_only,
        policy=policy, approve=approve, overlays=tuple(overlay or ()), credentials=tuple(credential or ()),
        allow_private=allow_private, follow_references=follow_references, state=state, state_dir=state_dir,
        no_state=no_state, filters=options.filters_of(include, exclude, deprecated=not no_deprecated),
    )  # fmt: skip

    async def show(opened: App) -> None:
        listed = opened.listing.tools
        asking = opened.listing.asking
        if json:
            say_json([{**_facts(tool), "needs_approval": tool.address in asking} for tool in listed])
            return
        for tool in listed:
            route = tool.route
            call = f"{route.method:<7}{route.path}" if route else "built in"
            say(f"{tool.address:<64} {call}{'  (asks first)' if tool.address in asking else ''}")
        say(_counted(opened), err=True)
        for sentence in opened.decided.idle:
            say(f"policy: {sentence}", err=True)
        say_problems(each.catalog for each in opened.channels())

    with_app(wanted, show)


def _counted(opened: App) -> str:
    """How many tools there are, and what policy makes of them."""
    denied = len(opened.decided.decisions) - len(opened.listing.tools)
    counted = [f"{len(opened.listing.tools)} tools"]
    counted += [f"{len(opened.listing.asking)} need approval"] if opened.listing.asking else []
    counted += [f"{denied} more are denied"] if denied else []
    return ", ".join(counted)


def _facts(tool: Tool) -> dict[str, object]:
    return {
        "address": tool.address,
        "name": tool.wire_name,
        "method": tool.route.method if tool.route else None,
        "path": tool.route.path if tool.route else None,
        "description": tool.description,
        "read_only": tool.hints.read_only,
        "destructive": tool.hints.destructive,
    }


@app.command()
def describe(
    address: Annotated[str, typer.Argument(help="Address or wire name of a tool.")],
    *,
    source: Annotated[list[str] | None, typer.Option("--source", help="Source to look in. Repeatable.")] = None,
    spec: options.Spec = "",
    name: options.Name = "",
    overlay: options.Overlays = None,
    credential: options.Credentials = None,
    state: options.State = "",
    state_dir: options.StateDir = None,
    no_state: options.NoState = False,
    json: options.AsJson = False,
) -> None:
    """Show one tool: what it does, its full input schema, what it answers.

    Example: `specport describe droplets.dropletsCreate`
    """
    wanted = Wanted(
        sources=tuple(source or ()), spec=spec, name=name, overlays=tuple(overlay or ()),
        credentials=tuple(credential or ()), state=state,
        state_dir=state_dir, no_state=no_state, description_limit=0,
    )  # fmt: skip

    async def show(opened: App) -> None:
        tool = opened.find(address)
        output = opened.output_schema(tool)
        if json:
            facts = {**_facts(tool), "tags": tool.tags, "input_schema": tool.input_schema, "output_schema": output}
            say_json(facts)
            return
        route = tool.route
        place = f"{route.method} {route.path}" if route else "built in"
        say(tool.address, bold=True)
        say(f"{tool.wire_name}  {place}")
        say(f"\n{tool.description}\n" if tool.description != place else "")
        for title, schema in (("Arguments", tool.input_schema), ("Answer", output)):
            if schema:
                say(title, bold=True)
                say_json(schema)

    with_app(wanted, show)


@app.command()
def search(
    words: Annotated[str, typer.Argument(help="Words to look for.")],
    *,
    source: Annotated[list[str] | None, typer.Option("--source", help="Source to look in. Repeatable.")] = None,
    spec: options.Spec = "",
    name: options.Name = "",
    overlay: options.Overlays = None,
    credential: options.Credentials = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most results.")] = 10,
    embeddings: options.Embeddings = None,
    state: options.State = "",
    state_dir: options.StateDir = None,
    no_state: options.NoState = False,
    json: options.AsJson = False,
) -> None:
    """Find tools by words in their address, path, tags and description.

    Example: `specport search "resize a droplet"`
    """
    wanted = Wanted(
        sources=tuple(source or ()), spec=spec, name=name, overlays=tuple(overlay or ()),
        credentials=tuple(credential or ()), state=state,
        state_dir=state_dir, no_state=no_state, embeddings=embeddings,
    )  # fmt: skip

    async def show(opened: App) -> None:
        await opened.learn()
        found = await opened.search(words, limit=limit)
        if json:
            say_json([_facts(tool) for tool in found])
            return
        for tool in found:
            say(tool.address, bold=True)
            say(f"  {one_line(tool.description, MAX_FOUND)}")
        if not found:
            say(f"No tool matches {words!r}.", err=True)
            raise typer.Exit(1)

    with_app(wanted, show)


@app.command()
def presets(*, json: options.AsJson = False) -> None:
    """List the APIs that specport knows: where their documents are, and which credentials they want.

    Example: `specport presets`, then `specport add github`
    """
    from specport.sources.presets import presets as known

    found = known()
    if json:
        say_json(found)
        return
    widest = max(len(preset.name) for preset in found)
    for preset in found:
        say(f"{preset.name:<{widest}}  {preset.title}: {preset.about}  {' '.join(preset.variables)}", bold=True)
        say(f"{'':<{widest}}  {preset.base_url} from {preset.document}")
    say("Add one with `specport add NAME`, or serve it at once with `specport serve NAME`.", err=True)
