"""A minimal MCP client over stdio in raw JSON-RPC: the server is measured and not a client library."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, cast

PROTOCOL = "2025-11-25"

ANSWER_SECONDS = 60.0
"""Longest wait for one message, unless told."""

MAX_PAGES = 100
"""Most list pages followed."""

_CHUNK = 1 << 20

Json = Mapping[str, object]


class ServerGone(Exception):
    """The server ended, or what it answered is no result."""


class ServerSlow(ServerGone):
    """The server did not answer in time."""


class StdioServer:
    """One server process, spoken to over its stdin and stdout. Use as a context manager.

    `started` is the clock when it was spawned; stderr goes to the file `log`; no answer is waited for longer than
    `patience`.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path, patience: float = ANSWER_SECONDS
    ) -> None:
        self._log = log
        self._patience = patience
        with log.open("ab") as errors:
            self.started = time.perf_counter()
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=dict(environment)
            )
        assert self._process.stdin
        assert self._process.stdout
        self._writing = self._process.stdin.fileno()
        self._reading = self._process.stdout.fileno()
        self._lines: list[bytes] = []
        self._parts: list[bytes] = []
        self._next = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def initialize(self) -> None:
        """The handshake of a 2025-11-25 client."""
        client = {"name": "specport-bench", "version": "1"}
        self.request("initialize", {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": client})
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def list_tools(self) -> list[Json]:
        """Every tool, following the cursors."""
        tools: list[Json] = []
        params: dict[str, object] = {}
        for _ in range(MAX_PAGES):
            page = self.request("tools/list", params)
            tools += cast("list[Json]", page["tools"])
            cursor = page.get("nextCursor")
            if not cursor:
                return tools
            params = {"cursor": cursor}
        raise ServerGone(f"the list did not end after {MAX_PAGES} pages")

    def request(self, method: str, params: Json) -> Json:
        """One request and its result, nothing else under way."""
        self.ask(method, params)
        return result_of(self.answer())

    def ask(self, method: str, params: Json) -> int:
        """Send a request without waiting; its id."""
        self._next += 1
        self.send({"jsonrpc": "2.0", "id": self._next, "method": method, "params": params})
        return self._next

    def send(self, message: Json) -> None:
        """Write one message."""
        data = json.dumps(message).encode() + b"\n"
        try:
            while data:
                data = data[os.write(self._writing, data) :]
        except BrokenPipeError:
            raise self._gone() from None

    def answer(self) -> bytes:
        """The next message that answers a request, unparsed."""
        while True:
            line = self._line()
            if b'"id"' in line:
                return line

    def answer_within(self, seconds: float) -> bytes | None:
        """The next message that answers a request, if it begins within so many seconds."""
        if not self._lines and not select.select([self._reading], [], [], seconds)[0]:
            return None
        return self.answer()

    def peak_memory(self) -> float:
        """Peak resident memory of the process so far, in MB of 1,000,000 bytes."""
        return peak_memory(self._process.pid)

    def peak_of_all(self) -> float:
        """The same of the process and of those that it has now, together."""
        return self.peak_memory() + sum(peak_memory(pid) for pid in self.children())

    def children(self) -> list[int]:
        """The processes that the process has now."""
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        return [int(pid) for task in tasks for pid in task.read_text().split()]

    def processor_seconds(self) -> float:
        """Processor time of the process so far, user and system."""
        return processor_seconds(self._process.pid)

    def _line(self) -> bytes:
        while not self._lines:
            ready, _, _ = select.select([self._reading], [], [], self._patience)
            if not ready:
                raise ServerSlow(f"the server did not answer within {self._patience:.0f} s")
            chunk = os.read(self._reading, _CHUNK)
            if not chunk:
                raise self._gone()
            self._parts.append(chunk)
            if b"\n" in chunk:
                *whole, partial = b"".join(self._parts).split(b"\n")
                self._lines, self._parts = whole[::-1], [partial]
        return self._lines.pop()

    def _gone(self) -> ServerGone:
        said = self._log.read_text(errors="replace").strip().splitlines()[-5:]
        return ServerGone("the server ended; its last words:\n" + "\n".join(said))


def peak_memory(pid: int) -> float:
    """Peak resident memory of a process so far, in MB of 1,000,000 bytes, 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    peak = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(peak.split()[1]) * 1024 / 1e6


def processor_seconds(pid: int) -> float:
    """Processor time of a process so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def result_of(line: bytes) -> Json:
    """The result in an answer. Raises ServerGone for an error, and for a tool result that is one."""
    message = json.loads(line)
    if "result" not in message or message["result"].get("isError"):
        raise ServerGone(f"the server answered {line[:500]!r}")
    return cast("Json", message["result"])
