"""How well the search of tools finds: recall@5, recall@1 and MRR on labelled questions, and what it costs.

    python bench/retrieval.py [--held-out] [--embeddings DIR] [--large DOCUMENT]

The questions are those of `bench/questions/`, each put to the tools of its own API: those for development, with
`--held-out` the others as well. Beside specport's index stands plain BM25: SQLite's FTS5 over address, path and
description, any of the words, which is what specport had before; and with `--embeddings`, the folder of a model, the
index that has it as well. Then what the index costs with DigitalOcean alone and with the first four APIs and `--large`
(default: Microsoft Graph of the public corpus) in one server: seconds to make it, MB, how long the event loop waited
meanwhile, and milliseconds of a query; and with the latter, the first search after a small source was added.
SPECPORT_TEST_CORPUS names the folder of the public corpus.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import re
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring import checked_document
from questions import APIS, DEVELOPMENT, FURTHER, HELD_OUT, READ, UNREAD, Question, document_of, load
from specport.app import App
from specport.catalog.model import Catalog, Tool
from specport.catalog.naming import split_words
from specport.catalog.search.index import SearchIndex
from specport.meaning.meanings import ModelMeanings
from specport.settings import Settings
from specport.sources.model import Origin, Source
from specport.sources.specification import Specification

AMONG = 5
"""Best results among which an answer must be."""

LOOKED_AT = 50
"""Best results in which the first answer is sought for the MRR."""

ROUNDS = 3
"""Times that each question is asked for its time."""

BEAT = 0.002
"""Seconds after which the event loop should come round while the index is made."""

CHANGED = 60
"""Operations of the source that is added to a server with many."""

Find = Callable[[str], Sequence[Tool]]


@dataclass(frozen=True, slots=True)
class Figures:
    """What was found of some questions: the place of the first answer of each, 0 where it was not found."""

    places: tuple[int, ...]

    def __str__(self) -> str:
        """Recall@5, recall@1 and MRR."""
        among = statistics.mean(0 < place <= AMONG for place in self.places)
        first = statistics.mean(place == 1 for place in self.places)
        reciprocal = statistics.mean(1 / place if place else 0.0 for place in self.places)
        return f"{among:7.3f} {first:6.3f} {reciprocal:6.3f}"


class PlainBm25:
    """SQLite's FTS5 over address, path and description, with the weights and the tokenizer that specport had."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = tools
        self._table = sqlite3.connect(":memory:")
        columns = "address, path, description"
        self._table.execute(f"create virtual table tools using fts5({columns}, tokenize = 'porter unicode61')")
        rows = ((row, *self._texts(tool)) for row, tool in enumerate(tools))
        self._table.executemany(f"insert into tools (rowid, {columns}) values (?, ?, ?, ?)", rows)

    @staticmethod
    def _texts(tool: Tool) -> tuple[str, str, str]:
        path = " ".join(split_words(f"{tool.route.method} {tool.route.path}")) if tool.route else ""
        return f"{' '.join(split_words(tool.address))} {' '.join(tool.tags)}", path, tool.description

    def find(self, query: str) -> list[Tool]:
        """The tools that have any of the words."""
        match = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", query.lower()))
        order = "order by bm25(tools, 8.0, 4.0, 2.0), rowid limit ?"
        rows = self._table.execute(f"select rowid from tools where tools match ? {order}", (match, LOOKED_AT))
        return [self._tools[row] for (row,) in rows]


def places(find: Find, questions: Sequence[Question]) -> tuple[int, ...]:
    """Where the first answer to each question stands among what is found, counted from 1; 0 where it does not."""

    def place(question: Question) -> int:
        found = [f"{tool.route.method} {tool.route.path}" for tool in find(question.question) if tool.route]
        return next((index for index, key in enumerate(found, 1) if key in question.answers), 0)

    return tuple(map(place, questions))


def table(catalogs: dict[str, Catalog], half: str, meanings: ModelMeanings | None) -> None:
    """Each search on the questions of one half, for each API and all together."""
    names = ["plain BM25", "specport", *(["--embeddings"] if meanings else [])]
    print(f"\n{'questions ' + half:27} | {' | '.join(f'{name:^21}' for name in names)}")
    print(f"{'':18}{'n':>9} | {' | '.join(['    r@5    r@1    MRR'] * len(names))}")
    every = [list[int]() for _ in names]
    for api, catalog in catalogs.items():
        questions = load(api, half)
        found = [places(find, questions) for find in searches(catalog, meanings)]
        for all_of_one, of_this in zip(every, found, strict=True):
            all_of_one += of_this
        print(f"{api:18}{len(questions):9} | {' | '.join(str(Figures(each)) for each in found)}")
    print(f"{'all':18}{len(every[0]):9} | {' | '.join(str(Figures(tuple(each))) for each in every)}")


def searches(catalog: Catalog, meanings: ModelMeanings | None) -> Iterator[Find]:
    """The searches that are compared, each over one API's tools."""
    yield PlainBm25(catalog.tools).find
    for known in (None, meanings) if meanings else (None,):
        index = SearchIndex(catalog.tools, [catalog], known)
        index.learn()
        yield lambda query, index=index: [found.tool for found in index.find(query, limit=LOOKED_AT)]


