"""PreparedRequest -> Exchange: credentials, limits, attempts, redirects."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

from specport.errors import Denied, RateLimited, UpstreamFailed
from specport.executor.addresses import Resolve, resolve
from specport.executor.auth.logins import Logins
from specport.executor.auth.oauth import MAX_TOKEN_ANSWER
from specport.executor.auth.placing import authorize, keys_of
from specport.executor.auth.redaction import Redaction
from specport.executor.auth.secret import Secret
from specport.executor.auth.tokens import Tokens
from specport.executor.auth.wallet import Headers, Wallet
from specport.executor.learning import quotas_of, retry_after
from specport.executor.model import DEFAULT_LIMITS, Bounds, Channel, Exchange
from specport.executor.outgoing import MAX_REDIRECTS, Answer, NotFollowed, Outgoing, PassingFault
from specport.executor.shared import Ledger, SharedLimiter
from specport.executor.told import Told
from specport.requests.model import PreparedRequest

if TYPE_CHECKING:
    import httpx2

    from specport.executor.exchanging import Exchanger

TOKEN_SECONDS = 20.0
"""How long a token endpoint may take."""

MAX_SCOPES = 10_000
"""Most pairs of source and credential whose limits are kept; clients may bring credentials of their own."""

Sleep = Callable[[float], Awaitable[None]]

_NO_HEADERS: Headers = {}
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "QUERY", "TRACE", "PUT", "DELETE"})
_PASSING_FAULTS = frozenset({502, 503, 504})
_ASKS_TO_WAIT = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class _Call:
    """What every attempt of one request needs. `plain` is the request without its credentials, the `secrets`.

    `is_recognisable`: the API knows a request that it had before, so that any may be sent again.
    """

    plain: PreparedRequest
    secrets: tuple[Secret, ...]
    outgoing: Outgoing
    limiter: SharedLimiter
    is_recognisable: bool

    @property
    def may_repeat(self) -> bool:
        return self.is_recognisable or self.plain.method in _IDEMPOTENT


@dataclass(frozen=True, slots=True)
class _Brought:
    """What one request brought in the end, how often it was sent, and the seconds it waited."""

    answer: Answer
    attempts: int
    waited: float


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
        allow_private: bool = False,
    ) -> None:
        """`ledger` keeps limits together with other processes; without one they are kept in memory.

        `logins` are those of people; `now` gives seconds since the epoch, which say when a token ends. `allow_private`
        lets redirects lead to private addresses.
        """
        self._ledger = ledger
        self._bounds = bounds or Bounds()
        self._sleep = sleep
        self._clock = clock
        self._jitter = jitter
        self._allow_private = allow_private
        self._wallet = Wallet(self._post, logins or Logins(None), clock=clock, now=now)
        self._limiters: dict[str, SharedLimiter] = {}
        self._unlimited = SharedLimiter((), "", None, clock=clock)
        self._transport = transport
        self._resolver = resolver

    @cached_property
    def _exchanger(self) -> Exchanger:
        """What sends; the HTTP client is imported with the first call, and not while a server starts."""
        from specport.executor.exchanging import Exchanger

        return Exchanger(self._bounds, transport=self._transport, resolver=self._resolver, clock=self._clock)

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
        call = self._call(request, channel, secrets, ends)
        if note is not None:
            note(call.outgoing.redaction.text(request.url))
        exchange = await self._followed(call)
        if exchange.status != 401 or exchange.redirect:
            return exchange
        renewed = await self._wallet.renewed(secrets, channel)
        if not renewed:
            return exchange
        again = await self._followed(self._call(request, channel, renewed, ends))
        return replace(again, attempts=exchange.attempts + again.attempts, waited=exchange.waited + again.waited)

    def _call(self, request: PreparedRequest, channel: Channel, secrets: tuple[Secret, ...], ends: float) -> _Call:
        outgoing = Outgoing(
            request=authorize(request, secrets),
            redaction=Redaction(secrets),
            is_guarded=request.url.startswith(channel.public_urls),
            ends=ends,
            cap=self._bounds.body,
        )
        limiter = self._limiter(request.source, channel, secrets)
        return _Call(request, secrets, outgoing, limiter, bool(channel.idempotency_header))

    async def _followed(self, call: _Call) -> Exchange:
        """The answer at the end of all redirects, or the redirect that is not followed, with the reason."""
        brought = await self._brought(call)
        attempts, waited, said = brought.attempts, brought.waited, ""
        for hops in count(1):
            location = brought.answer.location
            if not location:
                break
            try:
                if hops > MAX_REDIRECTS:
                    raise NotFollowed(f"there were {MAX_REDIRECTS} before it (MAX_REDIRECTS)")
                call = self._next(call, brought.answer)
                brought = await self._brought(call)
            except (NotFollowed, Denied, RateLimited, UpstreamFailed) as error:
                said = f"Not followed: {error}"
                break
            attempts, waited = attempts + brought.attempts, waited + brought.waited
            if not call.secrets and call.limiter is self._unlimited:
                from specport.executor.exchanging import origin_text

                said = f"Answered by {origin_text(call.plain.url)} after a redirect; it was sent no credential"
        used = tuple(secret.credential.name for secret in call.secrets)
        return replace(brought.answer.exchange, attempts=attempts, waited=waited, credentials=used, redirect=said)

    def _next(self, call: _Call, answer: Answer) -> _Call:
        """The call that a redirect asks for. What left the origin of the first one gets its secrets never again."""
        from specport.executor.redirects import follow, without_keys

        redaction = call.outgoing.redaction
        holds_secret = redaction.text(answer.location) != answer.location
        hop = follow(call.plain, answer.exchange.status, answer.location, holds_secret=holds_secret)
        if hop.is_elsewhere:
            is_guarded = not self._allow_private
            outgoing = replace(call.outgoing, request=hop.request, is_guarded=is_guarded)
            return replace(call, plain=hop.request, secrets=(), outgoing=outgoing, limiter=self._unlimited)
        plain = without_keys(hop.request, keys_of(call.secrets))
        outgoing = replace(call.outgoing, request=authorize(plain, call.secrets))
        return replace(call, plain=plain, outgoing=outgoing)

    async def _brought(self, call: _Call) -> _Brought:
        """The answer to one request, after as many attempts as may help."""
        answer: Answer | None = None
        failure: UpstreamFailed | None = None
        attempts, waited = 0, 0.0
        while True:
            try:
                answer, failure, held = await self._attempt(call)
            except RateLimited:
                if not attempts:
                    raise
                break  # no room for another attempt: what the last one brought stands
            attempts, waited = attempts + 1, waited + held
            pause = self._pause(answer.exchange if answer else failure, attempts, may_repeat=call.may_repeat)
            if pause is None or attempts == self._bounds.attempts or self._clock() + pause >= call.outgoing.ends:
                break
            await self._sleep(pause)
            waited += pause
        if answer is None:
            assert failure
            failure.attempts, failure.waited = attempts, waited
            raise failure
        return _Brought(answer, attempts, waited)

    @property
    def tokens(self) -> Tokens:
        """The access tokens of OAuth clients, and the logins that they come from."""
        return self._wallet.tokens

    async def _post(self, request: PreparedRequest, public_urls: tuple[str, ...]) -> Exchange:
        """The answer of a token endpoint, as it came: what is told of it is redacted by whoever tells it."""
        outgoing = Outgoing(
            request=request,
            redaction=Redaction(()),
            is_guarded=request.url.startswith(public_urls),
            ends=self._clock() + TOKEN_SECONDS,
            cap=MAX_TOKEN_ANSWER,
        )
        return (await self._exchanger.exchange(outgoing)).exchange

    async def without_secrets(self, request: PreparedRequest, channel: Channel, inbound: Headers) -> PreparedRequest:
        """The request with a URL that can be shown: without what would be sent as its credentials.

        Raises as `send` does where one of them is not there.
        """
        secrets = await self._wallet.find(request, channel, inbound)
        return replace(request, url=Redaction(secrets).text(request.url))

    async def aclose(self) -> None:
        """Close every connection."""
        await self.tokens.aclose()
        if self._transport or "_exchanger" in vars(self):
            await self._exchanger.aclose()
        if self._ledger:
            await self._ledger.aclose()

    def _limiter(self, source: str, channel: Channel, secrets: tuple[Secret, ...]) -> SharedLimiter:
        """Limits are counted per source and credential, by its value: of MAX_SCOPES the one longest unused goes.

        A source that was removed and added again may have other limits.
        """
        scope = " ".join((source, *(secret.fingerprint for secret in secrets)))
        limits = channel.limits or DEFAULT_LIMITS
        limiter = self._limiters.pop(scope, None)
        if limiter is None or (limiter.limits is not limits and limiter.limits != limits):
            limiter = SharedLimiter(limits, scope, self._ledger, clock=self._clock, sleep=self._sleep)
            if len(self._limiters) >= MAX_SCOPES:
                self._limiters.pop(next(iter(self._limiters)))
        self._limiters[scope] = limiter
        return limiter

    def _pause(self, outcome: Exchange | UpstreamFailed | None, attempts: int, *, may_repeat: bool) -> float | None:
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

    async def _attempt(self, call: _Call) -> tuple[Answer | None, UpstreamFailed | None, float]:
        """What one request brought, or why nothing, and the seconds it waited for the limits."""
        plain = call.plain
        left = max(0.0, call.outgoing.ends - self._clock())
        permit = await call.limiter.acquire(plain.method, plain.path, plain.body_value, within=left)
        told: Told | None = None
        try:
            answer = await self._exchanger.exchange(call.outgoing)
            told = _told(answer.exchange)
        except UpstreamFailed as error:
            return None, error, permit.waited
        else:
            return answer, None, permit.waited
        finally:
            await permit.done(told)


def _recognisable(request: PreparedRequest, header: str) -> PreparedRequest:
    """The request with a key of its own in the API's idempotency header, unless an argument gave one."""
    if (
        not header
        or request.method in _IDEMPOTENT
        or any(name.lower() == header.lower() for name, _ in request.headers)
    ):
        return request
    return replace(request, headers=(*request.headers, (header, str(uuid.uuid4()))))


def _told(exchange: Exchange) -> Told:
    """What an answer tells of limits."""
    pause = retry_after(exchange.headers) if exchange.status in _ASKS_TO_WAIT else None
    return Told(quotas_of(exchange.headers, time.time()), pause)
