"""Sources at run time: what is open, what it answers to, and how another one is added, changed or removed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakValueDictionary

from specport.catalog.build import Shape
from specport.errors import SourceError, SpecportError
from specport.executor.model import Limit
from specport.policy.model import Policy
from specport.sources.admission import check_callable, check_names, check_same, clashes
from specport.sources.cache import CatalogCache
from specport.sources.facts import SourceDetails, details_of, facts_of, facts_of_disabled
from specport.sources.fetch import FetchPolicy
from specport.sources.making import HERE, Maker
from specport.sources.manifest import bundled_names
from specport.sources.model import Origin, Source, SourceFacts, is_on_web
from specport.sources.read import Opened, origins_of, with_other_facts
from specport.sources.reading import Reader
from specport.sources.renewal import Refreshed, judged
from specport.sources.secrets import check_no_secret, check_reference_names
from specport.sources.shelf import MAX_SOURCES, Shelf
from specport.sources.specification import Specification, read_again, read_specification, renamed
from specport.sources.store import SourceStore, StoreLost
from specport.sources.turns import in_turn

if TYPE_CHECKING:
    from specport.sources.preview.model import Preview

T = TypeVar("T")

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


@dataclass(frozen=True, slots=True)
class Synced:
    """What looking into the store brought: whether other sources are open now, and what could not be opened."""

    is_changed: bool = False
    failed: Mapping[str, Exception] = field(default_factory=dict[str, Exception])


class Registry:
    """The open sources by name: those named at start, then the added ones in the order of their names.

    The first one named at start is the default one, whose addresses have no prefix. `disabled`: those added that are
    kept and not open; `left_out`: those that cannot be opened, and why. A change is whole: `opened` and `disabled` are
    replaced, never altered, once all of it is done and kept.
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
        self._named: list[str] = []
        self._changing = asyncio.Lock()
        self._under_way = asyncio.Semaphore(MAX_UNDER_WAY)
        self._reading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.opened: Mapping[str, Opened] = {}
        self.disabled: Mapping[str, Source] = {}
        self.left_out: Mapping[str, Exception] = {}
        self._waiting: Mapping[str, Opened] = {}
        """Sources that would be open but for tools of others, which have the names of theirs."""

    def open(self, source: Source) -> Opened:
        """Open a source that the operator named at start. Raises SourceError when the name is taken."""
        if source.name in self.opened:
            raise SourceError(f"two sources are called {source.name!r}", hint="Give one of them another --name")
        opened = self._reader.read_now(source, source.name if self.opened else "")
        check_names(opened, self.opened.values())
        self._named.append(source.name)
        self.opened = {**self.opened, source.name: opened}
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
        kept = known.kept if known else self.disabled.get(source.name)
        if kept is not None:
            check_same(kept, source)
        if known is not None:
            return Added(known, is_new=False)
        self._check_free(source.name)
        if len(self.opened) + len(self.disabled) >= MAX_SOURCES:
            raise SourceError(f"there are already {MAX_SOURCES} sources", hint="Remove one first")
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
        self.opened = self._ordered({**self.opened, source.name: opened})
        return Added(opened, is_new=True)

    async def refresh(self, name: str, *, accept: bool = False, only: str = "") -> Refreshed:
        """Read the document of a source again, and take a newer version as far as `renewal.judged` lets it be taken.

        `only`: the fingerprint of the one version that may be taken. Raises SourceError or DocumentError where there is
        no such source, where the document cannot be had, is broken or of another version, and where it was changed
        meanwhile; nothing has changed then.
        """
        reading = self._reading.setdefault(name, asyncio.Lock())
        async with reading, self._under_way:  # each in turn, or an earlier answer might be taken last
            known = self._known(name)
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
            self.opened = {**self.opened, source.name: refreshed.opened}
        return refreshed

    async def configure(self, name: str, references: Mapping[str, str], limits: Sequence[Limit]) -> Opened:
        """Give an added source further credentials, by reference, and other limits where there are any.

        Whoever may do that vouches for the source: it is the operator's from now on, whoever added it.
        """
        for reference in references.values():
            check_reference_names(reference)
        async with self._changing:
            known = self._added(name)
            kept = replace(
                known.kept,
                origin=Origin.OPERATOR,
                references={**known.kept.references, **references},
                channel=replace(known.kept.channel, limits=tuple(limits) or known.kept.channel.limits),
            )
            opened = self._reader.guarded(with_other_facts(known, kept))
            await self._keep(name, kept)
            self.opened = {**self.opened, name: opened}
            return opened

    async def rename(self, name: str, new: str) -> Opened:
        """Give an added source another name, which its tools' addresses start with from now on.

        Raises SourceError where there is no such source, where the new name is none or is taken.
        """
        async with self._changing:
            known = self._waiting.get(name) or self._added(name)
            self._check_free(new)
            if new in self.left_out:
                raise _taken(new)
            opened = await self._open(renamed(known.kept, new), new, instead_of=name)
            await self._keep(name, opened.kept)
            self.opened = self._ordered({**_without(self.opened, name), new: opened})
            self._waiting = _without(self._waiting, name)
            return opened

    async def disable(self, name: str) -> bool:
        """Keep an added source without any of its tools; whether it had them. Raises SourceError for any other."""
        async with self._changing:
            if name in self.disabled:
                return False
            known = self._waiting.get(name) or self._added(name)
            source = replace(known.kept, enabled=False)
            await self._keep(name, source)
            self._drop(name)
            self.disabled = {**self.disabled, name: source}
            return True

    async def enable(self, name: str) -> bool:
        """Open a disabled source again; whether it was one. Raises SourceError where it cannot be opened any more."""
        async with self._changing:
            if name not in self.disabled:
                self._added(name)
                return False
            source = replace(self.disabled[name], enabled=True)
            opened = await self._open(source, name)
            await self._keep(name, source)
            self.disabled = _without(self.disabled, name)
            self.opened = self._ordered({**self.opened, name: opened})
            return True

    async def remove(self, name: str) -> bool:
        """Forget an added source; whether there was one. Raises SourceError for a source named at start."""
        async with self._changing:
            self._check_added(name)
            removed = await self._shelf.delete(name, is_known=name in self.opened or name in self.disabled)
            if removed:  # else what is open is closed, and the list made anew, when the store is looked at
                self._drop(name)
            return removed

    def fetched(self) -> list[str]:
        """The open sources whose documents come from URLs."""
        return [name for name, opened in self.opened.items() if is_on_web(opened.kept.uri)]

    def details(self, name: str) -> SourceDetails:
        """An open source in full. Raises SourceError where there is none."""
        return details_of(self._known(name))

    def facts(self) -> list[SourceFacts]:
        """The open sources in order, then the disabled ones by name."""
        disabled = (self.disabled[name] for name in sorted(self.disabled))
        return [*map(facts_of, self.opened.values()), *map(facts_of_disabled, disabled)]

    async def _sync(self) -> Synced:
        known = {**self._waiting, **_without(self.opened, *self._named)}
        found = await self._shelf.look((*(each.kept for each in known.values()), *self.disabled.values()))
        opened = {name: each for name, each in known.items() if name in found.revisions}
        disabled = {name: source for name, source in self.disabled.items() if name in found.revisions}
        read: dict[str, str] = {}
        failed: dict[str, Exception] = {}
        for name in found.news:
            opened.pop(name, None)
            disabled.pop(name, None)
            try:
                read[name] = await self._take_in(name, opened, disabled)
            except StoreLost:
                raise
            except _FAULTS as error:
                failed[name] = error
        for name, error in self.left_out.items():
            if name in found.revisions and name not in (*found.news, *self._waiting):
                failed.setdefault(name, error)
        self._shelf.took_in(found, read)
        return self._put(opened, disabled, failed)

    def _put(self, added: Mapping[str, Opened], disabled: Mapping[str, Source], failed: dict[str, Exception]) -> Synced:
        """Have these and no other added sources, those open that can be beside the ones before them."""
        at_start = {name: self.opened[name] for name in self._named}
        opened = self._ordered({**at_start, **added})
        clashing = clashes(at_start.values(), _without(opened, *self._named).values())
        self._waiting = {name: opened.pop(name) for name in clashing}
        is_changed = [id(each) for each in opened.values()] != [id(each) for each in self.opened.values()]
        left_out = {**failed, **clashing}
        told = {name: error for name, error in left_out.items() if str(error) != str(self.left_out.get(name))}
        self.opened, self.disabled, self.left_out = opened, disabled, left_out
        return Synced(is_changed, told)

    async def _take_in(self, name: str, opened: dict[str, Opened], disabled: dict[str, Source]) -> str:
        """Put a source that is kept in its place; the event loop goes on while it is read.

        Its revision, which another process may have made another one meanwhile, or "" where that removed it.
        """
        kept = await self._shelf.get(name)
        if kept is None:
            return ""
        if name in self._named:
            if not kept.source.preset or kept.source.preset != self.opened[name].kept.preset:
                raise SourceError("another source of that name was named at start")
        elif kept.source.enabled:
            opened[name] = await self._reader.read(kept.source, name)
        else:
            disabled[name] = kept.source
        return kept.revision

    def _drop(self, name: str) -> None:
        self.opened = _without(self.opened, name)
        self.disabled = _without(self.disabled, name)
        self._waiting = _without(self._waiting, name)
        self.left_out = _without(self.left_out, name)

    async def _keep(self, name: str, source: Source) -> None:
        """Keep `source` in place of what is kept under `name`, where that is kept at all."""
        if name not in self._named:
            await self._shelf.replace(name, source)

    def _known(self, name: str) -> Opened:
        """An open source. Raises SourceError naming the others where there is none."""
        known = self.opened.get(name)
        if known is not None:
            return known
        if name in self.disabled:
            raise SourceError(f"{name!r} is disabled", hint=f"`specport enable {name}` first")
        if name in self.left_out:
            raise SourceError(f"{name!r} cannot be opened: {self.left_out[name]}")
        raise SourceError(f"there is no source {name[:60]!r}", hint=f"There are: {', '.join(self.opened) or 'none'}")

    def _added(self, name: str) -> Opened:
        """An open source that is not one of those named at start, which the command line changes."""
        self._check_added(name)
        return self._known(name)

    def _check_added(self, name: str) -> None:
        if name in bundled_names():
            raise SourceError(f"{name} is bundled; leave it out of `serve` instead of changing it")
        if name in self._named:
            raise SourceError(f"{name} was named at start, not added", hint="Change the command that starts the server")

    def _check_free(self, name: str) -> None:
        if name in bundled_names():
            raise SourceError(f"the name {name!r} belongs to a bundled source", hint="Choose another name")
        if name in self.opened or name in self.disabled:
            raise _taken(name)

    def _ordered(self, opened: Mapping[str, Opened]) -> dict[str, Opened]:
        """In the same order in every process, since cursors of the list are made from it."""
        added = sorted(opened.keys() - set(self._named))
        return {name: opened[name] for name in (*self._named, *added) if name in opened}

    async def _open(self, source: Source, prefix: str, *, instead_of: str = "") -> Opened:
        """A source opened beside those that are open, without the one that it takes the place of."""
        opened = await self._reader.read(source, prefix)
        left = (instead_of, source.name)
        check_names(opened, (other for name, other in self.opened.items() if name not in left))
        return opened


def _taken(name: str) -> SourceError:
    return SourceError(f"the name {name!r} is taken", hint="Choose another name, or remove that source first")


def _without(mapping: Mapping[str, T], *names: str) -> Mapping[str, T]:
    """The mapping itself where it has none of the names."""
    if mapping.keys().isdisjoint(names):
        return mapping
    return {other: value for other, value in mapping.items() if other not in names}
