"""The checks of `specport doctor`: each one looks and says how it is; none changes a source or sends a credential."""

from __future__ import annotations

import asyncio
import logging
import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from specport import __version__
from specport.catalog.report import by_severity, summary
from specport.documents.model import Problem
from specport.documents.text import one_line
from specport.errors import CallError, SpecportError
from specport.surfaces.cli import options
from specport.surfaces.cli.opening import readings_of
from specport.surfaces.cli.options import Wanted
from specport.surfaces.cli.setting_up import idle_credentials, innermost, length_of_time, plural, until_when

if TYPE_CHECKING:
    from mcp import Client

    from specport.app import App
    from specport.executor.auth.logins import Login
    from specport.executor.auth.tokens import Tokens
    from specport.executor.model import Credential
    from specport.executor.send import Executor
    from specport.sources.model import Source
    from specport.sources.read import Opened

REACHING = 5.0
"""Seconds an API has to answer."""

ANSWERING = 30.0
"""Seconds the server itself has to answer each request of the self-test."""

MAX_SUBJECT = 100
"""Characters of a source's name, or of the document that stands for it."""

MAX_PAGES = 1_000
"""Pages of the tool list read at most."""


class Mark(StrEnum):
    """How a check ended. Only `fail` makes the command fail."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: of which `subject`, how it is, and where it is not ok what to do.

    `problems` are those of a source's document, what was left out first.
    """

    subject: str
    name: str
    mark: Mark
    message: str
    advice: str = ""
    problems: tuple[Problem, ...] = ()


async def check_everything(wanted: Wanted, *, offline: bool) -> list[Check]:
    """All checks, those of one subject together."""
    from specport.app import App

    logging.getLogger("specport").addHandler(logging.NullHandler())  # what it would say is a check here
    state = _state(options.state_folder(wanted))
    if state.mark is Mark.FAIL:
        wanted = replace(wanted, no_state=True)
    checks = [_versions(), state]
    found, unreadable = await _named(wanted)
    checks += unreadable
    try:
        async with App.open(found, options.settings_of(wanted)) as app:
            checks += _policy(app, wanted)
            checks += _left_out(app)
            checks += await _sources(app, offline=offline)
            checks += [await _protocol(app, mode) for mode in ("auto", "legacy")]
    except SpecportError as error:
        checks.append(Check("sources", "open", Mark.FAIL, error.message, error.hint))
    return checks


def _versions() -> Check:
    from importlib.metadata import version

    message = f"specport {__version__}, Python {platform.python_version()}, MCP SDK {version('mcp')}"
    return Check("installation", "versions", Mark.OK, message)


def _state(folder: Path | None) -> Check:
    if folder is None:
        return Check("installation", "state", Mark.OK, "nothing is kept on disk (--no-state)")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"specport")
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"{folder} cannot be written: {reason}"
        return Check("installation", "state", Mark.FAIL, message, "Choose another with --state-dir, or use --no-state")
    return Check("installation", "state", Mark.OK, f"{folder} is writable")


def _policy(app: App, wanted: Wanted) -> list[Check]:
    """What rules make of the tools, and which rules do nothing; the audit log, which opening the App made sure of."""
    decided, listing = app.decided, app.listing
    asking, denied = len(listing.asking), len(decided.decisions) - len(listing.tools)
    message = (
        f"{len(listing.tools) - asking} of {plural(len(decided.decisions), 'tool')} are called as they are asked for"
    )
    message += f", {asking} after a person's approval" if asking else ""
    message += f", {denied} not at all" if denied else ""
    checks = [Check("policy", "rules", Mark.WARN if decided.idle else Mark.OK, message, "; ".join(decided.idle))]
    if wanted.audit:
        checks.append(Check("policy", "audit", Mark.OK, f"{wanted.audit} is writable"))
    return checks if asking or denied or decided.idle else checks[1:]


async def _named(wanted: Wanted) -> tuple[list[Source], list[Check]]:
    """The sources that were asked for, and a failed check for each that is not there."""
    found: list[Source] = []
    failed: list[Check] = []
    unique = replace(wanted, sources=tuple(dict.fromkeys(wanted.sources)))
    for name, reading in readings_of(unique):
        try:
            found.append(await reading())
        except SpecportError as error:
            failed.append(Check(one_line(name, MAX_SUBJECT), "source", Mark.FAIL, error.message, error.hint))
    return found, failed


def _left_out(app: App) -> list[Check]:
    """Sources added before that cannot be opened any more."""
    checks: list[Check] = []
    for name, error in app.left_out().items():
        message = error.message if isinstance(error, SpecportError) else str(error)
        checks.append(Check(name, "document", Mark.FAIL, message, f"Add it again after `specport remove {name}`"))
    return checks


async def _sources(app: App, *, offline: bool) -> list[Check]:
    """For each source: its document, credentials, API and limits. All APIs are asked at once."""
    from specport.executor.model import Bounds
    from specport.executor.send import Executor

    bounds = Bounds(total=REACHING, connect=REACHING, read=REACHING, body=1024 * 1024, attempts=1)
    executor = Executor(bounds=bounds)
    opened = app.channels()
    try:
        asked = () if offline else await asyncio.gather(*(_api(each, executor) for each in opened))
    finally:
        await executor.aclose()
    checks: list[Check] = []
    for index, each in enumerate(opened):
        checks += [_document(each), *(await _credentials(each, app.tokens)), *asked[index : index + 1], _limits(each)]
    return checks


