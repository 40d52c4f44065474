"""Runs of code whose calls a table answers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

from specport.code.model import Bounds
from specport.code.runs import Runs
from specport.results.model import Answer, ToolResult

Reply = Callable[[Mapping[str, Any]], Awaitable[ToolResult]]


class Api:
    """Answers a call with its own address and arguments, or as `replies` says, and remembers it."""

    def __init__(self, **replies: object) -> None:
        self.replies = replies
        self.calls: list[tuple[str, Mapping[str, object]]] = []
        self.at_once = self.most_at_once = 0

    async def __call__(self, address: str, arguments: Mapping[str, object]) -> ToolResult:
        self.calls.append((address, arguments))
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        reply = self.replies.get(address.replace(".", "_"), {"address": address, "arguments": arguments})
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, ToolResult):
            return reply
        return ToolResult("cut", body=orjson.dumps(reply), answer=Answer(reply))

    @property
    def addresses(self) -> list[str]:
        return [address for address, _ in self.calls]


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Runs]:
    """Runs with these limits, and `sleep` and `clock`."""
    passing = {name: settings.pop(name) for name in ("sleep", "clock") if name in settings}
    runs = Runs(Bounds(**settings), **passing)
    try:
        yield runs
    finally:
        await runs.aclose()


async def said(code: str, api: Api | None = None, **settings: Any) -> str:
    """What a model reads of one run."""
    async with running(**settings) as runs:
        result = await runs.run(code, api or Api())
    text = "\n".join((result.text, *result.notes))
    return f"ERROR {text}" if result.is_error else text


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that another process or thread is about to do."""
    while not condition():  # noqa: ASYNC110  # nobody tells of it
        await asyncio.sleep(0)


def processes() -> list[Path]:
    """The processes of runs that this one has started and that are still there, as folders of /proc."""
    return [folder for folder in Path("/proc").iterdir() if folder.name.isdigit() and _is_ours(folder)]


def _is_ours(folder: Path) -> bool:
    try:
        name, _, rest = (folder / "stat").read_text().rpartition(")")
    except OSError:
        return False
    state, parent = rest.split()[:2]
    return "(monty" in name and state != "Z" and int(parent) == os.getpid()
