"""A sandbox on a real loopback port."""

from __future__ import annotations

import signal

import httpx2
import pytest
from sandbox_rooms import Loaded, answers, read, small

from specport.sandbox.app import sandbox_app
from specport.sandbox.serve import serve_sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
def loaded() -> Loaded:
    return read(small({"/x": {"get": answers({"const": "x"})}}), "inline")


async def test_it_is_served_for_as_long_as_the_block_lasts(loaded: Loaded) -> None:
    """The base URL answers inside the block and refuses after it; open connections do not hold it up."""
    document, references, operations = loaded
    app = sandbox_app(operations, references, document.dialect, ())
    before = signal.getsignal(signal.SIGINT)
    async with httpx2.AsyncClient() as client:
        async with serve_sandbox(app) as base:
            assert base.startswith("http://127.0.0.1:")
            assert (await client.get(f"{base}/x")).json() == "x"
            assert (await client.get(f"{base}/y")).status_code == 404
            assert signal.getsignal(signal.SIGINT) is before
        with pytest.raises(httpx2.TransportError):
            await client.get(f"{base}/x")
    assert app.state.sandbox.requests == 2
    assert [seen.status for seen in app.state.sandbox.recent] == [200, 404]


async def test_two_sandboxes_run_side_by_side_and_errors_pass_through(loaded: Loaded) -> None:
    """Each has a port of its own; what the block raises leaves it unchanged."""
    document, references, operations = loaded
    apps = [sandbox_app(operations, references, document.dialect, ()) for _ in range(2)]

    async def fails() -> None:
        async with serve_sandbox(apps[0]) as first, serve_sandbox(apps[1]) as second:
            assert first != second
            raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        await fails()
