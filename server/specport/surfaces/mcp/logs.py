"""The server's own log for older clients that ask for it (`logging/setLevel`, MCP 2025-11-25; gone since)."""

from __future__ import annotations

import asyncio
import logging

import mcp_types as types
from mcp.server.session import ServerSession

from specport.documents.text import one_line

MAX_DATA = 2_000
"""Characters of a record that a client is sent."""

_LEVELS: dict[types.LoggingLevel, int] = {
    "debug": logging.DEBUG, "info": logging.INFO, "notice": logging.INFO, "warning": logging.WARNING,
    "error": logging.ERROR, "critical": logging.CRITICAL, "alert": logging.CRITICAL, "emergency": logging.CRITICAL,
}  # fmt: skip


class ClientLog(logging.Handler):
    """Passes log records on to the clients that set a level, each from its own level up.

    What is logged at all is still decided by `--log-level`; a client only chooses among that.
    """

    def __init__(self) -> None:
        super().__init__()
        self._wanted: dict[ServerSession, int] = {}
        self._sending: set[asyncio.Task[None]] = set()

    def follow(self, session: ServerSession, level: types.LoggingLevel) -> None:
        """Send records of this level and above to a client."""
        self._wanted[session] = _LEVELS[level]

    def forget(self, session: ServerSession) -> None:
        """The client is gone."""
        self._wanted.pop(session, None)

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a record to the clients that want it, without waiting for them."""
        wanting = [session for session, level in self._wanted.items() if record.levelno >= level]
        for session in wanting:
            task = asyncio.get_running_loop().create_task(session.send_notification(_notification(record)))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)


def _notification(record: logging.LogRecord) -> types.LoggingMessageNotification:
    fitting: list[types.LoggingLevel] = [name for name, number in _LEVELS.items() if number >= record.levelno]
    level = fitting[0] if fitting else "emergency"
    return types.LoggingMessageNotification(
        params=types.LoggingMessageNotificationParams(
            level=level, logger=record.name, data=one_line(record.getMessage(), MAX_DATA)
        )
    )
