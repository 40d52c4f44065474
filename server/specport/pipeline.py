"""One call of an operation on its way: arguments -> request -> consent -> exchange -> result."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from specport.audit import Entry
from specport.catalog.model import Route, Tool
from specport.errors import BadArguments, UnknownTool
from specport.executor.auth.placing import shown
from specport.executor.auth.references import brought_by
from specport.executor.curl import as_curl
from specport.executor.send import Executor
from specport.policy.model import Action, Ask, Caller
from specport.requests.check import ArgumentChecker
from specport.requests.model import PreparedRequest
from specport.requests.prepare import prepare
from specport.requests.questions import question_about
from specport.results.asked import Asked, Inputs
from specport.results.build import build_result
from specport.results.model import ToolResult
from specport.schemas.parts import argument_members
from specport.settings import Settings
from specport.sources.registry import Registry
from specport.targets import Targets

MAX_CHECKERS = 512
"""Most compiled schemas kept; one of a large API may take megabytes."""

LARGE_BODY = 256 * 1024
"""Bytes of an answer from which on it is read beside other calls, which it would hold up."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call on its way, its arguments checked."""

    tool: Tool
    arguments: Mapping[str, object]
    caller: Caller
    ask: Ask
    entry: Entry

    @property
    def needs_approval(self) -> bool:
        """Whether a person is asked first."""
        return self.entry.decision.action is Action.APPROVE

    async def consent(self, request: PreparedRequest | None = None, brought: Sequence[str] = ()) -> None:
        """Have a person asked. They may take their time: no limit is taken yet."""
        question = question_about(self.tool, self.arguments, self.entry.decision, request, brought)
        self.entry.url = question.url
        await self.entry.asking(self.ask(question))


class Pipeline:
    """Takes calls of the registry's sources through the rooms in order."""

    def __init__(self, settings: Settings, registry: Registry, executor: Executor, targets: Targets) -> None:
        self._settings = settings
        self._registry = registry
        self._executor = executor
        self._targets = targets
        self._checkers: dict[str, tuple[Tool, ArgumentChecker]] = {}

    def checked(self, tool: Tool, arguments: object) -> Mapping[str, object]:
        """The arguments of a call, by the tool's schema, which is compiled at its first call. Raises BadArguments."""
        known = self._checkers.get(tool.address)
        if known is None or known[0] is not tool:
            if len(self._checkers) >= MAX_CHECKERS:
                self._checkers.pop(next(iter(self._checkers)))
            known = self._checkers[tool.address] = (tool, ArgumentChecker(tool))
        return known[1].check(arguments)

    def forget(self, is_listed: Callable[[Tool], bool]) -> None:
        """Let go of the compiled schemas of tools that are not listed any more, and of the sources behind them."""
        self._checkers = {address: known for address, known in self._checkers.items() if is_listed(known[0])}

    def _asked(self, call: Call, route: Route) -> Asked:
        """The call as its answer is read by, with what its tool takes."""

        def fitted(arguments: Mapping[str, object]) -> Mapping[str, object] | None:
            try:
                return self.checked(call.tool, arguments)
            except BadArguments:
                return None

        def members() -> frozenset[str]:
            return frozenset(argument_members(call.tool.input_schema, route.body.argument) if route.body else ())

        return Asked(route, call.arguments, Inputs(fitted, members))

    async def run(self, call: Call, route: Route) -> ToolResult:
        """Make the request of a call, have a person asked where policy wants that, send it, and read the answer."""
        opened = self._registry.opened.get(route.source)
        if opened is None:
            raise UnknownTool(f"the source {route.source} was removed")
        url, channel = await self._targets.of(opened, route)
        request = prepare(route, call.arguments, url, read_file=self._settings.read_file)
        if self._settings.dry_run:
            return ToolResult(text=as_curl(shown(request, channel.credentials)))
        inbound = call.caller.headers
        if call.needs_approval:
            shown_request = await self._executor.without_secrets(request, channel, inbound)
            await call.consent(shown_request, brought_by(inbound, channel.credentials))
            if self._registry.opened.get(route.source) is not opened:
                raise UnknownTool(f"the source {route.source} was removed or changed before the call was approved")
        note = call.entry.sent if self._settings.audit else None
        exchange = await self._executor.send(request, channel, inbound, note=note)
        call.entry.status = exchange.status
        facts = {"asked": self._asked(call, route), "conventions": opened.source.conventions}
        read = functools.partial(build_result, exchange, **facts, has_credential=bool(exchange.credentials))
        return await asyncio.to_thread(read) if len(exchange.body) > LARGE_BODY else read()
