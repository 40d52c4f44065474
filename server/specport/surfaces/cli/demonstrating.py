"""`specport demo`: the main job, with a real client and server, no token and no network."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from specport.surfaces.cli.demo_document import ARGUMENTS, TEA_HOUSE, TOOL
from specport.surfaces.cli.demo_session import Answer, DemoFailed, Session, log_of, served
from specport.surfaces.cli.main import app
from specport.surfaces.cli.options import DEFAULT_SOURCE
from specport.surfaces.cli.setting_up import console, innermost, length_of_time, plural

if TYPE_CHECKING:
    from mcp_types import Tool

    from specport.executor.model import Limit
    from specport.surfaces.cli.demo_screen import Screen

LONGEST = 60.0
"""Seconds after which the demo gives up."""

_SERVE = ("serve", DEFAULT_SOURCE, "--sandbox")
_DROPLET = {"name": "web-1", "region": "fra1", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64"}
_CDN_LIST = "cdnEndpoints_cdnListEndpoints"
_CDN_PATH = "/v2/cdn/endpoints"
_SHOWN_LOG_LINES = 5
_SEEN = {"name", "description", "input_schema"}
"""What clients pass on of a tool to a model."""


@app.command()
def demo(
    *,
    fast: Annotated[bool, typer.Option("--fast", help="Leave out the rate limit, which takes ten seconds.")] = False,
) -> None:
    """Watch an assistant's session: a real server and client, a made-up API, nothing leaves this machine.

    Example: `specport demo`
    """
    from specport.surfaces.cli.demo_screen import Screen

    screen = Screen(console())
    screen.line("specport demo: no token, no network; a sandbox here answers for each API", "bold")
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="specport-demo-", ignore_cleanup_errors=True) as name:
        told = asyncio.run(_told(screen, Path(name), fast=fast))
    if not told:
        raise typer.Exit(1)
    screen.line(f"\nDone in {length_of_time(time.perf_counter() - started)}: {told}.", "bold")
    screen.line("Connect an assistant:  specport install claude-code")
    screen.line("Use the real API:      export DIGITALOCEAN_TOKEN=..., then  specport doctor")


async def _told(screen: Screen, folder: Path, *, fast: bool) -> str:
    """Run every step; what it came to, or nothing when a step failed, which the transcript then says."""
    failure: BaseException | None = None
    told = ""
    try:
        with screen.busy("starting the server") as spinner:
            async with asyncio.timeout(LONGEST), served(_SERVE, folder) as session:
                spinner.stop()
                try:
                    told = await _steps(screen, session, fast=fast)
                except (Exception, SystemExit) as error:  # noqa: BLE001  # raised here, the client would wrap it in groups
                    failure = error
    except TimeoutError:
        failure = failure or DemoFailed(f"it took longer than {LONGEST:g} s")
    except Exception as error:  # noqa: BLE001  # a server that does not start shows in many ways
        failure = failure or RuntimeError(f"the server ended: {innermost(error)}")
    if failure is None:
        return told
    if isinstance(failure, SystemExit):  # nobody reads on, as behind `| head`
        raise failure
    screen.failed(innermost(failure))
    if not isinstance(failure, DemoFailed):
        for line in _end_of_log(folder):
            screen.line(f"    {line}", "dim")
    return ""


def _end_of_log(folder: Path) -> list[str]:
    """The last thing the server said; it may never have started."""
    try:
        log = log_of(folder).read_text("utf-8", "replace")
    except OSError:
        return []
    return log.encode("ascii", "replace").decode().splitlines()[-_SHOWN_LOG_LINES:]


async def _steps(screen: Screen, session: Session, *, fast: bool) -> str:
    """The demo itself; what it came to in numbers."""
    listed = await _connect(screen, session)
    await _droplet(screen, session)
    if fast:
        await _another_api(screen, session, listed)
    else:
        await _limited(screen, session, lambda: _another_api(screen, session, listed))
    sent = session.sent()
    refused = sum(each.status == 429 for each in sent)
    requests = f", {plural(len(sent), 'HTTP request')}, {refused or 'none'} refused with 429" if sent else ""
    return plural(session.calls, "tool call") + requests


async def _connect(screen: Screen, session: Session) -> int:
    """List the tools, and what that costs an assistant's context."""
    from specport.catalog.listing import BYTES_PER_TOKEN

    started = time.perf_counter()
    tools = await _tools(session)
    took = length_of_time(time.perf_counter() - started)
    size = sum(len(tool.model_dump_json(by_alias=True, include=_SEEN)) for tool in tools)
    arguments = sum(len(tool.input_schema.get("properties", ())) for tool in tools)
    screen.step("Connect", f"specport {' '.join(_SERVE)}, over stdio, MCP {session.client.protocol_version}")
    screen.line(f"  ready after {length_of_time(session.started_in)}, {plural(len(tools), 'tool')} listed in {took}")
    tokens = round(size / BYTES_PER_TOKEN, -3)
    screen.fact(f"about {tokens:,.0f} tokens of a model's context, with {arguments:,} arguments in all")
    return len(tools)


