"""`specport serve`."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import AsyncGenerator
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from specport.catalog.model import Form
from specport.executor.model import WhenLost
from specport.exposure.model import Expose
from specport.policy.model import Approve
from specport.surfaces.cli import guarding, options
from specport.surfaces.cli.logging_lines import LogLevel, log_to_stderr
from specport.surfaces.cli.main import app
from specport.surfaces.cli.opening import sources_of
from specport.surfaces.cli.options import Wanted

if TYPE_CHECKING:
    from specport.settings import Settings
    from specport.surfaces.mcp.approving import Approvals
    from specport.surfaces.mcp.http import HttpSettings


class Transport(StrEnum):
    """How clients reach the server."""

    STDIO = "stdio"
    HTTP = "http"
    SSE = "sse"


class ToolNames(StrEnum):
    """What `tools/list` shows as names."""

    PORTABLE = "portable"
    DOTTED = "dotted"


@app.command()
def serve(  # one parameter to an option, which is how typer reads them
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
    transport: Annotated[Transport, typer.Option(envvar="SPECPORT_TRANSPORT", help="How clients connect.")] = (
        Transport.STDIO
    ),
    host: Annotated[str, typer.Option(envvar="SPECPORT_HOST", help="Address to listen on (http, sse).")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="SPECPORT_PORT", help="Port to listen on.", min=0, max=65535)] = 8000,
    token: guarding.Token = "",
    oauth_issuer: guarding.Issuer = "",
    oauth_resource: guarding.Resource = "",
    oauth_audience: guarding.Audience = "",
    oauth_scope: guarding.Scopes = None,
    allowed_host: Annotated[
        list[str] | None, typer.Option(envvar="SPECPORT_ALLOWED_HOST", help="Further Host names to answer. Repeatable.")
    ] = None,
    stateless: Annotated[
        bool,
        typer.Option(
            "--stateless",
            envvar="SPECPORT_STATELESS",
            help="Give older clients no session, so that any replica can answer them (http).",
        ),
    ] = False,
    tool_names: Annotated[ToolNames, typer.Option(envvar="SPECPORT_TOOL_NAMES", help="Names in the list.")] = (
        ToolNames.PORTABLE
    ),
    schemas: Annotated[Form, typer.Option(envvar="SPECPORT_SCHEMAS", help="How much of each tool the list shows.")] = (
        Form.LEAN
    ),
    expose: Annotated[
        Expose,
        typer.Option(
            envvar="SPECPORT_EXPOSE",
            help="What the list shows: every tool, or tools that find and call them; auto: by how many there are.",
        ),
    ] = Expose.ALL,
    description_limit: Annotated[
        int,
        typer.Option(
            envvar="SPECPORT_DESCRIPTION_LIMIT",
            min=0,
            help="Characters of a description; its first paragraph stays whole. 0: no limit.",
        ),
    ] = 200,
    read_only: options.ReadOnly = False,
    policy: options.PolicyFile = None,
    approve: options.ApproveOption = Approve.NOTHING,
    audit: options.Audit = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    allow_private: options.AllowPrivate = False,
    follow_references: options.FollowReferences = False,
    files: options.Files = None,
    save_files: options.SaveFiles = None,
    manage_sources: Annotated[
        bool,
        typer.Option(
            "--manage-sources",
            envvar="SPECPORT_MANAGE_SOURCES",
            help="Offer the tools openapi.listSources, refreshSource and removeSource.",
        ),
    ] = False,
    refresh_every: Annotated[
        str,
        typer.Option(
            envvar="SPECPORT_REFRESH_EVERY",
            metavar="TIME",
            help="Read documents from URLs again this often: 30m, 6h, 1d. Default: never.",
        ),
    ] = "",
    embeddings: options.Embeddings = None,
    limits: Annotated[
        str,
        typer.Option(
            envvar="SPECPORT_LIMITS",
            metavar="redis://HOST",
            help="Keep limits with other replicas in this Redis. Default: that of --state, else in the state folder.",
        ),
    ] = "",
    limits_lost: Annotated[
        WhenLost, typer.Option(envvar="SPECPORT_LIMITS_LOST", help="Calls while that Redis does not answer.")
    ] = WhenLost.CLOSED,
    state: options.State = "",
    state_dir: options.StateDir = None,
    no_state: options.NoState = False,
    log_level: Annotated[LogLevel, typer.Option(envvar="SPECPORT_LOG_LEVEL", help="Log to stderr.")] = LogLevel.WARNING,
) -> None:
    """Serve the tools of one or more sources.

    Example: `specport serve digitalocean --read-only`
    """  # fmt: skip
    import asyncio

    for option, given in (("--files", files), ("--save-files", save_files)):
        if given and transport is not Transport.STDIO:
            raise typer.BadParameter("files of this machine are only for stdio clients", param_hint=option)
    log_to_stderr(log_level)
    wanted = Wanted(
        sources=tuple(sources or ()),
        spec=spec,
        base_url=base_url,
        name=name,
        credentials=tuple(credential or ()),
        state=state,
        state_dir=state_dir,
        no_state=no_state,
        overlays=tuple(overlay or ()),
        filters=options.filters_of(include, exclude, deprecated=not no_deprecated),
        allow_private=allow_private,
        follow_references=follow_references,
        read_only=read_only,
        policy=policy,
        approve=approve,
        audit=audit,
        sandbox=sandbox,
        dry_run=dry_run,
        dotted=tool_names is ToolNames.DOTTED,
        schemas=schemas,
        expose=expose,
        description_limit=description_limit,
        files=tuple(files or ()),
        save_files=save_files,
        limits=limits,
        limits_lost=limits_lost,
        manage_sources=manage_sources,
        refresh_every=refresh_every,
        embeddings=embeddings,
    )
    if transport is Transport.STDIO:
        asyncio.run(_serve_stdio(wanted))
    else:
        oauth = guarding.resource_server(token, oauth_issuer, oauth_resource, oauth_audience, tuple(oauth_scope or ()))
        from specport.surfaces.mcp.http import HttpSettings

        sse, hosts = transport is Transport.SSE, tuple(allowed_host or ())
        settings = HttpSettings(host, port, sse=sse, oauth=oauth, allowed_hosts=hosts, is_stateless=stateless)
        asyncio.run(_serve_http(wanted, settings, token))


async def _serve_stdio(wanted: Wanted) -> None:
    from specport.app import App
    from specport.surfaces.mcp.server import McpServer
    from specport.surfaces.mcp.stdio import serve_stdio

    async with App.open(await sources_of(wanted), _settings_of(wanted)) as opened:
        opened.begin("stdio")
        opened.log_problems()
        server = McpServer(opened, folders=wanted.files)
        _settle_memory()
        await serve_stdio(server)


async def _serve_http(wanted: Wanted, settings: HttpSettings, token: str) -> None:
    from specport.app import App
    from specport.surfaces.mcp.http import serve_http
    from specport.surfaces.mcp.server import McpServer

    secret = await guarding.secret_of(token)
    async with (
        App.open(await sources_of(wanted), _settings_of(wanted)) as opened,
        _approvals(wanted) as approvals,
    ):
        opened.begin("sse" if settings.sse else "http")
        opened.log_problems()
        if secret or settings.oauth:
            guarding.check_tokens_stay(opened, "--token" if secret else "--oauth-issuer")
        server = McpServer(opened, approvals=approvals)
        _settle_memory()
        shown = f", {len(opened.listing.tools)} of them listed," if opened.expose is not Expose.ALL else ""
        await serve_http(
            server,
            replace(settings, token=secret),
            lambda url: print(
                f"specport: {opened.count} tools{shown} at {url}  (Ctrl+C ends it)", file=sys.stderr, flush=True
            ),
        )


def _settings_of(wanted: Wanted) -> Settings:
    """As of any command, but that what reading documents takes of memory goes back."""
    return replace(options.settings_of(wanted), reads_apart=True)


@contextlib.asynccontextmanager
async def _approvals(wanted: Wanted) -> AsyncGenerator[Approvals]:
    """Asks people, together with the replicas that share the Redis of --state."""
    from specport.surfaces.mcp.approving import Approvals

    if not wanted.state:
        yield Approvals()
        return
    from specport.executor.redis_nonces import RedisNonces

    async with contextlib.aclosing(RedisNonces(wanted.state)) as nonces:
        yield Approvals(nonces=nonces)


def _settle_memory() -> None:
    """What was made while starting is never garbage: keep the collector away from it, without a last collection."""
    gc.freeze()
    gc.enable()
