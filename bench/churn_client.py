"""A raw MCP client over HTTP/1.1 on one kept connection, of either era: what `churn.py` has fifty of."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from http_load import ANSWER_SECONDS, LEGACY, MODERN, read_answer

_INFO = {"name": "specport-churn", "version": "1"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request got: a result, or the message of a JSON-RPC error."""

    result: Mapping[str, Any]
    error: str = ""

    @property
    def text(self) -> str:
        """The error of either kind, "" where it went well."""
        if self.error:
            return self.error
        return str(self.result["content"][0]["text"]) if self.result.get("isError") else ""


class RawClient:
    """Requests one after the other; `legacy`: in a session of 2025-11-25, else stateless ones of 2026-07-28."""

    def __init__(self, url: str, *, legacy: bool) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname or "", parts.port or 80, parts.path
        self._legacy = legacy
        self._session = ""
        self._ids = itertools.count(1)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def open(self) -> None:
        """Connect, and open a session where there is to be one."""
        if not self._legacy:
            return
        params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": _INFO}
        head, _ = await self._send({"id": 0, "method": "initialize", "params": params})
        self._session = head.lower().partition(b"mcp-session-id: ")[2].partition(b"\r\n")[0].decode()
        await self._send({"method": "notifications/initialized"})

    def close(self) -> None:
        """Drop the connection."""
        if self._streams:
            self._streams[1].close()

    async def call(self, name: str, arguments: Mapping[str, object]) -> Answer:
        """What a tool answers."""
        return await self.ask("tools/call", {"name": name, "arguments": arguments}, name)

    async def ask(self, method: str, params: Mapping[str, Any], name: str = "") -> Answer:
        """What the server answers to a request. Raises ValueError for what is no answer to it."""
        number = next(self._ids)
        named = {"Mcp-Method": method, **({"Mcp-Name": name} if name else {})}
        if not self._legacy:
            meta = {"protocolVersion": MODERN, "clientInfo": _INFO, "clientCapabilities": {}}
            params = {**params, "_meta": {f"io.modelcontextprotocol/{key}": value for key, value in meta.items()}}
        async with asyncio.timeout(ANSWER_SECONDS):
            _, body = await self._send({"id": number, "method": method, "params": params}, named)
        message = next((each for each in _messages(body) if each.get("id") == number), None)
        if message is None or not ("result" in message or "error" in message):
            raise ValueError(f"no answer to {method}: {body[:200]!r}")
        return Answer(message.get("result", {}), message.get("error", {}).get("message", ""))

    async def _send(self, message: Mapping[str, Any], named: Mapping[str, str] | None = None) -> tuple[bytes, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=2**24)
        reader, writer = self._streams
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        headers = {
            "Host": f"{self._host}:{self._port}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": LEGACY if self._legacy else MODERN,
            "Content-Length": str(len(body)),
            **({"Mcp-Session-Id": self._session} if self._session else {}),
            **({} if self._legacy else named or {}),
        }
        head = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
        writer.write(f"POST {self._path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        return await read_answer(reader)


def _messages(body: bytes) -> list[Mapping[str, Any]]:
    """The JSON-RPC messages of a body: one of JSON, or those of an event stream."""
    if body.startswith(b"{"):
        return [json.loads(body)]
    data = (line.removeprefix(b"data:") for line in body.splitlines() if line.startswith(b"data:"))
    return [json.loads(line) for line in data if line.strip()]
