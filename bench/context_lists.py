"""What a tool list costs a model: tokens, tools and whole operations, of specport and of FastMCP at each exposure.

Lists come from `tools/list` over stdio, as any client gets them. What a model sees of a tool is its name, description
and inputSchema, which is what clients pass on; the wire is all that the list holds, each tool as compact JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring import environment
from parameter_count import count
from tokens import Tokenizer
from wire import Json, ServerGone, ServerSlow, StdioServer

SEEN = ("name", "description", "inputSchema")

LIST_SECONDS = 900.0
"""Longest wait for a server to start and list."""

OURS = {
    "all, lean": ("--expose", "all", "--schemas", "lean"),
    "all, full": ("--expose", "all", "--schemas", "full"),
    "all, verbatim": ("--expose", "all", "--schemas", "verbatim"),
    "search": ("--expose", "search"),
    "code": ("--expose", "code"),
}

THEIRS = ("plain", "search", "code")
"""FastMCP's from_openapi as it is, with its search transform, with its code mode."""

MEMORY_GB = 12
"""Most address space that FastMCP may take, which would otherwise take the machine's."""

EMPTY_ERROR = '"error":{"code":0,"message":""}'
"""What FastMCP answers where its memory has run out."""

BOUNDED = ("sh", "-c", 'ulimit -v "$0"; exec "$@"', str(MEMORY_GB * 1_000_000))

NOWHERE = "http://127.0.0.1:9"
"""Base URL of a server that is only asked for its list."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One list. Of `operations`, `whole` have all parameters and their body; the list was there after
    so many `seconds`, or `failed` says why there is none."""

    document: str
    server: str
    tools: int = 0
    seen: int = 0
    wire: int = 0
    whole: int = 0
    operations: int = 0
    seconds: float = 0.0
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Servers:
    """How both sides are started, and where their state and stderr go."""

    specport: str
    fastmcp: Sequence[str]
    work: Path

    def command(self, document: Path, server: str) -> list[str]:
        """The command for `specport, FORM` or `FastMCP, MODE`."""
        side, _, form = server.partition(", ")
        if side == "FastMCP":
            return [*BOUNDED, *self.fastmcp, str(document), NOWHERE, form]
        return [self.specport, "serve", *_source(document), "--no-state", *OURS[form]]

    def tools(self, document: Path, server: str) -> tuple[list[Json], float]:
        """The complete list, and the seconds to it. Raises ServerGone when there is none within LIST_SECONDS."""
        command = self.command(document, server)
        with StdioServer(command, environment(self.work), self.work / "stderr.log", LIST_SECONDS) as started:
            started.initialize()
            return started.list_tools(), time.perf_counter() - started.started


def _source(document: Path) -> list[str]:
    """A document that is a folder is a bundled source, called by its name."""
    return [document.name] if document.is_dir() else ["--spec", str(document), "--base-url", NOWHERE]


def measure(servers: Servers, tokenizer: Tokenizer, name: str, document: Path, side: str) -> list[Listed]:
    """Every list of one side."""
    forms = OURS if side == "specport" else THEIRS
    return [_one(servers, tokenizer, name=name, document=document, server=f"{side}, {form}") for form in forms]


def _one(servers: Servers, tokenizer: Tokenizer, *, name: str, document: Path, server: str) -> Listed:
    """One list, counted."""
    print(f"{name}: {server}", file=sys.stderr, flush=True)
    try:
        tools, seconds = servers.tools(document, server)
    except ServerGone as gone:
        return Listed(name, server, failed=_last_words(gone))
    seen = tokenizer.count(_compact({key: tool[key] for key in SEEN if key in tool}) for tool in tools)
    wire = tokenizer.count(map(_compact, tools))
    found = count(document / "openapi.yaml" if document.is_dir() else document, tools)
    return Listed(
        name,
        server,
        tools=len(tools),
        seen=sum(seen),
        wire=sum(wire),
        whole=found.whole,
        operations=found.operations,
        seconds=seconds,
    )


def _last_words(gone: ServerGone) -> str:
    if isinstance(gone, ServerSlow):
        return f"no list within {LIST_SECONDS:.0f} s"
    last = str(gone).strip().splitlines()[-1]
    return f"no list within {MEMORY_GB} GB of memory" if "MemoryError" in last or EMPTY_ERROR in last else last[:200]


def _compact(tool: Mapping[str, object]) -> str:
    return json.dumps(tool, separators=(",", ":"), ensure_ascii=False)
