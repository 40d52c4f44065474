"""What a 10 MB answer costs a model at first, and whether all of it can be read, by nothing but the calls it names.

    python bench/answers_over_stdio.py [--megabytes 10] [--read 10] [--tokens] [--shape NAME ...] [--work DIR] [--write]

The answers of `answers.py`, and texts, come from an API on loopback through `specport serve` over stdio. All text of
a first answer counts, as o200k_base counts it where npm's gpt-tokenizer can be had; what all readings cost together is
estimated (`specport.results.tokens`, which errs above). Reading takes `max_items`, so that it goes in parts of 20,000
characters; `--tokens` reads in parts of 2,000 tokens, which takes five times as long. What was read is compared with
what the API sent. `--read` reads answers of fewer MB than those that are looked at first. Rows are kept in the working
folder; --write puts those that are there into docs/context.md. Exits with 1 where a first answer costs over 2,000
tokens or what was read differs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from answers import MOST, Making
from figures import write_figures
from measuring import environment, specport_command
from reading_on import Walker
from specport.results.tokens import tokens as estimated
from tokens import Tokenizer
from wire import Json, StdioServer

PAGE = Path(__file__).resolve().parents[1] / "docs" / "context.md"
MOST_AT_FIRST = 2_000
"""Tokens that a first answer may cost."""

PATIENCE = 200
"""Seconds that one message is waited for."""

SHAPE = "shape"
_RESPONSES = {"200": {"description": "what there is"}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Large", "version": "1"},
    "paths": {f"/{SHAPE}": {"get": {"operationId": SHAPE, "responses": _RESPONSES}}},
}
HEAD = (
    "| answer | MB | tokens at first | MB read | readings | tokens of the longest | tokens in all, about | read |\n"
    "|---|---:|---:|---:|---:|---:|---:|---|\n"
)


class JsonLines(list[Any]):
    """A list that is sent as JSON lines."""


def shapes_of(megabytes: float) -> dict[str, Callable[[], Any]]:
    """What makes values of so many bytes: those of `answers.py`, and what is sent as no JSON."""
    shapes = Making(int(megabytes * 1_000_000)).shapes()
    text, items = shapes["one long text in an object"], shapes["a bare list"]
    rows = shapes["identifiers"]
    return {
        **shapes,
        "JSON lines": lambda: JsonLines(items()),
        "a log that is no JSON": lambda: text()["log"],
        "CSV": lambda: "id,name\n" + "".join(f"{key},ünï {key[:5]}\n" for key in rows()),
    }


class Reader:
    """A client that calls and reads on, and counts what that costs."""

    def __init__(self, server: StdioServer) -> None:
        self._server = server
        self.longest = ""
        self.spent = 0

    def called(self, name: str, arguments: Mapping[str, object]) -> tuple[str, str, str]:
        """What a call gives: its text or base64, its notes, and all that a model sees of it as text."""
        result = self._server.request("tools/call", {"name": name, "arguments": arguments})
        blocks: Any = result["content"]  # checked by the walk, which fails on anything else
        assert "structuredContent" not in result
        text, *notes = [block["text"] for block in blocks if block["type"] == "text"]
        seen = "\n".join((text, *notes))
        self.spent += estimated(seen)
        self.longest = max(self.longest, seen, key=len)
        data = [block.get("data") or block["resource"]["blob"] for block in blocks if block["type"] != "text"]
        return (data[0] if data else text), "\n".join(notes), seen

    def read(self, arguments: dict[str, Any]) -> tuple[str, str]:
        """One reading, for a `Walker`."""
        return self.called("results_read", arguments)[:2]


def sent(value: Any) -> tuple[bytes, str]:
    """A value's bytes and media type."""
    if isinstance(value, str):
        return value.encode(), "text/csv" if value.startswith("id,") else "text/plain"
    if isinstance(value, JsonLines):
        return b"".join(orjson.dumps(item) + b"\n" for item in value), "application/x-ndjson"
    return orjson.dumps(value), "application/json"


@contextmanager
def answering(body: bytes, media_type: str) -> Generator[str]:
    """An API on loopback that gives every GET this answer; its base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@contextmanager
def serving(value: Any, specport: str) -> Generator[tuple[Reader, str]]:
    """A client of a server whose one tool answers this value, and that tool's name."""
    body, media_type = sent(value)
    with tempfile.TemporaryDirectory() as folder, answering(body, media_type) as base_url:
        work = Path(folder)
        document = work / "large.json"
        document.write_text(json.dumps(DOCUMENT))
        command = [specport, "serve", "--spec", str(document), "--base-url", base_url, "--no-state"]
        with StdioServer(command, environment(work), work / "stderr.log", PATIENCE) as server:
            server.initialize()
            listed: list[Json] = server.list_tools()
            yield Reader(server), next(str(tool["name"]) for tool in listed if str(tool["name"]).endswith(SHAPE))


def measured(name: str, large: Any, value: Any, tokenizer: Tokenizer, given: argparse.Namespace) -> tuple[str, bool]:
    """A row of the table, and whether all is well: what a large answer costs at first, and a value that is read."""
    with serving(large, given.specport) as (reader, tool):
        _, _, first = reader.called(tool, {})
    with serving(value, given.specport) as (reader, tool):
        _, notes, _ = reader.called(tool, {})
        assert '{"handle":"' in notes, notes
        handle = notes.partition('{"handle":"')[2].partition('"')[0]
        walker = Walker(reader.read, handle, most=None if given.tokens else MOST, measure=estimated)
        is_same = (walker.text() if isinstance(value, str) else walker.all()) == value
    cost, longest = tokenizer.count((first, reader.longest))
    sizes = [f"{len(sent(each)[0]) / 1e6:.1f}" for each in (large, value)]
    figures = f"{sizes[1]} | {walker.reads:,} | {longest:,} | {reader.spent:,} | {'all' if is_same else 'DIFFERS'}"
    return f"| {name} | {sizes[0]} | {cost:,} | {figures} |\n", is_same and cost <= MOST_AT_FIRST


def main() -> None:
    """Measure what was asked for, print it, write what is there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--megabytes", type=float, default=10)
    add("--read", type=float, help="megabytes of those that are read to their end (default: as many)")
    add("--tokens", action="store_true", help="read in parts of 2,000 tokens")
    add("--shape", action="append", default=[], help="only this; repeatable")
    add("--work", type=Path, default=Path("context-figures"), metavar="DIR", help="keeps figures and gpt-tokenizer")
    add("--specport", metavar="COMMAND", help="the specport command (default: beside this interpreter)")
    add("--write", action="store_true", help="put the figures into docs/context.md")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    kept = given.work / "answers-over-stdio.json"
    rows: dict[str, str] = json.loads(kept.read_text()) if kept.exists() else {}
    tokenizer = Tokenizer(given.work.resolve() / "tokenizer")
    given.specport = specport_command(given.specport)
    shapes = shapes_of(given.megabytes)
    smaller, is_well = shapes_of(given.read or given.megabytes), True
    for name in given.shape or shapes:
        row, is_right = measured(name, shapes[name](), smaller[name](), tokenizer, given)
        print(row, end="", flush=True)
        is_well &= is_right
        rows[name] = row
        kept.write_text(json.dumps(rows, indent=1))
    if given.write:
        table = HEAD + "".join(rows[name] for name in shapes if name in rows)
        write_figures(PAGE, f"Tokens: {tokenizer.name}.\n\n{table}", "answers")
    if not is_well:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
