"""Content-Encoding undone (RFC 9110 section 8.4): what was asked for, in bounded pieces, and only whole."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Sequence
from typing import Protocol

MAX_CODINGS = 3
"""Most codings that an answer may lie under."""

PIECE = 256 * 1024
"""Most bytes that come out of a coding at once, however few went in."""

_GZIP = zlib.MAX_WBITS | 16
_CODINGS = frozenset({"gzip", "x-gzip", "deflate"})


class BrokenCoding(Exception):
    """The bytes are not what Content-Encoding says; the text says how."""


class Coding(Protocol):
    """One coding being undone."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What these bytes bring, in pieces."""
        ...

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing at the end."""
        ...


class _Inflating(Protocol):
    """A decompressor of zlib, whose class has no public name."""

    @property
    def eof(self) -> bool: ...

    @property
    def unconsumed_tail(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def codings_of(value: str) -> tuple[Coding, ...]:
    """What has to be undone, in that order, by the value of Content-Encoding. Raises BrokenCoding."""
    names = [name.strip().lower() for name in value.split(",")]
    applied = [name for name in names if name not in ("", "identity")]
    for name in applied:
        if name not in _CODINGS:
            raise BrokenCoding(f"the content encoding {name[:40]!r}, which was not asked for")
    if len(applied) > MAX_CODINGS:
        raise BrokenCoding(f"more than {MAX_CODINGS} content encodings (MAX_CODINGS)")
    return tuple(_Deflate() if name == "deflate" else _Gzip() for name in reversed(applied))


async def undone(raw: AsyncIterable[bytes], codings: Sequence[Coding]) -> AsyncIterator[bytes]:
    """The pieces of an answer without its codings. Raises BrokenCoding for what they are not, or not whole."""
    is_empty = True
    async for data in raw:
        is_empty = is_empty and not data
        for piece in _through(codings, data):
            yield piece
    if not is_empty and not all(coding.is_whole for coding in codings):
        raise BrokenCoding("a content encoding that ends too early")


def _through(codings: Sequence[Coding], data: bytes) -> Iterator[bytes]:
    if not codings:
        yield data
        return
    for piece in codings[0].feed(data):
        yield from _through(codings[1:], piece)


class _Gzip:
    """Members one after the other (RFC 1952 section 2.2); what is no member after the first is padding."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self._is_padding = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self._is_padding:
            if self._member.eof:
                self._is_padding = data[0] != 0x1F
                self._member = self._member if self._is_padding else zlib.decompressobj(_GZIP)
                continue
            yield from _pieces(self._member, data)
            data = self._member.unused_data

    @property
    def is_whole(self) -> bool:
        return self._member.eof


class _Deflate:
    """The zlib format, or without its header, which some send (RFC 9110 section 8.4.1.2)."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj()
        self._start = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        if len(self._start) < 2:
            self._start += data
            if len(self._start) < 2:
                return
            data = self._start
            if data[0] & 15 != 8 or int.from_bytes(data[:2]) % 31:  # RFC 1950 section 2.2
                self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
        yield from _pieces(self._inner, data)

    @property
    def is_whole(self) -> bool:
        return self._inner.eof


def _pieces(inner: _Inflating, data: bytes) -> Iterator[bytes]:
    try:
        while data and not inner.eof:
            piece = inner.decompress(data, PIECE)
            if piece:
                yield piece
            data = inner.unconsumed_tail
    except zlib.error as error:
        raise BrokenCoding("a broken content encoding") from error
