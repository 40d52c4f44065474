"""A raw load over HTTP/1.1: MCP tool calls on kept connections, read only as far as their length."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Mapping
from enum import Enum
from urllib.parse import urlsplit

MODERN = "2026-07-28"
LEGACY = "2025-11-25"

ANSWER_SECONDS = 60.0
"""Longest wait for one answer."""

_FIRST_ID = 1_000_000_000
"""Ids have ten digits, so that a request stays as long as it is."""


class Mode(Enum):
    """What kind of client is played."""

    STATELESS = MODERN
    LEGACY = LEGACY


class BadAnswer(Exception):
    """The server did not answer a call with a result."""


class Load:
    """Calls of one tool at one server."""

    def __init__(self, url: str, params: Mapping[str, object], mode: Mode) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname or "", parts.port or 80, parts.path
        self._params = params
        self._mode = mode
        self._ids = itertools.count(_FIRST_ID + 1)

    async def run(self, calls: int, width: int) -> float:
        """Calls a second, with `width` connections that each have one call under way."""
        session = await self._session() if self._mode is Mode.LEGACY else ""
        call = self._call(session)
        connections = [await asyncio.open_connection(self._host, self._port) for _ in range(width)]
        shares = [calls // width + (number < calls % width) for number in range(width)]
        started = time.perf_counter()
        await asyncio.gather(
            *(self._repeat(*pair, call, share) for pair, share in zip(connections, shares, strict=True))
        )
        elapsed = time.perf_counter() - started
        for _, writer in connections:
            writer.close()
        return calls / elapsed

    def _call(self, session: str) -> bytes:
        params = dict(self._params)
        more = {"Mcp-Session-Id": session} if session else {}
        if self._mode is Mode.STATELESS:
            params["_meta"] = {
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientInfo": {"name": "specport-bench", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            }
            more = {"Mcp-Method": "tools/call", "Mcp-Name": str(self._params["name"])}
        return self._request({"jsonrpc": "2.0", "id": _FIRST_ID, "method": "tools/call", "params": params}, more)

    def _request(self, message: Mapping[str, object], more: Mapping[str, str]) -> bytes:
        body = json.dumps(message).encode()
        headers = {
            "Host": f"{self._host}:{self._port}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": self._mode.value,
            "Content-Length": str(len(body)),
            **more,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {self._path} HTTP/1.1\r\n{head}\r\n".encode() + body

    async def _session(self) -> str:
        """The id of a session that a 2025-11-25 client opens."""
        client = {"name": "specport-bench", "version": "1"}
        params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client}
        opening = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}
        reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(self._request(opening, {}))
        head, _ = await read_answer(reader)
        session = head.lower().partition(b"mcp-session-id: ")[2].partition(b"\r\n")[0].decode()
        opened = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        writer.write(self._request(opened, {"Mcp-Session-Id": session}))
        await read_answer(reader)
        writer.close()
        return session

    async def _repeat(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, call: bytes, times: int
    ) -> None:
        """One call after the other, each with an id of its own, which a session needs."""
        for _ in range(times):
            writer.write(call.replace(str(_FIRST_ID).encode(), str(next(self._ids)).encode()))
            async with asyncio.timeout(ANSWER_SECONDS):
                _, body = await read_answer(reader)
            if b'"result"' not in body or b'"isError":true' in body.replace(b" ", b""):
                raise BadAnswer(body[:500])


async def read_answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head and body of one answer, by its length or in chunks."""
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    if b"transfer-encoding: chunked" not in lower:
        length = int(lower.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        return head, await reader.readexactly(length)
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return head, body
