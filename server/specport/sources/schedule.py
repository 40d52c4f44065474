"""Documents from URLs read again from time to time: what they brought is taken as far as nobody need be asked."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable

from specport.errors import SpecportError
from specport.sources.background import running
from specport.sources.renewal import Refreshed

log = logging.getLogger("specport")

MAX_TOLD = 10
"""Most changed tools that the log names for one refresh."""


class Schedule:
    """Refreshes sources one after the other, every so many seconds; what goes wrong with one is told once."""

    def __init__(
        self,
        refresh: Callable[[str], Awaitable[Refreshed]],
        names: Callable[[], Iterable[str]],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`names`: the sources whose documents can be had again."""
        self._refresh = refresh
        self._names = names
        self._sleep = sleep
        self._told: dict[str, str] = {}

    def keeping(self, seconds: float) -> contextlib.AbstractAsyncContextManager[None]:
        """Refresh every so many seconds for as long as the block lasts."""
        return running(self._keep(seconds), "documents are not read again any more")

    async def _keep(self, seconds: float) -> None:
        while True:
            await self._sleep(seconds)
            for name in list(self._names()):
                try:
                    self._tell(name, await self._refresh(name))
                except SpecportError as error:
                    self._warn(name, f"{name} could not be refreshed: {error}")

    def _tell(self, name: str, refreshed: Refreshed) -> None:
        if refreshed.refused:
            self._warn(name, f"a newer version of {name} was not taken: {'; '.join(refreshed.refused)}")
            return
        self._told.pop(name, None)
        if refreshed.is_taken:
            log.warning("a newer version of %s was taken: %s", name, refreshed.changes.summary)
            for line in refreshed.changes.lines(MAX_TOLD):
                log.warning("%s: %s", name, line)

    def _warn(self, name: str, sentence: str) -> None:
        if self._told.get(name) != sentence:
            self._told[name] = sentence
            log.warning("%s", sentence)
