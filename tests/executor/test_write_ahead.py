"""A file of SQLite's that several processes open at the same moment."""

from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from specport.executor.write_ahead import use_write_ahead_log
from specport.sources.sqlite_store import SqliteStore


def opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=0, isolation_level=None)


def locked(path: Path) -> sqlite3.Connection:
    """Another's connection, in the middle of something."""
    other = opened(path)
    other.execute("create table t (c)")
    other.execute("begin exclusive")
    return other


def test_it_waits_for_who_has_the_file(tmp_path: Path) -> None:
    """As often as that takes."""
    other, mine = locked(tmp_path / "f"), opened(tmp_path / "f")
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            other.execute("rollback")

    use_write_ahead_log(mine, 1, clock=lambda: 0.0, sleep=sleep)
    assert mine.execute("pragma journal_mode").fetchone() == ("wal",)
    assert len(waited) == 3
    mine.close()
    other.close()


def test_its_patience_ends(tmp_path: Path) -> None:
    """With SQLite's own error."""
    other, mine = locked(tmp_path / "f"), opened(tmp_path / "f")
    times = iter((0.0, 0.5, 1.0))
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        use_write_ahead_log(mine, 1, clock=lambda: next(times), sleep=lambda _: None)
    mine.close()
    other.close()


def test_a_file_that_is_none_is_told_at_once(tmp_path: Path) -> None:
    """Waiting would not help."""
    (tmp_path / "f").write_bytes(b"no database, though long enough to be one" * 100)
    mine = opened(tmp_path / "f")
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        use_write_ahead_log(mine, 1, sleep=lambda _: pytest.fail("it waited"))
    mine.close()


def test_processes_that_start_at_once_all_have_the_store(tmp_path: Path) -> None:
    """In a folder that none of them knew."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(4) as pool:
        for number in range(25):
            assert pool.map(_open, [tmp_path / str(number)] * 4) == [True] * 4


def _open(folder: Path) -> bool:
    SqliteStore(folder)
    return True
