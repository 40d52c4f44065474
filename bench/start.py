"""Where specport's start goes: its time to the complete list, and what each package's import takes of it.

    python bench/start.py [DOCUMENT] [--rounds 7] [--specport COMMAND] [--imports]

DOCUMENT is by default the published DigitalOcean document. `--imports` adds one start under `-X importtime`,
summed by package; importtime itself makes that start slower.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
from collections import Counter
from pathlib import Path

from measuring import Bench, checked_document, default_document, specport_command
from wire import StdioServer

MAX_ROUNDS = 100
SHOWN = 25
"""Packages shown."""

UNUSED_URL = "http://127.0.0.1:9"
"""Where calls would go; none are made."""

_TIMED = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")
_SPLIT = ("mcp", "mcp_types", "specport")


def imports(bench: Bench, work: Path) -> Counter[str]:
    """Microseconds of each package's own import code in one warm start; large ones by their parts."""
    log = work / "imports.log"
    profiled = {**bench.environment, "PYTHONPROFILEIMPORTTIME": "1"}
    with StdioServer(bench.specport_warm(), profiled, log) as server:
        server.initialize()
        server.list_tools()
    spent: Counter[str] = Counter()
    for microseconds, name in _TIMED.findall(log.read_text()):
        top, _, rest = name.partition(".")
        part = f"{top}.{rest.partition('.')[0]}" if top in _SPLIT and rest else top
        spent[part] += int(microseconds)
    return spent


def spread(label: str, seconds: list[float]) -> None:
    """One line: median, fastest and slowest."""
    print(f"{label:32}{statistics.median(seconds):8.3f} s   ({min(seconds):.3f} to {max(seconds):.3f})")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("document", nargs="?", type=Path, default=default_document(), help="OpenAPI document")
    add("--rounds", type=int, default=7, choices=range(1, MAX_ROUNDS + 1), metavar="N", help="rounds (7)")
    add("--specport", metavar="COMMAND", help="the specport command (default: beside this interpreter)")
    add("--imports", action="store_true", help="show what each package's import takes")
    return parser.parse_args()


def main() -> None:
    """Measure in turns and print."""
    given = arguments()
    document = checked_document(given.document)
    specport = specport_command(given.specport)
    with tempfile.TemporaryDirectory(prefix="specport-bench-") as temporary:
        work = Path(temporary)
        bench = Bench(document, UNUSED_URL, work=work, specport=specport)
        bench.start(bench.specport_warm())
        bench.import_mcp()
        alone: list[float] = []
        cold: list[float] = []
        warm: list[float] = []
        for _ in range(given.rounds):
            alone.append(bench.import_mcp())
            cold.append(bench.start(bench.specport_cold()))
            warm.append(bench.start(bench.specport_warm()))
        spread("import mcp alone", alone)
        spread("to complete list, cold", cold)
        spread("to complete list, cached", warm)
        if given.imports:
            for name, microseconds in imports(bench, work).most_common(SHOWN):
                print(f"{microseconds / 1000:10.1f} ms  {name}")


if __name__ == "__main__":
    main()
