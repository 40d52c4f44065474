"""Sources at run time: what is open, what it answers to, and how another one is added, changed or removed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from specport.catalog.model import Shape
from specport.errors import SourceError, SpecportError
from specport.executor.model import Limit
from specport.policy.model import Policy
from specport.sources.admission import check_callable, check_same
from specport.sources.cache import CatalogCache
from specport.sources.facts import SourceDetails, details_of, facts_of, facts_of_disabled
from specport.sources.fetch import FetchPolicy
from specport.sources.making import HERE, Maker
from specport.sources.model import Origin, Source, SourceFacts, is_on_web
from specport.sources.read import Opened, origins_of, with_other_facts
from specport.sources.reading import Reader
from specport.sources.renewal import Refreshed, judged
from specport.sources.roster import Roster, Synced
from specport.sources.secrets import check_no_secret, check_reference_names
from specport.sources.shelf import Shelf
from specport.sources.specification import Specification, read_again, read_specification, renamed
from specport.sources.store import SourceStore, StoreLost
from specport.sources.turns import in_turn

if TYPE_CHECKING:
    from specport.sources.preview.model import Preview

log = logging.getLogger("specport")

MAX_UNDER_WAY = 6
"""Most documents that are fetched, or wait to be read, at a time: each is in memory. Further ones wait for these."""

_FAULTS = (SpecportError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError)
"""What reading a document that somebody else stored may end in, without harm to the other sources."""


@dataclass(frozen=True, slots=True)
class Added:
    """What adding did: the source, and whether it was already there as it is."""

    opened: Opened
    is_new: bool


class Registry:
    """What may be done with sources. A change is whole: the roster has it once all of it is done and kept.

    The first source that is named at start is the default one, whose addresses have no prefix.
    """

    def __init__(
        self,
        *,
        shape: Shape,
        cache: CatalogCache | None,
        store: SourceStore | None,
        fetching: FetchPolicy,
        maker: Maker = HERE,
        policy: Policy = Policy(),  # noqa: B008  # frozen
    ) -> None:
        """`maker` reads the documents that arrive at run time; no newer one loosens what `policy` decides."""
        self._policy = policy
        self._maker = maker
        self._reader = Reader(shape, cache, maker, allow_private=fetching.allow_private)
        self._shelf = Shelf(store)
        self._fetching = fetching
        self._roster = Roster()
        self._changing = asyncio.Lock()
        self._under_way = asyncio.Semaphore(MAX_UNDER_WAY)
        self._reading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def opened(self) -> Mapping[str, Opened]:
        """The open sources by name, in their order."""
        return self._roster.opened

    @property
    def left_out(self) -> Mapping[str, Exception]:
        """The added sources that cannot be opened, and why."""
        return self._roster.left_out

    def open(self, source: Source) -> Opened:
        """Open a source that the operator named at start. Raises SourceError when the name is taken."""
        if source.name in self.opened:
            raise SourceError(f"two sources are called {source.name!r}", hint="Give one of them another --name")
        opened = self._reader.read_now(source, source.name if self.opened else "")
        self._roster.check_beside(opened)
        self._roster.start_with(opened)
        return opened

    async def sync(self) -> Synced:
        """Open what is new in the store, drop what is gone, all at once; cheap where nothing changed.

        What cannot be opened is left out. Raises StoreLost, which changes nothing.
        """
        if not await self._shelf.has_changed():
            return Synced()
        async with self._changing:
            return await self._sync()

    async def preview(self, wanted: Specification, origin: Origin) -> Preview:
        """What adding would do. Changes nothing."""
        check_no_secret(wanted)
        async with self._under_way:
            source = await read_specification(wanted, self._fetching, origin, self._maker)
            return await self._reader.preview(source)

    async def add(self, wanted: Specification, origin: Origin) -> Added:
        """Register a source. The same name with the same content is no change.

        Raises SourceError when the name is in use for another document, when there is nothing to call, when a
        tool call names a base URL on a private address, when it cannot be kept, or has a secret where none may be.
        """
        check_no_secret(wanted)
        async with self._under_way:
            source = await read_specification(wanted, self._fetching, origin, self._maker)
            async with self._changing:
                return await self._add(source)

    async def _add(self, source: Source) -> Added:
        known = self.opened.get(source.name)
        kept = known.kept if known else self._roster.disabled.get(source.name)
        if kept is not None:
            check_same(kept, source)
        if known is not None:
            return Added(known, is_new=False)
        self._roster.check_free(source.name)
        self._roster.check_room()
        opened = await self._open(source, source.name)
        check_callable(opened)
        opened = with_other_facts(opened, replace(source, origins=origins_of(opened)))
        if not await self._shelf.add(opened.kept):
            theirs = await self._shelf.get(source.name)
            if theirs is None:
                raise SourceError(f"{source.name!r} was removed by another process just now", hint="Try again")
            check_same(theirs.source, opened.kept)
            opened = await self._open(theirs.source, source.name)
        opened = self._reader.guarded(opened)
        self._roster.put(opened)
        return Added(opened, is_new=True)

    async def refresh(self, name: str, *, accept: bool = False, only: str = "") -> Refreshed:
        """Read the document of a source again, and take a newer version as far as `renewal.judged` lets it be taken.

        `only`: the fingerprint of the one version that may be taken. Raises SourceError or DocumentError where there is
        no such source, where the document cannot be had, is broken or of another version, and where it was changed
        meanwhile; nothing has changed then.
        """
        reading = self._reading.setdefault(name, asyncio.Lock())
        async with reading, self._under_way:  # each in turn, or an earlier answer might be taken last
            known = self._roster.known(name)
            fresh = await read_again(known.kept, self._fetching, self._maker)
            found = (fresh or known.kept).fingerprint
            if only not in ("", found):
                raise SourceError(
                    f"the document of {name} is not version {only[:60]} but {found}",
                    hint=f"`specport refresh {name}` tells what that one changes",
                )
            if fresh is None and not (accept and known.kept.held):
                return Refreshed(known, found)
            async with self._changing:
                if self.opened.get(name) is not known:
                    raise SourceError(f"{name!r} was changed while its document was read", hint="Try again")
                return await self._renew(known, fresh or known.kept, accept=accept)

    async def _renew(self, known: Opened, source: Source, *, accept: bool) -> Refreshed:
        newer = await self._open(source, known.prefix)
        check_callable(newer)
        refreshed = await in_turn(judged, known, newer, self._policy, accept=accept)
        if refreshed.is_taken:
            refreshed = replace(refreshed, opened=self._reader.guarded(refreshed.opened))
            await self._keep(source.name, refreshed.opened.kept)
            self._roster.put(refreshed.opened)
        return refreshed

    async def configure(self, name: str, references: Mapping[str, str], limits: Sequence[Limit]) -> Opened:
        """Give an added source further credentials, by reference, and other limits where there are any.

        Whoever may do that vouches for the source: it is the operator's from now on, whoever added it.
        """
        for reference in references.values():
            check_reference_names(reference)
        async with self._changing:
            known = self._roster.open_and_added(name)
            kept = replace(
                known.kept,
                origin=Origin.OPERATOR,
                references={**known.kept.references, **references},
                channel=replace(known.kept.channel, limits=tuple(limits) or known.kept.channel.limits),
            )
            opened = self._reader.guarded(with_other_facts(known, kept))
            await self._keep(name, kept)
            self._roster.put(opened)
            return opened

    async def rename(self, name: str, new: str) -> Opened:
        """Give an added source another name, which its tools' addresses start with from now on.

        Raises SourceError where there is no such source, where the new name is none or is taken.
        """
        async with self._changing:
            known = self._roster.read_and_added(name)
            self._roster.check_new_name(new)
            opened = await self._open(renamed(known.kept, new), new, instead_of=name)
            await self._keep(name, opened.kept)
            self._roster.put(opened, instead_of=name)
            return opened

    async def disable(self, name: str) -> bool:
        """Keep an added source without any of its tools; whether it had them. Raises SourceError for any other."""
        async with self._changing:
            if name in self._roster.disabled:
                return False
            source = replace(self._roster.read_and_added(name).kept, enabled=False)
            await self._keep(name, source)
            self._roster.disable(source)
            return True

    async def enable(self, name: str) -> bool:
        """Open a disabled source again; whether it was one. Raises SourceError where it cannot be opened any more."""
        async with self._changing:
            if name not in self._roster.disabled:
                self._roster.open_and_added(name)
                return False
            source = replace(self._roster.disabled[name], enabled=True)
            opened = await self._open(source, name)
            await self._keep(name, source)
            self._roster.put(opened)
            return True

    async def remove(self, name: str) -> bool:
        """Forget an added source; whether there was one. Raises SourceError for a source named at start."""
        async with self._changing:
            self._roster.check_added(name)
            removed = await self._shelf.delete(name, is_known=name in self.opened or name in self._roster.disabled)
            if removed:  # else what is open is closed, and the list made anew, when the store is looked at
                self._roster.drop(name)
            return removed

    def fetched(self) -> list[str]:
        """The open sources whose documents come from URLs."""
        return [name for name, opened in self.opened.items() if is_on_web(opened.kept.uri)]

    def details(self, name: str) -> SourceDetails:
        """An open source in full. Raises SourceError where there is none."""
        return details_of(self._roster.known(name))

    def facts(self) -> list[SourceFacts]:
        """The open sources in order, then the disabled ones by name."""
        disabled = (source for _, source in sorted(self._roster.disabled.items()))
        return [*map(facts_of, self.opened.values()), *map(facts_of_disabled, disabled)]

    async def _sync(self) -> Synced:
        roster = self._roster
        added = roster.added()
        found = await self._shelf.look((*(each.kept for each in added.values()), *roster.disabled.values()))
        opened = {name: each for name, each in added.items() if name in found.revisions}
        disabled = {name: source for name, source in roster.disabled.items() if name in found.revisions}
        failed = {name: error for name, error in roster.unreadable.items() if name in found.revisions}
        read: dict[str, str] = {}
        for name in found.news:
            opened.pop(name, None)
            disabled.pop(name, None)
            failed.pop(name, None)
            try:
                read[name] = await self._take_in(name, opened, disabled)
            except StoreLost:
                raise
            except _FAULTS as error:
                failed[name] = error
        self._shelf.took_in(found, read)
        return roster.put_all(opened, disabled, failed)

    async def _take_in(self, name: str, opened: dict[str, Opened], disabled: dict[str, Source]) -> str:
        """Put a source that is kept in its place; the event loop goes on while it is read.

        Its revision, which another process may have made another one meanwhile, or "" where that removed it.
        """
        kept = await self._shelf.get(name)
        if kept is None:
            return ""
        if self._roster.is_at_start(name):
            if not kept.source.preset or kept.source.preset != self.opened[name].kept.preset:
                raise SourceError("another source of that name was named at start")
        elif kept.source.enabled:
            opened[name] = await self._reader.read(kept.source, name)
        else:
            disabled[name] = kept.source
        return kept.revision

    async def _keep(self, name: str, source: Source) -> None:
        """Keep `source` in place of what is kept under `name`, where that is kept at all."""
        if not self._roster.is_at_start(name):
            await self._shelf.replace(name, source)

    async def _open(self, source: Source, prefix: str, *, instead_of: str = "") -> Opened:
        """A source opened beside those that are open, without the one that it takes the place of."""
        opened = await self._reader.read(source, prefix)
        self._roster.check_beside(opened, instead_of, source.name)
        return opened
