"""Legacy connections and the news that lists changed. A client that reads nothing holds up nobody but itself.

What a connection takes is bounded by what its client reads, so each is told in a task of its own. News is that lists
are to be asked for again: one that is still being told is told once more, however much comes meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib

import anyio
from mcp.server.session import ServerSession


class Telling:
    """The connections that are told."""

    def __init__(self) -> None:
        self._sessions: dict[ServerSession, asyncio.Task[None] | None] = {}
        self._again: set[ServerSession] = set()

    def add(self, session: ServerSession) -> None:
        """Tell a connection from now on."""
        self._sessions.setdefault(session, None)

    def forget(self, session: ServerSession) -> None:
        """A connection has ended."""
        self._again.discard(session)
        task = self._sessions.pop(session, None)
        if task is not None:
            task.cancel()

    def tell(self) -> None:
        """Tell every connection that tools and resources changed."""
        for session, task in self._sessions.items():
            if task is None or task.done():
                self._sessions[session] = asyncio.create_task(self._tell(session))
            else:
                self._again.add(session)

    def close(self) -> None:
        """Tell nobody any more."""
        for session in list(self._sessions):
            self.forget(session)

    async def _tell(self, session: ServerSession) -> None:
        is_news = True
        while is_news:
            self._again.discard(session)
            with contextlib.suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):  # it has just gone
                await session.send_tool_list_changed()
                await session.send_resource_list_changed()
            is_news = session in self._again
