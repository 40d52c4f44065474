"""PreparedRequest -> Exchange: limits, credentials, attempts, one shared HTTP client.

This is the only module that uses the HTTP client for calls. Errors of the client are translated here, once.
"""

from __future__ import annotations

import asyncio
import email.utils
import logging
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import httpx2

from specport.errors import RateLimited, UpstreamFailed
from specport.executor.addresses import Resolve, address_of, resolve
from specport.executor.auth.logins import Logins
from specport.executor.auth.oauth import MAX_TOKEN_ANSWER
from specport.executor.auth.placing import authorize
from specport.executor.auth.redaction import Redaction
from specport.executor.auth.secret import Secret
from specport.executor.auth.tokens import Tokens
from specport.executor.auth.wallet import Headers, Wallet
from specport.executor.connections import Connections
from specport.executor.learning import quotas_of
from specport.executor.model import Channel, Exchange, Limit
from specport.executor.shared import Ledger, SharedLimiter
from specport.executor.streaming import ItemCounter, may_go_on
from specport.executor.told import Told
from specport.requests.model import PreparedRequest

log = logging.getLogger("specport")

MAX_PORT = 65_535
TOKEN_SECONDS = 20.0
"""How long a token endpoint may take."""

MAX_SCOPES = 10_000
"""Most pairs of source and credential whose limits are kept; clients may bring credentials of their own."""

DEFAULT_LIMITS = (Limit("calls at the same time", 100, 0.0),)
"""What is kept for a source that declares no limits; the rest is what its answers tell."""

Sleep = Callable[[float], Awaitable[None]]

