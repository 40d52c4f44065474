"""Fetching a document from a URL, guarded: public http(s) addresses only, bounded in size, time and redirects.

The address that was checked is the address that is connected to, so a name cannot change its answer in between.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx2

from specport.documents.load import MAX_BYTES
from specport.errors import SourceError

MAX_REDIRECTS = 5
MAX_SECONDS = 30.0

_ACCEPT = "application/json, application/yaml, application/vnd.oai.openapi, text/yaml, */*;q=0.5"

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Host name and port -> its addresses; raises OSError when there is none."""


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What may be fetched. `allow_private` also lets private, loopback and link-local addresses through."""

    allow_private: bool = False
    max_bytes: int = MAX_BYTES
    max_seconds: float = MAX_SECONDS


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def fetch(
    url: str,
    policy: FetchPolicy,
    *,
    resolver: Resolve = resolve,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> bytes:
    """The bytes at a URL. Raises SourceError naming what was refused or what failed."""
    try:
        async with asyncio.timeout(policy.max_seconds):
            return await _fetch(url, policy, resolver, transport)
    except TimeoutError as error:
        raise SourceError(f"{url} did not answer within {policy.max_seconds:g} s") from error
    except httpx2.HTTPError as error:
        raise SourceError(f"cannot fetch {url}: {error or type(error).__name__}") from error


async def _fetch(
    url: str, policy: FetchPolicy, resolver: Resolve, transport: httpx2.AsyncBaseTransport | None
) -> bytes:
    async with httpx2.AsyncClient(
        transport=transport, follow_redirects=False, trust_env=False, timeout=policy.max_seconds
    ) as client:
        for _ in range(MAX_REDIRECTS + 1):
            request = await _request(client, url, policy, resolver)
            response = await client.send(request, stream=True)
            try:
                if response.is_redirect and "location" in response.headers:
                    url = urljoin(url, response.headers["location"])
                    continue
                if response.status_code != 200:
                    raise SourceError(f"{url} answered {response.status_code} {response.reason_phrase}")
                return await _read(response, url, policy.max_bytes)
            finally:
                await response.aclose()
    raise SourceError(f"{url} redirects more than {MAX_REDIRECTS} times")


async def _request(
    client: httpx2.AsyncClient, url: str, policy: FetchPolicy, resolver: Resolve
) -> httpx2.Request:
    """A request that connects to a checked address of the URL's host, under the host's own name."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SourceError(f"{url!r} is not an http(s) URL", hint="Give an http(s) URL or the document's text")
    if parts.username or parts.password:
        raise SourceError("a URL with a user name or password in it is not fetched")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        addresses = await resolver(parts.hostname, port)
    except (OSError, ValueError) as error:
        raise SourceError(f"{parts.hostname} cannot be resolved: {error}") from error
    for address in addresses:
        if not policy.allow_private and not is_public(address):
            raise SourceError(
                f"{parts.hostname} is at the private address {address}",
                hint="Start with --allow-private if that is meant",
            )
    target = httpx2.URL(url).copy_with(host=addresses[0])
    return client.build_request(
        "GET",
        target,
        headers={"Host": parts.netloc, "Accept": _ACCEPT, "User-Agent": "specport"},
        extensions={"sni_hostname": parts.hostname},
    )


def is_public(address: str) -> bool:
    """Whether an IP address is on the public Internet, seen through IPv4 in IPv6 (mapped, 6to4, NAT64)."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


async def _read(response: httpx2.Response, url: str, cap: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > cap:
            raise SourceError(f"{url} has more than {cap:,} bytes")
        chunks.append(chunk)
    return b"".join(chunks)
