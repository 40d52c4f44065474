"""What large documents take: seconds and memory from bytes to the first page of tools, cold and from the cache.

    python bench/size.py DOCUMENT... [--rounds 3] [--specport COMMAND]

Every figure is of a process of its own. `library` is `App.open` and the first list page, without imports; `command`
is all of `specport tools --spec DOCUMENT --json`. Beside them the time of `import mcp` alone, as a measure of the
machine; with several rounds the median is shown. Memory is the peak of the `library` process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from measuring import environment, specport_command

MAX_ROUNDS = 20
LONGEST = 600
"""Seconds that one process may take."""

_LIBRARY = """
import asyncio, json, resource, sys, time
from pathlib import Path
from specport.app import App, Settings
from specport.sources.model import Origin, Source

async def main():
    data = Path(sys.argv[1]).read_bytes()
    source = Source("api", sys.argv[1], data, Origin.OPERATOR, "http://127.0.0.1:9")
    settings = Settings(state_dir=Path(sys.argv[2]))
    started = time.perf_counter()
    async with App.open([source], settings) as app:
        ready = time.perf_counter() - started
        app.listing.page(0, 500)
        listed = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([ready, listed, peak, len(app.listing.tools)]))

asyncio.run(main())
"""


class Measuring:
    """The processes measured, with their state and compiled modules in a working folder."""

    def __init__(self, work: Path, specport: str) -> None:
        self._work = work
        self._specport = specport
        self._environment = environment(work)
        self._states = 0

    def new_state(self) -> Path:
        """A state folder that has never been used."""
        self._states += 1
        return self._work / f"state{self._states}"

    def library(self, document: Path, state: Path) -> list[float]:
        """Seconds until the tools are there, until the first page is, peak memory in MB, and how many tools."""
        return json.loads(self._run([sys.executable, "-c", _LIBRARY, str(document), str(state)]))

    def command(self, document: Path, state: Path) -> float:
        """Seconds of the whole command."""
        where = ["--spec", str(document), "--base-url", "http://127.0.0.1:9", "--state-dir", str(state)]
        started = time.perf_counter()
        self._run([self._specport, "tools", *where, "--json"])
        return time.perf_counter() - started

    def import_mcp(self) -> float:
        """Seconds of a process that imports mcp and ends."""
        started = time.perf_counter()
        self._run([sys.executable, "-c", "import mcp"])
        return time.perf_counter() - started

    def _run(self, command: Sequence[str]) -> bytes:
        done = subprocess.run(command, env=self._environment, capture_output=True, timeout=LONGEST, check=False)
        if done.returncode:
            raise SystemExit(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-2_000:]}")
        return done.stdout


def row(measuring: Measuring, document: Path, rounds: int) -> str:
    """One line of the table."""
    figures: list[list[float]] = []
    for _ in range(rounds):
        state = measuring.new_state()
        cold = measuring.library(document, state)
        cached = measuring.library(document, state)
        command_state = measuring.new_state()
        commands = [measuring.command(document, command_state) for _ in range(2)]
        figures.append([*cold, *cached[:3], *commands])
    ready, listed, peak, tools, ready_2, listed_2, peak_2, command, command_2 = (
        statistics.median(column) for column in zip(*figures, strict=True)
    )
    size = document.stat().st_size / 1e6
    return (
        f"{document.stem[:24]:24} {size:6.1f} {tools:7.0f} | {ready:6.2f} {listed:6.2f} {peak:5.0f} {command:7.2f} | "
        f"{ready_2:6.2f} {listed_2:6.2f} {peak_2:5.0f} {command_2:7.2f}"
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("documents", nargs="+", type=Path, help="OpenAPI documents")
    add("--rounds", type=int, default=3, choices=range(1, MAX_ROUNDS + 1), metavar="N", help="rounds (3)")
    add("--specport", metavar="COMMAND", help="the specport command (default: beside this interpreter)")
    return parser.parse_args()


def main() -> None:
    """Measure and print one row a document."""
    given = arguments()
    with tempfile.TemporaryDirectory(prefix="specport-bench-") as temporary:
        measuring = Measuring(Path(temporary), specport_command(given.specport))
        measuring.import_mcp()
        alone = [measuring.import_mcp() for _ in range(given.rounds)]
        print(f"import mcp alone: {statistics.median(alone):.2f} s; load {os.getloadavg()[0]:.1f}")
        print(f"{'':24} {'':6} {'':7} | {'cold: s, MB':27} | cached: s, MB")
        print(
            f"{'document':24} {'MB':>6} {'tools':>7} | {'ready':>6} {'page 1':>6} {'peak':>5} {'command':>7} | "
            f"{'ready':>6} {'page 1':>6} {'peak':>5} {'command':>7}"
        )
        for document in given.documents:
            print(row(measuring, document.resolve(), given.rounds), flush=True)


if __name__ == "__main__":
    main()
