"""Calls of code.run -> runs of code, whose own calls go through the door that every call goes through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import cast

from specport.audit import Entry
from specport.catalog.model import Tool
from specport.catalog.naming import FINDING_TOOLS, RUNNING_TOOL
from specport.code.runs import Runs
from specport.errors import Denied
from specport.pipeline import Call
from specport.policy.model import Ask, Caller, Question
from specport.results.model import ToolResult

Made = Callable[[Entry, Mapping[str, object], Caller, Ask], Awaitable[ToolResult]]
"""Makes a call: policy, limits, checks, audit."""

_FINDING = {address.partition(".")[2]: address for address in FINDING_TOOLS}
"""What `tools.search` is called in code, where every name is below `tools`."""


class Coding:
    """Runs the code that clients send. Nothing starts before the first run."""

    def __init__(self, make: Made, known: Callable[[str], Tool | None]) -> None:
        """`make` makes calls, `known` is `App.known`. Raises SourceError where the extra is missing."""
        self._make = make
        self._known = known
        self._runs = Runs()

    async def run(self, call: Call, *, answers: bool) -> ToolResult:
        """What a run of code gives. `answers`: the request brings a person's answer to a question that was asked.

        Code that stopped at such a question goes on, and was approved as a whole before. Raises CallError.
        """
        code = cast("str", call.arguments["code"])
        who = call.caller.digest()
        if call.needs_approval and not self._runs.is_parked(who, code):
            await call.consent()
            answers = False  # it was about the code itself

        async def door(address: str, arguments: Mapping[str, object]) -> ToolResult:
            tool = self._known(_FINDING.get(address, address))
            if tool is not None and tool.address == RUNNING_TOOL:
                raise Denied(f"{RUNNING_TOOL} does not run in itself", hint="Write a function")
            entry = Entry(tool.address if tool else address, through=RUNNING_TOOL)
            return await self._make(entry, arguments, call.caller, _within(call.ask))

        return await self._runs.run(code, door, who=who, brings_answer=answers)

    async def aclose(self) -> None:
        """End every run."""
        await self._runs.aclose()


def _within(ask: Ask) -> Ask:
    """Asks about a call that is one of several in the middle of another."""

    async def asking(question: Question) -> str:
        return await ask(replace(question, within=RUNNING_TOOL))

    return asking
