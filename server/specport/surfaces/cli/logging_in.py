"""`specport login` and `specport logout`."""

from __future__ import annotations

import asyncio
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specport.errors import SourceError
from specport.surfaces.cli import options
from specport.surfaces.cli.main import app
from specport.surfaces.cli.opening import sources_of, split_account
from specport.surfaces.cli.options import Wanted
from specport.surfaces.cli.printing import say
from specport.surfaces.cli.redirects import redirect
from specport.surfaces.cli.setting_up import until_when

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from specport.app import App
    from specport.executor.auth.tokens import Tokens
    from specport.executor.model import Credential
    from specport.sources.read import Opened

LOGIN_SECONDS = 300.0
"""How long a person may take in the browser."""

Named = Annotated[
    str, typer.Argument(help="Bundled or added source, or folder with a source.toml.", metavar="SOURCE[@ACCOUNT]")
]
Scheme = Annotated[str, typer.Option("--scheme", help="Which security scheme, where several want a login.")]


@app.command()
def login(
    source: Named,
    *,
    scheme: Scheme = "",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port that the browser comes back to; 0: a free one.")
    ] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the URL; open nothing.")] = False,
    credential: options.Credentials = None,
    allow_private: options.AllowPrivate = False,
    state: options.State = "",
    state_dir: options.StateDir = None,
    no_state: options.NoState = False,
) -> None:
    """Log in to an API in the browser; its tools are then called as you.

    Example: `specport login shop@work`
    """
    wanted = Wanted(
        sources=(source,), credentials=tuple(credential or ()), allow_private=allow_private, state=state,
        state_dir=state_dir, no_state=no_state,
    )  # fmt: skip

    async def use(opened: App, chosen: Opened) -> None:
        one = _one_of(_logins_of(chosen), chosen.source.name, scheme)
        await _log_in(opened.tokens, chosen, one, port=port, browser=not no_browser)

    _with_source(wanted, use)


@app.command()
def logout(
    source: Named,
    *,
    scheme: Scheme = "",
    credential: options.Credentials = None,
    state: options.State = "",
    state_dir: options.StateDir = None,
    no_state: options.NoState = False,
) -> None:
    """Forget the login of a source.

    Example: `specport logout shop@work`
    """
    wanted = Wanted(
        sources=(source,), credentials=tuple(credential or ()), state=state, state_dir=state_dir, no_state=no_state
    )  # fmt: skip

    async def use(opened: App, chosen: Opened) -> None:
        credentials = [one for one in _logins_of(chosen) if scheme in ("", one.name)]
        logins = [one.client.login for one in credentials if one.client]
        if not any([await opened.tokens.logins.delete(name) for name in logins]):
            raise SourceError(f"nobody is logged in to {chosen.source.name}", hint="`specport doctor` says who is")
        say(f"{chosen.source.name}: logged out")

    _with_source(wanted, use)


def _with_source(wanted: Wanted, use: Callable[[App, Opened], Awaitable[None]]) -> None:
    """Use an App and the source in it that is wanted: a bundled one, one in a folder, or one added before."""
    from specport.app import App
    from specport.sources.manifest import bundled_manifest

    async def run() -> None:
        name = wanted.sources[0]
        base = split_account(name)[0]
        is_named = bundled_manifest(base) is not None or Path(base).is_dir()
        sources = await sources_of(wanted) if is_named else []
        async with App.open(sources, options.settings_of(wanted)) as opened:
            found = [each for each in opened.channels() if each.source.name == (sources[0].name if sources else name)]
            if not found:
                raise SourceError(f"there is no source {name!r}", hint="`specport sources` lists them")
            await use(opened, found[0])

    asyncio.run(run())


def _logins_of(opened: Opened) -> list[Credential]:
    """The credentials that somebody has to log in for."""
    from specport.executor.model import Flow

    held = opened.channel.credentials.values()
    return [one for one in held if one.client and one.client.flow is Flow.AUTHORIZATION_CODE]


def _one_of(credentials: list[Credential], source: str, scheme: str) -> Credential:
    found = [one for one in credentials if scheme in ("", one.name)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(one.name for one in credentials)
    if not credentials:
        raise SourceError(
            f'{source} has nothing to log in for: no scheme of it has flow = "authorization_code"',
            hint="Describe the client in [auth.SCHEME] of its source.toml, or with --credential SCHEME=oauth:FILE",
        )
    raise SourceError(f"{source} has logins for {names}", hint="Choose one with --scheme")


async def _log_in(tokens: Tokens, opened: Opened, credential: Credential, *, port: int, browser: bool) -> None:
    from specport.executor.auth.authorization import is_answer_to

    name = opened.source.name
    async with redirect(port) as back:
        attempt = await tokens.begin_login(credential, back.uri)
        back.is_ours = lambda query: is_answer_to(attempt, query)
        say(f"To log in to {name}, open this in your browser:\n\n  {attempt.url}\n", err=True)
        sys.stderr.flush()
        if browser:
            await asyncio.to_thread(webbrowser.open, attempt.url)
        try:
            async with asyncio.timeout(LOGIN_SECONDS):
                query = await back.query
        except TimeoutError as error:
            raise SourceError(f"nobody logged in to {name} within {LOGIN_SECONDS:g} s", hint="Try again") from error
        kept, where = await tokens.finish_login(credential, attempt, query, opened.channel.public_urls)
    renewed = ", then renewed by itself" if kept.token.refresh else ""
    say(f"{name}: logged in for {credential.name} {until_when(kept.token.expires)}{renewed}; kept in {where}")
