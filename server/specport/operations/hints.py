"""`x-specport`: what a document, or an overlay of it, says of its tools beyond OpenAPI (docs/hints.md)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, cast

from specport.documents.model import JsonObject, Target
from specport.documents.pointers import child, join
from specport.documents.text import one_line
from specport.operations.hint_checks import NOTHING, Level, Said, read_hints
from specport.operations.model import KEY, NO_HINTS, DocumentHints, HintedLimit, OperationHints
from specport.operations.reading import Reading, entries, members, texts

MAX_TOLD = 200
"""Faults of hints that are told of one document."""

MAX_SUBJECT = 200
"""Characters of what a fault is of."""

MAX_LIMITS = 1_000
"""Limits that one document may state."""

_ALIKE = re.compile(r"x[-_]?specport\Z", re.IGNORECASE)
_PASSED_OVER = frozenset({KEY, "example", "examples", "default", "enum", "const"})
"""Members in which no hints are sought: hints, and values of the API."""

_Way: TypeAlias = "tuple[_Way, str] | None"
"""The way to an object from the root: that to the one around it, and its token there."""


@dataclass(slots=True)
class Hints:
    """The hints of one document, the nearest first: an operation's, its path item's, its tags', the root's."""

    reading: Reading
    _limits: list[HintedLimit] = field(default_factory=list[HintedLimit])
    _known: dict[int, Said] = field(default_factory=dict[int, Said])
    _told: int = 0
    _root: Said = NOTHING
    _tags: dict[str, Said] = field(default_factory=dict[str, Said])

    @classmethod
    def of(cls, reading: Reading) -> Hints:
        """Those of the root and of its tags are read at once, the others when they are asked for."""
        hints, root = cls(reading), reading.document.root
        hints._root = hints._said(Target("", root), Level.ROOT)
        for index, tag in enumerate(entries(root.get("tags"))):
            said, name = hints._said(Target(child("/tags", index), tag), Level.TAG), members(tag).get("name")
            if said is not NOTHING and isinstance(name, str):
                hints._tags[name] = said
        return hints

    def path_item(self, path: str, items: Sequence[Target]) -> tuple[Said, ...]:
        """What the objects that make one path item say, the last one first."""
        return tuple(self._said(item, Level.PATH, path=path) for item in reversed(items))

    def operation(self, target: Target, item: Sequence[Said], *, method: str, path: str) -> OperationHints:
        """What holds for one operation; `item` is what `path_item` gave."""
        own = self._said(target, Level.OPERATION, method, path)
        near = [said for said in (own, *item) if said is not NOTHING]
        tags = texts(members(target.value).get("tags")) if self._tags else ()
        tagged = [self._tags[tag] for tag in tags if tag in self._tags]
        if not near and not tagged and self._root is NOTHING:
            return NO_HINTS
        return OperationHints(
            address=own.address,
            is_hidden=_holds((said.hide for said in near), [said.hide for said in tagged], self._root.hide),
            needs_approval=_holds(
                (said.approve for said in near), [said.approve for said in tagged], self._root.approve
            ),
            pagination=next((said.pagination for said in near if said.pagination), None),
            total=next((said.total for said in near if said.total), ""),
        )

    def document(self) -> DocumentHints:
        """What holds for the document, once all its operations are read."""
        root = self._root
        return DocumentHints(tuple(self._limits), root.pagination, root.total, root.error_message, root.error_id)

    def pass_over(self, holder: object) -> None:
        """An object that is left out, with a problem of its own: its hints are not missed."""
        self._known[id(holder)] = NOTHING

    def tell_unread(self) -> None:
        """Tell of each `x-specport` that stands where nothing reads it, or is spelled otherwise."""
        for way, key, holder in _mentions(self.reading.document.root):
            if self._told > MAX_TOLD:
                break
            if key != KEY:
                self._warn(_pointer(way, key), f"{key} is not read; it is spelled {KEY}")
            elif id(holder) not in self._known:
                self._tell(_pointer(way, key), f"has no effect here: it is read in {', '.join(Level)}")

    def _said(self, holder: Target, level: Level, method: str = "", path: str = "") -> Said:
        """What stands in the `x-specport` of one object; its limits are counted for what it stands at.

        An object that several places refer to is read once.
        """
        value = members(holder.value)
        if KEY not in value:
            return NOTHING
        pointer = child(holder.pointer, KEY)
        said = self._known.get(id(holder.value))
        if said is None:
            said = self._known[id(holder.value)] = read_hints(value[KEY], pointer, level, self._tell)
        room = MAX_LIMITS - len(self._limits)
        if len(said.limits) > room:
            where = child(pointer, "limits")
            self._tell(where, f"the document has more than {MAX_LIMITS:,} limits (MAX_LIMITS); what is over is ignored")
        self._limits += [replace(limit, method=method, path=path) for limit in said.limits[:room]]
        return said

    def _tell(self, pointer: str, sentence: str, known: Iterable[str] = ()) -> None:
        """A warning whose subject is what the pointer ends in."""
        if self._told <= MAX_TOLD:
            subject = one_line(f"{KEY}{pointer.rpartition(f'/{KEY}')[2]}", MAX_SUBJECT)
            nearest = _nearest(pointer.rpartition("/")[2], tuple(known)) if known else ""
            self._warn(pointer, f"{subject} {sentence}{nearest}")

    def _warn(self, pointer: str, sentence: str) -> None:
        self._told += 1
        if self._told <= MAX_TOLD:
            self.reading.warn(pointer, sentence)
        elif self._told == MAX_TOLD + 1:
            self.reading.warn("", f"there are more than {MAX_TOLD} faults in {KEY} (MAX_TOLD); no others are told")


def _nearest(key: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(key[:MAX_SUBJECT].casefold(), known, n=1)
    return f"; is `{near[0]}` meant?" if near else f"; known are {', '.join(known)}"


def _holds(near: Iterable[bool | None], tagged: Sequence[bool | None], root: bool | None) -> bool:
    """What the nearest says that says anything; of several tags true wins."""
    together = True if True in tagged else False if False in tagged else None
    return next((said for said in (*near, together, root) if said is not None), False)


def _mentions(root: JsonObject) -> Iterator[tuple[_Way, str, object]]:
    """Where members called `x-specport`, or nearly, stand: the way to the object, the name there, the object.

    An object that several places share is looked into once.
    """
    waiting: list[tuple[_Way, object]] = [(None, root)]
    seen: set[int] = set()
    while waiting:
        way, value = waiting.pop()
        if id(value) in seen or not _is_looked_into(value):
            continue
        given = cast("dict[str, object] | list[object]", value)
        seen.add(id(given))
        if isinstance(given, list):
            waiting += [((way, str(index)), item) for index, item in reversed(list(enumerate(given)))]
            continue
        is_said = way is None or way[1] != "properties"  # else these are names of the API's own
        if is_said:
            yield from ((way, key, given) for key in given if key[:1] in "xX" and _ALIKE.match(key))
        inner = [(key, member) for key, member in given.items() if _is_looked_into(member)]
        waiting += [((way, key), member) for key, member in reversed(inner) if not (is_said and key in _PASSED_OVER)]


def _is_looked_into(value: object) -> bool:
    return isinstance(value, dict | list)


def _pointer(way: _Way, key: str) -> str:
    tokens = [key]
    while way is not None:
        way, token = way
        tokens.append(token)
    return join(tuple(reversed(tokens)))
