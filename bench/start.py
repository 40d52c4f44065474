"""Where specport's start goes: its time to the complete list, and what each package's import takes of it.

    python bench/start.py [DOCUMENT] [--rounds 7] [--specport COMMAND] [--other COMMAND] [--imports]

DOCUMENT is by default the published DigitalOcean document. `--other` is a specport of another checkout: both are
started in turns, and the ratio is of their processor time, which a busy machine leaves nearly as it is. `--imports`
adds one start under `-X importtime`, summed by package; importtime itself makes that start slower. Linux only:
processor time comes from /proc.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from measuring import Bench, Start, checked_document, default_document, specport_command
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


def measure(benches: Sequence[Bench], rounds: int) -> dict[str, list[list[Start]]]:
    """The starts of each specport in turns, by whether there was a catalog; one before them fills the cache."""
    kinds: dict[str, Callable[[Bench], list[str]]] = {"cold": Bench.specport_cold, "cached": Bench.specport_warm}
    found = {kind: [list[Start]() for _ in benches] for kind in kinds}
    for bench in benches:
        bench.start(bench.specport_warm())
    for number in range(rounds):
        order = range(len(benches)) if number % 2 == 0 else reversed(range(len(benches)))
        for each in order:
            for kind, command in kinds.items():
                found[kind][each].append(benches[each].start(command(benches[each])))
    return found


def spread(label: str, seconds: Sequence[float]) -> str:
    """Median, fastest and slowest."""
    return f"{label:34}{statistics.median(seconds):8.3f} s   ({min(seconds):.3f} to {max(seconds):.3f})"


def show(kind: str, names: Sequence[str], starts: Sequence[Sequence[Start]]) -> None:
    """The lines of one kind of start, and the ratio of the other specport's to the first one's."""
    for name, each in zip(names, starts, strict=True):
        print(spread(f"to complete list, {kind}{name}", [start.seconds for start in each]))
        print(spread("  processor time", [start.processor for start in each]))
    if len(starts) > 1:
        ours, other = (statistics.median(start.processor for start in each) for each in starts)
        print(f"  processor time of the other: {other / ours:.2f} times this")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("document", nargs="?", type=Path, default=default_document(), help="OpenAPI document")
    add("--rounds", type=int, default=7, choices=range(1, MAX_ROUNDS + 1), metavar="N", help="rounds (7)")
    add("--specport", metavar="COMMAND", help="the specport command (default: beside this interpreter)")
    add("--other", metavar="COMMAND", help="another specport to compare it with, in turns")
    add("--imports", action="store_true", help="show what each package's import takes")
    return parser.parse_args()


def main() -> None:
    """Measure in turns and print."""
    given = arguments()
    document = checked_document(given.document)
    commands = [specport_command(given.specport), *([given.other] if given.other else [])]
    with tempfile.TemporaryDirectory(prefix="specport-bench-") as temporary:
        benches: list[Bench] = []
        for number, command in enumerate(commands):
            work = Path(temporary) / str(number)
            work.mkdir()
            benches.append(Bench(document, UNUSED_URL, work=work, specport=command))
        benches[0].import_mcp()
        print(spread("import mcp alone", [benches[0].import_mcp() for _ in range(given.rounds)]))
        for kind, starts in measure(benches, given.rounds).items():
            show(kind, ["", ", the other"][: len(benches)], starts)
        if given.imports:
            for name, microseconds in imports(benches[0], Path(temporary)).most_common(SHOWN):
                print(f"{microseconds / 1000:10.1f} ms  {name}")


if __name__ == "__main__":
    main()
