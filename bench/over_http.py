"""Calls a second of `specport serve --transport http`, one worker, on one document.

    python bench/over_http.py [DOCUMENT] [--rounds 3] [--calls 2000] [--delay-ms 0] [--legacy] [--serve=OPTION...]

The client is raw (`http_load.py`) and keeps its connections; the upstream is a loopback API (`loopback.py`) that
answers at once or after `--delay-ms`. By default requests are those of a stateless 2026-07-28 client, with --legacy
those of a 2025-11-25 session. `--serve=--audit --serve=FILE` hands options to `specport serve`. Linux only: processor
time comes from /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from http_load import Load, Mode
from measuring import (
    ARGUMENTS,
    IN_FLIGHT,
    WARM_UP_CALLS,
    checked_document,
    default_document,
    environment,
    specport_command,
    upstream,
)
from wire import processor_seconds


@dataclass(frozen=True, slots=True)
class Speed:
    """What one round found at one width: calls a second, processor us a call."""

    calls: float
    processor: float


@contextmanager
def server(command: Sequence[str], work: Path) -> Generator[tuple[int, str]]:
    """A running server: its process id and URL."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment(work), text=True)
    assert process.stderr
    try:
        said = next(line for line in process.stderr if " at http://" in line)
        yield process.pid, said.partition(" at ")[2].split()[0]
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()


def measure(pid: int, load: Load, calls: int) -> dict[int, Speed]:
    """One round at every width."""
    found: dict[int, Speed] = {}
    for width in IN_FLIGHT:
        used = processor_seconds(pid)
        speed = asyncio.run(load.run(calls, width))
        found[width] = Speed(speed, (processor_seconds(pid) - used) / calls * 1e6)
    return found


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("document", nargs="?", type=Path, default=default_document(), help="OpenAPI document")
    add("--rounds", type=int, default=3, help="rounds (3)")
    add("--calls", type=int, default=2000, help="calls at each width (2000)")
    add("--delay-ms", type=int, default=0, help="how long the upstream takes to answer (0)")
    add("--legacy", action="store_true", help="a 2025-11-25 session instead of stateless requests")
    add("--specport", metavar="COMMAND", help="the specport command (default: beside this interpreter)")
    add("--serve", action="append", default=[], metavar="OPTION", help="further option of `specport serve`; repeatable")
    return parser.parse_args()


def main() -> None:
    """Serve, call, print."""
    given = arguments()
    document = checked_document(given.document)
    with tempfile.TemporaryDirectory(prefix="specport-bench-") as temporary, upstream(given.delay_ms) as base_url:
        work = Path(temporary)
        command = [
            specport_command(given.specport), "serve", "--spec", str(document), "--base-url", base_url,
            "--state-dir", str(work / "state"), "--transport", "http", "--port", "0", *given.serve,
        ]  # fmt: skip
        with server(command, work) as (pid, url):
            params = {"name": "droplets_dropletsGet", "arguments": ARGUMENTS}
            load = Load(url, params, Mode.LEGACY if given.legacy else Mode.STATELESS)
            asyncio.run(load.run(WARM_UP_CALLS, 1))
            rounds = [measure(pid, load, given.calls) for _ in range(given.rounds)]
    machine = f"Python {platform.python_version()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"
    print(f"{machine}; medians of {given.rounds} rounds of {given.calls} calls\n")
    print(f"{'in flight':>10}{'calls/s':>10}{'processor us':>14}")
    for width in IN_FLIGHT:
        speeds = [each[width] for each in rounds]
        calls, processor = (statistics.median(getattr(s, name) for s in speeds) for name in ("calls", "processor"))
        print(f"{width:>10}{calls:>10,.0f}{processor:>14,.0f}")


if __name__ == "__main__":
    main()
