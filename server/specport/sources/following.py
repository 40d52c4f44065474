"""A registry kept as its store is: what other processes add and remove is noticed, and one that fails is told once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from specport.sources.background import running
from specport.sources.registry import Registry
from specport.sources.store import StoreLost

log = logging.getLogger("specport")

POLL_SECONDS = 1.0
"""How long a change that nobody asked about may stay unnoticed."""


class Follower:
    """Looks for changes when asked, and about once a POLL_SECONDS.

    While the store is lost what is open stays open; only the poll asks it then, so that no client waits for it.
    """

    def __init__(self, registry: Registry, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._registry = registry
        self._sleep = sleep
        self._is_lost = False

    async def look(self) -> bool:
        """Take in what changed; whether something did."""
        return not self._is_lost and await self._take_in()

    def following(self, changed: Callable[[], Awaitable[None]]) -> contextlib.AbstractAsyncContextManager[None]:
        """Look for as long as the block lasts, and say each time that something changed."""
        return running(self._follow(changed), "what other processes add is not looked for any more")

    async def _follow(self, changed: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._sleep(POLL_SECONDS)
            if await self._take_in():
                await changed()

    async def _take_in(self) -> bool:
        try:
            synced = await self._registry.sync()
        except StoreLost as error:
            if not self._is_lost:
                log.warning("%s; the sources that are open stay", error)
            self._is_lost = True
            return False
        if self._is_lost:
            self._is_lost = False
            log.warning("the place where added sources are kept can be used again")
        for name, error in synced.failed.items():
            log.warning("the added source %s could not be opened: %s", name, error)
        return synced.is_changed
