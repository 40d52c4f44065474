"""What the audit log says of calls and changes: who did what, what was decided, and how it went.

Never a secret, never an argument or a body: URLs come without the credentials of their source, and what a query calls
a token or password is masked.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from specport import __version__
from specport.catalog.model import Tool
from specport.documents.text import one_line
from specport.errors import Asked, Declined, SpecportError, UpstreamFailed
from specport.policy.model import UNDECIDED, Action, Caller, Decision
from specport.requests.shown_urls import masked
from specport.results.model import ToolResult
from specport.sources.read import Opened

MAX_NAME = 100
"""Characters of a tool's name that no tool has."""

Timer = Callable[[], float]


class Lines(Protocol):
    """Where lines go."""

    def begin(self, facts: Mapping[str, object]) -> None:
        """Write a first line, or raise SpecportError."""
        ...

    def write(self, facts: Mapping[str, object]) -> None:
        """Write one more line."""
        ...


@dataclass(slots=True)
class Entry:
    """What is known of a call so far, filled in on its way.

    `through` is the tool that was asked to call it, if one was. `by` is who approved it, `asked` the seconds that they
    took; `url` is without secrets, `status` the API's.
    """

    name: str
    through: str = ""
    tool: Tool | None = None
    decision: Decision = UNDECIDED
    url: str = ""
    by: str = ""
    asked: float = 0.0
    status: int = 0

    def sent(self, url: str) -> None:
        """The request is about to be sent."""
        self.url = url

    async def asking(self, answer: Awaitable[str], timer: Timer = time.perf_counter) -> None:
        """Wait for who approves."""
        started = timer()
        try:
            self.by = await answer
        finally:
            self.asked = timer() - started


class Audit:
    """Follows calls and changes, and has a line of each written."""

    def __init__(self, lines: Lines, *, timer: Timer = time.perf_counter) -> None:
        self._lines = lines
        self._timer = timer

    def begin(self, transport: str, tools: int) -> None:
        """A server starts. Raises SpecportError where that cannot be written."""
        facts = {"event": "start", "transport": transport, "version": __version__, "process": os.getpid()}
        self._lines.begin({**facts, "tools": tools})

    def added(self, opened: Opened, caller: Caller) -> None:
        """A source was added."""
        facts = {"document": masked(opened.source.uri), "base_url": masked(opened.base_url)}
        tools = len(opened.catalog.tools)
        self._lines.write({"event": "add", **_who(caller), "source": opened.source.name, **facts, "tools": tools})

    def changed(self, event: str, source: str, caller: Caller, **facts: object) -> None:
        """A source was changed: `event` says how, `remove` or `refresh`."""
        self._lines.write({"event": event, **_who(caller), "source": source, **facts})

    async def follow(self, call: Awaitable[ToolResult], entry: Entry, caller: Caller) -> ToolResult:
        """The result of a call, once its line is written; of one that failed as well."""
        started = self._timer()
        try:
            result = await call
        except BaseException as error:
            self._write(entry, caller, started, _failure(error), error)
            raise
        facts: dict[str, object] = {"status": entry.status} if entry.status else {}
        _count(facts, result)
        if result.body is not None:
            facts["bytes"] = len(result.body)
        self._write(entry, caller, started, facts)
        return result

    def _write(
        self,
        entry: Entry,
        caller: Caller,
        started: float,
        outcome: Mapping[str, object],
        error: BaseException | None = None,
    ) -> None:
        facts: dict[str, object] = {"event": "call", **_who(caller), **_what(entry)}
        if entry.tool is not None:
            facts |= _decided(entry, error)
        facts["duration_ms"] = _ms(self._timer() - started - entry.asked)
        if entry.asked:
            facts["asked_ms"] = _ms(entry.asked)
        self._lines.write({**facts, **outcome})


def _who(caller: Caller) -> dict[str, object]:
    facts = (
        ("who", caller.name),
        ("user", caller.user),
        ("transport", caller.transport),
        ("address", caller.address),
    )
    return {name: value for name, value in facts if value}


def _what(entry: Entry) -> dict[str, object]:
    tool = entry.tool
    through = {"through": entry.through} if entry.through else {}
    if tool is None:
        return {"tool": one_line(entry.name, MAX_NAME), **through}
    facts: dict[str, object] = {"tool": tool.address, **through}
    if tool.route is not None:
        facts |= {"source": tool.route.source, "method": tool.route.method}
    if entry.url:
        facts["url"] = masked(entry.url)
    return facts


def _decided(entry: Entry, error: BaseException | None) -> dict[str, object]:
    """What was decided of a call, by which rule, and who approved it."""
    facts: dict[str, object] = {"decision": _word(entry, error)}
    if entry.decision.rule:
        facts["rule"] = entry.decision.rule
    if entry.by:
        facts["by"] = entry.by
    return facts


def _word(entry: Entry, error: BaseException | None) -> str:
    if entry.decision.action is not Action.APPROVE:
        return "denied" if entry.decision.action is Action.DENY else "allowed"
    if entry.by:
        return "approved"
    if isinstance(error, Declined):
        return "declined"
    return "asked" if isinstance(error, Asked) else "not approved"


def _failure(error: BaseException) -> dict[str, object]:
    """The kind of an error; its text may repeat arguments."""
    if isinstance(error, Asked):
        return {}
    if isinstance(error, asyncio.CancelledError):
        return {"error": "Cancelled"}
    facts: dict[str, object] = {"error": type(error).__name__ if isinstance(error, SpecportError) else "Internal"}
    if isinstance(error, UpstreamFailed):
        _count(facts, error)
    return facts


def _count(facts: dict[str, object], made: ToolResult | UpstreamFailed) -> None:
    if made.attempts:
        facts["attempts"] = made.attempts
        facts["waited_ms"] = _ms(made.waited)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
