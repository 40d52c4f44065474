"""An API that is down, slow, oversized or broken: errors in our own words, and nothing carried where it must not go."""

from __future__ import annotations

import asyncio
import gzip
import socket
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest
from fake_api import Api, ok, request, status_of

from specport.errors import UpstreamFailed
from specport.executor.model import Bounds, Channel
from specport.executor.send import Executor

pytestmark = pytest.mark.anyio


async def test_a_refused_connection_is_one_clear_line() -> None:
    """Nothing listens there: the origin, the reason and what to check."""
    executor = Executor(bounds=Bounds(attempts=1))
    with unused_port() as port, pytest.raises(UpstreamFailed) as caught:
        await executor.send(request(url=f"http://127.0.0.1:{port}/secret-path?key=1"), Channel())
    await executor.aclose()
    assert str(caught.value).startswith(f"cannot connect to http://127.0.0.1:{port}: ")
    assert "Is the base URL right and the API up?" in str(caught.value)
    assert "secret-path" not in str(caught.value)


@contextmanager
def unused_port() -> Iterator[int]:
    """A port that is taken and not listened on, so that connecting is refused."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "http://[::1/", "http:///x", "x"])
async def test_a_base_url_that_is_none_fails_the_call_and_nothing_else(url: str) -> None:
    """A broken URL of the operator's is told as such, not as a fault inside."""
    executor = Executor(bounds=Bounds(attempts=1))
    with pytest.raises(UpstreamFailed, match=r"cannot be used|broke off|cannot connect"):
        await executor.send(request(url=url), Channel())
    await executor.aclose()


async def test_a_slow_api_ends_with_the_budget() -> None:
    """An API that does not answer costs the budget once, is not asked again, and the error says what happened."""

    async def never(asked: httpx2.Request) -> httpx2.Response:
        seen.append(asked)
        await asyncio.Event().wait()
        raise AssertionError

    seen: list[httpx2.Request] = []
    executor = Executor(bounds=Bounds(total=0.05), transport=httpx2.MockTransport(never))
    with pytest.raises(UpstreamFailed, match=r"https://api\.test did not answer in time\. Try again later"):
        await executor.send(request(), Channel())
    assert len(seen) == 1


async def test_a_read_timeout_is_not_asked_again() -> None:
    """Who did not answer within the read timeout is busy; a second request would not help."""
    api = Api([httpx2.ReadTimeout("slow"), ok()])
    with pytest.raises(UpstreamFailed, match="did not answer in time"):
        await api.send(request())
    assert len(api.seen) == 1


async def test_more_than_the_cap_is_refused_without_asking_again() -> None:
    """A body over the cap is not kept, the message names the cap, and it is not downloaded four times."""
    api = Api([ok("x" * 2000)], bounds=Bounds(body=1000))
    with pytest.raises(UpstreamFailed, match=r"answered more than 1,000 bytes\. Ask for less"):
        await api.send(request())
    assert len(api.seen) == 1


async def test_a_compressed_answer_is_decoded() -> None:
    """Content encodings that were asked for are undone."""
    body = gzip.compress(b'{"a": 1}')
    api = Api([httpx2.Response(200, headers={"content-encoding": "gzip"}, stream=httpx2.ByteStream(body))])
    assert (await api.send(request())).body == b'{"a": 1}'


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_broken_content_encoding_is_an_upstream_failure(encoding: str) -> None:
    """Bytes that are not what Content-Encoding says fail the call in words, once."""
    broken = httpx2.Response(200, headers={"content-encoding": encoding}, stream=httpx2.ByteStream(b"not compressed"))
    api = Api([broken])
    with pytest.raises(UpstreamFailed, match="broken content encoding"):
        await api.send(request())
    assert len(api.seen) == 1


async def test_a_gzip_bomb_stops_at_the_cap() -> None:
    """A hundred kilobytes that unpack to a hundred megabytes are cut off at the cap."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(100)), packer.flush()])
    api = Api(
        [httpx2.Response(200, headers={"content-encoding": "gzip"}, stream=httpx2.ByteStream(bomb))],
        bounds=Bounds(body=1 << 20),
    )
    with pytest.raises(UpstreamFailed, match="answered more than 1,048,576 bytes"):
        await api.send(request())


async def test_cookies_of_one_answer_are_not_sent_with_the_next_call() -> None:
    """Calls share connections and nothing else."""
    api = Api([status_of(200, set_cookie="session=1; Path=/")])
    executor = Executor(transport=httpx2.MockTransport(api.answer))
    for _ in range(2):
        await executor.send(request(), Channel())
    assert all("cookie" not in seen.headers for seen in api.seen)


async def test_header_lines_cannot_be_smuggled_in() -> None:
    """A line break that reached a header all the same is refused by the HTTP layer, not sent."""
    received = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.set_result(await reader.read())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        executor = Executor(bounds=Bounds(attempts=1))
        with pytest.raises(UpstreamFailed, match="broke off"):
            await executor.send(request(url=url, headers=(("X-A", "b\r\nX-Admin: yes"),)), Channel())
        await executor.aclose()
        assert await received == b""
