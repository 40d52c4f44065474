"""Streamable HTTP at `/mcp`: each era to the transport that costs it least.

A stateless request (MCP 2026-07-28) is answered with one JSON body, which takes half the work of a stream that nothing
but the answer is sent on; one that asks for progress gets the stream. Older clients keep a session, whose streams carry
what the server asks them meanwhile.
"""

from __future__ import annotations

import asyncio

from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH = "/mcp"

_PROGRESS = b'"progressToken"'
_STREAM = b"text/event-stream"
_VERSION_HEADER = b"mcp-protocol-version"
_HANDSHAKE_VERSIONS = frozenset(version.encode() for version in HANDSHAKE_PROTOCOL_VERSIONS)


async def health(request: Request) -> Response:
    """That the server runs."""
    del request
    return JSONResponse({"status": "ok"})


class StreamableHttp:
    """The ASGI application: `answers` gives one body; `streams` serves sessions and who asks for progress."""

    def __init__(self, answers: ASGIApp, streams: ASGIApp) -> None:
        self._answers = answers
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        if scope["path"] == PATH:
            if _is_stateless(scope):
                first = await receive()
                app = self._streams if _asks_for_progress(scope, first) else self._answers
                await _while_connected(app, scope, _after(first, receive), send)
            else:
                await self._streams(scope, receive, send)
        elif scope["path"] == "/health":
            await (await health(Request(scope)))(scope, receive, send)
        else:
            await JSONResponse({"error": f"nothing is served here; MCP is at {PATH}"}, 404)(scope, receive, send)


def _is_stateless(scope: Scope) -> bool:
    """Whether a request names a protocol version without a handshake; one that names none is of an older client."""
    version = next((value for name, value in scope["headers"] if name == _VERSION_HEADER), None)
    return version is not None and version not in _HANDSHAKE_VERSIONS


def _asks_for_progress(scope: Scope, first: Message) -> bool:
    """Whether a request says in the first part of its body that it wants progress, and takes a stream."""
    accepts = (value for name, value in scope["headers"] if name == b"accept")
    return _PROGRESS in first.get("body", b"") and any(_STREAM in value for value in accepts)


def _after(first: Message, receive: Receive) -> Receive:
    """A request whose first message was received already."""
    waiting = [first]

    async def receiving() -> Message:
        return waiting.pop() if waiting else await receive()

    return receiving


async def _while_connected(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request, and give up where its client goes away first."""
    serving = asyncio.current_task()
    assert serving
    watching: asyncio.Task[None] | None = None
    is_gone = False

    async def watch() -> None:
        nonlocal is_gone
        while (await receive())["type"] != "http.disconnect":
            pass
        is_gone = True
        serving.cancel()

    async def body() -> Message:
        nonlocal watching
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body") and watching is None:
            watching = asyncio.create_task(watch())
        return message

    try:
        await app(scope, body, send)
    except asyncio.CancelledError:
        if not is_gone or serving.uncancel():
            raise
    finally:
        if watching:
            watching.cancel()
