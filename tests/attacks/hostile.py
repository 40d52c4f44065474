"""Servers that answer whatever bytes a test wants, and an Internet of names and addresses that leads to them."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Self

import pytest

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]
"""What is written to the connection, which is closed after it."""

FINE = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"fine": true}'


def answering(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """An answer as it stands on the wire; header lines as text, one byte for each character."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", "")
    return "\r\n".join(lines).encode("latin-1") + body


class Hostile:
    """A server on a loopback port: `answers` by path, FINE for every other one. `received` has each request whole."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.received: list[bytes] = []
        self.port = 0
        self._open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._answer(reader, writer):
                pass
        self._open.discard(writer)
        if not writer.transport.is_closing():  # a client that hung up has left nothing to abort
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        self.received.append(head + await reader.readexactly(int(length[1]) if length else 0))
        path = head.split(b" ")[1].partition(b"?")[0].decode("latin-1")
        answer = self.answers.get(path, FINE)
        if callable(answer):
            await answer(writer)
            return False
        writer.write(answer)
        await writer.drain()
        if answer is not FINE:
            writer.close()
            await writer.wait_closed()
        return answer is FINE


class Internet:
    """Names with their addresses, and addresses with the servers at them. Nothing else can be reached but loopback.

    A name gives its addresses one look-up after the other, the last one for ever. `contacted` is what was connected to.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._names: dict[str, list[str]] = {}
        self._servers: dict[str, Hostile] = {}
        self._real_look_up = socket.getaddrinfo
        self._real_connect = asyncio.BaseEventLoop.create_connection
        self.contacted: list[str] = []
        internet = self

        async def connect(
            loop: asyncio.BaseEventLoop, made: Any, host: Any = None, port: Any = None, **more: Any
        ) -> Any:
            where = internet._server(host, port)
            return await internet._real_connect(loop, made, *where, **more)

        patch.setattr(socket, "getaddrinfo", self._look_up)
        patch.setattr(asyncio.BaseEventLoop, "create_connection", connect)

    def place(self, name: str, *addresses: str, server: Hostile | None = None) -> str:
        """A name with these addresses, the first of which leads to the server. Gives the name's URL."""
        self._names[name] = list(addresses)
        if server:
            self._servers[addresses[0]] = server
        return f"http://{name}"

    def _look_up(self, host: Any, port: Any, *more: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name in self._names:
            addresses = self._names[name]
            found = addresses.pop(0) if len(addresses) > 1 else addresses[0]
            return self._real_look_up(found, port, *more, **named)
        try:
            socket.inet_aton(name)
        except OSError:
            with contextlib.suppress(ValueError):
                ipaddress.ip_address(name.partition("%")[0])
                return self._real_look_up(name, port, *more, **named)
            if name == "localhost":
                return self._real_look_up(name, port, *more, **named)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
        return self._real_look_up(name, port, *more, **named)

    def _server(self, host: Any, port: Any) -> tuple[str, int]:
        """Where a connection really goes."""
        address = self._look_up(host, port)[0][4][0] if host in self._names else host
        self.contacted.append(address)
        if address in self._servers:
            return "127.0.0.1", self._servers[address].port
        if ipaddress.ip_address(self._look_up(address, port)[0][4][0]).is_loopback:
            return host, port
        raise ConnectionRefusedError(111, f"nobody is at {address}")
