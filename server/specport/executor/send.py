"""PreparedRequest -> Exchange: limits, credentials, attempts, one shared HTTP client.

This is the only module that uses the HTTP client for calls. Errors of the client are translated here, once.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import httpx2

from specport.errors import UpstreamFailed
from specport.executor.auth import Secret, authorize, find_secrets, redact, without_secrets
from specport.executor.limits import Limiter
from specport.executor.model import Channel, Exchange
from specport.requests.model import PreparedRequest

Sleep = Callable[[float], Awaitable[None]]

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
_PASSING_FAULTS = frozenset({502, 503, 504})
_ASKS_TO_WAIT = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Bounds:
    """Every wait and size of one call, in seconds and bytes.

    `total` spans waiting for limits and all attempts; clients stop at 60 s, so it ends before.
    """

    total: float = 50.0
    connect: float = 10.0
    read: float = 45.0
    body: int = 32 * 1024 * 1024
    attempts: int = 4
    connections: int = 100


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
    ) -> None:
        self._bounds = bounds or Bounds()
        self._sleep = sleep
        self._clock = clock
        self._jitter = jitter
        self._limiters: dict[tuple[str, tuple[str, ...]], Limiter] = {}
        most = self._bounds.connections
        self._client = httpx2.AsyncClient(
            transport=transport,
            timeout=httpx2.Timeout(self._bounds.read, connect=self._bounds.connect),
            limits=httpx2.Limits(max_connections=most, max_keepalive_connections=most),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "specport"},
        )

    async def send(self, request: PreparedRequest, channel: Channel) -> Exchange:
        """The answer to a request, whatever its status.

        Raises Denied for a credential that is not there, RateLimited when the limits leave no room in time, and
        UpstreamFailed when the API cannot be reached, is too slow, or answers more than the cap.
        """
        secrets = find_secrets(request, channel.credentials)
        limiter = self._limiter(request.source, channel, secrets)
        ready = authorize(request, secrets)
        ends = self._clock() + self._bounds.total
        waited = 0.0
        for attempt in range(1, self._bounds.attempts + 1):
            left = max(0.0, ends - self._clock())
            permit = await limiter.acquire(request.method, request.path, request.body_value, within=left)
            waited += permit.waited
            failure: UpstreamFailed | None = None
            exchange = Exchange(0)
            try:
                exchange = await self._attempt(ready, ends, secrets)
            except UpstreamFailed as error:
                failure = error
            finally:
                permit.done()
            pause = self._pause(request.method, exchange, failure, attempt)
            if pause is None or attempt == self._bounds.attempts or self._clock() + pause >= ends:
                if failure is not None:
                    raise failure
                return replace(exchange, attempts=attempt, waited=waited)
            await self._sleep(pause)
            waited += pause
        raise AssertionError("the loop always ends itself")

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    def _limiter(self, source: str, channel: Channel, secrets: tuple[Secret, ...]) -> Limiter:
        """Limits are counted per source and credential."""
        key = (source, tuple(secret.credential.reference for secret in secrets))
        if key not in self._limiters:
            self._limiters[key] = Limiter(channel.limits)
        return self._limiters[key]

    def _pause(self, method: str, exchange: Exchange, failure: UpstreamFailed | None, attempt: int) -> float | None:
        """Seconds to wait before another attempt, None when there must be none.

        A method that is not idempotent is repeated only where the API asked for it with Retry-After.
        """
        if failure is None and exchange.status in _ASKS_TO_WAIT:
            asked = retry_after(exchange.headers)
            if asked is not None:
                return asked + self._jitter(0.0, min(1.0, asked / 10 + 0.05))
        passing = failure is not None or exchange.status in _PASSING_FAULTS
        if passing and method in _IDEMPOTENT:
            return self._jitter(0.0, 0.25 * 2**attempt)
        return None

    async def _attempt(self, request: PreparedRequest, ends: float, secrets: tuple[Secret, ...]) -> Exchange:
        origin = _origin(request.url)
        try:
            async with asyncio.timeout(max(0.001, ends - self._clock())), self._answer(request) as response:
                body = without_secrets(await self._read(response, origin), secrets)
                headers = {name.lower(): redact(value, secrets) for name, value in response.headers.items()}
                return Exchange(response.status_code, headers, body)
        except (httpx2.TimeoutException, TimeoutError) as error:
            raise UpstreamFailed(f"{origin} did not answer in time", hint="Try again later") from error
        except httpx2.ConnectError as error:
            raise UpstreamFailed(
                f"cannot connect to {origin}: {redact(str(error), secrets)}", hint="Is the base URL right and the API up?"
            ) from error
        except httpx2.DecodingError as error:
            raise UpstreamFailed(f"{origin} answered with a broken content encoding") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            text = redact(str(error), secrets) or type(error).__name__
            raise UpstreamFailed(f"the exchange with {origin} broke off: {text}") from error

    @contextlib.asynccontextmanager
    async def _answer(self, request: PreparedRequest) -> AsyncIterator[httpx2.Response]:
        async with self._client.stream(
            request.method, request.url, headers=list(request.headers), content=request.content
        ) as response:
            yield response

    async def _read(self, response: httpx2.Response, origin: str) -> bytes:
        """The decoded body, at most `Bounds.body` bytes."""
        cap = self._bounds.body
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if size > cap:
                raise UpstreamFailed(
                    f"{origin} answered more than {cap // 1024 // 1024} MiB",
                    hint="Ask for less: a filter, a smaller page",
                )
            chunks.append(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)


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


def _origin(url: str) -> str:
    parts = httpx2.URL(url)
    return f"{parts.scheme}://{parts.netloc.decode('ascii', 'replace')}"
