"""Limits kept with other processes: over restarts, between processes on one folder, and when that folder fails."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from specport.errors import RateLimited
from specport.executor.kept import ASK_AGAIN_SECONDS, KeptLedger
from specport.executor.model import Limit
from specport.executor.shared import LONGEST_CALL, Need, SharedLimiter

pytestmark = pytest.mark.anyio

MINUTE = Limit("five a minute", 5, 60.0)
FILES = Limit("files", 10, 20.0, weight="files")


class Together:
    """Processes on one folder, played by one ledger each, on a clock that only pauses move."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)

    def process(self, *limits: Limit, scope: str = "shop env:KEY") -> SharedLimiter:
        ledger = KeptLedger(self.folder, clock=self.clock, later=lambda _, step: step())
        return SharedLimiter(limits, scope, ledger, clock=self.clock, sleep=self.sleep)


async def call(limiter: SharedLimiter, body: object = None, *, within: float = 50.0) -> float:
    """One call that is answered at once; what it waited."""
    permit = await limiter.acquire("GET", "/", body, within=within)
    await permit.done()
    return permit.waited


async def test_what_one_process_took_another_does_not_get(tmp_path: Path) -> None:
    """Two assistants with the same token on one machine share its limits; another credential has its own."""
    together = Together(tmp_path)
    first, second = together.process(MINUTE), together.process(MINUTE)
    for limiter in (first, first, second, first, second):
        assert await call(limiter) == 0.0
    with pytest.raises(
        RateLimited, match=r"five a minute \(5 in 60 s\) is used up for another 60 s, by this and other"
    ):
        await call(second)
    assert await call(together.process(MINUTE, scope="shop env:OTHER")) == 0.0
    assert await call(second, within=70.0) == pytest.approx(60.0)


async def test_limits_hold_over_a_restart(tmp_path: Path) -> None:
    """A process that starts anew knows what the one before it took, as long as it counts."""
    together = Together(tmp_path)
    for _ in range(5):
        await call(together.process(MINUTE))
    with pytest.raises(RateLimited):
        await call(together.process(MINUTE))
    together.now += 60.0
    assert await call(together.process(MINUTE)) == 0.0


async def test_that_calls_are_over_is_written_a_moment_later_or_at_the_end(tmp_path: Path) -> None:
    """Together, in one transaction; till then the units count as those of a call under way, which expire later."""
    together = Together(tmp_path)
    held: list[object] = []
    ledger = KeptLedger(tmp_path, clock=together.clock, later=lambda _, step: held.append(step))
    limiter = SharedLimiter((MINUTE,), "shop env:KEY", ledger, clock=together.clock, sleep=together.sleep)
    for _ in range(5):
        await call(limiter)
        together.now += 5.0
    assert len(held) == 1
    await ledger.aclose()
    assert await call(together.process(MINUTE), within=50.0) == pytest.approx(35.0)


async def test_weights_are_shared_too(tmp_path: Path) -> None:
    """Units, not calls, are counted; a call that takes none asks nobody."""
    together = Together(tmp_path)
    first, second = together.process(FILES), together.process(FILES)
    await call(first, {"files": ["f"] * 7})
    assert await call(second, {}) == 0.0
    assert await call(second, {"files": ["f"] * 4}) == pytest.approx(20.0)


async def test_a_call_under_way_in_a_process_that_died_is_over_at_last(tmp_path: Path) -> None:
    """Nobody settles it, so it counts for the longest that a call may last, and a window."""
    together = Together(tmp_path)
    dead = together.process(MINUTE)
    for _ in range(5):
        await dead.acquire("GET", "/", None, within=1.0)
    alive = together.process(MINUTE)
    assert await call(alive, within=1000.0) == pytest.approx(LONGEST_CALL + 60.0, abs=1.0)


