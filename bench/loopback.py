"""A fast HTTP server on loopback that gives every request the same Droplet, on kept-alive connections.

`python loopback.py [MS]` prints the port it took and serves until it is killed, each answer after MS milliseconds.
It reads just enough HTTP/1.1 to find the end of a request without body: the servers under test, and not this one, are
what is measured.
"""

from __future__ import annotations

import asyncio
import json
import sys

_IMAGE = {
    "id": 7555620,
    "name": "20.04 (LTS) x64",
    "distribution": "Ubuntu",
    "slug": "ubuntu-20-04-x64",
    "public": True,
    "regions": ["nyc1", "nyc3"],
    "created_at": "2026-05-04T22:23:02Z",
    "type": "base",
    "min_disk_size": 20,
    "size_gigabytes": 2.36,
    "description": "",
    "tags": [],
    "status": "available",
}
_SIZE = {
    "slug": "s-1vcpu-1gb",
    "memory": 1024,
    "vcpus": 1,
    "disk": 25,
    "transfer": 1.0,
    "price_monthly": 5,
    "price_hourly": 0.00743999984115362,
    "regions": ["nyc1", "nyc3"],
    "available": True,
    "description": "Basic",
}
_REGION = {
    "name": "New York 3",
    "slug": "nyc3",
    "features": ["backups", "ipv6", "metadata", "private_networking"],
    "available": True,
    "sizes": ["s-1vcpu-1gb", "s-1vcpu-2gb"],
}
_DROPLET = {
    "id": 3164444,
    "name": "bench-01",
    "memory": 1024,
    "vcpus": 1,
    "disk": 25,
    "locked": False,
    "status": "active",
    "created_at": "2026-07-21T18:37:44Z",
    "features": ["backups", "private_networking"],
    "backup_ids": [53893572],
    "next_backup_window": {"start": "2026-07-30T00:00:00Z", "end": "2026-07-30T23:00:00Z"},
    "snapshot_ids": [67512819],
    "image": _IMAGE,
    "volume_ids": [],
    "size": _SIZE,
    "size_slug": "s-1vcpu-1gb",
    "networks": {
        "v4": [{"ip_address": "10.128.192.124", "netmask": "255.255.0.0", "type": "private"}],
        "v6": [],
    },
    "region": _REGION,
    "tags": ["web"],
    "vpc_uuid": "760e09ef-dc84-11e8-981e-3cfdfeaae000",
}
_BODY = json.dumps({"droplet": _DROPLET}).encode()
_HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(_BODY)}\r\n\r\n".encode()
_ANSWER = _HEAD + _BODY
_END = b"\r\n\r\n"


class _Connection(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._held = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self._held = (self._held + data).split(_END)
        assert self._transport
        if requests and self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, _ANSWER * len(requests))
        elif requests:
            self._transport.write(_ANSWER * len(requests))


async def main() -> None:
    """Serve on a free port, printed first, until the process is killed."""
    delay = float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.0
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(delay), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