async def _tools(session: Session) -> list[Tool]:
    """Every listed tool, page by page."""
    tools: list[Tool] = []
    cursor: str | None = None
    while True:
        page = await session.client.list_tools(cursor=cursor, cache_mode="bypass")
        tools += page.tools
        cursor = page.next_cursor
        if cursor is None:
            return tools


async def _droplet(screen: Screen, session: Session) -> None:
    """Create a Droplet, read it, destroy it, and find it gone."""
    screen.step("Work", "a Droplet is created, read, destroyed, and then really gone")
    answer = await session.done("droplets_dropletsCreate", {"body": _DROPLET})
    made = _member(answer.body, "droplet")
    screen.call(answer, f"id {made.get('id')}: {made.get('name')}, {made.get('size_slug')}, {made.get('status')}")
    which = {"droplet_id": made.get("id")}
    answer = await session.done("droplets_dropletsGet", which)
    read = _member(answer.body, "droplet")
    if (read.get("id"), read.get("name")) != (made.get("id"), _DROPLET["name"]):
        raise DemoFailed("another Droplet was read than the one created")
    screen.call(answer)
    screen.call(await session.done("droplets_dropletsDestroy", which))
    answer = await session.call("droplets_dropletsGet", which)
    if not answer.result.is_error:
        raise DemoFailed("the destroyed Droplet can still be read")
    screen.call(answer, answer.text.partition(" answered ")[2] or answer.text)


async def _limited(screen: Screen, session: Session, meanwhile: Callable[[], Awaitable[None]]) -> None:
    """One call more than a limit allows, all at once: the last one must wait, while something else goes on."""
    limit = _cdn_limit()
    count = limit.amount + 1
    allowed = f"{limit.amount} CDN calls in {limit.window:g} s are allowed"
    screen.step("Keep the limits", f"{allowed}, {count} arrive at once")
    before, started = len(session.sent()), time.perf_counter()
    async with _at_once(session, count) as tasks:
        held = await _all_but_one(tasks)
        screen.row(f"calls 1 to {limit.amount}", session.sent()[before:], time.perf_counter() - started)
        screen.line(f"  call {count:<23}waits for its turn; nobody else has to", "yellow")
        await meanwhile()
        answer = await screen.wait_for(held, f"call {count}", since=started, about=limit.window)
    sent = [each for each in session.sent()[before:] if each.path.startswith(_CDN_PATH)]
    if answer.seconds < limit.window / 2:
        raise DemoFailed(f"call {count} should have waited longer than {length_of_time(answer.seconds)}")
    if any(each.status == 429 for each in sent):
        raise DemoFailed("the API had to refuse a call with 429")
    screen.line("")
    screen.row(f"call {count}", sent, answer.seconds)
    screen.fact(f"waited {answer.seconds:.1f} s for room, then answered like the others")


@contextlib.asynccontextmanager
async def _at_once(session: Session, count: int) -> AsyncGenerator[set[asyncio.Task[Answer]]]:
    """That many calls under way; what is left of them ends with the block."""
    tasks = {asyncio.create_task(session.done(_CDN_LIST, {})) for _ in range(count)}
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _all_but_one(tasks: set[asyncio.Task[Answer]]) -> asyncio.Task[Answer]:
    """Wait until a single task is left. Raises what one of the others raised."""
    left = tasks
    while len(left) > 1:
        done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    if not left:
        raise DemoFailed("no call was held back")
    return next(iter(left))


def _cdn_limit() -> Limit:
    """The limit of the CDN operations, as the bundled source states it."""
    from specport.sources.manifest import open_bundled

    limits = open_bundled(DEFAULT_SOURCE).channel.limits
    return min((each for each in limits if each.covers("GET", _CDN_PATH)), key=lambda each: each.amount)


async def _another_api(screen: Screen, session: Session, listed: int) -> None:
    """Preview a document, add it, and call one of its tools."""
    screen.step("Add an API", f"an OpenAPI document of {plural(len(TEA_HOUSE.splitlines()), 'line')}, given as text")
    answer = await session.done("openapi_previewSpec", {"spec": TEA_HOUSE})
    screen.call(answer, _line_with(answer.text, "Operations:"))
    answer = await session.done("openapi_addSource", {"spec": TEA_HOUSE})
    now = len(await _tools(session))
    if now == listed:
        raise DemoFailed("the new tools are not in the list")
    state = f"source {answer.body.get('source')}, {answer.body.get('status')}"
    screen.call(answer, f"{state}: {listed} tools before, {now} now")
    answer = await session.done(TOOL, ARGUMENTS)
    screen.call(answer, answer.text)


def _line_with(text: str, words: str) -> str:
    return next((line for line in text.splitlines() if words in line), text)


def _member(body: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = body.get(name)
    if not isinstance(value, dict):
        raise DemoFailed(f"the answer has no {name}")
    return cast("Mapping[str, object]", value)