async def test_a_refused_or_cancelled_call_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither in the ledger nor in the process."""
    together = Together(tmp_path)
    first, second = together.process(MINUTE), together.process(MINUTE)
    for _ in range(5):
        await call(first)
    for _ in range(20):
        with pytest.raises(RateLimited):
            await call(second)
    together.now += 60.0
    assert [await call(second) for _ in range(5)] == [0.0] * 5


@pytest.mark.parametrize("harm", ["not a database", "a folder", "read-only"])
async def test_a_ledger_that_fails_is_said_once_and_limits_hold_in_the_process(
    tmp_path: Path, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    """No call fails because a file does; what one process can keep it keeps."""
    path = tmp_path / "limits.sqlite"
    if harm == "not a database":
        path.write_bytes(b"this is no database, but long enough to be taken for one" * 50)
    elif harm == "a folder":
        path.mkdir()
    else:
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("create table units (scope text)")
        connection.close()
    limiter = Together(tmp_path).process(MINUTE)
    for _ in range(5):
        await call(limiter)
    with pytest.raises(RateLimited):
        await call(limiter)
    assert [record.getMessage() for record in caplog.records if "kept by this process alone" in record.getMessage()]
    assert len(caplog.records) == 1


async def test_a_ledger_that_can_be_used_again_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A disk that was full for a moment does not end the sharing; it is said when that begins and ends."""
    (tmp_path / "limits.sqlite").mkdir()
    together = Together(tmp_path)
    first, second = together.process(MINUTE), together.process(MINUTE)
    assert await call(first) == await call(second) == 0.0
    (tmp_path / "limits.sqlite").rmdir()
    together.now += ASK_AGAIN_SECONDS
    for limiter in (first, second, first, second, first):
        assert await call(limiter) == 0.0
    with pytest.raises(RateLimited, match="by this and other"):
        await call(second, within=1.0)
    begun, ended = "limits are kept by this process alone", "limits are kept with other processes again"
    assert [record.getMessage().partition(",")[0] for record in caplog.records] == [begun, begun, ended, ended]


_PROCESS = """
import asyncio, json, sys, time
from pathlib import Path
from specport.executor.kept import KeptLedger
from specport.executor.model import Limit
from specport.executor.shared import SharedLimiter

async def main():
    limits = (Limit("forty a second", 40, 1.0),)
    limiter = SharedLimiter(limits, "s", KeptLedger(Path(sys.argv[1])), clock=time.monotonic)
    spans = []
    async def work():
        while len(spans) < 60:
            permit = await limiter.acquire("GET", "/", None, within=40.0)
            begun = time.time()
            await asyncio.sleep(0.005)
            spans.append((begun, time.time()))
            await permit.done()
    await asyncio.gather(*(work() for _ in range(8)))
    print(json.dumps(spans))

asyncio.run(main())
"""


def test_processes_together_never_exceed_a_window(tmp_path: Path) -> None:
    """Three real ones, eight tasks each, started at once."""
    command = [sys.executable, "-c", _PROCESS, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    spans = [span for process in processes for span in json.loads(process.communicate(timeout=120)[0])]
    assert len(spans) >= 180
    for moments in (sorted(begun for begun, _ in spans), sorted(over for _, over in spans)):
        assert all(later - earlier >= 0.999 for earlier, later in zip(moments, moments[40:], strict=False))


def test_a_process_that_is_killed_leaves_a_ledger_that_can_be_read(tmp_path: Path) -> None:
    """Whenever it ends, what it took is there and whole."""
    endless = _PROCESS.replace("len(spans) < 60", "True").replace("40, 1.0", "10**6, 60.0").replace("0.005", "0")
    process = subprocess.Popen([sys.executable, "-c", endless, str(tmp_path)])
    deadline = time.monotonic() + 30
    while _units(tmp_path) < 50:
        assert time.monotonic() < deadline
    process.kill()
    process.wait()

    async def take() -> None:
        ledger = KeptLedger(tmp_path)
        assert await ledger.take("s", "mine", [Need(Limit("forty a second", 10**6, 60.0), 1)]) is None
        await ledger.aclose()

    asyncio.run(take())
    with contextlib.closing(sqlite3.connect(tmp_path / "limits.sqlite")) as connection:
        [total] = connection.execute("select units from totals").fetchone()
        assert total == connection.execute("select sum(units) from units").fetchone()[0]


def _units(folder: Path) -> int:
    """How many units a process has written so far."""
    url = f"file:{folder / 'limits.sqlite'}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(url, uri=True)) as connection:
            return int(connection.execute("select count(*) from units").fetchone()[0])
    except sqlite3.OperationalError:  # not there yet
        return 0
