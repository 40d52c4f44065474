"""One request -> its answer, on a kept connection. Errors of the HTTP client are translated here, once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from typing import cast

import httpx2

from specport.documents.text import one_line
from specport.errors import UpstreamFailed
from specport.executor.addresses import PORTS, Resolve, address_of
from specport.executor.auth.redaction import Redaction
from specport.executor.decoding import BrokenCoding, codings_of, undone
from specport.executor.faults import reason, unvouched_by, what_to_try
from specport.executor.model import Bounds, Exchange
from specport.executor.outgoing import Answer, Outgoing, PassingFault
from specport.executor.redirects import is_redirect
from specport.executor.streaming import ItemCounter, may_go_on
from specport.requests.model import PreparedRequest

log = logging.getLogger("specport")

MAX_PORT = 65_535

MAX_FAULT = 200
"""Characters of what the HTTP reader says of a broken answer."""

_OWN_HEADERS = (
    ("user-agent", b"User-Agent", b"specport"), ("accept-encoding", b"Accept-Encoding", b"gzip, deflate"),
    ("connection", b"Connection", b"keep-alive"),
)  # fmt: skip
_HAVE_BODIES = frozenset({"POST", "PUT", "PATCH", "QUERY"})
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_BROKEN_OFF = (httpx2.NetworkError, httpx2.RemoteProtocolError)


class Exchanger:
    """Sends requests by a transport, within bounds. `resolver` finds the addresses of guarded hosts."""

    def __init__(
        self,
        bounds: Bounds,
        *,
        transport: httpx2.AsyncBaseTransport | None,
        resolver: Resolve,
        clock: Callable[[], float],
    ) -> None:
        self._bounds = bounds
        self._transport = transport
        self._resolver = resolver
        self._clock = clock
        self._timeout = httpx2.Timeout(bounds.read, connect=bounds.connect).as_dict()

    async def exchange(self, call: Outgoing) -> Answer:
        """The answer. Raises UpstreamFailed where none came, and Denied for a host that is not public."""
        try:
            async with asyncio.timeout(max(0.001, call.ends - self._clock())):
                return await self._exchange(call)
        except (httpx2.HTTPError, httpx2.InvalidURL, BrokenCoding, OSError) as error:
            raise _translated(error, call.request.url, call.redaction) from error

    async def aclose(self) -> None:
        """Close every connection."""
        if self._transport is not None:
            await self._transport.aclose()

    def _connected(self) -> httpx2.AsyncBaseTransport:
        """The transport; its connections are loaded with the first call, and not while a server starts."""
        if self._transport is None:
            from specport.executor.connections import Connections

            self._transport = Connections(self._bounds.connections)
        return self._transport

    async def _exchange(self, call: Outgoing) -> Answer:
        """One request on a pooled connection.

        The transport is used without the client around it, which would add cookies, redirects and proxies of the
        environment, none of which may apply here, and a third of the time.
        """
        request = call.request
        url = httpx2.URL(request.url)
        outgoing = httpx2.Request(
            request.method,
            url,
            headers=_headers(request, url),
            stream=httpx2.ByteStream(request.content or b""),
            extensions={"timeout": self._timeout},
        )
        outgoing.method = request.method  # which the client's class writes in capitals; OAS 3.2 section 4.9 keeps it
        if (outgoing.url.port or 0) > MAX_PORT:
            raise httpx2.InvalidURL(f"the port is over {MAX_PORT}")
        if call.is_guarded:
            await self._pin(outgoing)
        response = await self._connected().handle_async_request(outgoing)
        received = dict(response.headers.items())
        try:
            body, left = await self._read(response, received, call)
        finally:
            await response.aclose()
        if log.isEnabledFor(logging.INFO):
            log.info("%s %s answered %d", request.method, call.redaction.text(request.url), response.status_code)
        headers = call.redaction.headers(received.items())
        exchange = Exchange(response.status_code, headers, call.redaction.body(body), left=left)
        return Answer(exchange, received["location"] if is_redirect(exchange.status, headers) else "")

    async def _pin(self, outgoing: httpx2.Request) -> None:
        """Send the request to an address of its host that was found to be public, whatever the name says next."""
        url, host = outgoing.url, outgoing.url.raw_host.decode()
        port = url.port or PORTS.get(url.scheme, 0)
        address = await address_of(host, port, self._resolver, allow_private=False)
        outgoing.url = url.copy_with(host=address)
        outgoing.extensions = {**outgoing.extensions, "sni_hostname": host}

    async def _read(self, response: httpx2.Response, headers: Mapping[str, str], call: Outgoing) -> tuple[bytes, str]:
        """The decoded body, at most `Bounds.body` bytes; of a stream its start, and after what it was left."""
        if may_go_on(headers):
            return await self._read_start(response, headers, within=0.9 * (call.ends - self._clock()))
        cap = call.cap
        chunks: list[bytes] = []
        size = 0
        async for chunk in _decoded(response, headers):
            size += len(chunk)
            if size > cap:
                raise UpstreamFailed(
                    f"{origin_text(call.request.url)} answered more than {cap:,} bytes",
                    hint="Ask for less: a filter, a smaller page",
                )
            chunks.append(chunk)
        return (chunks[0] if len(chunks) == 1 else b"".join(chunks)), ""

    async def _read_start(
        self, response: httpx2.Response, headers: Mapping[str, str], *, within: float
    ) -> tuple[bytes, str]:
        """What a stream brings before a bound is reached or it breaks off; an error only where it brought nothing."""
        bounds = self._bounds
        counter = ItemCounter(headers.get("content-type", ""))
        seconds = max(0.001, min(bounds.stream_time, within))
        chunks: list[bytes] = []
        left = ""
        try:
            async with asyncio.timeout(seconds):
                async for chunk in _decoded(response, headers):
                    counter.take(chunk)
                    chunks.append(chunk)
                    if counter.items >= bounds.stream_items or counter.size >= bounds.stream_body:
                        left = f"{counter.items:,} items, {counter.size:,} bytes"
                        break
        except TimeoutError:
            left = f"{seconds:.3g} s"
        except (*_BROKEN_OFF, httpx2.TimeoutException):
            if not chunks:
                raise
            left = "its connection broke off"
        return b"".join(chunks), left


def _decoded(response: httpx2.Response, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
    """The pieces of a body as they were before its content encodings. Raises BrokenCoding."""
    raw = cast("AsyncIterable[bytes]", response.stream)
    return undone(raw, codings_of(headers.get("content-encoding", "")))


def _headers(request: PreparedRequest, url: httpx2.URL) -> list[tuple[bytes, bytes]]:
    """What every request says, but for what this one says itself; and that.

    One without a body says that it has none where its method would let expect one (RFC 9110 section 8.6).
    """
    said = {name.lower() for name, _ in request.headers}
    length = len(request.content or b"")
    own = (("host", b"Host", url.netloc), *_OWN_HEADERS)
    headers = [(name, value) for key, name, value in own if key not in said]
    headers += [(name.encode(), value.encode()) for name, value in request.headers]
    if (length or request.method.upper() in _HAVE_BODIES) and said.isdisjoint(_FRAMING):
        headers.append((b"Content-Length", b"%d" % length))
    return headers


def _translated(error: Exception, url: str, redaction: Redaction) -> UpstreamFailed:
    """The client's error in our words, and whether another attempt may do better."""
    origin = origin_text(url)
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        kind = PassingFault if isinstance(error, httpx2.ConnectTimeout) else UpstreamFailed
        failure = kind(f"{origin} did not answer in time", hint="Try again later")
    elif isinstance(error, httpx2.ConnectError | OSError):
        kind = UpstreamFailed if unvouched_by(error) else PassingFault
        failure = kind(f"cannot connect to {origin}: {redaction.text(reason(error))}", hint=what_to_try(error))
    elif isinstance(error, httpx2.InvalidURL):
        failure = UpstreamFailed(f"the URL of the call cannot be used: {redaction.text(str(error))}")
    elif isinstance(error, BrokenCoding):
        failure = UpstreamFailed(f"{origin} answered with {redaction.text(str(error))}")
    else:
        kind = PassingFault if isinstance(error, _BROKEN_OFF) else UpstreamFailed
        failure = kind(f"the exchange with {origin} broke off: {_fault(error, redaction)}")
    return failure


def _fault(error: Exception, redaction: Redaction) -> str:
    """What was wrong, without the bytes of the answer that the HTTP reader may repeat behind a colon."""
    said, _, _ = redaction.text(str(error)).partition(": ")
    return one_line(said, MAX_FAULT) or type(error).__name__


def origin_text(url: str) -> str:
    """Scheme, host and port: all of a URL that is safe to show."""
    try:
        parts = httpx2.URL(url)
    except httpx2.InvalidURL:
        return "the API"
    return f"{parts.scheme}://{parts.netloc.decode('ascii', 'replace')}"