_NO_HEADERS: Headers = {}
_OWN_HEADERS = (
    ("user-agent", b"User-Agent", b"specport"), ("accept-encoding", b"Accept-Encoding", b"gzip, deflate"),
    ("connection", b"Connection", b"keep-alive"),
)  # fmt: skip
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "QUERY", "TRACE", "PUT", "DELETE"})
_PASSING_FAULTS = frozenset({502, 503, 504})
_ASKS_TO_WAIT = frozenset({429, 503})
_BROKEN_OFF = (httpx2.NetworkError, httpx2.RemoteProtocolError)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Every wait and size of one call, in seconds and bytes.

    `total` spans waiting for limits and all attempts; clients stop at 60 s, so it ends before. An answer that may go
    on for ever is left after `stream_time`, `stream_body` or `stream_items` events or lines.
    """

    total: float = 50.0
    connect: float = 10.0
    read: float = 45.0
    body: int = 32 * 1024 * 1024
    attempts: int = 4
    connections: int = 100
    stream_time: float = 10.0
    stream_body: int = 4 * 1024 * 1024
    stream_items: int = 1_000


class PassingFault(UpstreamFailed):
    """The connection could not be made or broke off, which another attempt may well not meet."""


@dataclass(frozen=True, slots=True)
class _Call:
    """What every attempt of one call needs. `ends` is when its budget is used up, `cap` the most bytes of an answer."""

    request: PreparedRequest
    limiter: SharedLimiter
    redaction: Redaction
    is_guarded: bool
    ends: float
    cap: int


class Executor:
    """One per process, shared by every surface. Close it when done."""

    def __init__(
        self,
        *,
        bounds: Bounds | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
        resolver: Resolve = resolve,
        ledger: Ledger | None = None,
        logins: Logins | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`ledger` keeps limits together with other processes; without one they are kept in memory.

        `logins` are those of people; `now` gives seconds since the epoch, which say when a token ends.
        """
        self._ledger = ledger
        self._bounds = bounds or Bounds()
        self._sleep = sleep
        self._clock = clock
        self._jitter = jitter
        self._resolver = resolver
        self._wallet = Wallet(self._post, logins or Logins(None), clock=clock, now=now)
        self._limiters: dict[str, SharedLimiter] = {}
        self._transport = transport or Connections(self._bounds.connections)
        self._timeout = httpx2.Timeout(self._bounds.read, connect=self._bounds.connect).as_dict()

    async def send(
        self,
        request: PreparedRequest,
        channel: Channel,
        inbound: Headers = _NO_HEADERS,
        *,
        note: Callable[[str], None] | None = None,
    ) -> Exchange:
        """The answer to a request, whatever its status. `inbound`: the headers of the caller's own HTTP request.

        `note` is told the URL, without secrets, before the request is sent.

        Raises Denied for a credential that is not there or a host that is not public, RateLimited when the limits
        leave no room in time, and UpstreamFailed when the API cannot be reached, is too slow, or answers more than
        the cap.
        """
        ends = self._clock() + self._bounds.total
        secrets = await self._wallet.find(request, channel, inbound)
        request = _recognisable(request, channel.idempotency_header)
        exchange = await self._sent(request, channel, secrets, ends, note=note)
        renewed = await self._wallet.renewed(secrets, channel) if exchange.status == 401 else ()
        if not renewed:
            return exchange
        again = await self._sent(request, channel, renewed, ends)
        return replace(again, attempts=exchange.attempts + again.attempts, waited=exchange.waited + again.waited)

    async def _sent(
        self,
        request: PreparedRequest,
        channel: Channel,
        secrets: tuple[Secret, ...],
        ends: float,
        *,
        note: Callable[[str], None] | None = None,
    ) -> Exchange:
        """As `send`, with these secrets and until `ends`."""
        may_repeat = request.method in _IDEMPOTENT or bool(channel.idempotency_header)
        call = _Call(
            request=authorize(request, secrets),
            limiter=self._limiter(request.source, channel, secrets),
            redaction=Redaction(secrets),
            is_guarded=request.url.startswith(channel.public_urls),
            ends=ends,
            cap=self._bounds.body,
        )
        if note is not None:
            note(call.redaction.text(request.url))
        outcome: Exchange | UpstreamFailed | None = None
        attempts, waited = 0, 0.0
        while True:
            try:
                outcome, held = await self._attempt(call)
            except RateLimited:
                if outcome is None:
                    raise
                break  # no room for another attempt: what the last one brought stands
            attempts, waited = attempts + 1, waited + held
            pause = self._pause(outcome, attempts, may_repeat=may_repeat)
            if pause is None or attempts == self._bounds.attempts or self._clock() + pause >= call.ends:
                break
            await self._sleep(pause)
            waited += pause
        if isinstance(outcome, UpstreamFailed):
            outcome.attempts, outcome.waited = attempts, waited
            raise outcome
        used = tuple(secret.credential.name for secret in secrets)
        return replace(outcome, attempts=attempts, waited=waited, credentials=used)

    @property
    def tokens(self) -> Tokens:
        """The access tokens of OAuth clients, and the logins that they come from."""
        return self._wallet.tokens

    async def _post(self, request: PreparedRequest, public_urls: tuple[str, ...]) -> Exchange:
        """The answer of a token endpoint, as it came: what is told of it is redacted by whoever tells it."""
        call = _Call(
            request=request,
            limiter=SharedLimiter((), "", None, clock=self._clock),
            redaction=Redaction(()),
            is_guarded=request.url.startswith(public_urls),
            ends=self._clock() + TOKEN_SECONDS,
            cap=MAX_TOKEN_ANSWER,
        )
        outcome, _ = await self._attempt(call)
        if isinstance(outcome, UpstreamFailed):
            raise outcome
        return outcome

    async def without_secrets(self, request: PreparedRequest, channel: Channel, inbound: Headers) -> PreparedRequest:
        """The request with a URL that can be shown: without what would be sent as its credentials.

        Raises as `send` does where one of them is not there.
        """
        secrets = await self._wallet.find(request, channel, inbound)
        return replace(request, url=Redaction(secrets).text(request.url))

    async def aclose(self) -> None:
        """Close every connection."""
        await self.tokens.aclose()
        await self._transport.aclose()
        if self._ledger:
            await self._ledger.aclose()

    def _limiter(self, source: str, channel: Channel, secrets: tuple[Secret, ...]) -> SharedLimiter:
        """Limits are counted per source and credential, by its value: of MAX_SCOPES the one longest unused goes."""
        scope = " ".join((source, *(secret.fingerprint for secret in secrets)))
        limiter = self._limiters.pop(scope, None)
        if limiter is None:
            limits = channel.limits or DEFAULT_LIMITS
            limiter = SharedLimiter(limits, scope, self._ledger, clock=self._clock, sleep=self._sleep)
            if len(self._limiters) >= MAX_SCOPES:
                self._limiters.pop(next(iter(self._limiters)))
        self._limiters[scope] = limiter
        return limiter

    def _pause(self, outcome: Exchange | UpstreamFailed, attempts: int, *, may_repeat: bool) -> float | None:
        """Seconds to wait before another attempt, None when there must be none.

        What must not be done twice is repeated only where the API asked for it with Retry-After.
        """
        passing = isinstance(outcome, PassingFault)
        if isinstance(outcome, Exchange):
            asked = retry_after(outcome.headers) if outcome.status in _ASKS_TO_WAIT else None
            if asked is not None:
                return asked + self._jitter(0.0, min(1.0, asked / 10 + 0.05))
            passing = outcome.status in _PASSING_FAULTS
        return self._jitter(0.0, 0.25 * 2**attempts) if passing and may_repeat else None

    async def _attempt(self, call: _Call) -> tuple[Exchange | UpstreamFailed, float]:
        """What one request brought, and the seconds it waited for the limits."""
        request = call.request
        left = max(0.0, call.ends - self._clock())
        permit = await call.limiter.acquire(request.method, request.path, request.body_value, within=left)
        told: Told | None = None
        try:
            async with asyncio.timeout(max(0.001, call.ends - self._clock())):
                exchange = await self._exchange(call)
        except UpstreamFailed as error:
            return error, permit.waited
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            return _translated(error, request.url, call.redaction), permit.waited
        else:
            told = _told(exchange)
            return exchange, permit.waited
        finally:
            await permit.done(told)

    async def _exchange(self, call: _Call) -> Exchange:
        """One request on a pooled connection.

        The transport is used without the client around it, which would add cookies, redirects and proxies of the
        environment, none of which may apply here, and a third of the time.
        """
        request = call.request
        outgoing = httpx2.Request(
            request.method,
            request.url,
            headers=[*_own_headers(request), *((name.encode(), value.encode()) for name, value in request.headers)],
            content=request.content,
            extensions={"timeout": self._timeout},
        )
        outgoing.method = request.method  # which the client's class writes in capitals; OAS 3.2 section 4.9 keeps it
        if (outgoing.url.port or 0) > MAX_PORT:
            raise httpx2.InvalidURL(f"the port is over {MAX_PORT}")
        if call.is_guarded:
            await self._pin(outgoing)
        response = await self._transport.handle_async_request(outgoing)
        try:
            body, left = await self._read(response, call)
        finally:
            await response.aclose()
        if log.isEnabledFor(logging.INFO):
            log.info("%s %s answered %d", request.method, call.redaction.text(request.url), response.status_code)
        headers = call.redaction.headers(response.headers.items())
        return Exchange(response.status_code, headers, call.redaction.body(body), left=left)

    async def _pin(self, outgoing: httpx2.Request) -> None:
        """Send the request to an address of its host that was found to be public, whatever the name says next."""
        url, host = outgoing.url, outgoing.url.raw_host.decode()
        port = url.port or _PORTS.get(url.scheme, 0)
        address = await address_of(host, port, self._resolver, allow_private=False)
        outgoing.url = url.copy_with(host=address)
        outgoing.extensions = {**outgoing.extensions, "sni_hostname": host}

    async def _read(self, response: httpx2.Response, call: _Call) -> tuple[bytes, str]:
        """The decoded body, at most `Bounds.body` bytes; of a stream its start, and after what it was left."""
        if may_go_on(response.headers):
            return await self._read_start(response, within=0.9 * (call.ends - self._clock()))
        cap = call.cap
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if size > cap:
                raise UpstreamFailed(
                    f"{_origin(call.request.url)} answered more than {cap:,} bytes",
                    hint="Ask for less: a filter, a smaller page",
                )
            chunks.append(chunk)
        return (chunks[0] if len(chunks) == 1 else b"".join(chunks)), ""

    async def _read_start(self, response: httpx2.Response, *, within: float) -> tuple[bytes, str]:
        """What a stream brings before a bound is reached or it breaks off; an error only where it brought nothing."""
        bounds = self._bounds
        counter = ItemCounter(response.headers.get("content-type", ""))
        seconds = max(0.001, min(bounds.stream_time, within))
        chunks: list[bytes] = []
        left = ""
        try:
            async with asyncio.timeout(seconds):
                async for chunk in response.aiter_bytes():
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


