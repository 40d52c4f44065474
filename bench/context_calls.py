"""What it costs to find a tool by a search, and to call it through the tool that calls tools, beside a call by name.

Over stdio against the loopback API (`loopback.py`), one call at a time. Direct and indirect calls take turns on one
server, so that a machine whose speed drifts does not decide the ratio; medians are taken.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from context_lists import OURS, Servers
from measuring import environment, upstream
from wire import Json, StdioServer, result_of

BLOCKS = 20
"""How often direct and indirect calls take turns."""

CALLS = 25
"""Calls in each turn."""

SEARCHES = (
    "create something new",
    "list everything",
    "delete by id",
    "change the settings",
    "who may read this",
    "free memory",
    "events of the last week",
    "add a member",
    "cancel what is under way",
    "download",
)
"""Queries that are only timed."""

SEARCH_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Called:
    """What is called of a document: the tool's name here and in FastMCP, and its arguments."""

    ours: str
    theirs: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Tools:
    """A server's tools that search and call, and the argument that says which tool is called."""

    search: str
    call: str
    which: str


_OURS = _Tools("tools_search", "tools_callRead", "address")
_THEIRS = _Tools("search_tools", "call_tool", "name")


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of a call by name, of one through another tool, and of a search; medians."""

    document: str
    server: str
    direct: float
    through: float
    search: float

    @property
    def ratio(self) -> float:
        """How many times as long as a direct call an indirect one takes."""
        return self.through / self.direct


def measure(servers: Servers, name: str, document: Path, called: Called, side: str) -> Cost:
    """One side in its search exposure."""
    print(f"{name}: calls of {side}", file=sys.stderr, flush=True)
    with upstream() as base_url:
        if side == "specport":
            source = ["--spec", str(document), "--base-url", base_url, "--no-state"]
            command = [servers.specport, "serve", *source, *OURS["search"]]
            times = _times(command, _OURS, called.ours, called.arguments, servers.work)
        else:
            command = [*servers.fastmcp, str(document), base_url, "search"]
            times = _times(command, _THEIRS, called.theirs, called.arguments, servers.work)
    return Cost(name, side, *times)


def _times(command: Sequence[str], tools: _Tools, name: str, arguments: Json, work: Path) -> tuple[float, float, float]:
    """Milliseconds of a direct call, of an indirect one, of a search."""
    direct = {"name": name, "arguments": arguments}
    through = {"name": tools.call, "arguments": {tools.which: name, "arguments": arguments}}
    searches = [{"name": tools.search, "arguments": {"query": query}} for query in SEARCHES]
    with StdioServer(command, environment(work), work / "stderr.log") as server:
        server.initialize()
        server.list_tools()
        for params in (direct, through, searches[0]):
            _timed(server, params, CALLS)
        turns = [(_timed(server, direct, CALLS), _timed(server, through, CALLS)) for _ in range(BLOCKS)]
        searched = statistics.median(_timed(server, params, SEARCH_ROUNDS) for params in searches)
    by_name, by_other = (statistics.median(times) for times in zip(*turns, strict=True))
    return by_name, by_other, searched


def _timed(server: StdioServer, params: Json, calls: int) -> float:
    """Milliseconds a call, the mean of several one after the other. Every answer must be a result."""
    answers: list[bytes] = []
    began = time.perf_counter()
    for _ in range(calls):
        server.ask("tools/call", params)
        answers.append(server.answer())
    elapsed = time.perf_counter() - began
    for answer in answers:
        result_of(answer)
    return elapsed / calls * 1000
