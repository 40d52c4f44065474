"""TCP and TLS connections on asyncio itself, for the HTTP client's engine.

The engine's own backend puts anyio between, which takes a fifth of a call's processor time (`bench/http_load.py`).
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore2

MAX_UNREAD = 256 * 1024
"""Bytes that came and were not asked for yet, above which the peer is made to wait."""

_INFO = {"ssl_object": "ssl_object", "client_addr": "sockname", "server_addr": "peername", "socket": "socket"}


class AsyncioBackend(httpcore2.AsyncNetworkBackend):
    """Connections of the running event loop."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the engine's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first address of the host that answers (RFC 8305)."""
        del local_address, socket_options  # never given here
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                _, stream = await loop.create_connection(AsyncioStream, host, port, happy_eyeballs_delay=0.25)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        return stream

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class AsyncioStream(asyncio.Protocol, httpcore2.AsyncNetworkStream):
    """One connection: what came is held until it is read, at most about MAX_UNREAD bytes."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._unread = bytearray()
        self._is_held = False
        self._has_ended = False
        self._error: Exception | None = None
        self._reading: asyncio.Future[None] | None = None
        self._writing: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._unread += data
        if len(self._unread) > MAX_UNREAD and not self._is_held:
            self._is_held = True
            self._connected().pause_reading()
        _wake(self._reading)

    def eof_received(self) -> bool:
        """Called by the event loop; the connection ends with that."""
        self._has_ended = True
        _wake(self._reading)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._has_ended = True
        self._error = exc
        _wake(self._reading)
        _wake(self._writing)

    def pause_writing(self) -> None:
        """Called by the event loop."""
        self._writing = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """Called by the event loop."""
        _wake(self._writing)
        self._writing = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """What came, at most so many bytes; nothing once the peer has ended."""
        if not self._unread and not self._has_ended:
            self._reading = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(timeout):
                    await self._reading
            except TimeoutError as error:
                raise httpcore2.ReadTimeout(str(error)) from error
            finally:
                self._reading = None
        if not self._unread and self._error:
            raise httpcore2.ReadError(str(self._error)) from self._error
        data = bytes(self._unread[:max_bytes])
        del self._unread[:max_bytes]
        if self._is_held and len(self._unread) <= MAX_UNREAD // 2 and not self._has_ended:
            self._is_held = False
            self._connected().resume_reading()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Send bytes, waiting while the peer takes no more."""
        transport = self._connected()
        if self._has_ended or transport.is_closing():
            raise httpcore2.WriteError("the connection is closed")
        transport.write(buffer)
        if self._writing:
            try:
                async with asyncio.timeout(timeout):
                    await self._writing
            except TimeoutError as error:
                raise httpcore2.WriteTimeout(str(error)) from error
            if self._error:
                raise httpcore2.WriteError(str(self._error)) from self._error

    async def aclose(self) -> None:
        """Close at once: what TLS would still say to a peer is not waited for."""
        self._connected().abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore2.AsyncNetworkStream:
        """The same connection with TLS on it; it is closed where that fails."""
        loop = asyncio.get_running_loop()
        transport = self._connected()
        try:
            async with asyncio.timeout(timeout):
                secured = await loop.start_tls(transport, self, ssl_context, server_hostname=server_hostname)
        except BaseException as error:
            transport.abort()
            if isinstance(error, TimeoutError):
                raise httpcore2.ConnectTimeout(str(error)) from error
            if isinstance(error, OSError):  # of which those of TLS are some
                raise httpcore2.ConnectError(str(error)) from error
            raise
        if secured is None:
            raise httpcore2.ConnectError("the connection was closed")
        self._transport = secured
        return self

    def get_extra_info(self, info: str) -> Any:  # whatever the event loop has
        """`is_readable` is whether an idle connection is of no use any more."""
        if info == "is_readable":
            return self._has_ended or bool(self._unread) or _is_readable(self._connected().get_extra_info("socket"))
        return self._connected().get_extra_info(_INFO[info]) if info in _INFO else None

    def _connected(self) -> asyncio.Transport:
        assert self._transport
        return self._transport


def _is_readable(connection: socket.socket) -> bool:
    """Whether something came, an end too, that the event loop has not seen yet."""
    if connection.fileno() < 0:
        return True
    if not hasattr(select, "poll"):  # Windows, whose select takes any number of descriptors
        return bool(select.select([connection], [], [], 0)[0])
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting and not waiting.done():
        waiting.set_result(None)
