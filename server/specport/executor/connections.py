"""Kept connections to the origins of all sources, the one used last taken first.

The HTTP client's own pool looks at every connection it has, twice a request; here a free one is at hand.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Generator, MutableMapping
from contextlib import contextmanager
from typing import TypeAlias, cast

import httpcore2
import httpx2

from specport.executor.network import AsyncioBackend

IDLE_SECONDS = 5.0
"""How long a connection without a request is kept; some servers close theirs after that."""

_SCHEMES = frozenset({"http", "https"})
_ENGINE_ERRORS = (
    httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol,
)  # fmt: skip

Place: TypeAlias = tuple[bytes, bytes, int | None, str]
"""Scheme, host and port that are connected to, and the name that the certificate must have, where it is another."""


class Connections(httpx2.AsyncBaseTransport):
    """At most `most` exchanges at a time; further ones wait for their turn. Errors are those of `httpx2`."""

    def __init__(self, most: int, *, context: Callable[[], ssl.SSLContext] | None = None) -> None:
        """`context` makes the TLS context at the first https call: loading certificates takes time."""
        self._room = asyncio.Semaphore(most)
        self._make_context = context or verifying
        self._context: ssl.SSLContext | None = None
        self._idle: dict[Place, list[httpcore2.AsyncHTTPConnection]] = {}
        self._backend = AsyncioBackend()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, whose body is read from its connection: close it, and the connection is free again."""
        url = request.url
        extensions = cast("MutableMapping[str, object]", request.extensions)
        if url.scheme not in _SCHEMES:
            raise httpx2.UnsupportedProtocol("the URL is not http or https")
        target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        place = (url.raw_scheme, url.raw_host, url.port, str(extensions.get("sni_hostname", "")))
        outgoing = httpcore2.Request(
            request.method, target, headers=request.headers.raw, content=request.stream, extensions=extensions
        )
        await self._room.acquire()
        lease = _Lease(self, place)
        try:
            with _translated():
                lease.connection = await self._take(place, target.origin)
                answer = await lease.connection.handle_async_request(outgoing)
        except BaseException:
            await lease.aclose()
            raise
        lease.answer = answer
        return httpx2.Response(answer.status, headers=answer.headers, stream=lease)

    async def aclose(self) -> None:
        """Close those that are idle; those under way close with their answers."""
        for idle in self._idle.values():
            for connection in idle:
                await connection.aclose()
        self._idle.clear()

    async def give_back(self, place: Place, connection: httpcore2.AsyncHTTPConnection | None) -> None:
        """The exchange on this connection is over: keep it for the next one if it can be used again."""
        self._room.release()
        if connection is None:
            return
        if not connection.is_idle() or connection.is_closed():
            await connection.aclose()
            return
        idle = self._idle.setdefault(place, [])
        idle.append(connection)
        while len(idle) > 1 and idle[0].has_expired():
            await idle.pop(0).aclose()

    async def _take(self, place: Place, origin: httpcore2.Origin) -> httpcore2.AsyncHTTPConnection:
        idle = self._idle.get(place)
        while idle:
            connection = idle.pop()
            if not connection.has_expired():
                return connection
            await connection.aclose()
        if origin.scheme == b"https" and self._context is None:
            self._context = self._make_context()
        return httpcore2.AsyncHTTPConnection(
            origin, ssl_context=self._context, keepalive_expiry=IDLE_SECONDS, network_backend=self._backend
        )


class _Lease(httpx2.AsyncByteStream):
    """A connection for the time of one exchange, and the body that is read from it."""

    def __init__(self, connections: Connections, place: Place) -> None:
        self._connections: Connections | None = connections
        self._place = place
        self.connection: httpcore2.AsyncHTTPConnection | None = None
        self.answer: httpcore2.Response | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert self.answer
        with _translated():
            async for part in self.answer.aiter_stream():
                yield part

    async def aclose(self) -> None:
        connections, self._connections = self._connections, None
        if connections is None:
            return
        try:
            if self.answer is not None:
                await self.answer.aclose()
        finally:
            await connections.give_back(self._place, self.connection)


@contextmanager
def _translated() -> Generator[None]:
    """The engine's errors as those of the client, which have the same names."""
    try:
        yield
    except _ENGINE_ERRORS as error:
        raise getattr(httpx2, type(error).__name__)(str(error)) from error


def verifying() -> ssl.SSLContext:
    """Certificates are good that the system trusts; where `SSL_CERT_FILE` or `SSL_CERT_DIR` is set, those it names.

    Other tools know the variables too, and so has the operator whose API has an authority of its own. Raises OSError.
    """
    try:
        return httpx2.create_ssl_context()
    except OSError as error:
        reason = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise OSError(f"the file of SSL_CERT_FILE cannot be used: {reason}") from error
