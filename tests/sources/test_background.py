"""Work beside the calls: it ends with its block, however often it has to be told."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from specport.sources.background import running

pytestmark = pytest.mark.anyio


async def test_work_that_lost_its_cancellation_is_cancelled_again() -> None:
    """As happens in a library that takes it for its own time limit's."""
    lost: list[bool] = []

    async def work() -> None:
        for _ in range(2):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                lost.append(True)
        await asyncio.Event().wait()

    with anyio.fail_after(30):
        async with running(work(), "ended"):
            await asyncio.sleep(0)
    assert lost == [True, True]


async def test_a_fault_of_the_work_is_logged_and_ends_no_block(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        raise ValueError("broken")

    async with running(work(), "nothing is looked for any more"):
        for _ in range(3):  # the work, what is done when it ended, and the rest
            await asyncio.sleep(0)
    assert "nothing is looked for any more" in caplog.text
