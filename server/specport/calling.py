"""One call, whichever way it came: the tool found, the arguments checked, made, and shown as far as there is room.

call = policy -> requests -> executor -> results; a call that a calling tool or code passes on takes the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, cast

from specport.audit import Audit, Entry
from specport.built_in import Sources, call_built_in
from specport.catalog.listing import listed_name
from specport.catalog.model import Route, Tool
from specport.catalog.naming import CALLING_TOOLS, READ_RESULT, RUNNING_TOOL
from specport.errors import UnknownTool
from specport.executor.auth.references import inbound_headers
from specport.exposure.model import Expose
from specport.exposure.tools import check_calls, check_view, not_there, view_of
from specport.offer import Offer
from specport.pipeline import Call, Pipeline
from specport.policy.model import Action, Ask, Caller
from specport.results.decoded import DECODED_SECONDS
from specport.results.kept import KeptResults, owner_of
from specport.results.model import EVERYTHING, Answer, ToolResult, View
from specport.results.paging import Progress, all_pages, tell_nobody
from specport.results.shared import ResultStore, SharedResults
from specport.results.showing import Save, Showing, is_shown_whole
from specport.sources.registry import Registry
from specport.threads import in_thread

if TYPE_CHECKING:
    from specport.coding import Coding


@dataclass(frozen=True, slots=True)
class Wish:
    """Who makes a call, who is asked and whether that is answered, what is wanted, and who hears how far it is."""

    caller: Caller
    ask: Ask
    answers: bool = False
    view: View = EVERYTHING
    progress: Progress = tell_nobody


class Offering(Sources, Protocol):
    """What calls need of an App, which says what each does."""

    @property
    def offer(self) -> Offer:
        """The tools as they are offered now."""
        ...

    async def sync(self) -> None:
        """As `App.sync`."""
        ...


class Calls:
    """Makes the calls of one App, and keeps their answers for the callers to read."""

    def __init__(
        self,
        app: Offering,
        registry: Registry,
        pipeline: Pipeline,
        audit: Audit | None,
        *,
        on_first_kept: Callable[[], Awaitable[None]],
        save: Save | None,
        shared: ResultStore | None,
    ) -> None:
        """`on_first_kept` is told once, as soon as there is an answer to read; `save` writes large files.

        `shared`: where other processes find kept answers, and this one theirs.
        """
        self._app = app
        self._registry = registry
        self._pipeline = pipeline
        self._audit = audit
        self._on_first_kept = on_first_kept
        self._kept = KeptResults()
        self._showing = Showing(self._kept, self._reader, save)
        self._shared = SharedResults(self._kept, shared)
        self._has_kept = shared is not None  # others may have kept one, and all are to have the same list
        self._is_swept_later = False
        self._coding: Coding | None = None

    def run_code(self) -> Coding:
        """Offer to run code from now on. Raises SourceError where its extra is missing."""
        from specport.coding import Coding  # only this needs it

        self._coding = Coding(self._called_by_code, self._app.known)
        return self._coding

    @property
    def has_kept(self) -> bool:
        """Whether an answer was kept, here or where others may have, so that there may be something to read."""
        return self._has_kept

    async def kept(self, handle: str, caller: Caller) -> Answer | None:
        """An answer that was kept for that caller, whole; None where there is none any more."""
        await self._bring(handle)
        return await in_thread(self._kept.find, handle, caller)

    async def call(self, entry: Entry, arguments: object, wish: Wish) -> ToolResult:
        """Make a call, and have its line in the audit log. Raises CallError, SourceError and DocumentError."""
        done = self._called(entry, arguments, wish)
        return await (self._audit.follow(done, entry, wish.caller) if self._audit else done)

    async def _called_by_code(
        self, entry: Entry, arguments: Mapping[str, object], caller: Caller, ask: Ask
    ) -> ToolResult:
        """A call that a run of code makes, which takes answers whole."""
        return await self.call(entry, arguments, Wish(caller, ask, view=View(whole=True)))

    async def _called(self, entry: Entry, arguments: object, wish: Wish) -> ToolResult:
        tool = await self._named(entry)
        given = self._pipeline.checked(tool, arguments)
        if tool.address in CALLING_TOOLS:
            wish = replace(wish, view=view_of(given))
            tool, given = await self._passed_on(entry, tool, given)
        call = Call(tool, given, wish.caller, wish.ask, entry)
        if tool.route is not None:
            return await self._sent(call, tool.route, wish)
        if tool.address == RUNNING_TOOL and self._coding:
            return await self._shown(await self._coding.run(call, answers=wish.answers), wish, tool)
        if call.needs_approval:
            await call.consent()
        if tool.address == READ_RESULT:
            await self._bring(str(call.arguments["handle"]))
            return await in_thread(self._showing.read, call.arguments, wish.caller)
        return await call_built_in(self._app, tool, call.arguments, wish.caller)

    async def _named(self, entry: Entry) -> Tool:
        """The tool that a call names, and what was decided of it. Raises UnknownTool and Denied."""
        if self._app.known(entry.name) is None:
            await self._app.sync()
        offer = self._app.offer
        entry.tool, entry.decision = offer.about(entry.name)
        tool = offer.by_name.get(entry.name)
        if tool is None:
            raise await in_thread(offer.missing, entry.name)  # it looks at every name there is
        return tool

    async def _passed_on(
        self, entry: Entry, calling: Tool, given: Mapping[str, object]
    ) -> tuple[Tool, Mapping[str, object]]:
        """The tool that a calling tool is to call, and the arguments for it, checked. Raises CallError."""
        decision = entry.decision
        entry.name, entry.through = cast("str", given["address"]), calling.address
        try:
            tool = await self._named(entry)
        except UnknownTool as error:
            raise not_there(error) from error
        check_calls(calling, tool)
        if decision.action is Action.APPROVE and entry.decision.action is Action.ALLOW:
            entry.decision = decision
        return tool, self._pipeline.checked(tool, given.get("arguments", {}))

    async def _sent(self, call: Call, route: Route, wish: Wish) -> ToolResult:
        """The result of an operation, with the pages that are wanted and as much of its answer as there is room for."""
        check_view(wish.view, call.tool, asks=call.needs_approval)
        result = await self._pipeline.run(call, route)
        if wish.view.all_pages:
            result = await self._paged(result, call, wish)
        return await self._shown(result, wish, call.tool)

    async def _paged(self, first: ToolResult, call: Call, wish: Wish) -> ToolResult:
        """A page with those that follow it, each a call like any other: policy, limits and audit are asked again."""

        async def following(arguments: Mapping[str, object]) -> ToolResult:
            whole = Wish(wish.caller, wish.ask, view=View(whole=True))
            return await self.call(Entry(call.tool.address), arguments, whole)

        return await all_pages(first, call.arguments, following, wish.progress)

    async def _shown(self, result: ToolResult, wish: Wish, tool: Tool) -> ToolResult:
        """A result with as much of its answer as there is room for. The first that is kept lists what reads it."""
        if is_shown_whole(result, wish.view):
            return result
        source = self._registry.opened.get(tool.route.source) if tool.route else None
        headers = inbound_headers(source.channel.credentials) if source else ()
        owner = owner_of(wish.caller, headers)
        shown = await in_thread(self._showing.first, result, wish.view, owner, tool=tool.address)
        if shown.handle:
            self._sweep_later()
            await self._shared.share(shown.handle)
        if shown.handle and not self._has_kept:
            self._has_kept = True
            if self._app.expose is Expose.ALL:
                await self._on_first_kept()
        return shown

    async def _bring(self, handle: str) -> None:
        """Have an answer here that is to be read, wherever it was kept."""
        self._sweep_later()
        await self._shared.fetch(handle)

    def _sweep_later(self) -> None:
        """Let go of what nobody reads on in, though no further call comes: once a minute while anything is kept."""
        if not self._is_swept_later:
            self._is_swept_later = True
            asyncio.get_running_loop().call_later(DECODED_SECONDS, self._sweep)

    def _sweep(self) -> None:
        self._is_swept_later = False
        if self._kept.purge():
            self._sweep_later()

    def _reader(self) -> str:
        """What the tool that reads kept results is called; nothing where policy denies it."""
        tool = self._app.known(READ_RESULT)
        return listed_name(tool, dotted=self._app.offer.listing.dotted) if tool else ""
