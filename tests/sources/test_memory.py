"""What documents take of memory: their bytes once, little in the process that reads them, and nothing for longer."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Awaitable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import httpx2
import pytest
from source_documents import document

from specport.app import App
from specport.settings import Settings
from specport.sources.fetch import FetchPolicy, fetch
from specport.sources.model import Origin, Source
from specport.sources.specification import Specification
from specport.sources.sqlite_store import SqliteStore
from specport.sources.turns import MAX_READ_AT_ONCE, MOST_TOGETHER, in_turn

pytestmark = pytest.mark.anyio

Made = TypeVar("Made")

SIZE = 8_000_000
CHUNK = b" " * 50_000
LARGE = Source("shop", "https://docs.example.com/a", document().encode().ljust(SIZE), Origin.OPERATOR)


async def taken(work: Awaitable[Made]) -> tuple[Made, int]:
    """What comes of some work, and the most bytes that it had of Python at once."""
    tracemalloc.start()
    try:
        made = await work
        return made, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class Chunks(httpx2.AsyncByteStream):
    """A body that arrives in parts."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(SIZE // len(CHUNK)):
            yield CHUNK


async def test_what_is_fetched_is_in_memory_once() -> None:
    """Parts and their sum would be twice as much."""
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Chunks()))

    async def public(host: str, port: int) -> list[str]:
        return ["93.184.216.34"]

    await fetch("https://docs.example.com/a", FetchPolicy(), resolver=public, transport=transport)  # imports
    found, most = await taken(fetch("https://docs.example.com/a", FetchPolicy(), resolver=public, transport=transport))
    assert len(found.data) == SIZE
    assert most < 1.5 * SIZE


async def test_a_source_is_kept_without_a_copy_of_it(tmp_path: Path) -> None:
    """Its facts and its document are written one after the other, when it is added and when it is another one."""
    store = SqliteStore(tmp_path)
    try:
        revision, most = await taken(store.add(LARGE))
        assert revision
        assert most < SIZE / 4
        changed = replace(LARGE, base_url="https://b.example.com")
        newer, most = await taken(store.replace("shop", revision, changed))
        assert newer not in (None, revision)
        assert most < SIZE / 4
        kept = await store.get("shop")
        assert kept is not None
        assert (kept.source, kept.revision) == (changed, newer)
    finally:
        await store.aclose()


def test_the_process_that_reads_documents_has_neither_an_event_loop_nor_an_http_client() -> None:
    """It would begin with a third more memory, beside that of the server."""
    asked = (
        "import sys, specport.sources.worker.__main__; print(*{'asyncio', 'httpx2', 'mcp', 'sqlite3'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []


async def test_what_removed_sources_leave_is_collected_each_time_half_of_the_tools_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not at each removal, which would take seven times as long; and at the last one in any case."""
    collected: list[int] = []
    monkeypatch.setattr("specport.sources.memory.gc.collect", lambda: collected.append(1))
    async with App.open([], Settings(reads_apart=False)) as app:
        for name in "abcd":
            await app.add(Specification(document(), name=name, base_url="https://api.example.com"), Origin.OPERATOR)
        seen: list[int] = []
        for name in "abcd":
            await app.remove(name)
            seen.append(len(collected))
    assert seen == [0, 1, 2, 3]


ASKED = """
import asyncio, json, sys, threading
from specport.app import App
from specport.settings import Settings
from specport.sources.model import Origin
from specport.sources.specification import Specification

WORDS = "specport.catalog.search.ranking"

async def run():
    async with App.open([], Settings(reads_apart=False)) as app:
        before = WORDS in sys.modules
        await app.preview(Specification(sys.argv[1], base_url="https://api.example.com"), Origin.OPERATOR)
        names = [thread.name.partition("_")[0] for thread in threading.enumerate()]
        print(json.dumps([before, WORDS in sys.modules, names.count("asyncio"), names.count("specport-reading")]))

asyncio.run(run())
"""


def test_what_lasts_is_there_from_the_first_document_on_and_not_before() -> None:
    """The words of searches, and the threads that work apart: made among many tools, each keeps memory of theirs."""
    command = [sys.executable, "-c", ASKED, document()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == [False, True, MOST_TOGETHER, MAX_READ_AT_ONCE]


async def test_an_event_loop_that_has_fewer_threads_reads_as_well() -> None:
    """As its owner told it to."""

    async def read() -> int:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        return await in_turn(len, "abc")

    assert await asyncio.to_thread(asyncio.run, read()) == 3
