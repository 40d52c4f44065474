"""The server that `specport demo` talks to: a subprocess over stdio, the SDK's client, and the server's own log.

What was sent over HTTP is read from that log, so that the demo shows what happened and not what should have.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from specport.surfaces.cli.setting_up import own_command

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import CallToolResult

ANSWERING = 30.0
"""Seconds the server has for each answer; a limit's window is a third of it."""

_SENT = re.compile(r"\b(GET|HEAD|POST|PUT|PATCH|DELETE) https?://[^/\s]+(/[^\s\"]*)\D.*?\b([1-5]\d\d)\b")


class DemoFailed(Exception):
    """A step did not come out as it should; `str()` says how."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One HTTP request that left the server, and the status that it was answered with."""

    method: str
    path: str
    status: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One tool call: its result as the client got it, and how long that took, in seconds."""

    tool: str
    result: CallToolResult
    seconds: float
    sent: tuple[Sent, ...]

    @property
    def text(self) -> str:
        """What a model would read first."""
        return next((block.text for block in self.result.content if block.type == "text"), "")

    @property
    def body(self) -> Mapping[str, object]:
        """The JSON object that was answered; empty for anything else."""
        return cast("Mapping[str, object]", self.result.structured_content or {})


class Session:
    """A connected client. `calls` counts the tools called; `started_in` is spawn to connected, in seconds."""

    def __init__(self, client: Client, log: Path, started_in: float) -> None:
        self.client = client
        self.started_in = started_in
        self.calls = 0
        self._log = log

    async def call(self, tool: str, arguments: Mapping[str, object]) -> Answer:
        """Call a tool, whatever it answers."""
        before = len(self.sent())
        self.calls += 1
        started = time.perf_counter()
        result = await self.client.call_tool(tool, dict(arguments))
        seconds = time.perf_counter() - started
        return Answer(tool, result, seconds, tuple(self.sent()[before:]))

    async def done(self, tool: str, arguments: Mapping[str, object]) -> Answer:
        """Call a tool that must succeed. Raises DemoFailed with what it answered instead."""
        answer = await self.call(tool, arguments)
        if answer.result.is_error:
            raise DemoFailed(f"{tool} failed: {answer.text}")
        return answer

    def sent(self) -> list[Sent]:
        """Every HTTP request that the server says it sent, in order."""
        log = self._log.read_text("utf-8", "replace")
        return [Sent(found[1], found[2], int(found[3])) for found in _SENT.finditer(log)]


@contextlib.asynccontextmanager
async def served(command: tuple[str, ...], folder: Path) -> AsyncGenerator[Session]:
    """The server that the command starts, connected; it ends with the block. `folder` holds its state and its log."""
    from mcp import Client, StdioServerParameters, stdio_client

    program, *arguments = [*own_command(), *command]
    arguments += ["--log-level", "info", "--state-dir", str(folder / "state")]
    log = log_of(folder)
    started = time.perf_counter()
    with log.open("w") as errors:
        transport = stdio_client(StdioServerParameters(command=program, args=arguments), errlog=errors)
        async with Client(transport, read_timeout_seconds=ANSWERING) as client:
            yield Session(client, log, time.perf_counter() - started)


def log_of(folder: Path) -> Path:
    """Where the server's log goes."""
    return folder / "server.log"
