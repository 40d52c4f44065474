"""Real SDK clients of both eras that listen to list changes, and when each heard of one."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Sequence

import mcp_types as types
from mcp.client.client import Client

from http_load import LEGACY, MODERN

ARRIVAL_SECONDS = 10.0
"""After which a change counts as never told."""


class Listener:
    """One client. `heard`: when each notification came, on the clock of `time.perf_counter`."""

    def __init__(self, era: str) -> None:
        self.era = era
        self.heard: list[float] = []
        self._news = asyncio.Event()

    async def __call__(self, message: object) -> None:
        """Take a message of the server."""
        if isinstance(message, types.ToolListChangedNotification):
            self.heard.append(time.perf_counter())
            self._news.set()

    async def hears(self, after: float) -> float | None:
        """When it heard of a change after that moment, None where it never did."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ARRIVAL_SECONDS):
                while not self.heard or self.heard[-1] < after:
                    self._news.clear()
                    await self._news.wait()
        return next((moment for moment in self.heard if moment >= after), None)


@contextlib.asynccontextmanager
async def listening(url: str, count: int) -> AsyncGenerator[Sequence[Listener]]:
    """So many clients of either era, each subscribed as its era does."""
    async with contextlib.AsyncExitStack() as stack:
        listeners: list[Listener] = []
        for era in (MODERN, LEGACY):
            for _ in range(count):
                listener = Listener(era)
                mode = MODERN if era == MODERN else "legacy"
                client = await stack.enter_async_context(Client(url, mode=mode, message_handler=listener))
                if era == MODERN:
                    await stack.enter_async_context(client.listen(tools_list_changed=True))
                listeners.append(listener)
        yield listeners
