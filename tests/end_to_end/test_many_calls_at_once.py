"""Many calls at once against a sandbox that enforces DigitalOcean's limits: it never has to refuse one.

The limits are the bundled source's own in number, paths, methods and weights; their windows are a twentieth as long,
on both sides, so that more calls than fit into one take seconds. `bench/sandbox_limits.py` without `--windows` is the
whole minute.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from redis_server import RedisServer

BENCH = Path(__file__).resolve().parents[2] / "bench" / "sandbox_limits.py"
MAX_RUN = 120.0
"""Seconds after which a run counts as hanging."""


@pytest.mark.parametrize("clients", [1, 2])
def test_four_hundred_calls_at_once_are_all_answered_without_a_429(clients: int, tmp_path: Path) -> None:
    """By one process, and by two that share a Redis: each call is sent once, in time, where there is room for it."""
    if clients > 1:
        RedisServer.here(tmp_path)
    options = ["--calls", "400", "--windows", "0.05", "--clients", str(clients)]
    done = subprocess.run(
        [sys.executable, str(BENCH), *options], capture_output=True, text=True, check=False, timeout=MAX_RUN
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = {line[:44].strip(): line[44:].split()[0] for line in done.stdout.splitlines()}
    assert figures["requests that reached the sandbox"] == figures["calls answered"] == "400"
    assert figures["of them refused with 429"] == figures["that failed"] == "0"
