"""Documents that change, and the API that they describe, on one loopback port: what the clients of `churn.py` add.

`/docs/NAME.json` is a document of OPERATIONS operations whose version stands in every description; `/NAME/tK` answers
with its own path. Which version a document has, and whether it is broken just now, is said by whoever changes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from dataclasses import dataclass, field

OPERATIONS = 60
"""Of one document, so that some ten sources fill more than a page of 500 tools."""

VERSION = "version "
"""What stands before the version in a description."""


@dataclass(slots=True)
class Document:
    """One document at its URL. `spoiled` counts how often it became broken or whole again."""

    name: str
    version: int = 1
    is_broken: bool = False
    spoiled: int = 0

    def spoil(self, is_broken: bool) -> None:
        """Break the document, or mend it as a further version."""
        self.is_broken = is_broken
        self.spoiled += 1
        self.version += not is_broken

    def text(self) -> bytes:
        """What is served now."""
        if self.is_broken:
            return b'{"openapi": "3.1.0", "info": {"title": "half a docu'
        return described(self.name, self.version)


def described(name: str, version: int, operations: int = OPERATIONS) -> bytes:
    """A document of a version."""
    paths = {
        f"/t{number}": {
            "get": {
                "operationId": f"t{number}",
                "tags": ["t"],
                "description": f"{name} {VERSION}{version}",
                "parameters": [{"name": "since", "in": "query", "schema": {"enum": [f"v{version}", "v0"]}}],
                "responses": {},
            }
        }
        for number in range(operations)
    }
    return json.dumps({"openapi": "3.1.0", "info": {"title": name, "version": str(version)}, "paths": paths}).encode()


@dataclass(slots=True)
class Upstream:
    """The server. `answered` counts statuses of documents and calls."""

    documents: dict[str, Document]
    answered: Counter[str] = field(default_factory=Counter[str])
    url: str = ""

    async def serve(self) -> asyncio.Server:
        """Start on a free port."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(self._answer(head.decode("latin-1")))
                await writer.drain()
        writer.close()

    def _answer(self, head: str) -> bytes:
        path = head.split(" ", 2)[1].partition("?")[0]
        if not path.startswith("/docs/"):
            self.answered["calls"] += 1
            return _http("200 OK", json.dumps({"path": path}).encode())
        document = self.documents[path.removeprefix("/docs/").removesuffix(".json")]
        etag = f'"{document.version}{"b" if document.is_broken else ""}"'
        if f"if-none-match: {etag}" in head.lower():
            self.answered["documents, 304"] += 1
            return _http("304 Not Modified", b"", etag)
        self.answered["documents, 200"] += 1
        return _http("200 OK", document.text(), etag)


def _http(status: str, body: bytes, etag: str = "") -> bytes:
    more = f"ETag: {etag}\r\n" if etag else ""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body