def _recognisable(request: PreparedRequest, header: str) -> PreparedRequest:
    """The request with a key of its own in the API's idempotency header, unless an argument gave one."""
    if (
        not header
        or request.method in _IDEMPOTENT
        or any(name.lower() == header.lower() for name, _ in request.headers)
    ):
        return request
    return replace(request, headers=(*request.headers, (header, str(uuid.uuid4()))))


def _own_headers(request: PreparedRequest) -> list[tuple[bytes, bytes]]:
    """What every request says, but for what this one says itself."""
    said = {name.lower() for name, _ in request.headers}
    return [(name, value) for key, name, value in _OWN_HEADERS if key not in said]


def _told(exchange: Exchange) -> Told:
    """What an answer tells of limits."""
    pause = retry_after(exchange.headers) if exchange.status in _ASKS_TO_WAIT else None
    return Told(quotas_of(exchange.headers, time.time()), pause)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that Retry-After asks for, as a number or a date (RFC 9110 section 10.2.3); None when it does not."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return max(0.0, moment.timestamp() - time.time())


def _translated(error: Exception, url: str, redaction: Redaction) -> UpstreamFailed:
    """The client's error in our words, and whether another attempt may do better."""
    origin = _origin(url)
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        kind = PassingFault if isinstance(error, httpx2.ConnectTimeout) else UpstreamFailed
        failure = kind(f"{origin} did not answer in time", hint="Try again later")
    elif isinstance(error, httpx2.ConnectError | OSError):
        failure = PassingFault(
            f"cannot connect to {origin}: {redaction.text(str(error))}", hint="Is the base URL right and the API up?"
        )
    elif isinstance(error, httpx2.InvalidURL):
        failure = UpstreamFailed(f"the URL of the call cannot be used: {redaction.text(str(error))}")
    elif isinstance(error, httpx2.DecodingError):
        failure = UpstreamFailed(f"{origin} answered with a broken content encoding")
    else:
        kind = PassingFault if isinstance(error, _BROKEN_OFF) else UpstreamFailed
        failure = kind(f"the exchange with {origin} broke off: {redaction.text(str(error)) or type(error).__name__}")
    failure.__cause__ = error
    return failure


def _origin(url: str) -> str:
    """Scheme, host and port: all of a URL that is safe to show."""
    try:
        parts = httpx2.URL(url)
    except httpx2.InvalidURL:
        return "the API"
    return f"{parts.scheme}://{parts.netloc.decode('ascii', 'replace')}"
