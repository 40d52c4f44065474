"""Kept connections, against real servers on loopback."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from specport.executor.connections import Connections
from specport.executor.network import MAX_UNREAD, AsyncioBackend

pytestmark = pytest.mark.anyio

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"
TIMEOUT = httpx2.Timeout(20.0).as_dict()

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(serve: Serve, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The URL of a server that runs `serve` for each connection."""

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(run, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"{'https' if context else 'http'}://127.0.0.1:{port}/"


async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()


async def body_of(connections: Connections, url: str, **extensions: object) -> bytes:
    request = httpx2.Request("GET", url, extensions={"timeout": TIMEOUT, **extensions})
    response = await connections.handle_async_request(request)
    try:
        return await response.aread()
    finally:
        await response.aclose()


@asynccontextmanager
async def opened(most: int = 10, **more: object) -> AsyncIterator[Connections]:
    connections = Connections(most, **more)  # type: ignore[arg-type]
    try:
        yield connections
    finally:
        await connections.aclose()


async def test_one_call_after_the_other_uses_one_connection() -> None:
    accepted = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal accepted
        accepted += 1
        await answering(reader, writer)

    async with served(serve) as url, opened() as connections:
        assert [await body_of(connections, url) for _ in range(5)] == [b"fine"] * 5
    assert accepted == 1


async def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    closed = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        writer.close()
        await writer.wait_closed()
        closed.set()

    async with served(serve) as url, opened() as connections:
        for _ in range(3):
            closed.clear()
            assert await body_of(connections, url) == b"fine"
            await closed.wait()


async def test_no_more_exchanges_than_allowed_are_under_way() -> None:
    under_way, most_seen = 0, 0
    full = asyncio.Event()
    go_on = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most_seen
        while True:
            await reader.readuntil(b"\r\n\r\n")
            under_way += 1
            most_seen = max(most_seen, under_way)
            if under_way == 3:
                full.set()
            await go_on.wait()
            under_way -= 1
            writer.write(ANSWER)

    async with served(serve) as url, opened(3) as connections:
        calls = asyncio.gather(*(body_of(connections, url) for _ in range(12)))
        await full.wait()
        go_on.set()
        assert await calls == [b"fine"] * 12
    assert most_seen == 3


async def test_a_call_that_is_given_up_leaves_no_half_read_connection() -> None:
    started = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if not started.is_set():
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it")
            started.set()
            await reader.read()
        writer.write(ANSWER)
        await reader.read()

    async with served(serve) as url, opened(1) as connections:
        given_up = asyncio.ensure_future(body_of(connections, url))
        await started.wait()
        given_up.cancel()
        await asyncio.wait([given_up])
        assert await body_of(connections, url) == b"fine"


async def test_what_nobody_reads_makes_the_server_wait() -> None:
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()
            sent += 65_536

    async with served(serve) as url:
        port = int(url.rsplit(":", 1)[1].strip("/"))
        stream = await AsyncioBackend().connect_tcp("127.0.0.1", port, timeout=20.0)
        await stream.write(b"GET / HTTP/1.1\r\n\r\n")
        before = -1
        while sent > before or not before > 0:  # until nothing more leaves for some turns of the loop
            before = sent
            for _ in range(200):
                await asyncio.sleep(0)
        held = len(stream._unread)  # type: ignore[attr-defined]
        assert MAX_UNREAD < held <= MAX_UNREAD + 256 * 1024 + 65_536
        taken = 0
        while taken <= held:
            taken += len(await stream.read(100_000, timeout=20.0))
        await stream.aclose()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for api.test that signs itself, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        reason = "there is no openssl to make a certificate with"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("tls")
    held, key = folder / "cert.pem", folder / "key.pem"
    named = ("-subj", "/CN=api.test", "-addext", "subjectAltName=DNS:api.test")
    command = (openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", held)
    subprocess.run([*command, *named], check=True, capture_output=True)
    return held, key


def server_side(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def trusting(certificate: tuple[Path, Path]) -> Callable[[], ssl.SSLContext]:
    return lambda: ssl.create_default_context(cafile=certificate[0])


async def test_tls_is_checked_against_the_name_that_was_asked_for(certificate: tuple[Path, Path]) -> None:
    """A pinned address keeps the name: the certificate is for it and not for the address."""
    serving = served(answering, server_side(certificate))
    async with serving as url, opened(context=trusting(certificate)) as connections:
        for _ in range(2):
            assert await body_of(connections, url, sni_hostname="api.test") == b"fine"
        with pytest.raises(httpx2.ConnectError, match="certificate verify failed"):
            await body_of(connections, url)


async def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: tuple[Path, Path]) -> None:
    async with served(answering, server_side(certificate)) as url, opened() as connections:
        with pytest.raises(httpx2.ConnectError, match="certificate verify failed"):
            await body_of(connections, url, sni_hostname="api.test")


async def test_a_server_that_never_shakes_hands_is_given_up(certificate: tuple[Path, Path]) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with served(serve) as url, opened(context=trusting(certificate)) as connections:
        request = httpx2.Request(
            "GET", url.replace("http:", "https:"), extensions={"timeout": httpx2.Timeout(0.05).as_dict()}
        )
        with pytest.raises(httpx2.ConnectTimeout):
            await connections.handle_async_request(request)


async def test_large_bodies_come_whole_over_tls(certificate: tuple[Path, Path]) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n")
        for _ in range(30):
            writer.write(b"y" * 100_000)
            await writer.drain()
        await reader.read()

    async with served(serve, server_side(certificate)) as url, opened(context=trusting(certificate)) as connections:
        assert await body_of(connections, url, sni_hostname="api.test") == b"y" * 3_000_000
