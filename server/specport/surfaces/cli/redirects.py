"""The end of a login in a browser: a loopback port that waits for one redirect (RFC 8252 section 7.3)."""

from __future__ import annotations

import asyncio
import contextlib
import html
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from specport.errors import SourceError

PATH = "/callback"
MAX_HEAD = 64 * 1024
"""Bytes of a request of the browser's."""

READING = 10.0
"""Seconds that a browser may take for its request."""

_PAGE = """HTTP/1.1 {status}\r
Content-Type: text/html; charset=utf-8\r
Content-Length: {length}\r
Cache-Control: no-store\r
Referrer-Policy: no-referrer\r
Connection: close\r
\r
{page}"""


@dataclass(slots=True, eq=False)
class Redirect:
    """Where the browser comes back to. `query` is what it brings; what `is_ours` does not know is sent away."""

    uri: str
    query: asyncio.Future[str]
    is_ours: Callable[[str], bool] = lambda _: False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request of the browser's, or of anybody else on this machine."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            async with asyncio.timeout(READING):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head.decode("latin-1").split(" ", 2)))
                await writer.drain()
        writer.close()

    def _answer(self, words: list[str]) -> bytes:
        method, target, *_ = [*words, "", ""]
        path, _, query = target.partition("?")
        if method != "GET" or path != PATH:
            return _page("404 Not Found", "There is nothing here.")
        if self.query.done() or not self.is_ours(query):
            return _page("400 Bad Request", "This belongs to another login. Go on where you began.")
        self.query.set_result(query)
        return _page("200 OK", "specport has its answer. You can close this window and go back to the terminal.")


@asynccontextmanager
async def redirect(port: int) -> AsyncGenerator[Redirect]:
    """A redirect on that port of 127.0.0.1, on a free one for 0. Raises SourceError when it is taken."""
    waiting = Redirect("", asyncio.get_running_loop().create_future())
    try:
        server = await asyncio.start_server(waiting.serve, "127.0.0.1", port, limit=MAX_HEAD)
    except OSError as error:
        raise SourceError(
            f"cannot listen on 127.0.0.1:{port}: {error.strerror or error}", hint="Choose another --port"
        ) from error
    waiting.uri = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{PATH}"
    async with server:
        yield waiting


def _page(status: str, text: str) -> bytes:
    page = f"<!doctype html><title>specport</title><p>{html.escape(text)}</p>"
    return _PAGE.format(status=status, length=len(page.encode()), page=page).encode()
