"""One call of an operation on its way: arguments -> request -> consent -> exchange -> result."""

from __future__ import annotations

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
from specport.threads import in_thread

MAX_READY = 512
"""Most tools kept ready; the compiled schema of one of a large API may take megabytes."""

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


class _Ready:
    """A tool with what its calls need of it, made at the first one."""

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self.checker = ArgumentChecker(tool)
        self._inputs: Inputs | None = None

    def inputs(self, route: Route) -> Inputs:
        """What its operation takes."""
        if self._inputs is None:
            fitted, members = functools.partial(_fitted, self.checker), functools.partial(_members, self.tool, route)
            self._inputs = Inputs(route, fitted, members)
        return self._inputs


def _fitted(checker: ArgumentChecker, arguments: Mapping[str, object]) -> Mapping[str, object] | None:
    try:
        return checker.check(arguments)
    except BadArguments:
        return None


def _members(tool: Tool, route: Route) -> frozenset[str]:
    return frozenset(argument_members(tool.input_schema, route.body.argument) if route.body else ())


class Pipeline:
    """Takes calls of the registry's sources through the rooms in order."""

    def __init__(self, settings: Settings, registry: Registry, executor: Executor, targets: Targets) -> None:
        self._settings = settings
        self._registry = registry
        self._executor = executor
        self._targets = targets
        self._ready: dict[str, _Ready] = {}

    def checked(self, tool: Tool, arguments: object) -> Mapping[str, object]:
        """The arguments of a call, by the tool's schema, which is compiled at its first call. Raises BadArguments."""
        return self._made_ready(tool).checker.check(arguments)

    def forget(self, is_listed: Callable[[Tool], bool]) -> None:
        """Let go of the compiled schemas of tools that are not listed any more, and of the sources behind them."""
        self._ready = {address: ready for address, ready in self._ready.items() if is_listed(ready.tool)}

    def _made_ready(self, tool: Tool) -> _Ready:
        ready = self._ready.get(tool.address)
        if ready is None or ready.tool is not tool:
            if len(self._ready) >= MAX_READY:
                self._ready.pop(next(iter(self._ready)))
            ready = self._ready[tool.address] = _Ready(tool)
        return ready

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
        asked = Asked(self._made_ready(call.tool).inputs(route), call.arguments)
        facts = {"asked": asked, "conventions": opened.source.conventions}
        read = functools.partial(build_result, exchange, **facts, has_credential=bool(exchange.credentials))
        return await in_thread(read) if len(exchange.body) > LARGE_BODY else read()
