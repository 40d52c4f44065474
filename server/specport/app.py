"""specport as a Python object: sources opened into one catalog, and calls taken through the rooms in order.

call = policy -> requests -> executor -> results. Every surface uses this class and nothing below it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from typing import TYPE_CHECKING

from specport.audit import Audit, Entry
from specport.audit_file import AuditFile
from specport.calling import Calls, Wish
from specport.catalog.model import Tool
from specport.catalog.report import report
from specport.catalog.search.index import SearchIndex
from specport.errors import UnknownTool
from specport.executor.auth.logins import Logins
from specport.executor.auth.tokens import Tokens
from specport.executor.model import Limit
from specport.executor.send import Executor
from specport.exposure.model import Expose
from specport.memory import Returned
from specport.offer import Listing, Offer, offer_of
from specport.pipeline import Pipeline
from specport.policy.asking import nobody_to_ask
from specport.policy.model import Ask, Caller, Decided
from specport.results.model import EVERYTHING, Answer, ToolResult, View
from specport.results.paging import Progress, tell_nobody
from specport.settings import Settings, ledger_of, meanings_of, results_of, store_of
from specport.sources.cache import CatalogCache
from specport.sources.facts import SourceDetails
from specport.sources.following import Follower
from specport.sources.making import HERE
from specport.sources.model import Origin, Source, SourceFacts
from specport.sources.read import Opened, read_document
from specport.sources.registry import Added, Registry
from specport.sources.renewal import Refreshed
from specport.sources.schedule import Schedule
from specport.sources.specification import Specification
from specport.sources.worker.apart import Apart
from specport.sources.worker.pool import WORKERS
from specport.targets import Sandboxes, Servers
from specport.threads import in_thread

if TYPE_CHECKING:
    from specport.sources.preview.model import Preview

log = logging.getLogger("specport")

NOBODY = Caller()
"""A call by somebody who did not say who they are."""

_NONE: Mapping[str, str] = {}


class App:
    """One server's worth of specport. Use `App.open` as an async context manager."""

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        follower: Follower,
        executor: Executor,
        *,
        audit: Audit | None,
        stack: AsyncExitStack,
    ) -> None:
        """`stack` closes what is opened for this App."""
        self._settings = settings
        self._registry = registry
        self._follower = follower
        self._executor = executor
        self._audit = audit
        self._returned = Returned()
        meanings = meanings_of(settings)
        if meanings:
            stack.callback(meanings.close)
        targets = Sandboxes(stack) if settings.sandbox else Servers()
        self._pipeline = Pipeline(settings, registry, executor, targets)
        shared = results_of(settings)
        if shared:
            stack.push_async_callback(shared.aclose)
        self._calls = Calls(
            self,
            registry,
            self._pipeline,
            audit,
            on_first_kept=self._changed,
            save=settings.save_file,
            shared=shared,
        )
        self._offer = offer_of((), settings.policy, settings.manner, before=SearchIndex((), meanings=meanings))
        if settings.expose is Expose.CODE:
            stack.push_async_callback(self._calls.run_code().aclose)
        self.on_change: list[Callable[[], Awaitable[None]]] = []

    @classmethod
    @asynccontextmanager
    async def open(
        cls, sources: Sequence[Source], settings: Settings, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> AsyncGenerator[App]:
        """An App with these sources, the first being the default one, and those added, by this process or by others.

        `sleep` passes the time between looks for what others added, and between refreshes.
        """
        state, store = settings.state_dir, store_of(settings)
        cache = CatalogCache(state) if state else None
        maker = Apart(WORKERS) if settings.reads_apart else HERE
        registry = Registry(
            shape=settings.shape,
            cache=cache,
            store=store,
            fetching=settings.fetching,
            maker=maker,
            policy=settings.policy,
        )
        for source in sources:
            registry.open(source)
        follower = Follower(registry, sleep=sleep)
        executor = Executor(
            bounds=settings.bounds,
            ledger=ledger_of(settings),
            logins=Logins(state),
            allow_private=settings.fetching.allow_private,
        )
        async with AsyncExitStack() as stack:
            stack.enter_context(WORKERS.held())
            stack.push_async_callback(executor.aclose)
            if store:
                stack.push_async_callback(store.aclose)
            audit = Audit(stack.enter_context(closing(AuditFile(settings.audit)))) if settings.audit else None
            app = cls(settings, registry, follower, executor, audit=audit, stack=stack)
            await follower.look()
            app._relist()
            if store:
                await stack.enter_async_context(follower.following(app._changed))
            if settings.refresh_seconds:
                schedule = Schedule(app.refresh, registry.fetched, sleep=sleep)
                await stack.enter_async_context(schedule.keeping(settings.refresh_seconds))
            yield app

    @property
    def offer(self) -> Offer:
        """The tools as they are offered now; a change of the sources makes a new one."""
        return self._offer

    @property
    def listing(self) -> Listing:
        """The visible tools."""
        return self._offer.listing

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools of the sources that may be called, listed or not."""
        return self._offer.tools

    @property
    def count(self) -> int:
        """How many tools may be called, listed or not."""
        return self._offer.count

    @property
    def expose(self) -> Expose:
        """What the list shows, never `auto`."""
        return self._offer.expose

    @property
    def decided(self) -> Decided:
        """What becomes of each tool, denied ones included, and which rules decide nothing."""
        return self._offer.decided

    def begin(self, transport: str) -> None:
        """Say in the audit log that a server starts. Raises SpecportError where that cannot be written."""
        if self._audit:
            self._audit.begin(transport, self.count)

    def log_problems(self) -> None:
        """Say in the log what is wrong in the document of each open source, and which rules decide nothing."""
        for opened in self._registry.opened.values():
            report(opened.catalog, log.warning)
        for sentence in self.decided.idle:
            log.warning("policy: %s", sentence)

    async def call(
        self,
        name: str,
        arguments: object,
        *,
        caller: Caller = NOBODY,
        ask: Ask = nobody_to_ask,
        answers: bool = False,
        view: View = EVERYTHING,
        progress: Progress = tell_nobody,
    ) -> ToolResult:
        """Call a tool by wire name or address, for `caller`; where policy wants a person's approval, `ask` gets it.

        `answers`: the request brings the person's answer to a question that was asked in the middle of it. `view` says
        what of an API's answer is wanted; what is too large to show is kept for the caller to read. Where that is
        several pages, `progress` hears of each. Raises CallError (unknown tool, bad arguments, denied, rate limited,
        upstream failed) or, for the built-in tools, SourceError and DocumentError.
        """
        return await self._calls.call(Entry(name), arguments, Wish(caller, ask, answers, view, progress))

    async def kept(self, handle: str, caller: Caller) -> Answer | None:
        """An answer that was kept for that caller, whole; None where there is none any more."""
        return await self._calls.kept(handle, caller)

    def find(self, name: str) -> Tool:
        """The tool of that wire name or address.

        Raises UnknownTool naming the nearest ones, and Denied where policy hides it.
        """
        tool = self._offer.by_name.get(name)
        if tool is None:
            raise self._offer.missing(name)
        return tool

    def known(self, name: str) -> Tool | None:
        """The tool of that wire name or address, without a search for what may have been meant."""
        return self._offer.by_name.get(name)

    def asking(self) -> frozenset[str]:
        """The addresses of the tools that a person is asked about."""
        return self._offer.listing.asking

    def opened(self, tool: Tool) -> Opened:
        """The source that a tool belongs to. Raises UnknownTool for a built-in one."""
        if tool.route is None:
            raise UnknownTool(f"{tool.address} is built in and belongs to no source")
        return self._registry.opened[tool.route.source]

    def output_schema(self, tool: Tool) -> Mapping[str, object] | None:
        """The schema of a tool's successful JSON answer, read from its document; None when there is none."""
        if tool.route is None:
            return None
        from specport.results.outputs import output_schema  # only `describe` needs it

        document, operations, references = read_document(self.opened(tool).source)
        return output_schema(document, operations, references, tool.route)

    def document(self, name: str) -> Mapping[str, object]:
        """The document of an open source with its overlays. Raises SourceError where there is none of that name."""
        self._registry.details(name)
        return read_document(self._registry.opened[name].source)[0].root

    async def search(self, query: str, *, source: str = "", limit: int = 10) -> list[Tool]:
        """The tools of the sources that do what is asked for, best first. Raises SourceError for an unknown source."""
        if source:
            self.describe(source)
        found = await in_thread(self._offer.index.find, query, source=source, limit=limit)
        return [each.tool for each in found]

    async def learn(self) -> None:
        """Wait until it is known what the tools mean, where a model is to tell: for a command that searches once."""
        await in_thread(self._offer.index.learn)

    async def preview(self, wanted: Specification, origin: Origin) -> Preview:
        """What adding a document would do."""
        return await self._registry.preview(wanted, origin)

    async def add(self, wanted: Specification, origin: Origin, *, caller: Caller = NOBODY) -> Added:
        """Register a document; its tools are listed and callable when this returns."""
        await self.sync()
        added = await self._registry.add(wanted, origin)
        if added.is_new:
            await self._changed()
            if self._audit:
                self._audit.added(added.opened, caller)
        return added

    async def remove(self, name: str, *, caller: Caller = NOBODY) -> bool:
        """Forget an added source; whether there was one."""
        await self.sync()
        removed = await self._registry.remove(name)
        if removed:
            await self._changed_by("remove", name, caller)
            await self._returned.give_back(len(self.tools))
        return removed

    async def refresh(self, name: str, *, accept: bool = False, only: str = "", caller: Caller = NOBODY) -> Refreshed:
        """Read the document of a source again and take a newer version; `accept`: with all that it adds.

        `only`: the fingerprint of the one version to take, as an earlier refresh gave it. Raises SourceError or
        DocumentError where the document is of another, cannot be had or is broken: what is open stays.
        """
        await self.sync()
        refreshed = await self._registry.refresh(name, accept=accept, only=only)
        if refreshed.is_taken:
            await self._changed_by("refresh", name, caller, **refreshed.counts, accepted=accept)
        return refreshed

    async def configure(
        self,
        name: str,
        *,
        credentials: Mapping[str, str] = _NONE,
        limits: Sequence[Limit] = (),
        caller: Caller = NOBODY,
    ) -> Opened:
        """Give an added source credentials, by scheme and reference, and limits; it is the operator's from now on."""
        await self.sync()
        opened = await self._registry.configure(name, credentials, limits)
        await self._changed_by(
            "configure", name, caller, credentials=list(credentials), limits=[limit.name for limit in limits]
        )
        return opened

    async def rename(self, name: str, new: str, *, caller: Caller = NOBODY) -> Opened:
        """Give an added source another name, which its tools' addresses start with from now on."""
        await self.sync()
        opened = await self._registry.rename(name, new)
        await self._changed_by("rename", name, caller, name=new)
        return opened

    async def enable(self, name: str, *, caller: Caller = NOBODY) -> bool:
        """Open a source again that was disabled; whether it was."""
        await self.sync()
        enabled = await self._registry.enable(name)
        if enabled:
            await self._changed_by("enable", name, caller)
        return enabled

    async def disable(self, name: str, *, caller: Caller = NOBODY) -> bool:
        """Keep an added source without any of its tools; whether it had them."""
        await self.sync()
        disabled = await self._registry.disable(name)
        if disabled:
            await self._changed_by("disable", name, caller)
        return disabled

    async def sync(self) -> None:
        """Take in what other processes added and removed; cheap where they did nothing."""
        if await self._follower.look():
            await self._changed()

    def fetched(self) -> list[str]:
        """The open sources whose documents come from URLs."""
        return self._registry.fetched()

    def left_out(self) -> Mapping[str, Exception]:
        """The added sources that cannot be opened, and why."""
        return self._registry.left_out

    def describe(self, name: str) -> SourceDetails:
        """An open source in full. Raises SourceError where there is none of that name."""
        return self._registry.details(name)

    def sources(self) -> list[SourceFacts]:
        """The open sources in order, then those that are disabled."""
        return self._registry.facts()

    def channels(self) -> list[Opened]:
        """The open sources with how their calls are sent, in order."""
        return list(self._registry.opened.values())

    @property
    def tokens(self) -> Tokens:
        """The access tokens of the sources' OAuth clients, and the logins that they come from."""
        return self._executor.tokens

    async def _changed_by(self, event: str, source: str, caller: Caller, **facts: object) -> None:
        """Make the listing anew after a change of a source, tell of it, and have the audit log tell who made it."""
        await self._changed()
        if self._audit:
            self._audit.changed(event, source, caller, **facts)

    async def _changed(self) -> None:
        self._relist()
        for notify in self.on_change:
            await notify()

    def _relist(self) -> None:
        """Make the listing anew; a call under way keeps the tool it found."""
        opened = list(self._registry.opened.values())
        policy, manner, before = self._settings.policy, self._settings.manner, self._offer.index
        self._offer = offer_of(opened, policy, manner, reading=self._calls.has_kept, before=before)
        self._returned.note(len(self.tools))
        self._pipeline.forget(lambda tool: self._offer.by_name.get(tool.address) is tool)
