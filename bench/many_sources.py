"""Hundreds of published documents in one process: previewed, added, listed, searched, and removed again.

    python bench/many_sources.py --corpus FOLDER [--documents 300]

The documents are every n-th file of the folder by size, so that small and large ones are among them, and the choice is
the same each time. Each is previewed and added as the operator's file through `specport.app.App`. Then it is checked
that the list has all tools, in order, each under a name of its own and callable by address, and that a search over all
of them finds one tool of each tenth source. All are removed. Printed: seconds to add each tenth of them,
the memory that each source took, and the memory before and after. Ends with 1 where something is wrong, or the memory
after removing is more than a fifth over what it was before.

"Before" is the App open and nothing added to it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from specport.app import App
from specport.catalog.model import Tool
from specport.catalog.naming import listing_order, split_words
from specport.errors import SpecportError
from specport.settings import Settings
from specport.sources.model import Origin
from specport.sources.specification import Specification

MOST_GROWTH = 1.2
"""How much larger the process may be after everything was removed."""

FOUND_AMONG = 10
"""Best results of a search in which the tool must be."""

WORST = 5


@dataclass(frozen=True, slots=True)
class Added:
    """One source: seconds to preview and to add it, and the MB that the process grew by."""

    name: str
    file: str
    tools: int
    preview: float
    add: float
    growth: float


@dataclass(frozen=True, slots=True)
class Run:
    """What came of all of it: the sources that were added, why others were not, and what should be otherwise."""

    app: App
    added: list[Added] = field(default_factory=list[Added])
    refused: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])

    async def bring(self, file: Path, number: int) -> None:
        """Preview and add one document."""
        wanted = Specification(str(file), name=name_of(number), base_url="https://api.example.com")
        before, began = resident(), time.perf_counter()
        try:
            preview = await self.app.preview(wanted, Origin.OPERATOR)
            previewed = time.perf_counter()
            added = await self.app.add(wanted, Origin.OPERATOR)
        except SpecportError as error:
            self.refused.append(f"{file.name}: {error}")
            return
        done, tools = time.perf_counter(), len(added.opened.catalog.tools)
        if preview.operations != tools:
            self.wrong.append(f"{file.name}: the preview has {preview.operations} operations, the source {tools}")
        row = Added(wanted.name, file.name, tools, previewed - began, done - previewed, resident() - before)
        self.added.append(row)

    def check_list(self) -> None:
        """The list is whole, in order, and every name leads to its tool."""
        tools = [tool for tool in self.app.listing.tools if tool.route]
        total = sum(row.tools for row in self.added)
        addresses = [tool.address for tool in tools]
        self.check(len(tools) == total, f"the list has {len(tools)} tools of {total}")
        self.check(addresses == sorted(addresses, key=listing_order), "the list is out of order")
        self.check(len({tool.wire_name.casefold() for tool in tools}) == total, "two tools have one wire name")
        self.check(all(self.app.find(tool.address) is tool for tool in tools), "an address leads to another tool")
        self.check(all(self.app.find(tool.wire_name) is tool for tool in tools), "a name leads to another tool")
        page = self.app.listing.page(0, 500)
        self.check(len(page) == min(500, total), "the first page is not full")

    async def check_search(self) -> None:
        """One tool of each tenth source is among the best results for its own words, the source's name among them."""
        first = {tool.route.source: tool for tool in reversed(self.app.listing.tools) if tool.route}
        for name, tool in list(first.items())[::10]:
            found = await self.app.search(" ".join(split_words(tool.address)), limit=FOUND_AMONG)
            self.check(any(each is tool for each in found), f"{tool.address} of {name} is not found by its own words")

    def check(self, holds: bool, fault: str) -> None:
        """Note a fault unless it holds."""
        if not holds:
            self.wrong.append(fault)


def name_of(number: int) -> str:
    """What the source of a document is called."""
    return f"s{number:03}"


def resident() -> float:
    """Resident memory of this process in MB of 1,000,000 bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def chosen(folder: Path, number: int) -> list[Path]:
    """So many documents of all sizes."""
    files = sorted(folder.glob("*.json"), key=lambda file: (file.stat().st_size, file.name))
    step = len(files) / min(number, len(files))
    return [files[int((index + 1) * step) - 1] for index in range(min(number, len(files)))]


def report(run: Run) -> None:
    """What it took, in tables."""
    tenth = max(1, len(run.added) // 10)
    print(f"{len(run.added)} added, {sum(row.tools for row in run.added):,} tools; {len(run.refused)} refused")
    for refused in run.refused[:WORST]:
        print(f"  {refused[:160]}")
    print("seconds to add, by tenths of the sources: ", end="")
    print(" ".join(f"{sum(row.add for row in run.added[at:][:tenth]):.2f}" for at in range(0, len(run.added), tenth)))
    small = [row.add for row in sorted(run.added, key=lambda row: row.tools)[: len(run.added) // 4 + 1]]
    print(
        f"median ms to preview {statistics.median(row.preview for row in run.added) * 1e3:.1f}, to add "
        f"{statistics.median(row.add for row in run.added) * 1e3:.1f}, one of the smallest quarter "
        f"{statistics.median(small) * 1e3:.1f}"
    )
    grown = sorted(row.growth for row in run.added)
    cuts = [grown[int(len(grown) * cut)] for cut in (0.5, 0.9, 0.99)]
    print(
        f"MB a source: median {cuts[0]:.2f}, 90 % {cuts[1]:.2f}, 99 % {cuts[2]:.2f}, mean {statistics.mean(grown):.2f}"
    )
    for row in sorted(run.added, key=lambda row: -row.growth)[:WORST]:
        print(f"  {row.growth:7.2f} MB  {row.tools:5} tools  {row.file}")


async def run(files: list[Path], folder: Path) -> int:
    """All of it in one App; how many things were wrong."""
    async with App.open([], Settings(state_dir=folder / "state")) as app:
        run = Run(app)
        before = resident()
        for number, file in enumerate(files):
            await run.bring(file, number)
        full = resident()
        run.check_list()
        await run.check_search()
        searched = resident()
        began = time.perf_counter()
        for number in range(len(files)):
            await app.remove(name_of(number))
        after = resident()
        left = sum(type(each) is Tool and each.route is not None for each in gc.get_objects())
        run.check(left == 0, f"{left:,} tools are still held")
        run.check(after <= before * MOST_GROWTH, "the memory did not come back")
        report(run)
        print(f"removed in {time.perf_counter() - began:.2f} s")
        print(
            f"MB before {before:.1f}, with all {full:.1f}, searched {searched:.1f}, "
            f"after {after:.1f} ({after / before:.2f} times before)"
        )
        for fault in run.wrong:
            print(f"WRONG: {fault}")
        return len(run.wrong)


def main() -> None:
    """Choose, run, and end with 1 for anything wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=os.environ.get("SPECPORT_TEST_CORPUS"), required=False)
    parser.add_argument("--documents", type=int, default=300)
    options = parser.parse_args()
    if options.corpus is None:
        parser.error("give --corpus, or set SPECPORT_TEST_CORPUS")
    with tempfile.TemporaryDirectory(prefix="specport-many-") as state:
        wrong = asyncio.run(run(chosen(Path(options.corpus), options.documents), Path(state)))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
