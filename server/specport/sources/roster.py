"""Which sources a process has, by name: open, disabled, or kept and not to be opened now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from specport.errors import SourceError
from specport.sources.admission import check_names, clashes
from specport.sources.manifest import bundled_names
from specport.sources.model import Source
from specport.sources.read import Opened
from specport.sources.shelf import MAX_SOURCES

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Synced:
    """What looking into the store brought: whether other sources are open now, and what could not be opened."""

    is_changed: bool = False
    failed: Mapping[str, Exception] = field(default_factory=dict[str, Exception])


class Roster:
    """The sources by name: those named at start, then the added ones in the order of their names.

    `disabled`: those added that are kept and not open; `left_out`: those that cannot be opened, and why. A mapping is
    replaced by a change, never altered, so that whoever has one has all of the sources of one moment.
    """

    def __init__(self) -> None:
        self.opened: Mapping[str, Opened] = {}
        self.disabled: Mapping[str, Source] = {}
        self.left_out: Mapping[str, Exception] = {}
        self._at_start: list[str] = []
        self._waiting: Mapping[str, Opened] = {}
        """Of those left out the ones that would be open but for tools of others, which have the names of theirs."""

    @property
    def unreadable(self) -> dict[str, Exception]:
        """Those left out that do not wait for others to go."""
        return {name: error for name, error in self.left_out.items() if name not in self._waiting}

    def is_at_start(self, name: str) -> bool:
        """Whether the operator named it when the process started."""
        return name in self._at_start

    def added(self) -> dict[str, Opened]:
        """The added sources that are read, whether they are open or wait."""
        return {**self._waiting, **_without(self.opened, *self._at_start)}

    def known(self, name: str) -> Opened:
        """An open source. Raises SourceError naming the others where there is none."""
        known = self.opened.get(name)
        if known is not None:
            return known
        if name in self.disabled:
            raise SourceError(f"{name!r} is disabled", hint=f"`specport enable {name}` first")
        if name in self.left_out:
            raise SourceError(f"{name!r} cannot be opened: {self.left_out[name]}")
        raise SourceError(f"there is no source {name[:60]!r}", hint=f"There are: {', '.join(self.opened) or 'none'}")

    def open_and_added(self, name: str) -> Opened:
        """An open source that is not one of those named at start, which the command line changes."""
        self.check_added(name)
        return self.known(name)

    def read_and_added(self, name: str) -> Opened:
        """The same, or one that waits."""
        return self._waiting.get(name) or self.open_and_added(name)

    def check_added(self, name: str) -> None:
        """Raises SourceError for a source that comes with specport or was named at start."""
        if name in bundled_names():
            raise SourceError(f"{name} is bundled; leave it out of `serve` instead of changing it")
        if name in self._at_start:
            raise SourceError(f"{name} was named at start, not added", hint="Change the command that starts the server")

    def check_free(self, name: str) -> None:
        """Raises SourceError for a name that an added source cannot have."""
        if name in bundled_names():
            raise SourceError(f"the name {name!r} belongs to a bundled source", hint="Choose another name")
        if name in self.opened or name in self.disabled:
            raise _taken(name)

    def check_new_name(self, name: str) -> None:
        """Raises SourceError for a name that no source can get that is there already."""
        self.check_free(name)
        if name in self.left_out:
            raise _taken(name)

    def check_room(self) -> None:
        """Raises SourceError where there are as many sources as there may be."""
        if len(self.opened) + len(self.disabled) >= MAX_SOURCES:
            raise SourceError(f"there are already {MAX_SOURCES} sources", hint="Remove one first")

    def check_beside(self, newcomer: Opened, *left: str) -> None:
        """Raises SourceError where a tool has the name of one of another source, those that are `left` aside."""
        check_names(newcomer, (other for name, other in self.opened.items() if name not in left))

    def start_with(self, opened: Opened) -> None:
        """Have a source that the operator named at start, after those before it."""
        self._at_start.append(opened.source.name)
        self.opened = {**self.opened, opened.source.name: opened}

    def put(self, opened: Opened, *, instead_of: str = "") -> None:
        """Have an open source, in place of what was there under its name or under another."""
        name = opened.source.name
        self.opened = self._ordered({**_without(self.opened, instead_of), name: opened})
        self.disabled = _without(self.disabled, name)
        self._waiting = _without(self._waiting, instead_of)
        self.left_out = _without(self.left_out, instead_of)

    def disable(self, source: Source) -> None:
        """Have an added source that is not open."""
        self.drop(source.name)
        self.disabled = {**self.disabled, source.name: source}

    def drop(self, name: str) -> None:
        """Have an added source no more."""
        self.opened = _without(self.opened, name)
        self.disabled = _without(self.disabled, name)
        self._waiting = _without(self._waiting, name)
        self.left_out = _without(self.left_out, name)

    def put_all(
        self, added: Mapping[str, Opened], disabled: Mapping[str, Source], failed: Mapping[str, Exception]
    ) -> Synced:
        """Have these and no other added sources, those open that can be beside the ones before them."""
        at_start = {name: self.opened[name] for name in self._at_start}
        opened = self._ordered({**at_start, **added})
        clashing = clashes(at_start.values(), _without(opened, *self._at_start).values())
        self._waiting = {name: opened.pop(name) for name in clashing}
        is_changed = [id(each) for each in opened.values()] != [id(each) for each in self.opened.values()]
        left_out = {**failed, **clashing}
        told = {name: error for name, error in left_out.items() if str(error) != str(self.left_out.get(name))}
        self.opened, self.disabled, self.left_out = opened, disabled, left_out
        return Synced(is_changed, told)

    def _ordered(self, opened: Mapping[str, Opened]) -> dict[str, Opened]:
        """In the same order in every process, since cursors of the list are made from it."""
        added = sorted(opened.keys() - set(self._at_start))
        return {name: opened[name] for name in (*self._at_start, *added) if name in opened}


def _taken(name: str) -> SourceError:
    return SourceError(f"the name {name!r} is taken", hint="Choose another name, or remove that source first")


def _without(mapping: Mapping[str, T], *names: str) -> Mapping[str, T]:
    """The mapping itself where it has none of the names."""
    if mapping.keys().isdisjoint(names):
        return mapping
    return {other: value for other, value in mapping.items() if other not in names}
