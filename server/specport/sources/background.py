"""Work that goes on beside the calls for as long as an App is open."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Coroutine

log = logging.getLogger("specport")

AGAIN_SECONDS = 0.5
"""Time after which work that was told to end is told again: libraries that it waits in may lose what it was told."""


@contextlib.asynccontextmanager
async def running(work: Coroutine[object, object, None], ended: str) -> AsyncGenerator[None]:
    """Have `work` done until the block ends; `ended` is what the log says where it fails, which is a fault of ours."""
    task = asyncio.create_task(work)
    task.add_done_callback(lambda done: _log_failure(done, ended))
    try:
        yield
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait((task,), timeout=AGAIN_SECONDS)


def _log_failure(task: asyncio.Task[None], ended: str) -> None:
    """A fault is told when it comes, not when the server ends."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s", ended, exc_info=error)
