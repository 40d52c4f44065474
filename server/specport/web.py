"""A uvicorn server in the current event loop, as the sandbox and MCP over HTTP both need it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Generator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from specport.errors import SourceError

BACKLOG = 2048
"""Connections that may wait to be accepted."""


class _Protocol(H11Protocol):
    """HTTP/1.1 that sends the head and the body of an answer together, in half the system calls."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Called by the event loop."""
        super().connection_made(_Gathering(transport))


class _Gathering(asyncio.Transport):
    """A transport that writes once what is written in one turn of the event loop."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._written: list[bytes] = []
        self._loop = asyncio.get_running_loop()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes at the end of this turn."""
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(bytes(data))

    def close(self) -> None:
        """Close once everything is sent."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._written.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether it is closed, or will be."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """Let the peer wait."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take what the peer sends."""
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: object = None) -> object:
        """What the event loop knows of the connection."""
        return self._transport.get_extra_info(name, default)

    def _send(self) -> None:
        data, self._written = b"".join(self._written), []
        if data and not self._transport.is_closing():
            self._transport.write(data)


class WebServer(uvicorn.Server):
    """A server of one application that leaves the process's signals to whoever runs it, and logs no accesses."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                lifespan="off",
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
