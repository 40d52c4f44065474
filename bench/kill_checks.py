"""What `kill.py` looks at after each kill: nothing acknowledged is lost, nothing is half there."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson

from kill_known import LIMIT, LIVE, Known, number_in, version_of
from specport.catalog.codec import decode_catalog
from specport.catalog.model import Shape
from specport.sources.model import Source
from specport.sources.read import open_source
from specport.sources.sqlite_store import SqliteStore


async def check(folder: Path, known: Known, served: Mapping[str, int]) -> list[str]:
    """What is wrong in the folder. What nobody heard about is known from now on. `served`: the newest versions."""
    state = folder / "state"
    store = SqliteStore(state)
    names = set(await store.revisions())
    wrong = [f"{name} was added and is not there" for name in sorted((known.there | {"shop", *LIVE}) - names)]
    wrong += [f"{name} was removed and is there" for name in sorted(known.gone & names)]
    new = {*known.there, *known.unknown, *known.renamed, *known.renamed.values(), "shop", *LIVE}
    wrong += [f"{name} was never added" for name in sorted(names - new)]
    wrong += [f"{pair} were one source" for pair in known.renamed.items() if len(names & set(pair)) != 1]
    for name in sorted(names):
        kept = await store.get(name)
        if kept is None or not open_source(kept.source, Shape(prefix=name), None).catalog.tools:
            wrong.append(f"{name} is not whole")
        elif name in LIVE:
            wrong += _wrong_version(kept.source, known, served[name])
    await store.aclose()
    known.looked_at(names)
    for path in (state / "catalogs").glob("[!.]*"):
        if decode_catalog(path.read_bytes()) is None:
            wrong.append(f"{path.name} is half a catalog")
    return [*wrong, *_wrong_limits(state, known), *_wrong_audit(folder, known)]


def _wrong_version(source: Source, known: Known, newest: int) -> Iterator[str]:
    """What is wrong in a refreshed source."""
    number = number_in(orjson.loads(source.data)["info"]["title"])
    if not known.versions[source.name] <= number <= newest or source.data != version_of(source.name, number).encode():
        yield f"{source.name} is at {number}; {known.versions[source.name]} was taken, {newest} served"
    waits = source.held.operations
    may_wait = [(f"GET /v{number}",)] if number > 1 else []
    if waits not in may_wait and not (waits == () and (number == 1 or source.name in known.accepted)):
        yield f"of {source.name} at {number} waits {waits}"


def _wrong_limits(state: Path, known: Known) -> list[str]:
    wrong: list[str] = []
    if not (state / "limits.sqlite").exists():  # made with the first call
        return [f"{known.answered} calls were answered and none is counted"] if known.answered else []
    for path in (state / "sources.sqlite", state / "limits.sqlite"):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            if connection.execute("pragma integrity_check").fetchall() != [("ok",)]:
                wrong.append(f"{path.name} is damaged")
            if path.name == "limits.sqlite":
                units = connection.execute("select coalesce(sum(units), 0) from units where name = ?", (LIMIT,))
                [counted] = units.fetchone()
                totals = connection.execute("select coalesce(sum(units), 0) from totals where name = ?", (LIMIT,))
                [total] = totals.fetchone()
                if not known.answered <= counted <= known.sent or counted != total:
                    wrong.append(f"{counted} ({total}) calls counted, {known.answered} answered, {known.sent} sent")
    return wrong


def _wrong_audit(folder: Path, known: Known) -> list[str]:
    path = folder / "audit.jsonl"
    lines = [line for file in sorted(folder.glob("audit.jsonl*")) for line in file.read_bytes().splitlines()]
    try:
        facts = [json.loads(line) for line in lines]
    except ValueError:
        return [f"{path.name} has half a line"]
    calls = sum(fact.get("tool") == "shop.t.get0" for fact in facts)
    return [] if calls >= known.answered else [f"{calls} calls in the audit log, {known.answered} answered"]
