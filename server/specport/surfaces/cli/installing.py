"""`specport install`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from specport.surfaces.cli import options
from specport.surfaces.cli.client_files import FORMATS, Client, Json, addition, is_open, place_of
from specport.surfaces.cli.json_files import merged, read_object, write_object
from specport.surfaces.cli.main import app
from specport.surfaces.cli.opening import credentials_of, split_account
from specport.surfaces.cli.options import DEFAULT_SOURCE, Wanted, with_app
from specport.surfaces.cli.setting_up import own_command

if TYPE_CHECKING:
    from specport.app import App


@app.command()
def install(
    client: Annotated[Client, typer.Argument(help="Which assistant to install in.")],
    sources: options.Sources = None,
    *,
    show: Annotated[bool, typer.Option("--print", help="Print the entry; change nothing.")] = False,
    everywhere: Annotated[bool, typer.Option("--global", help="For all projects (cursor).")] = False,
    name: Annotated[str, typer.Option("--name", help="Name of the entry.")] = "specport",
    include: options.Include = None,
    exclude: options.Exclude = None,
    no_deprecated: options.NoDeprecated = False,
    credential: options.Credentials = None,
    read_only: options.ReadOnly = False,
    sandbox: options.Sandbox = False,
    state_dir: options.StateDir = None,
    no_state: options.NoState = False,
) -> None:
    """Let an assistant start specport: adds the entry to its file, or prints it.

    Example: `specport install claude-code`
    """
    if everywhere and client is not Client.CURSOR:
        raise typer.BadParameter("only cursor has a file for all projects", param_hint="--global")
    wanted = Wanted(
        sources=tuple(sources or ()),
        credentials=tuple(credential or ()),
        state_dir=state_dir,
        no_state=no_state,
        read_only=read_only,
        sandbox=sandbox,
        filters=options.filters_of(include, exclude, deprecated=not no_deprecated),
    )
    variables = _variables(wanted)
    added = addition(client, name, [*own_command(), "serve", *_arguments(wanted)], () if sandbox else variables)
    path = place_of(client, for_all_projects=everywhere)
    if show:
        typer.echo(json.dumps(added, indent=2, ensure_ascii=False))
        typer.echo(f"{FORMATS[client].title} reads it from {path}.", err=True)
        return
    state, entry = _write(client, path, name, added)
    typer.echo(f"{FORMATS[client].title}: {name} {state} {path}")
    typer.echo(f"Next: {_next_step(client, entry)}.")


def _arguments(wanted: Wanted) -> list[str]:
    """What follows `serve`; folders by absolute path, since a client starts the server where it likes."""
    from specport.sources.manifest import bundled_manifest

    names = wanted.sources or (DEFAULT_SOURCE,)
    arguments = [each if bundled_manifest(split_account(each)[0]) else str(Path(each).absolute()) for each in names]
    for scheme, reference in credentials_of(wanted.credentials):
        arguments += ["--credential", f"{scheme}={reference}"]
    for option, texts in (("--include", wanted.filters.include), ("--exclude", wanted.filters.exclude)):
        for text in texts:
            arguments += [option, text]
    arguments += ["--no-deprecated"] * (not wanted.filters.deprecated)
    arguments += ["--read-only"] * wanted.read_only + ["--sandbox"] * wanted.sandbox
    if wanted.no_state:
        return [*arguments, "--no-state"]
    return [*arguments, "--state-dir", str(wanted.state_dir.expanduser().absolute())] if wanted.state_dir else arguments


def _variables(wanted: Wanted) -> tuple[str, ...]:
    """The environment variables that the sources, those added before too, take credentials from."""

    async def find(opened: App) -> tuple[str, ...]:
        held = [credential for each in opened.channels() for credential in each.channel.credentials.values()]
        clients = [credential.client for credential in held if credential.client]
        references = [credential.reference for credential in held]
        references += [text for client in clients for text in (client.client_id, client.client_secret)]
        return tuple(dict.fromkeys(text.removeprefix("env:") for text in references if text.startswith("env:")))

    return with_app(wanted, find)


def _write(client: Client, path: Path, name: str, added: Json) -> tuple[str, Json]:
    """Add the entry to the file: what that came to, and the entry as it is now."""
    form = FORMATS[client]
    held = read_object(path)
    servers = held.get(form.servers)
    known = cast("Json", servers).get(name) if isinstance(servers, dict) else None
    entry = _kept(known, cast("dict[str, Json]", added[form.servers])[name])
    result = merged(path, held, {**added, form.servers: {name: entry}})
    if result == held:
        return "is already in", entry
    write_object(path, result, private=form.private)
    return ("added to" if known is None else "updated in"), entry


def _kept(known: object, entry: Json) -> Json:
    """The entry with what a person put in it by hand: members of their own, and values of variables."""
    if not isinstance(known, dict) or "command" not in known:
        return entry
    held = cast("Json", known)
    values = held.get("env")
    env = cast("Json", entry.get("env", {})) | (cast("Json", values) if isinstance(values, dict) else {})
    return {**held, **entry, **({"env": env} if env else {})}


def _next_step(client: Client, entry: Json) -> str:
    """One line: the credential where it is still needed, then how the client notices."""
    form = FORMATS[client]
    values = cast("Json", entry.get("env", {}))
    needed = [variable for variable, value in values.items() if is_open(client, variable, value)]
    if not needed:
        return form.next_step
    return f"{form.credential.replace('NAME', ' and '.join(needed))}, then {form.next_step}"
