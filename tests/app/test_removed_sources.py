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
from specport.sources.making import Here
from specport.sources.model import Origin
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
