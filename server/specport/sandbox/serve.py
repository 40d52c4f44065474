"""A sandbox on a loopback port, served in the current event loop for as long as a `with` block lasts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from starlette.types import ASGIApp

from specport.errors import SourceError
from specport.web import WebServer, listen

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
    listener = listen(HOST, 0)
    try:
        server = WebServer(app)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await _started(server, running)
            yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            await _stopped(server, running)
    finally:
        listener.close()


async def _started(server: WebServer, running: asyncio.Task[None]) -> None:
    deadline = asyncio.get_running_loop().time() + MAX_START
    while not server.started:
        if running.done() or asyncio.get_running_loop().time() > deadline:
            raise SourceError("the sandbox did not start to listen")
        await asyncio.sleep(_TICK)


async def _stopped(server: WebServer, running: asyncio.Task[None]) -> None:
    """End the server: politely, then by force. A cancellation meanwhile is obeyed once it has ended."""
    server.should_exit = True
    force = asyncio.get_running_loop().call_later(MAX_STOP, server.cut)
    cancelled: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait({running})
        except asyncio.CancelledError as error:
            cancelled = error
    force.cancel()
    if cancelled is not None:
        raise cancelled
