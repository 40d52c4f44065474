"""A proxy that hands each HTTP request to the next of several servers, as a load balancer without affinity does."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CONNECTION = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)
_ENDS = (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError)


@dataclass(slots=True)
class RoundRobin:
    """The proxy's address, and which server got each request, in order; those that are `down` get none."""

    url: str = ""
    went: list[int] = field(default_factory=list)
    down: set[int] = field(default_factory=set)

    def take(self) -> list[int]:
        """Where requests went since the last time this was asked."""
        taken, self.went = self.went, []
        return taken


@contextlib.asynccontextmanager
async def round_robin(servers: Sequence[str]) -> AsyncIterator[RoundRobin]:
    """A proxy before these URLs, which have one path. It keeps no connection: every request is handed on anew."""
    proxy = RoundRobin()
    turns = itertools.cycle(range(len(servers)))
    under_way: set[asyncio.Task[None]] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        with contextlib.suppress(*_ENDS), contextlib.closing(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            number = next(turn for turn in turns if turn not in proxy.down)
            proxy.went.append(number)
            address = urlsplit(servers[number])
            there, further = await asyncio.open_connection(address.hostname, address.port)
            with contextlib.closing(further):
                once = _CONNECTION.sub(b"", head).replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
                further.write(once + body)
                while chunk := await there.read(65_536):
                    writer.write(chunk)
                    await writer.drain()

    listening = await asyncio.start_server(connection, "127.0.0.1", 0)
    first = urlsplit(servers[0])
    proxy.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}{first.path}"
    try:
        yield proxy
    finally:
        listening.close()
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
