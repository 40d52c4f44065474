"""What `kill.py` knows: the documents that an API serves, and what was acknowledged of the sources made of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

LIVE: Mapping[str, int] = {"live1": 3, "live2": 60, "live3": 400}
"""Sources that are refreshed all the time, and how many operations of theirs never change."""

LIMIT = "1000000/10h"

WAS_QUICKER = ("by another process just now", "while its document was read")
"""What a refresh is refused with where another process took a version meanwhile."""


def document(title: str, size: int, *more: str) -> str:
    """A document of `size` operations and those of the paths `more`."""
    paths = {f"/{n}": {"get": {"operationId": f"get{n}", "tags": ["t"], "responses": {}}} for n in range(size)}
    paths |= {path: {"get": {"tags": ["more"], "responses": {}}} for path in more}
    return json.dumps({"openapi": "3.1.0", "info": {"title": title, "version": "1"}, "paths": paths})


def version_of(name: str, number: int) -> str:
    """A version of a live source's document: each has an operation that no other has."""
    return document(f"{name} {number}", LIVE[name], f"/v{number}")


def number_in(text: str) -> int:
    """The version that a changed tool or a title tells of."""
    found = re.search(r"(?:/v|live\d )(\d+)", text)
    return int(found[1]) if found else 0


@dataclass(slots=True)
class Known:
    """What was acknowledged so far: sources that are there and that are not, and those that nobody knows about.

    `renamed` are those that nobody knows about under which of two names they are; `versions` the newest that was said
    to be taken of each live source, `accepted` the live ones that somebody wanted to have accepted.
    """

    there: set[str] = field(default_factory=set[str])
    gone: set[str] = field(default_factory=set[str])
    unknown: set[str] = field(default_factory=set[str])
    renamed: dict[str, str] = field(default_factory=dict[str, str])
    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LIVE, 1))
    accepted: set[str] = field(default_factory=set[str])
    sent: int = 0
    answered: int = 0
    number: int = 0
    refreshed: int = 0
    refused: int = 0

    def next_name(self) -> str:
        """A name that was never used."""
        self.number += 1
        return f"s{self.number}"

    def looked_at(self, names: set[str]) -> None:
        """From now on it is known which sources are there."""
        for old, new in self.renamed.items():
            self.unknown |= {old, new}
        self.there |= names & self.unknown
        self.gone |= self.unknown - names
        self.unknown.clear()
        self.renamed.clear()

    def was_refreshed(self, facts: Mapping[str, object]) -> None:
        """Note what a refresh answered: a newer version each time, unless another process was quicker."""
        name, changes = str(facts["source"]), facts.get("changes", [])
        if facts["status"] == "failed" and any(said in str(facts["error"]) for said in WAS_QUICKER):
            self.refused += 1
            return
        if facts["status"] != "taken" or not isinstance(changes, list):
            raise SystemExit(f"a refresh failed: {facts}")
        self.refreshed += 1
        self.versions[name] = max(self.versions[name], *(number_in(str(line)) for line in changes))


class Api:
    """What is called, and serves the documents of the live sources, another version each time."""

    def __init__(self) -> None:
        self.url = ""
        self.served = dict.fromkeys(LIVE, 0)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncGenerator[None]:
        """On a loopback port, for as long as the block lasts."""
        async with await asyncio.start_server(self._answer, "127.0.0.1", 0) as server:
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                body = self._body(head.split(b" ")[1].decode().removeprefix("/docs/"))
                about = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(about.encode() + body)
                await writer.drain()
        writer.close()

    def _body(self, name: str) -> bytes:
        if name not in LIVE:
            return b"{}"
        self.served[name] += 1
        return version_of(name, self.served[name]).encode()
