"""A uvicorn server in the current event loop, as the sandbox and MCP over HTTP both need it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Generator

import uvicorn
from starlette.types import ASGIApp

from specport.errors import SourceError

BACKLOG = 2048
"""Connections that may wait to be accepted."""


class WebServer(uvicorn.Server):
    """A server of one application that leaves the process's signals to whoever runs it, and logs no accesses."""

    def __init__(self, app: ASGIApp, *, lifespan: bool) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                lifespan="on" if lifespan else "off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield

    def cut(self) -> None:
        """End at once: what is still open is not waited for."""
        self.force_exit = True
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises SourceError when the address cannot be had."""
    # named as TCP because asyncio turns Nagle's delay (40 ms a request) off only then
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SourceError(
            f"cannot listen on {host}:{port}: {error.strerror or error}", hint="Choose another port with --port"
        ) from error
    return listener