async def cost(tools: Sequence[Tool], catalogs: Sequence[Catalog], meanings: ModelMeanings | None = None) -> str:
    """One line of what an index of these tools costs."""
    index = SearchIndex(tools, catalogs, meanings)
    gc.collect()
    gc.freeze()  # as a server does once it is ready
    before, waits = resident(), list[float]()
    beating = asyncio.create_task(beat(waits))
    started, worked = time.perf_counter(), time.process_time()
    await asyncio.to_thread(index.learn)
    made, work = time.perf_counter() - started, time.process_time() - worked
    beating.cancel()
    gc.collect()
    taken = resident() - before
    asked = [question.question for api in APIS for question in load(api, DEVELOPMENT)]
    times = sorted(timed(index, query) for _ in range(ROUNDS) for query in asked)
    p50, p99 = times[len(times) // 2] * 1e3, times[len(times) * 99 // 100] * 1e3
    return f"{len(tools):7} | {made:6.2f} {work:6.2f} {taken:5.0f} {max(waits) * 1e3:9.0f} | {p50:6.2f} {p99:6.2f}"


async def after_a_change(app: App, folder: Path) -> str:
    """One line of what the first search costs after a small source was added to what had been searched."""
    answer = {"200": {"description": "The parts"}}
    operations = {f"/kinds/{kind}/parts": {"get": {"responses": answer}} for kind in range(CHANGED)}
    path = folder / "added.json"
    path.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "Parts", "version": "1"}, "paths": operations}))
    await app.search("list parts")
    await app.add(Specification(str(path), name="added", base_url="http://127.0.0.1:9"), Origin.OPERATOR)
    started, worked = time.perf_counter(), time.process_time()
    await app.search("list parts")
    taken, work = time.perf_counter() - started, time.process_time() - worked
    return f"first search after {CHANGED} were added to them: {taken:.2f} s, {work:.2f} CPU s"


async def beat(waits: list[float]) -> None:
    """Note how much later than it should the event loop comes round."""
    while True:
        due = time.perf_counter() + BEAT
        await asyncio.sleep(BEAT)
        waits.append(time.perf_counter() - due)


def timed(index: SearchIndex, query: str) -> float:
    """Processor seconds of one query."""
    started = time.process_time()
    index.find(query)
    return time.process_time() - started


def resident() -> float:
    """Resident memory of this process in MB of 1,000,000 bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


@contextlib.asynccontextmanager
async def opened(documents: dict[str, Path], state: Path) -> AsyncIterator[App]:
    """An App with these documents."""
    sources = [
        Source(name.partition(".")[0], str(path), path.read_bytes(), Origin.OPERATOR, "http://127.0.0.1:9")
        for name, path in documents.items()
    ]
    async with App.open(sources, Settings(state_dir=state)) as app:
        yield app


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--held-out", action="store_true", help="also the questions held out, for the final figure")
    parser.add_argument("--embeddings", type=Path, metavar="DIR", help="the folder of a model")
    parser.add_argument("--large", type=Path, metavar="DOCUMENT", help="a large document (Microsoft Graph)")
    return parser.parse_args()


async def main() -> None:
    """Print the tables."""
    given = arguments()
    documents = {api: document_of(api) for api in (*APIS, *READ, *FURTHER, *UNREAD)}
    large = checked_document(given.large or Path(os.environ["SPECPORT_TEST_CORPUS"]) / "microsoft.com" / "graph.json")
    with tempfile.TemporaryDirectory(prefix="specport-bench-") as temporary:
        state = Path(temporary)
        meanings = ModelMeanings(given.embeddings, state) if given.embeddings else None
        async with opened(documents, state) as app:
            by_api = dict(zip(documents, (channel.catalog for channel in app.channels()), strict=True))
        for half, groups in ((DEVELOPMENT, (APIS, READ, FURTHER)), (HELD_OUT, (APIS, UNREAD)))[: 1 + given.held_out]:
            for group in groups:
                table({api: by_api[api] for api in group}, half, meanings)
        async with opened({**{api: documents[api] for api in APIS}, "large": large}, state) as app:
            catalogs, tools = [channel.catalog for channel in app.channels()], app.tools
            print(f"\n{'':7} | {'making it':^29} | {'a query, ms':^13}")
            print(f"{'tools':>7} | {'s':>6} {'CPU s':>6} {'MB':>5} {'wait ms':>9} | {'p50':>6} {'p99':>6}")
            print(await cost(catalogs[0].tools, catalogs[:1]))
            print(await cost(tools, catalogs))
            print(await after_a_change(app, state))
            if given.embeddings:
                print("with --embeddings, first what no start has read before, then the next start")
                for some, of in ((catalogs[0].tools, catalogs[:1]), (tools, catalogs)):
                    fresh = state / str(len(some))
                    for _ in range(2):
                        print(await cost(some, of, ModelMeanings(given.embeddings, fresh)))
            print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    asyncio.run(main())
