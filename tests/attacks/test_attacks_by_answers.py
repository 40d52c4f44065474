"""An API that answers what no API should: bombs, drips, lies about lengths, garbage. Each answer ends as one line."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable

import pytest

from attacks.conftest import Open
from attacks.hostile import Answer, answering
from specport.executor.model import Bounds

pytestmark = pytest.mark.anyio

KIB = 1024
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def packed(wbits: int, data: bytes = bytes(64 * KIB * KIB)) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return packer.compress(data) + packer.flush()


BOMB = packed(31)
BOMBS: dict[str, bytes] = {
    "gzip": answering(BOMB, "Content-Encoding: gzip"),
    "deflate": answering(packed(15), "Content-Encoding: deflate"),
    "raw deflate": answering(packed(-15), "Content-Encoding: deflate"),
    "gzip thrice": answering(gzip.compress(gzip.compress(BOMB)), "Content-Encoding: gzip, gzip, gzip"),
    "gzip on two lines": answering(gzip.compress(BOMB), "Content-Encoding: gzip", "Content-Encoding: gzip"),
    "gzip as chunks": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: x-gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"".join(b"%x\r\n%b\r\n" % (len(BOMB[n : n + 999]), BOMB[n : n + 999]) for n in range(0, len(BOMB), 999))
        + b"0\r\n\r\n"
    ),
    "as an event stream": answering(BOMB, "Content-Type: text/event-stream", "Content-Encoding: gzip"),
    "as an error": answering(BOMB, "Content-Encoding: gzip", status="500 Internal Server Error"),
}


@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_is_left_at_the_cap(attacked: Open, name: str) -> None:
    """64 MiB in a few bytes are refused by the cap, whatever they are packed in."""
    async with attacked(bounds=Bounds(attempts=1, body=256 * KIB)) as scene:
        scene.api.answers["/attacked"] = BOMBS[name]
        assert "answered more than 262,144 bytes" in await scene.call()


BROKEN: dict[str, bytes] = {
    "truncated": b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{",
    "truncated gzip": answering(gzip.compress(b"x" * 9999)[:40], "Content-Encoding: gzip"),
    "truncated chunk": CHUNKED + b"ff\r\n{",
    "no last chunk": CHUNKED + b"2\r\n{}\r\n",
    "negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
    "length of hexadecimal digits": b"HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\n{}",
    "length of 5,000 digits": b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}",
    "two lengths in a line": b"HTTP/1.1 200 OK\r\nContent-Length: 2, 9\r\n\r\n{}",
    "chunk of a negative size": CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n",
    "chunk of no size": CHUNKED + b"\r\n{}\r\n0\r\n\r\n",
    "chunk of a giant size": CHUNKED + b"" + b"f" * 99 + b"\r\n{}\r\n",
    "chunk size without end": CHUNKED + b"2;" + b"x" * 99_999,
    "unknown transfer encoding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "HTTP/0.9": b"<html>hello</html>",
    "another protocol": b"SSH-2.0-OpenSSH_9.9\r\n",
    "TLS": b"\x15\x03\x03\x00\x02\x02\x28",
    "nothing": b"",
    "status of two digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "status 999999": b"HTTP/1.1 999999 OK\r\n\r\n",
    "header without a name": b"HTTP/1.1 200 OK\r\n: x\r\n\r\n",
    "header with a NUL": b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
    "headers of 10 MB": b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 10_000_000 + b"\r\n\r\n",
    "a million headers": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1_000_000 + b"\r\n",
    "a switch of protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: evil\r\nConnection: Upgrade\r\n\r\nevil",
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_answer_is_one_line(attacked: Open, name: str) -> None:
    """What is no HTTP answer fails its own call, in words, and no other."""
    async with attacked() as scene:
        scene.api.answers["/attacked"] = BROKEN[name]
        told = await scene.call()
        assert told.startswith("UpstreamFailed: ")
        assert len(told) < 500
        assert told.isprintable()


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "identity, br", "\u00ff"])
async def test_an_encoding_that_was_not_asked_for_is_told(attacked: Open, encoding: str) -> None:
    """Bytes that cannot be decoded are never passed on as if they were the answer's text."""
    async with attacked() as scene:
        scene.api.answers["/attacked"] = answering(b'{"a": 1}', f"Content-Encoding: {encoding}")
        told = await scene.call()
        assert told.startswith("UpstreamFailed: ")
        assert "content encoding" in told


async def _endlessly(writer: asyncio.StreamWriter, start: bytes, piece: Callable[[], bytes], pause: float) -> None:
    writer.write(start)
    while True:
        writer.write(piece())
        await writer.drain()
        await asyncio.sleep(pause)


def endless(start: bytes, piece: bytes, pause: float = 0.0) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        await _endlessly(writer, start, lambda: piece, pause)

    return answer


ENDLESS: dict[str, tuple[Answer, str]] = {
    "body": (endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * KIB), "more than 1,048,576 bytes"),
    "chunks": (
        endless(CHUNKED, b"400\r\n" + b"x" * KIB + b"\r\n"),
        "more than 1,048,576 bytes",
    ),
    "headers": (endless(b"HTTP/1.1 200 OK\r\n", b"X: x\r\n" * 999), "broke off"),
    "trailers": (
        endless(CHUNKED + b"0\r\n", b"X: x\r\n" * 999),
        "broke off",
    ),
    "one header": (endless(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 9999), "broke off"),
    "1xx": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "UpstreamFailed"),
    "103": (endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), "UpstreamFailed"),
    "empty lines": (endless(b"", b"\r\n"), "broke off"),
    "dripping body": (endless(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", b"x", 0.2), "not answer in time"),
    "dripping headers": (endless(b"HTTP/1.1 200 OK\r\n", b"X", 0.2), "not answer in time"),
    "silence": (endless(b"", b"", 0.2), "not answer in time"),
}


async def test_an_answer_without_an_end_is_left(attacked: Open) -> None:
    """By the cap of its size, the HTTP reader's own of headers, or else when the call's time is over."""
    async with attacked(bounds=Bounds(total=4.0, attempts=1, body=KIB * KIB)) as scene:
        for name, (answer, _) in ENDLESS.items():
            scene.api.answers[f"/attacked/{name.replace(' ', '-')}"] = answer
        told = await asyncio.gather(*(scene.call("api.deep", {"id": name.replace(" ", "-")}) for name in ENDLESS))
        wrong = {name: said for (name, (_, want)), said in zip(ENDLESS.items(), told, strict=True) if want not in said}
        assert wrong == {}
