"""SQLite's write-ahead log, switched on whatever other processes do with the file at that moment."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

PAUSE = 0.02
"""Seconds between attempts."""

_PRIMARY = 0xFF
"""The bits of SQLite's extended result codes that say what kind of error it is."""


def use_write_ahead_log(
    connection: sqlite3.Connection,
    patience: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Have a connection write ahead, and wait up to `patience` seconds for others.

    SQLite itself does not wait here: two that switch a new file at once would wait for each other, and one that opens
    it while the last other one closes it is told that it is locked. Raises sqlite3.Error.
    """
    ends = clock() + patience
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_BUSY or clock() >= ends:
                raise
            sleep(PAUSE)
        else:
            return
