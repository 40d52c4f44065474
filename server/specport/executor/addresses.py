"""Which addresses may be connected to, where a tool call or a document chose the host."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from specport.errors import Denied

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Host name and port -> its addresses; raises OSError when there is none."""

PORTS = {"http": 80, "https": 443}
"""Where the schemes that are called are served, unless a URL says otherwise."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system's resolver."""
    import asyncio  # a process that reads documents runs no event loop

    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def address_of(host: str, port: int, resolver: Resolve, *, allow_private: bool) -> str:
    """The address of a host that is to be connected to. Connecting to the host's name instead could lead elsewhere.

    Raises OSError when the host has none, and Denied when one of them is private and that is not allowed.
    """
    addresses = await resolver(host, port)
    for address in addresses:
        if not allow_private and not is_public(address):
            raise Denied(
                f"{host} is at the private address {address}", hint="Start with --allow-private if that is meant"
            )
    if not addresses:
        raise OSError("it has no address")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address is on the public Internet, seen through IPv4 in IPv6 (mapped, compatible, 6to4, NAT64).

    Raises ValueError when it is no IP address.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and (ip in _NAT64 or ip in _COMPATIBLE):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast


def is_private_host(host: str) -> bool:
    """Whether a host is a private address as written, in any notation that a resolver takes (`127.1`, `0x7f000001`).

    Names are not looked up here, but those that can only be private are known.
    """
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not is_public(name.strip("[]"))
    except ValueError:
        pass
    try:
        return not is_public(socket.inet_ntoa(socket.inet_aton(name)))
    except OSError:
        return False


def host_of(url: str) -> str:
    """The host of a URL in small letters, nothing where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def origin_of(url: str) -> str:
    """Scheme, host and port of an absolute http(s) URL, else nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.lower()}" if parts.scheme in ("http", "https") and parts.netloc else ""
