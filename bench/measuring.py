"""What both benches measure of a server: start, list, memory, calls a second, processor time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from parameter_count import Count, count
from wire import StdioServer, result_of

IN_FLIGHT = (1, 16, 64)

TOOL_NAMES = ("droplets_dropletsGet", "droplets_get")
"""What GET /v2/droplets/{droplet_id} is called by either server."""

ARGUMENTS = {"droplet_id": 3164444}

WARM_UP_CALLS = 100

IMPORT_SECONDS = 120
"""Longest time that importing mcp may take."""


class Start(NamedTuple):
    """A start from spawn to the complete list: seconds, and how many of them a processor worked on it."""

    seconds: float
    processor: float


@dataclass(slots=True)
class Figures:
    """What the rounds found of one server: starts, bytes of the list, MB, calls a second, us a call."""

    name: str
    starts: dict[str, list[Start]] = field(default_factory=dict[str, list[Start]])
    list_bytes: int = 0
    count: Count = field(default_factory=Count)
    memory_listed: list[float] = field(default_factory=list[float])
    memory_called: list[float] = field(default_factory=list[float])
    speeds: dict[int, list[float]] = field(default_factory=dict[int, list[float]])
    processor: dict[int, list[float]] = field(default_factory=dict[int, list[float]])


_MANIFEST = """\
name = "bench"
document = "document.json"
base_url = "{base_url}"
auth = {{ bearer_auth = "env:BENCH_TOKEN" }}
limits = [
  {{ name = "a minute", requests = 1_000_000_000, seconds = 60 }},
  {{ name = "an hour", requests = 1_000_000_000, seconds = 3600 }},
]
"""


class Bench:
    """Servers of one document, their stderr and state in a working folder.

    `guarded`: specport keeps two limits that are never reached, adds a credential, and writes the audit log.
    """

    def __init__(self, document: Path, base_url: str, *, work: Path, specport: str, guarded: bool = False) -> None:
        self._document = document
        self._base_url = base_url
        self._work = work
        self._specport = specport
        self._guarded = guarded
        self._states = 0
        self.environment = {**environment(work), "BENCH_TOKEN": "a-token-of-the-bench"}

    def specport_cold(self) -> list[str]:
        """The command with a state folder that has never been used."""
        self._states += 1
        return self._specport_with(str(self._states))

    def specport_warm(self) -> list[str]:
        """The command with the one state folder whose catalog cache is filled at its first start."""
        return self._specport_with("warm")

    def fastmcp(self, command: Sequence[str]) -> list[str]:
        """The other side's command, which keeps nothing between starts."""
        return [*command, str(self._document), self._base_url]

    def import_mcp(self) -> float:
        """Seconds to start specport's interpreter and import mcp."""
        command = [sys.executable, "-c", "import mcp"]
        started = time.perf_counter()
        subprocess.run(command, check=True, env=dict(self.environment), timeout=IMPORT_SECONDS)
        return time.perf_counter() - started

    def start(self, command: Sequence[str]) -> Start:
        """One start. Processor time is that of the server alone, in hundredths of a second."""
        with self._server(command) as server:
            server.initialize()
            server.list_tools()
            return Start(time.perf_counter() - server.started, server.processor_seconds())

    def measure(self, command: Sequence[str], figures: Figures, calls: int) -> None:
        """Everything but the start: list once, then call."""
        with self._server(command) as server:
            server.initialize()
            tools = server.list_tools()
            listed = json.dumps(tools, separators=(",", ":"), ensure_ascii=False)
            figures.list_bytes = len(listed.encode())
            figures.count = count(self._document, tools)
            figures.memory_listed.append(server.peak_memory())
            params = {"name": _called(tools), "arguments": ARGUMENTS}
            call_many(server, params, calls=WARM_UP_CALLS, width=1)
            for width in IN_FLIGHT:
                used = server.processor_seconds()
                speed = call_many(server, params, calls=calls, width=width)
                spent = (server.processor_seconds() - used) / calls * 1e6
                figures.speeds.setdefault(width, []).append(speed)
                figures.processor.setdefault(width, []).append(spent)
            figures.memory_called.append(server.peak_memory())

    def _specport_with(self, state: str) -> list[str]:
        folder = self._work / "states" / state
        state = ("--state-dir", str(folder))
        if self._guarded:
            return [self._specport, "serve", str(self._source()), *state, "--audit", str(self._work / "audit.jsonl")]
        return [self._specport, "serve", "--spec", str(self._document), "--base-url", self._base_url, *state]

    def _source(self) -> Path:
        """A folder with a manifest and the document."""
        folder = self._work / "source"
        folder.mkdir(exist_ok=True)
        shutil.copyfile(self._document, folder / "document.json")
        (folder / "source.toml").write_text(_MANIFEST.format(base_url=self._base_url))
        return folder

    def _server(self, command: Sequence[str]) -> StdioServer:
        return StdioServer(command, self.environment, self._work / "stderr.log")


def _called(tools: Sequence[Mapping[str, object]]) -> str:
    listed = {tool["name"] for tool in tools}
    for name in TOOL_NAMES:
        if name in listed:
            return name
    raise SystemExit(f"the list has no {' or '.join(TOOL_NAMES)}, which this bench calls")


def call_many(server: StdioServer, params: Mapping[str, object], *, calls: int, width: int) -> float:
    """Calls a second, with up to `width` under way. Every answer must be a result."""
    first = min(width, calls)
    answers: list[bytes] = []
    started = time.perf_counter()
    for _ in range(first):
        server.ask("tools/call", params)
    for asked in range(first, calls + first):
        answers.append(server.answer())
        if asked < calls:
            server.ask("tools/call", params)
    elapsed = time.perf_counter() - started
    for answer in answers:
        result_of(answer)
    return calls / elapsed


def environment(work: Path) -> dict[str, str]:
    """The environment of every process measured, with compiled modules kept in the working folder.

    So both sides start from compiled modules after the first time; without it an editable install under
    PYTHONDONTWRITEBYTECODE would compile itself at every start.
    """
    settings = ("SPECPORT_", "FASTMCP_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(settings)}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "PYTHONPYCACHEPREFIX": str(work / "compiled"), "NO_COLOR": "1"}


@contextmanager
def upstream(delay_ms: int = 0) -> Generator[str]:
    """The loopback API in a process of its own, each answer taking so long; its base URL."""
    script = Path(__file__).with_name("loopback.py")
    process = subprocess.Popen([sys.executable, str(script), str(delay_ms)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def default_document() -> Path:
    """The published DigitalOcean document of the test data: SPECPORT_TEST_DATA, or beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("SPECPORT_TEST_DATA") or beside) / "specs" / "digitalocean.json"


def checked_document(path: Path) -> Path:
    """The path made absolute. Raises SystemExit when there is no such file."""
    if not path.is_file():
        raise SystemExit(f"no document at {path}; name one, or set SPECPORT_TEST_DATA")
    return path.resolve()


def specport_command(given: str | None) -> str:
    """The command as given, else that of this interpreter, else the one on the path."""
    here = Path(sys.executable).with_name("specport")
    found = given or (str(here) if here.exists() else shutil.which("specport"))
    if found is None:
        raise SystemExit("no specport command; install the project or give --specport")
    return found
