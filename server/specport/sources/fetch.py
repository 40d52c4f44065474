"""Fetching a document from a URL, guarded: public http(s) addresses only, bounded in size, time and redirects.

The address that was checked is the address that is connected to, so a name cannot change its answer in between.
What is there already is not sent again: requests may be conditional (RFC 9110 section 13).
"""

from __future__ import annotations

import asyncio
import functools
import io
import re
import ssl
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from specport.documents.bounds import OPERATOR, Bound, Bounds
from specport.errors import Denied, SourceError
from specport.executor.addresses import PORTS, Resolve, address_of, origin_of, resolve
from specport.executor.faults import reason, unvouched_by, what_to_try
from specport.memory import prepare
from specport.sources.model import NO_VALIDATORS, Validators

if TYPE_CHECKING:
    import httpx2

MAX_REDIRECTS = 5
MAX_SECONDS = 30.0

MAX_VALIDATOR = 256
"""Longest ETag or Last-Modified that is kept and sent back; with a longer one a document is fetched each time."""

_ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e]*"\Z')
_DATE = re.compile(r"[A-Za-z]{3,9}, [0-9A-Za-z: -]{18,24}\Z")
"""IMF-fixdate and the older of RFC 850 (RFC 9110 section 5.6.7)."""

_ACCEPT = "application/json, application/yaml, application/vnd.oai.openapi, text/yaml, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What may be fetched.

    `allow_private` also lets private, loopback and link-local addresses through. `follows_references` lets a document
    refer to other files of its own origin. `origin`, where it is given, is the only one that is asked.
    """

    allow_private: bool = False
    follows_references: bool = False
    origin: str = ""
    size: Bound = OPERATOR.size
    max_seconds: float = MAX_SECONDS

    def within(self, bounds: Bounds) -> FetchPolicy:
        """The same for documents of at most that size."""
        return replace(self, size=bounds.size) if bounds.size.most < self.size.most else self


@dataclass(frozen=True, slots=True)
class Fetched:
    """What is at a URL, and how to ask whether it is still that."""

    data: bytes = field(repr=False)
    validators: Validators = NO_VALIDATORS


async def fetch(
    url: str,
    policy: FetchPolicy,
    *,
    resolver: Resolve = resolve,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> Fetched:
    """What is at a URL. Raises SourceError naming what was refused or what failed."""
    found = await fetch_changed(url, policy, NO_VALIDATORS, resolver=resolver, transport=transport)
    assert found is not None
    return found


async def fetch_changed(
    url: str,
    policy: FetchPolicy,
    known: Validators,
    *,
    resolver: Resolve = resolve,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> Fetched | None:
    """What is at a URL unless it is what came with the `known` validators: then None.

    They are sent only to the URL that they came from, wherever `url` leads now. Raises SourceError naming what was
    refused or what failed; an answer 304 where no validator was sent is a failure.
    """
    import httpx2  # it takes 13 MB, which processes that only read are without, and 20 ms, which most starts are

    prepare()
    try:
        async with asyncio.timeout(policy.max_seconds):
            return await _fetch(url, policy, known, resolver, transport)
    except TimeoutError as error:
        raise SourceError(f"{url} did not answer within {policy.max_seconds:g} s") from error
    except (httpx2.HTTPError, OSError) as error:
        hint = what_to_try(error) if unvouched_by(error) else ""
        raise SourceError(f"cannot fetch {url}: {reason(error)}", hint=hint) from error


async def _fetch(
    url: str, policy: FetchPolicy, known: Validators, resolver: Resolve, transport: httpx2.AsyncBaseTransport | None
) -> Fetched | None:
    import httpx2

    async with httpx2.AsyncClient(
        transport=transport or _transport(), follow_redirects=False, trust_env=False, timeout=policy.max_seconds
    ) as client:
        for _ in range(MAX_REDIRECTS + 1):
            request = await _request(client, url, policy, resolver)
            conditions = _conditions(known, url)
            request.headers.update(conditions)
            response = await client.send(request, stream=True)
            try:
                if response.is_redirect and "location" in response.headers:
                    url = _joined(url, response.headers["location"])
                    continue
                if response.status_code == 304 and conditions:
                    return None
                if response.status_code != 200:
                    raise SourceError(f"{url} answered {response.status_code} {response.reason_phrase}")
                return Fetched(await _read(response, url, policy.size), _validators(response, url))
            finally:
                await response.aclose()
    raise SourceError(f"{url} redirects more than {MAX_REDIRECTS} times")


def _transport() -> httpx2.AsyncBaseTransport:
    """Connections of one fetch. They are imported with the first one."""
    from specport.executor.connections import Connections

    return Connections(1, context=_tls)


@functools.cache
def _tls() -> ssl.SSLContext:
    """One for all fetches: reading the certificates takes 70 ms, in which nothing else would be answered."""
    from specport.executor.connections import verifying

    return verifying()


async def _request(client: httpx2.AsyncClient, url: str, policy: FetchPolicy, resolver: Resolve) -> httpx2.Request:
    """A request that connects to a checked address of the URL's host, under the host's own name."""
    import httpx2

    try:
        asked = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise SourceError(f"{url[:200]!r} is not a URL: {error}") from error
    if asked.scheme not in PORTS or not asked.host:
        raise SourceError(f"{url[:200]!r} is not an http(s) URL", hint="Give an http(s) URL or the document's text")
    if asked.userinfo:
        raise SourceError("a URL with a user name or password in it is not fetched")
    if policy.origin and origin_of(url) != policy.origin:
        raise SourceError(f"{url[:200]} is not at {policy.origin}")
    host, port = asked.raw_host.decode(), asked.port or PORTS[asked.scheme]
    try:
        address = await address_of(host, port, resolver, allow_private=policy.allow_private)
    except Denied as error:
        raise SourceError(error.message, hint=error.hint) from error
    except (OSError, ValueError, OverflowError) as error:
        raise SourceError(f"{host} cannot be resolved: {reason(error)}") from error
    return client.build_request(
        "GET",
        asked.copy_with(host=address),
        headers={"Host": asked.netloc.decode(), "Accept": _ACCEPT, "User-Agent": "specport"},
        extensions={"sni_hostname": host},
    )


def _conditions(known: Validators, url: str) -> dict[str, str]:
    """The headers that ask for another version than the known one (RFC 9110 sections 13.1.2 and 13.1.3)."""
    if known.url != url:
        return {}
    headers = {"If-None-Match": _legal(known.etag, _ETAG), "If-Modified-Since": _legal(known.last_modified, _DATE)}
    return {name: value for name, value in headers.items() if value}


def _validators(response: httpx2.Response, url: str) -> Validators:
    """Those of an answer that can be sent back."""
    etag = _legal(response.headers.get("etag", ""), _ETAG)
    last_modified = _legal(response.headers.get("last-modified", ""), _DATE)
    return Validators(url, etag, last_modified) if etag or last_modified else NO_VALIDATORS


def _legal(value: str, form: re.Pattern[str]) -> str:
    """A validator as it is, "" where it is not one: it may come from a hostile server, or from where it was kept."""
    return value if len(value) <= MAX_VALIDATOR and form.match(value) else ""


def _joined(url: str, location: str) -> str:
    """Where a redirect leads; never from https to http, where somebody between could write the document."""
    try:
        joined = urljoin(url, location)
    except ValueError as error:
        raise SourceError(f"{url} redirects to {location[:200]!r}, which is not a URL") from error
    if url[:6].lower() == "https:" and joined[:5].lower() == "http:":
        raise SourceError(f"{url} redirects from https to http")
    return joined


async def _read(response: httpx2.Response, url: str, size: Bound) -> bytes:
    """The body of an answer, in memory once: what is written to the buffer is the value that it gives."""
    body = io.BytesIO()
    async for chunk in response.aiter_bytes():
        if body.tell() + len(chunk) > size.most:
            raise SourceError(f"{url} has more than {size.most:,} bytes ({size.name})", hint=size.hint)
        body.write(chunk)
    return body.getvalue()
