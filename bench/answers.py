"""What a 10 MB answer costs a model at first, and what all of it costs, read by nothing but the calls it names.

Answers of many shapes go the way that an App sends them. Tokens are counted as o200k_base counts them where npm's
gpt-tokenizer can be had, those of what is read as text; those of the first answer also as `specport.results.tokens`
estimates them. A part that is read has 2,000 tokens at most; with `--long`, which takes `max_items`, 20,000 characters.
Seconds are those of the server's own work, beside what the walker and the tokenizer take. Exits with 1 where a first
answer or a part costs over 2,000 tokens, or what was read differs.

    python bench/answers.py [--megabytes 10] [--first | --long] [--shape NAME ...]
"""

from __future__ import annotations

import argparse
import base64
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from reading_on import Walker
from specport.policy.model import Caller
from specport.results.kept import KeptResults, owner_of
from specport.results.model import EVERYTHING, Answer, ToolResult
from specport.results.showing import Showing
from specport.results.tokens import tokens as estimated
from tokens import Tokenizer

ME = Caller("bench")
MOST = 100_000
MOST_AT_ONCE = 2_000
"""Tokens that a first answer may cost, and a part that is read."""

WORDS = [
    "server",
    "region",
    "size",
    "image",
    "network",
    "created",
    "active",
    "volume",
    "snapshot",
    "backup",
    "public",
    "private",
    "address",
]


