"""Kept answers for several processes: what one keeps another finds, through a store that all of them have."""

from __future__ import annotations

import contextlib
import logging
import zlib
from collections.abc import Generator
from dataclasses import asdict, dataclass
from typing import Protocol, cast

import orjson

from specport.results.kept import MAX_KEPT_OF_ONE, KeptResults, Owner, Stored
from specport.results.model import Answer
from specport.threads import in_thread

log = logging.getLogger("specport")

_LEVEL = 1
"""How hard answers are compressed: a tenth of their size or so, at a hundred megabytes a second."""


class ResultsLost(Exception):
    """The store does not answer, or takes nothing."""


class ResultStore(Protocol):
    """Where processes put answers for each other, each for a while. Every method may raise ResultsLost."""

    async def put(self, handle: str, owner: bytes, data: bytes) -> None:
        """Keep an answer under its handle, and let older ones go for it."""
        ...

    async def get(self, handle: str) -> bytes | None:
        """What is kept under a handle, which stays for longer now."""
        ...

    async def touch(self, handle: str) -> None:
        """Have what is kept under a handle stay for longer."""
        ...

    async def aclose(self) -> None:
        """Let go of it."""
        ...


class SharedResults:
    """The kept answers of this process, and those of others where there is a store."""

    def __init__(self, kept: KeptResults, store: ResultStore | None) -> None:
        self._kept = kept
        self._store = store
        self._is_lost = False

    async def share(self, handle: str) -> None:
        """Let other processes find what this one keeps."""
        stored = self._kept.stored(handle)
        if self._store and stored:
            data = await in_thread(_packed, stored)
            with self._telling():
                await self._store.put(handle, stored.owner.digest, data)

    async def fetch(self, handle: str) -> None:
        """Keep here what another process keeps under a handle; whose it is, is asked when it is read."""
        if self._store is None:
            return
        data = None
        with self._telling():
            if self._kept.stored(handle):
                await self._store.touch(handle)
            else:
                data = await self._store.get(handle)
        stored = await in_thread(_unpacked, data) if data else None
        if stored:
            self._kept.take_in(handle, stored)

    @contextlib.contextmanager
    def _telling(self) -> Generator[None]:
        """Say once in the log that the store is lost: answers go on, each where its call was made."""
        try:
            yield
        except ResultsLost as error:
            if not self._is_lost:
                log.warning("%s; large answers can be read on in only where the call was made", error)
            self._is_lost = True
        else:
            self._is_lost = False


@dataclass(frozen=True, slots=True)
class _Label:
    """What an answer is, and whose; the headers are names."""

    is_json: bool
    is_text: bool
    media_type: str
    headers: tuple[str, ...]
    digest: str


def _packed(stored: Stored) -> bytes:
    """An answer as one text of bytes: its label as a line of JSON, then its data, compressed."""
    answer, owner = stored.answer, stored.owner
    label = _Label(answer.is_json, answer.is_text, answer.media_type, owner.headers, owner.digest.hex())
    return orjson.dumps(asdict(label), option=orjson.OPT_APPEND_NEWLINE) + zlib.compress(stored.data, _LEVEL)


def _unpacked(packed: bytes) -> Stored | None:
    """The answer again; None for what is none, such as one of another release."""
    line, _, data = packed.partition(b"\n")
    try:
        label = _Label(**cast("dict[str, object]", orjson.loads(line)))  # pyright: ignore[reportArgumentType]
        decompressing = zlib.decompressobj()
        whole = decompressing.decompress(data, MAX_KEPT_OF_ONE)
        owner = Owner(tuple(label.headers), bytes.fromhex(label.digest))
        answer = Answer(None, label.is_json, label.is_text, label.media_type)
        return Stored(whole, answer, owner) if decompressing.eof else None
    except (ValueError, TypeError, zlib.error):
        return None
