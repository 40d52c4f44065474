"""MCP over HTTP: Streamable HTTP at `/mcp`, or the legacy SSE pair at `/sse` and `/messages/`.

Binds loopback unless told otherwise; off loopback a bearer token is required and the allowed Host names are named.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import signal
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from mcp.server.sse import SseServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from specport.errors import SourceError
from specport.sources.background import running
from specport.surfaces.mcp.gate import BearerGate
from specport.surfaces.mcp.resource_server import ResourceServer
from specport.surfaces.mcp.server import McpServer
from specport.surfaces.mcp.streamable import StreamableHttp, health
from specport.web import WebServer, listen

MAX_REQUEST_BYTES = 16 * 1024 * 1024
"""Largest request body accepted."""

STOP_SECONDS = 0.5
"""How long open connections may take to end once the server is told to stop."""


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Where and for whom to serve. `token` is what callers must present as a bearer token, if anything.

    `oauth`: they bring tokens of their own from an authorization server instead.
    `is_stateless`: older clients get no session, so that any replica can answer each of their requests.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    sse: bool = False
    token: str = ""
    oauth: ResourceServer | None = None
    allowed_hosts: tuple[str, ...] = ()
    is_stateless: bool = False

    def __repr__(self) -> str:
        return f"HttpSettings(host={self.host!r}, port={self.port!r}, sse={self.sse!r})"


async def serve_http(server: McpServer, settings: HttpSettings, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, then stop within about STOP_SECONDS.

    `announce` gets the URL once the server listens there.
    """
    if not settings.token and not settings.oauth and not is_loopback(settings.host):
        raise SourceError(
            f"serving on {settings.host} needs a bearer token",
            hint="Give --token env:NAME, or --oauth-issuer and --oauth-resource, or bind 127.0.0.1",
        )
    with contextlib.closing(listen(settings.host, settings.port)) as listener:
        async with _application(server, settings) as app:
            web = WebServer(app)
            loop = asyncio.get_running_loop()

            def stop() -> None:
                server.close()
                web.should_exit = True
                logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # connections are cut on purpose now
                loop.call_later(STOP_SECONDS, web.cut)

            for name in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(name, stop)
            announce(_url(settings, listener.getsockname()[1]))
            await web.serve(sockets=[listener])


def _url(settings: HttpSettings, port: int) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{port}{'/sse' if settings.sse else '/mcp'}"


@contextlib.asynccontextmanager
async def _application(server: McpServer, settings: HttpSettings) -> AsyncGenerator[ASGIApp]:
    """The ASGI application: the chosen transport and `/health`, behind the bearer token if there is one."""
    security = _security(settings)
    async with contextlib.AsyncExitStack() as stack:
        if settings.sse:
            app = _sse_app(server, security)
        else:
            answers = _streamable(server, security, settings, json_response=True)
            streams = _streamable(server, security, settings, json_response=False)
            for manager in (answers, streams):
                await stack.enter_async_context(manager.run())
            app = StreamableHttp(answers.handle_request, streams.handle_request)
        if settings.oauth:
            from specport.surfaces.mcp.oauth import Gate, Keys  # cryptography takes a while to import

            keys = Keys(settings.oauth.issuer)
            await stack.enter_async_context(running(keys.ask(), "the authorization server's keys were not asked for"))
            yield Gate(app, settings.oauth, keys)
        else:
            yield BearerGate(app, settings.token) if settings.token else app


def _streamable(
    server: McpServer, security: TransportSecuritySettings, settings: HttpSettings, *, json_response: bool
) -> StreamableHTTPSessionManager:
    return StreamableHTTPSessionManager(
        server.lowlevel,
        json_response=json_response,
        stateless=settings.is_stateless,
        security_settings=security,
        max_request_body_size=MAX_REQUEST_BYTES,
    )


def _sse_app(server: McpServer, security: TransportSecuritySettings) -> Starlette:
    transport = SseServerTransport("/messages/", security_settings=security, max_request_body_size=MAX_REQUEST_BYTES)

    async def connect(request: Request) -> Response:
        streams = transport.connect_sse(request.scope, request.receive, request._send)  # pyright: ignore[reportPrivateUsage]  # as the SDK documents it
        async with streams as (incoming, outgoing):
            await server.lowlevel.run(incoming, outgoing, server.options)
        return Response()

    return Starlette(
        routes=[
            Route("/sse", connect, methods=["GET"]),
            Mount("/messages/", app=transport.handle_post_message),
            Route("/health", health),
        ]
    )


def _security(settings: HttpSettings) -> TransportSecuritySettings:
    """The Host and Origin names that are answered, against DNS rebinding."""
    names = ["127.0.0.1", "localhost", "[::1]", settings.host, *settings.allowed_hosts]
    names += [settings.oauth.host] if settings.oauth else []
    hosts = [form for name in dict.fromkeys(names) for form in (name, f"{name}:*")]
    origins = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
    return TransportSecuritySettings(enable_dns_rebinding_protection=True, allowed_hosts=hosts, allowed_origins=origins)


def is_loopback(host: str) -> bool:
    """Whether a bind address only takes connections from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
