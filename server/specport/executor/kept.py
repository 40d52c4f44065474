"""A ledger in the state folder: limits hold over restarts, and between processes that share the folder."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias, TypeVar

from specport.executor.shared import LONGEST_CALL, Full, Need
from specport.executor.write_ahead import use_write_ahead_log

T = TypeVar("T")

log = logging.getLogger("specport")

SETTLE_SECONDS = 0.05
"""How long it may take until other processes know that a call is over."""

ASK_AGAIN_SECONDS = 30.0
"""How long after the file could not be used it is left alone."""

_BUSY_SECONDS = 2.0
Later: TypeAlias = Callable[[float, Callable[[], None]], object]
_Settled: TypeAlias = tuple[float, str, str, str]
"""When what a call took expires, and its scope, limit and token."""

_SCHEMA = (
    """
create table if not exists units (
    scope text not null, name text not null, token text not null, units integer not null,
    expires real not null, settled integer not null,
    primary key (scope, name, token)
) without rowid
""",
    "create index if not exists by_expiry on units (scope, name, expires)",
    """
create table if not exists totals (
    scope text not null, name text not null, units integer not null, primary key (scope, name)
) without rowid
""",
)


class KeptLedger:
    """One SQLite file, `limits.sqlite`. `clock` gives seconds since the epoch, which processes have in common.

    Each step is one transaction, so a process that is killed leaves what it had taken and nothing half done. While the
    file cannot be used, limits are kept by each process alone; the log says when that begins and ends.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time, later: Later | None = None) -> None:
        """`later` calls a function after so many seconds; by default the event loop's `call_later`."""
        self._path = folder / "limits.sqlite"
        self._clock = clock
        self._later = later
        self._connection: sqlite3.Connection | None = None
        self._is_broken = False
        self._again = 0.0
        self._settled: list[_Settled] = []
        self._is_due = False

    async def take(self, scope: str, token: str, needs: Sequence[Need]) -> Full | None:
        """As `Ledger.take`."""

        def step(connection: sqlite3.Connection) -> Full | None:
            full = _take(connection, scope, token, needs, self._clock())
            if full is None or not self._settled:
                return full
            self._write_settled(connection)
            return _take(connection, scope, token, needs, self._clock())

        return self._run(step)

    async def settle(self, scope: str, token: str, needs: Sequence[Need]) -> None:
        """As `Ledger.settle`, but written when a limit is full, or a moment later; till then it counts on."""
        now = self._clock()
        self._settled += [(now + need.limit.window, scope, need.limit.name, token) for need in needs]
        if not self._is_due:
            self._is_due = True
            later = self._later or asyncio.get_running_loop().call_later
            later(SETTLE_SECONDS, self._write_due)

    async def aclose(self) -> None:
        """Write what is left to be written, and close the file."""
        self._write_due()
        self._close()

    def _write_due(self) -> None:
        self._is_due = False
        if self._settled:
            self._run(self._write_settled)

    def _write_settled(self, connection: sqlite3.Connection) -> None:
        """Write which calls are over, and take out what of the same limits has expired."""
        settled, self._settled = self._settled, []
        connection.executemany(
            "update units set expires = ?, settled = 1 where scope = ? and name = ? and token = ?", settled
        )
        for scope, name in {(scope, name) for _, scope, name, _ in settled}:
            _expire(connection, scope, name, self._clock())

    def _run(self, step: Callable[[sqlite3.Connection], T]) -> T | None:
        """One step as a transaction that no other process comes between; None when the file cannot be used."""
        if self._is_broken and self._clock() < self._again:
            self._settled.clear()
            return None
        try:
            done = self._transaction(step)
        except sqlite3.Error as error:
            if not self._is_broken:
                log.warning("limits are kept by this process alone, since %s cannot be used: %s", self._path, error)
            self._is_broken, self._again = True, self._clock() + ASK_AGAIN_SECONDS
            self._close()
            return None
        if self._is_broken:
            self._is_broken = False
            log.warning("limits are kept with other processes again, in %s", self._path)
        return done

    def _transaction(self, step: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._open()
        connection.execute("begin immediate")
        try:
            done = step(connection)
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")
        return done

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
            self._connection = connection
            use_write_ahead_log(connection, _BUSY_SECONDS)
            connection.execute("pragma synchronous = off")  # a killed process loses nothing, a lost machine a minute
            for statement in _SCHEMA:
                connection.execute(statement)
        return self._connection


def _take(connection: sqlite3.Connection, scope: str, token: str, needs: Sequence[Need], now: float) -> Full | None:
    refusals = [full for need in needs if (full := _full(connection, scope, need, now)) is not None]
    if refusals:
        return max(refusals, key=lambda full: full.wait)
    for need in needs:
        expires = now + LONGEST_CALL + need.limit.window
        row = (scope, need.limit.name, token, need.units, expires, 0)
        connection.execute("insert into units values (?, ?, ?, ?, ?, ?)", row)
        connection.execute(
            "insert into totals values (?, ?, ?) on conflict do update set units = units + excluded.units",
            (scope, need.limit.name, need.units),
        )
    return None


def _full(connection: sqlite3.Connection, scope: str, need: Need, now: float) -> Full | None:
    """The refusal of one limit, once what has expired is taken out; None when it has room."""
    where = (scope, need.limit.name)
    excess = _used(connection, *where) + need.units - need.limit.amount
    if excess > 0:
        _expire(connection, *where, now)
        excess = _used(connection, *where) + need.units - need.limit.amount
    if excess <= 0:
        return None
    ends = connection.execute(
        "select case settled when 1 then expires else min(expires, ?) end as free, units from units "
        "where scope = ? and name = ? order by free",
        (now + need.limit.window, *where),
    )
    for free, units in ends:
        excess -= units
        if excess <= 0:
            return Full(need.limit, max(0.0, free - now))
    return Full(need.limit, need.limit.window)


def _used(connection: sqlite3.Connection, scope: str, name: str) -> int:
    """The units of a limit that are taken, those that expired since the last look among them."""
    row = connection.execute("select units from totals where scope = ? and name = ?", (scope, name)).fetchone()
    return int(row[0]) if row else 0


def _expire(connection: sqlite3.Connection, scope: str, name: str, now: float) -> None:
    """Take out what has expired of a limit."""
    gone = connection.execute(
        "delete from units where scope = ? and name = ? and expires <= ? returning units", (scope, name, now)
    ).fetchall()
    if gone:
        expired = sum(units for (units,) in gone)
        connection.execute("update totals set units = units - ? where scope = ? and name = ?", (expired, scope, name))
