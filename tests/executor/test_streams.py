"""Answers that never end: what came is the answer, and no bound is waited for longer than it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from fake_api import Api, request

from specport.errors import UpstreamFailed
from specport.executor.model import Bounds, Channel, Exchange
from specport.executor.send import Executor

pytestmark = pytest.mark.anyio

EVENTS = {"content-type": "text/event-stream; charset=utf-8"}


class Stream(httpx2.AsyncByteStream):
    """Chunks, and then an error, an end, or nothing for ever; `closed` tells that the connection was given up."""

    def __init__(self, *chunks: bytes, then: Exception | str = "end") -> None:
        self.chunks = chunks
        self.then = then
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk
        if isinstance(self.then, Exception):
            raise self.then
        if self.then == "nothing":
            await asyncio.Event().wait()

    async def aclose(self) -> None:
        self.closed = True


async def sent(stream: Stream, headers: dict[str, str] | None = None, **bounds: float) -> Exchange:
    async def answer(asked: httpx2.Request) -> httpx2.Response:
        del asked
        return httpx2.Response(200, headers=EVENTS if headers is None else headers, stream=stream)

    limited = Bounds(attempts=1, **bounds)  # type: ignore[arg-type]
    executor = Executor(bounds=limited, transport=httpx2.MockTransport(answer))
    try:
        return await executor.send(request(), Channel())
    finally:
        await executor.aclose()
        assert stream.closed


async def test_a_stream_that_ends_is_read_whole() -> None:
    """Nothing is left out and nothing is said."""
    exchange = await sent(Stream(b"data: 1\n", b"\ndata: 2\n\n"))
    assert (exchange.body, exchange.left) == (b"data: 1\n\ndata: 2\n\n", "")


async def test_a_stream_that_stays_open_is_left_after_its_time() -> None:
    """What came until then is the answer."""
    exchange = await sent(Stream(b"data: 1\n\n", then="nothing"), stream_time=0.05)
    assert (exchange.status, exchange.body, exchange.left) == (200, b"data: 1\n\n", "0.05 s")


async def test_a_stream_is_left_before_the_budget_of_the_call_is_used_up() -> None:
    """Where most of the budget went before the first byte, the rest ends the reading, not the call."""
    stream = Stream(b"data: 1\n\n", then="nothing")
    api = Api([httpx2.Response(200, headers=EVENTS, stream=stream)], bounds=Bounds(stream_time=60), takes=49.9)
    exchange = await api.send(request())
    assert exchange.body == b"data: 1\n\n"
    assert exchange.left == "0.09 s"
    assert stream.closed


@pytest.mark.parametrize("chunks", [[b"data: 1\n\n"] * 10, [bytes([byte]) for byte in b"data: 1\r\n\r\n" * 10]])
async def test_a_stream_is_left_after_so_many_events(chunks: list[bytes]) -> None:
    """Events are counted wherever the chunks are split."""
    exchange = await sent(Stream(*chunks, then="nothing"), stream_items=3)
    assert exchange.body.count(b"data: 1") == 3
    assert exchange.left == f"3 items, {len(exchange.body)} bytes"


async def test_a_stream_is_left_after_so_many_bytes() -> None:
    """One event without an end does not fill the memory."""
    exchange = await sent(Stream(*[b"x" * 100] * 100, then="nothing"), stream_body=250)
    assert (len(exchange.body), exchange.left) == (300, "0 items, 300 bytes")


async def test_a_stream_that_breaks_off_is_what_came() -> None:
    """A connection that is lost after the first events; one that brought none is a failure."""
    for fault in (httpx2.ReadError("gone"), httpx2.RemoteProtocolError("cut"), httpx2.ReadTimeout("slow")):
        exchange = await sent(Stream(b"data: 1\n\n", then=fault))
        assert (exchange.body, exchange.left) == (b"data: 1\n\n", "its connection broke off")
        with pytest.raises(UpstreamFailed):
            await sent(Stream(then=fault))


@pytest.mark.parametrize(
    "content_type", ["application/x-ndjson", "application/json;stream=watch", "application/json-seq"]
)
async def test_lines_without_a_length_may_go_on_too(content_type: str) -> None:
    """A watch of Kubernetes, a log that is followed."""
    exchange = await sent(Stream(b'{"a":1}\n{"a":', then="nothing"), {"content-type": content_type}, stream_time=0.05)
    assert (exchange.body, exchange.left) == (b'{"a":1}\n{"a":', "0.05 s")


async def test_lines_with_a_length_are_read_whole() -> None:
    """An export ends, however many lines it has."""
    body = b'{"a":1}\n' * 50
    headers = {"content-type": "application/x-ndjson", "content-length": str(len(body))}
    exchange = await sent(Stream(body), headers, stream_items=3)
    assert (exchange.body, exchange.left) == (body, "")


async def test_a_secret_that_a_stream_or_another_encoding_echoes_is_not_passed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """UTF-16 is another spelling of the same secret."""
    from specport.executor.model import Credential

    monkeypatch.setenv("SECRET", "very-secret-token")
    channel = Channel(credentials={"token": Credential("token", "env:SECRET")})
    for codec in ("utf-8", "utf-16-le", "utf-16-be", "utf-16"):
        body = "data: very-secret-token ü\n\n".encode(codec)
        api = Api([httpx2.Response(200, headers=EVENTS, stream=Stream(body))])
        echoed = await api.send(request(security=(("token",),)), channel)
        assert "secret-token" not in echoed.body.decode(codec)
        assert "[env:SECRET]" in echoed.body.decode(codec)