class Making:
    """Answers of about so many bytes, the same on every run."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._random = random.Random(1)

    def shapes(self) -> dict[str, Callable[[], Any]]:
        return {
            "a list in an object, as most APIs": lambda: {
                "droplets": self._list(self._droplet),
                "links": {"pages": {"next": "https://api.example/v2/droplets?page=2"}},
                "meta": {"total": 99_999},
            },
            "a bare list": lambda: self._list(self._droplet),
            "two lists": lambda: {"a": self._list(self._droplet, 2), "b": self._list(self._droplet, 2)},
            "a map by identifier": lambda: dict(self._list(lambda: (self._identifier(), self._droplet()))),
            "large items": lambda: [self._large() for _ in range(self._size // 60_000)],
            "one item that is a list": lambda: {"result": {"rows": self._list(self._row)}},
            "lists of lists of numbers": lambda: [self._matrix() for _ in range(self._size // 20_000)],
            "one long text in an object": lambda: {"log": self._text(), "pod": "web-1"},
            "one long line": lambda: "x" * self._size,
            "identifiers": lambda: self._list(self._identifier),
            "numbers": lambda: [self._random.randrange(10**6) for _ in range(self._size // 7)],
            "nested 100 levels": lambda: self._nested(100),
            "very long names": lambda: {f"name{n}" * 5_000: n for n in range(self._size // 28_000)},
            "Chinese": lambda: self._list(lambda: {"名称": "服务器状态正常" * 8, "编号": self._random.random()}),
            "images as base64": lambda: [self._picture() for _ in range(self._size // 40_000)],
            "escapes": lambda: self._list(lambda: '\n"\\é\t' * 40),
        }  # fmt: skip

    def _list(self, item: Callable[[], Any], parts: int = 1) -> list[Any]:
        count = self._size // parts // (len(orjson.dumps(item())) + 1)
        return [item() for _ in range(count)]

    def _droplet(self) -> Any:
        number = self._random.randrange(10**8)
        return {
            "id": number, "name": f"web-{number}", "memory": 1024, "vcpus": 1, "disk": 25, "locked": False,
            "status": "active", "created_at": "2026-07-21T18:37:44Z", "features": ["backups", "ipv6"],
            "networks": {"v4": [{"ip_address": f"10.128.{number % 256}.{number // 256 % 256}", "type": "private"}]},
            "vpc_uuid": f"{self._random.getrandbits(128):032x}", "tags": self._random.sample(WORDS, 2),
        }  # fmt: skip

    def _row(self) -> list[Any]:
        return [self._random.randrange(10**6), self._random.choice(WORDS), None, True]

    def _identifier(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def _matrix(self) -> list[list[float]]:
        return [[self._random.random() for _ in range(50)] for _ in range(20)]

    def _picture(self) -> Any:
        data = b"\x89PNG\r\n\x1a\n" + self._random.randbytes(30_000)
        return {"id": self._random.randrange(10**6), "image": base64.b64encode(data).decode()}

    def _large(self) -> Any:
        return {
            "id": self._random.randrange(10**6),
            "rows": [self._row() for _ in range(1_200)],
            "log": "line\n" * 4_000,
        }

    def _text(self) -> str:
        return "".join(f"{n} {' '.join(self._random.sample(WORDS, 5))}\n" for n in range(self._size // 45))

    def _nested(self, depth: int) -> Any:
        value: Any = self._list(self._row)
        for level in range(depth):
            value = [value] if level % 3 == 0 else {"inner": value, "level": level}
        return value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=10)
    parser.add_argument("--long", action="store_true", help="read in parts of 20,000 characters")
    parser.add_argument("--first", action="store_true", help="read no further than the first answer")
    parser.add_argument("--shape", action="append", help="only these")
    parser.add_argument("--tokenizer", type=Path, default=Path.home() / ".cache" / "specport-bench" / "tokenizer")
    options = parser.parse_args()
    tokenizer = Tokenizer(options.tokenizer)
    print(f"tokens: {tokenizer.name}\n")
    print("| answer | bytes | first: tokens | estimated | ms | readings | longest | tokens in all | seconds | read |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---|")
    is_well = True
    for name, make in Making(int(options.megabytes * 1_000_000)).shapes().items():
        if not options.shape or name in options.shape:
            row, is_right = measured(make(), tokenizer, MOST if options.long else None, is_first=options.first)
            print(f"| {name} | {' | '.join(row)} |", flush=True)
            is_well &= is_right
    if not is_well:
        raise SystemExit(1)


class Reading:
    """Reads a kept answer, with the seconds that it took and all that a model saw of it as text."""

    def __init__(self, showing: Showing) -> None:
        self._showing = showing
        self.seen: list[str] = []
        self.seconds = 0.0

    def read(self, arguments: dict[str, Any]) -> tuple[str, str]:
        """One reading, for a `Walker`."""
        started = time.perf_counter()
        result = self._showing.read(arguments, ME)
        self.seconds += time.perf_counter() - started
        notes = "\n".join(result.notes)
        self.seen.append(f"{result.text}\n{notes}")
        return (result.blobs[0].base64 if result.blobs else result.text), notes


def measured(value: Any, tokenizer: Tokenizer, most: int | None, *, is_first: bool) -> tuple[list[str], bool]:
    """A row of the table, and whether all is well."""
    showing = Showing(KeptResults(), lambda: "results_read")
    text = orjson.dumps(value).decode()
    started = time.perf_counter()
    first = showing.first(ToolResult(text=text, answer=Answer(value)), EVERYTHING, owner_of(ME))
    took = (time.perf_counter() - started) * 1000
    seen = "\n".join((first.text, *first.notes))
    [cost] = tokenizer.count([seen])
    row = [f"{len(text.encode()):,}", f"{cost:,}", f"{estimated(seen):,}", f"{took:.0f}"]
    if is_first:
        return row, cost <= MOST_AT_ONCE
    reading = Reading(showing)
    walker = Walker(reading.read, first.handle, most=most, measure=len)
    is_same = walker.all() == value
    costs = tokenizer.count(reading.seen)
    row += [f"{walker.reads:,}", f"{max(costs):,}", f"{sum(costs):,}", f"{reading.seconds:.1f}"]
    row.append("all" if is_same else "DIFFERS")
    return row, is_same and cost <= MOST_AT_ONCE and (most is not None or max(costs) <= MOST_AT_ONCE)


if __name__ == "__main__":
    main()