def _document(opened: Opened) -> Check:
    catalog = opened.catalog
    said = f"{catalog.title or 'untitled'}: {plural(len(catalog.tools), 'tool')}, {summary(catalog) or 'no problems'}"
    said += f", {catalog.hidden} more hidden by the document (x-specport)" if catalog.hidden else ""
    mark = Mark.WARN if catalog.problems else Mark.OK
    return Check(opened.source.name, "document", mark, said, problems=tuple(by_severity(catalog.problems)))


async def _credentials(opened: Opened, tokens: Tokens) -> list[Check]:
    """Whether each credential that is configured is there, and what asks for one that is not configured."""
    source, held = opened.source.name, opened.channel.credentials
    checks = [await _credential(source, credential, tokens) for credential in held.values()]
    if idle := idle_credentials(opened.source, opened.catalog):
        checks.append(Check(source, "credential", Mark.WARN, idle))
    schemes = _unmet(opened)
    if schemes:
        message = f"none for {', '.join(schemes)}, which the document asks for"
        advice = f"Start with --credential {schemes[0]}=env:NAME, NAME being a variable that holds it"
        checks.append(Check(source, "credential", Mark.WARN, message, advice))
    return checks or [Check(source, "credential", Mark.OK, "none needed")]


async def _credential(source: str, credential: Credential, tokens: Tokens) -> Check:
    from specport.executor.auth.references import is_inbound, read_value

    if is_inbound(credential.reference):
        header = credential.reference.partition(":")[2]
        return Check(source, "credential", Mark.OK, f"for {credential.name} each client brings its own, as {header}")
    try:
        if credential.client is not None:
            return Check(source, "credential", Mark.OK, _about_client(credential, await tokens.login(credential)))
        await read_value(credential.name, credential.reference, {})
    except CallError as error:
        return Check(source, "credential", Mark.WARN, error.message, error.hint)
    return Check(source, "credential", Mark.OK, f"{credential.reference} is set, for {credential.name}")


def _about_client(credential: Credential, login: Login | None) -> str:
    """What an OAuth client lives by."""
    if login is None:
        return f"client credentials for {credential.name} are set"
    until = until_when(login.token.expires)
    return f"logged in for {credential.name} {until}{', renewed by itself' if login.token.refresh else ''}"


def _unmet(opened: Opened) -> list[str]:
    """Schemes of the operations that demand one and would be called without."""
    from specport.executor.auth.choosing import choose

    schemes: dict[str, None] = {}
    for tool in opened.catalog.tools:
        security = tool.route.security if tool.route else ()
        if all(security) and not choose(security, opened.channel.credentials):
            schemes |= dict.fromkeys(security[0] if security else ())
    return list(schemes)


async def _api(opened: Opened, executor: Executor) -> Check:
    """One HEAD request to the origin that calls go to, the way calls are sent but without credentials."""
    from specport.requests.model import PreparedRequest

    source, parts = opened.source.name, urlsplit(opened.base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return Check(source, "API", Mark.WARN, "the document names no absolute server URL", "Give one with --base-url")
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    channel = replace(opened.channel, credentials={}, limits=())
    started = time.perf_counter()
    try:
        exchange = await executor.send(PreparedRequest(source, "HEAD", f"{origin}/", "/"), channel)
    except CallError as error:
        advice = "Is this machine online, and the base URL right? --offline skips this"
        return Check(source, "API", Mark.WARN, f"not reachable: {error.message}", advice)
    took = length_of_time(time.perf_counter() - started)
    return Check(source, "API", Mark.OK, f"{origin} is reachable, answered {exchange.status} in {took}")


def _limits(opened: Opened) -> Check:
    limits = opened.channel.limits
    if not limits:
        return Check(opened.source.name, "limits", Mark.OK, "none declared; only what the API itself says is kept")
    general = [limit for limit in limits if not (limit.methods or limit.paths or limit.weight)]
    shown = [limit.figures for limit in general]
    others = len(limits) - len(general)
    shown += [f"{others} more for certain operations"] if others else []
    return Check(opened.source.name, "limits", Mark.OK, ", ".join(shown))


async def _protocol(app: App, mode: str) -> Check:
    """A real client in this process lists the tools; they must be the catalog's, in its order."""
    from mcp import Client

    from specport.surfaces.mcp.server import McpServer

    era = "modern" if mode == "auto" else "legacy"
    started = time.perf_counter()
    try:
        async with Client(McpServer(app).lowlevel, mode=mode, read_timeout_seconds=ANSWERING) as client:
            names = await _listed(client)
            spoken = client.protocol_version
    except Exception as error:  # noqa: BLE001  # whatever breaks here is what the self-test is for
        return Check("protocol", era, Mark.FAIL, f"the self-test broke: {innermost(error)}", "Please report this")
    took = length_of_time(time.perf_counter() - started)
    missing = _first_difference(app.listing.names, names)
    if missing:
        return Check("protocol", era, Mark.FAIL, f"MCP {spoken}: {missing}", "Please report this")
    message = f"MCP {spoken}: {plural(len(names), 'tool')} listed in {took}, as in the catalog"
    return Check("protocol", era, Mark.OK, message)


async def _listed(client: Client) -> list[str]:
    names: list[str] = []
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        names += [tool.name for tool in page.tools]
        cursor = page.next_cursor
        if cursor is None:
            break
    return names


def _first_difference(wanted: Sequence[str], got: Sequence[str]) -> str:
    if len(wanted) != len(got):
        return f"{plural(len(got), 'tool')} listed, the catalog has {len(wanted):,}"
    return next((f"{g} is listed where {w} belongs" for w, g in zip(wanted, got, strict=True) if w != g), "")
