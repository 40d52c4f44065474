"""What a source took is given back when it is removed, and many that are read at once wait for one another."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import weakref
from typing import Any

import pytest

from small_documents import document, taking
from specport.app import App
from specport.catalog.schemas import MadeSchemas
from specport.errors import BadArguments
from specport.settings import Settings
from specport.sources import registry
from specport.sources.making import Here
from specport.sources.model import Origin, Source
from specport.sources.preview.model import Preview
from specport.sources.reading import Reader
from specport.sources.registry import MAX_UNDER_WAY
from specport.sources.specification import Specification
from specport.sources.turns import MAX_READ_AT_ONCE

pytestmark = pytest.mark.anyio

SERVERS = [{"url": "https://api.example.com"}]


def wanted(name: str) -> Specification:
    """A document with a tool that takes something."""
    body = {"type": "object", "properties": {"n": {"type": "integer"}}}
    described = document({"/things": {"post": {"operationId": "add", "tags": ["t"], **taking(body)}}}, servers=SERVERS)
    return Specification(json.dumps(described), name=name)


async def test_nothing_holds_a_removed_source() -> None:
    """Neither compiled schemas, nor those that were listed, nor an error that came of a call."""
    async with App.open([], Settings()) as app:
        await app.add(wanted("gone"), Origin.TOOL)
        app.listing.page(0, 10)
        with pytest.raises(BadArguments):
            await app.call("gone.t.add", {"body": {"n": "many"}})
        schemas = app.find("gone.t.add").schemas
        assert isinstance(schemas, MadeSchemas)
        library = weakref.ref(schemas.library)
        del schemas
        assert library() is not None
        await app.remove("gone")
        await asyncio.sleep(0)  # the event loop holds what woke this test last
        gc.collect()
        assert library() is None


async def test_only_so_many_documents_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are previewed together, so that their memory does not add up."""
    under_way, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(MAX_READ_AT_ONCE)
    preview: Any = Here.preview  # the real one

    def slow(*args: Any) -> Any:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        both.wait(30)
        done = preview(*args)
        with lock:
            under_way -= 1
        return done

    monkeypatch.setattr(Here, "preview", slow)
    async with App.open([], Settings(reads_apart=False)) as app:
        await asyncio.gather(*(app.preview(wanted(f"s{n}"), Origin.TOOL) for n in range(3 * MAX_READ_AT_ONCE)))
    assert most == MAX_READ_AT_ONCE


async def test_only_so_many_documents_are_in_memory_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are still to be fetched wait until others were read, so that their bytes do not add up."""
    under_way, most = 0, 0
    all_there = asyncio.Event()
    preview = Reader.preview  # the real one

    async def fetched(wanted: Specification, *_: object) -> Source:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == MAX_UNDER_WAY:
            all_there.set()
        await all_there.wait()
        return Source(wanted.name, "given as text", wanted.spec.encode(), Origin.TOOL)

    async def read(reader: Reader, source: Source) -> Preview:
        nonlocal under_way
        previewed = await preview(reader, source)
        under_way -= 1
        return previewed

    monkeypatch.setattr(registry, "read_specification", fetched)
    monkeypatch.setattr(Reader, "preview", read)
    async with App.open([], Settings(reads_apart=False)) as app:
        await asyncio.gather(*(app.preview(wanted(f"s{n}"), Origin.TOOL) for n in range(3 * MAX_UNDER_WAY)))
    assert most == MAX_UNDER_WAY
