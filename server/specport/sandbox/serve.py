"""A sandbox on a loopback port, served in the current event loop for as long as a `with` block lasts."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Generator

import uvicorn
from starlette.types import ASGIApp

from specport.errors import SourceError

HOST = "127.0.0.1"
"""Nothing outside this machine reaches a sandbox."""

MAX_START = 5.0
"""Seconds the server may take to listen."""

MAX_STOP = 0.15
"""Seconds that answers under way are given before their connections are cut."""

_TICK = 0.005


@contextlib.asynccontextmanager
async def serve_sandbox(app: ASGIApp) -> AsyncGenerator[str]:
    """Serve `app` on a free port and yield its base URL, `http://127.0.0.1:PORT`.

    No signal handler is installed; warnings go to stderr, accesses nowhere. Raises SourceError when it cannot listen.
    """
    listener = _listener()
    try:
        server = _server(app)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await _started(server, running)
            yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            await _stopped(server, running)
    finally:
        listener.close()


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none."""
        yield


def _listener() -> socket.socket:
    # named as TCP because asyncio turns Nagle's delay (40 ms a request) off only then
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.bind((HOST, 0))
    except OSError as error:
        listener.close()
        raise SourceError(f"the sandbox cannot listen on {HOST}: {error.strerror or error}") from error
    return listener


def _server(app: ASGIApp) -> uvicorn.Server:
    config = uvicorn.Config(
        app, http="h11", ws="none", lifespan="off", log_config=None, log_level="warning", access_log=False,
        timeout_graceful_shutdown=1, server_header=False,
    )  # fmt: skip
    return _Server(config)


async def _started(server: uvicorn.Server, running: asyncio.Task[None]) -> None:
    deadline = asyncio.get_running_loop().time() + MAX_START
    while not server.started:
        if running.done() or asyncio.get_running_loop().time() > deadline:
            raise SourceError("the sandbox did not start to listen")
        await asyncio.sleep(_TICK)


async def _stopped(server: uvicorn.Server, running: asyncio.Task[None]) -> None:
    """End the server: politely, then by force. A cancellation meanwhile is obeyed once it has ended."""
    server.should_exit = True
    force = asyncio.get_running_loop().call_later(MAX_STOP, _force, server)
    cancelled: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait({running})
        except asyncio.CancelledError as error:
            cancelled = error
    force.cancel()
    if cancelled is not None:
        raise cancelled


def _force(server: uvicorn.Server) -> None:
    server.force_exit = True
    for connection in list(server.server_state.connections):
        connection.transport.abort()
