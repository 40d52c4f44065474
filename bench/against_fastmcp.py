"""specport and FastMCP side by side, in one run, on one document.

    python bench/against_fastmcp.py [DOCUMENT] [--rounds 5] [--quick] [--guarded] [--delay-ms 50] [--work DIR]
                                    [--relax NAME]

DOCUMENT is JSON, by default the published DigitalOcean document. Both serve it over stdio to the same raw
client (`wire.py`) and call the same loopback API (`loopback.py`); FastMCP lives in an environment of its
own. The rounds take turns (A B A B ...) and medians are shown, since a machine's speed drifts. `import mcp`
alone, in specport's interpreter, says what the machine is worth. With --guarded specport keeps limits, adds a
credential and writes its audit log, none of which FastMCP does. Linux only: memory and processor time come
from /proc.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import fastmcp_side
from measuring import (
    IN_FLIGHT,
    Bench,
    Figures,
    Start,
    checked_document,
    default_document,
    specport_command,
    upstream,
)

MAX_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    rounds: int
    calls: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, with the ratio turned so that more than 1 is in specport's favour."""

    label: str
    ours: float
    theirs: float
    decimals: int = 0
    less_is_better: bool = True

    def text(self) -> str:
        """The line, with the ratio last."""
        figures = f"{self.label:44}{self.ours:12,.{self.decimals}f}{self.theirs:16,.{self.decimals}f}"
        over, under = (self.theirs, self.ours) if self.less_is_better else (self.ours, self.theirs)
        return f"{figures}{over / under:9.2f}x" if under else f"{figures}{'-':>10}"


def run(bench: Bench, fastmcp: Sequence[str], plan: Plan) -> tuple[Figures, Figures, list[float]]:
    """All rounds of both sides, in turns, after a start of each that is not counted, since it compiles."""
    ours, theirs = Figures("specport"), Figures(f"FastMCP {fastmcp_side.VERSION}")
    other = bench.fastmcp(fastmcp)
    bench.start(bench.specport_warm())
    bench.start(other)
    bench.import_mcp()
    imports: list[float] = []
    for number in range(plan.rounds):
        print(f"round {number + 1} of {plan.rounds}", file=sys.stderr, flush=True)
        imports.append(bench.import_mcp())
        ours.starts.setdefault("cold", []).append(bench.start(bench.specport_cold()))
        theirs.starts.setdefault("cold", []).append(bench.start(other))
        ours.starts.setdefault("warm", []).append(bench.start(bench.specport_warm()))
        bench.measure(bench.specport_cold(), ours, plan.calls)
        bench.measure(other, theirs, plan.calls)
    return ours, theirs, imports


def rows(ours: Figures, theirs: Figures) -> list[Row]:
    """The table's lines, medians over the rounds."""
    cold, warm, their_start = (_median_start(starts) for starts in _starts(ours, theirs))
    table = [
        Row("spawn to complete list, cold (s)", cold.seconds, their_start.seconds, 2),
        Row("spawn to complete list, cached (s)", warm.seconds, their_start.seconds, 2),
        Row("  of it processor time, cold (s)", cold.processor, their_start.processor, 2),
        Row("  of it processor time, cached (s)", warm.processor, their_start.processor, 2),
        Row("list (bytes of result.tools)", ours.list_bytes, theirs.list_bytes),
        Row("peak memory, listed (MB)", *_medians(ours.memory_listed, theirs.memory_listed), 1),
        Row("peak memory, after the calls (MB)", *_medians(ours.memory_called, theirs.memory_called), 1),
    ]
    for width in IN_FLIGHT:
        speeds = _medians(ours.speeds[width], theirs.speeds[width])
        table.append(Row(f"calls/s, {_widths(width)}", *speeds, less_is_better=False))
    for width in IN_FLIGHT:
        spent = _medians(ours.processor[width], theirs.processor[width])
        table.append(Row(f"processor us a call, {_widths(width)}", *spent))
    mine, other = ours.count, theirs.count
    table += [
        Row(f"operations listed, of {mine.operations}", mine.listed, other.listed, less_is_better=False),
        Row("  with all their parameters", mine.parameters, other.parameters, less_is_better=False),
        Row("  and their body", mine.whole, other.whole, less_is_better=False),
    ]
    return table


def _starts(ours: Figures, theirs: Figures) -> tuple[list[Start], list[Start], list[Start]]:
    """Ours cold and cached, and theirs."""
    return ours.starts["cold"], ours.starts["warm"], theirs.starts["cold"]


def _median_start(starts: Sequence[Start]) -> Start:
    return Start(*(statistics.median(figures) for figures in zip(*starts, strict=True)))


def _widths(width: int) -> str:
    return "sequential" if width == 1 else f"{width} in flight"


def _medians(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float]:
    return statistics.median(ours), statistics.median(theirs)


def show(ours: Figures, theirs: Figures, imports: Sequence[float], plan: Plan) -> None:
    """The table on stdout, with what the machine is worth above it."""
    load = " ".join(f"{number:.1f}" for number in os.getloadavg())
    alone = statistics.median(imports)
    cold, cached, other = (_median_start(starts).seconds / alone for starts in _starts(ours, theirs))
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} processors, load {load}; "
        f"medians of {plan.rounds} rounds of {plan.calls} calls\n"
        f"`import mcp` alone takes {alone:.2f} s; in that unit the list is there after {cold:.2f} (cold), "
        f"{cached:.2f} (cached), {theirs.name} {other:.2f}\n\n"
        f"{'':44}{ours.name:>12}{theirs.name:>16}{'better':>10}"
    )
    for row in rows(ours, theirs):
        print(row.text())


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("document", nargs="?", type=Path, default=default_document(), help="OpenAPI document in JSON")
    add("--rounds", type=int, default=5, choices=range(1, MAX_ROUNDS + 1), metavar="N", help="rounds (5)")
    add("--quick", action="store_true", help="two rounds of 200 calls instead of 1,000")
    add("--work", type=Path, metavar="DIR", help="keep FastMCP's environment here for the next run")
    add("--specport", metavar="COMMAND", help="the specport command (default: beside this interpreter)")
    add("--guarded", action="store_true", help="specport with limits, a credential and the audit log")
    add("--delay-ms", type=int, default=0, metavar="MS", help="how long the upstream takes to answer (0)")
    behind = "take any version of this requirement of FastMCP, for an index that is behind; repeatable"
    add("--relax", action="append", default=[], metavar="NAME", help=behind)
    return parser.parse_args()


def main() -> None:
    """Install, measure, print."""
    given = arguments()
    document = checked_document(given.document)
    specport = specport_command(given.specport)
    plan = Plan(2, 200) if given.quick else Plan(given.rounds, 1000)
    with tempfile.TemporaryDirectory(prefix="specport-bench-") as temporary, upstream(given.delay_ms) as base_url:
        work = Path(temporary)
        kept = given.work.resolve() if given.work else work / "fastmcp"
        fastmcp = fastmcp_side.install(kept, given.relax)
        bench = Bench(document, base_url, work=work, specport=specport, guarded=given.guarded)
        show(*run(bench, fastmcp, plan), plan)
    if given.relax:
        print(f"\n(FastMCP was installed with any version of {', '.join(given.relax)}: see --relax)")


if __name__ == "__main__":
    main()
