"""How much shorter a list of objects would be as a table than as JSON: why answers have no tables (docs/answers.md).

    python bench/tables.py [API ...] [--work DIR] [--corpus DIR]

The lists are those that the sandbox answers to the GETs of DigitalOcean, GitHub and Stripe, once it was asked to create
something in each collection; one list of each set of members, repeated to 30 items. A table,
`{"columns":["id","name"],"rows":[[1,"a"]]}`, can be made of objects that all have the same members. *flat*: no member
is an array or object. SPECPORT_TEST_CORPUS names the folder of the public corpus.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import orjson

from measuring import checked_document
from specport.app import App
from specport.catalog.model import Tool
from specport.errors import SpecportError
from specport.results.model import ToolResult, View
from specport.settings import Settings
from specport.sources.manifest import open_bundled
from specport.sources.model import Origin, Source
from tokens import Tokenizer

REPOSITORY = Path(__file__).resolve().parents[1]
ITEMS = 30
CREATED = 3
"""How often each collection is asked to create something."""

MAX_DEPTH = 8
"""Levels down to which an argument is made."""

DOCUMENTS = {"GitHub": Path("github.com/api.github.com.json"), "Stripe": Path("stripe.com.json")}
APIS = ("DigitalOcean", *DOCUMENTS)
OF_KINDS = {"object": {}, "array": [], "integer": 1, "number": 1, "boolean": True}

Json = Any  # a JSON value or a schema, whose members are looked up as they come
Objects = list[dict[str, Json]]


@dataclass(frozen=True, slots=True)
class Measured:
    """A list's tokens as JSON and as a table, and whether it is flat."""

    as_json: int
    as_table: int
    is_flat: bool

    @property
    def saved(self) -> float:
        """What a table saves, in percent."""
        return 100 * (1 - self.as_table / self.as_json)


def source_of(api: str, corpus: Path) -> Source:
    """The API, bundled or of the public corpus."""
    if api not in DOCUMENTS:
        return open_bundled(api.lower())
    document = checked_document(corpus / DOCUMENTS[api])
    return Source(api.lower(), document.name, document.read_bytes(), Origin.OPERATOR, "http://127.0.0.1:9")


async def lists_of(source: Source) -> list[Objects]:
    """The lists in what the sandbox answers, one of each set of members."""
    found: dict[tuple[str, ...], Objects] = {}
    async with App.open([source], Settings(sandbox=True)) as app:
        for tool in app.tools:
            if tool.route and tool.route.method == "POST" and "{" not in tool.route.path:
                for _ in range(CREATED):
                    await answered(app, tool)
        for tool in app.tools:
            if not tool.route or tool.route.method != "GET":
                continue
            result = await answered(app, tool)
            if result and result.answer and result.answer.is_json and not result.is_error:
                for objects in lists_in(result.answer.value):
                    found.setdefault(tuple(sorted({name for each in objects for name in each})), objects)
    return list(found.values())


async def answered(app: App, tool: Tool) -> ToolResult | None:
    """What a tool answers to the least arguments, nothing where they do not please it."""
    try:
        return await app.call(tool.address, made(tool.input_schema), view=View(whole=True))
    except SpecportError:
        return None


def made(schema: Json, depth: int = 0) -> Json:
    """A value with the required members: an example where there is one, else any of its kind."""
    for keyword in ("examples", "enum"):
        if schema.get(keyword):
            return schema[keyword][0]
    if "default" in schema or depth == MAX_DEPTH:
        return schema.get("default")
    if "properties" in schema:
        members = schema["properties"]
        return {name: made(members.get(name, {}), depth + 1) for name in schema.get("required", ())}
    for keyword in ("anyOf", "oneOf", "allOf"):
        if schema.get(keyword):
            return made(schema[keyword][0], depth + 1)
    return OF_KINDS.get(schema.get("type"), "name")


def lists_in(value: Json) -> Iterator[Objects]:
    """The lists of objects of an answer, as deep as objects lead; not those inside of lists."""
    if isinstance(value, dict):
        for member in value.values():
            yield from lists_in(member)
    elif isinstance(value, list) and len(value) > 1 and all(isinstance(item, dict) and item for item in value):
        yield value


def measured(lists: list[Objects], tokenizer: Tokenizer) -> list[Measured]:
    """Those of which a table can be made, either way."""
    qualify = [objects for objects in lists if len({frozenset(each) for each in objects}) == 1]
    alike = [list(islice(cycle(objects), ITEMS)) for objects in qualify]
    tables = [
        {"columns": list(objects[0]), "rows": [[each[name] for name in objects[0]] for each in objects]}
        for objects in alike
    ]
    counts = tokenizer.count(orjson.dumps(value).decode() for value in (*alike, *tables))
    flat = [not any(isinstance(cell, dict | list) for each in objects for cell in each.values()) for objects in alike]
    pairs = zip(counts, counts[len(alike) :], flat, strict=False)
    return [Measured(as_json, as_table, is_flat) for as_json, as_table, is_flat in pairs]


def row(api: str, kind: str, rows: list[Measured]) -> str:
    """A line of the table."""
    saved = [each.saved for each in rows]
    if not saved:
        return f"| {api} | {kind} | 0 | | | |"
    figures = f"{statistics.mean(saved):.1f} % | {statistics.median(saved):.1f} % | {min(saved):.0f}-{max(saved):.0f} %"
    return f"| {api} | {kind} | {len(saved)} | {figures} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("apis", nargs="*", choices=[*APIS, []], metavar="API", help=f"{', '.join(APIS)} (all)")
    add("--work", type=Path, default=Path("context-figures"), metavar="DIR", help="keeps npm's gpt-tokenizer")
    add("--corpus", type=Path, default=Path(os.environ.get("SPECPORT_TEST_CORPUS") or REPOSITORY.parent / "corpus"))
    given = parser.parse_args()
    tokenizer = Tokenizer(given.work.resolve() / "tokenizer")
    print(f"tokens: {tokenizer.name}\n\n| API | lists | | saved on average | median | from, to |")
    print("|---|---|---:|---:|---:|---:|")
    every: list[Measured] = []
    for api in given.apis or APIS:
        lists = asyncio.run(lists_of(source_of(api, given.corpus)))
        rows = measured(lists, tokenizer)
        every += rows
        print(row(f"{api}, {len(lists)} lists", "flat", [each for each in rows if each.is_flat]))
        print(row("", "others", [each for each in rows if not each.is_flat]), flush=True)
    print(row("all", "flat", [each for each in every if each.is_flat]))
    print(row("", "flat or not", every))


if __name__ == "__main__":
    main()
