"""What documents take of memory: their bytes once, little in the process that reads them, and nothing for longer."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Awaitable
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
    monkeypatch.setattr("specport.memory.gc.collect", lambda: collected.append(1))
    async with App.open([], Settings(reads_apart=False)) as app:
        for name in "abcd":
            await app.add(Specification(document(), name=name, base_url="https://api.example.com"), Origin.OPERATOR)
        seen: list[int] = []
        for name in "abcd":
            await app.remove(name)
            seen.append(len(collected))
    assert seen == [0, 1, 2, 3]


SCATTERED = """
import gc, sys
from contextlib import nullcontext
from specport.memory import by_page, give_back, prepare

def resident():
    with open("/proc/self/statm") as facts:
        return int(facts.read().split()[1]) * 4096

prepare()
made, lasting = [], []
before = resident()
for chunk in range(40):
    with by_page() if sys.argv[1] == "by page" else nullcontext():
        made.append([{"name": str(number)} for number in range(5_000)])
    lasting += [(chunk, number) for number in range(100)]
full = resident()
made = None
gc.collect()
give_back()
print((resident() - before) / (full - before))
"""


def left_of(manner: str, **environment: str) -> float:
    """What is left of some 60 MB when they are gone and a few tuples that were made among them are not, of 1."""
    command = [sys.executable, "-c", SCATTERED, manner]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=True, timeout=60
    )
    return float(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="resident memory is read of /proc")
def test_what_lasts_keeps_no_memory_of_what_was_made_by_page_beside_it() -> None:
    """A megabyte each, where Python's allocator has both."""
    assert left_of("by page", PYTHONMALLOC="") < 0.1
    assert left_of("usual", PYTHONMALLOC="") > 0.5


@pytest.mark.parametrize("allocator", ["debug", "malloc", "malloc_debug"])
def test_another_allocator_than_the_usual_one_stays(allocator: str) -> None:
    """A debugging one takes no block for its own that it did not make, and ends the process."""
    assert left_of("by page", PYTHONMALLOC=allocator) < 1


TOGETHER = """
import ctypes, random, threading
from specport.memory import by_page

name = ctypes.pythonapi._PyMem_GetCurrentAllocatorName
name.restype = ctypes.c_char_p
usual, within, shared = name(), [], []

def work(seed):
    chance = random.Random(seed)
    for turn in range(200):
        with by_page():
            within.append(name())
            shared.append([str(number) * chance.randrange(40) for number in range(50)])
        if len(shared) > 20:
            shared.pop(0)[:25] = [b"x" * chance.randrange(600)] * 9

threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
shared.clear()
print(usual == b"pymalloc", set(within) == {None}, name() == usual)
"""


def test_threads_that_make_something_by_page_at_once_end_with_the_usual_allocator() -> None:
    """And what one made is changed and freed by others, within and after."""
    command = [sys.executable, "-c", TOGETHER]
    environment = {**os.environ, "PYTHONMALLOC": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["True", "True", "True"]
