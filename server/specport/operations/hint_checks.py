"""One `x-specport` object: every member checked, what is wrong told at its place and ignored, the rest kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, cast

from specport.documents.model import JsonObject
from specport.documents.pointers import child
from specport.documents.text import one_line
from specport.operations.model import HintedLimit, Pagination
from specport.operations.reading import entries

MAX_LIMITS_HERE = 10
"""Limits that one object may state."""

MAX_AMOUNT = 1_000_000
"""Requests of one limit; each that is counted is kept until it expires."""

MAX_WINDOW = 31 * 86_400
"""Seconds of one limit."""

MAX_TEXT = 100
"""Characters of a name, an address or a dotted path."""

_ADDRESS = re.compile(r"(?:[A-Za-z][A-Za-z0-9]*\.)?[A-Za-z0-9]+\Z")


class Tell(Protocol):
    """Takes in what is wrong: its pointer, a sentence, and of what is unknown the names that are known."""

    def __call__(self, pointer: str, sentence: str, known: Iterable[str] = ()) -> None:
        """One fault."""
        ...


class Level(StrEnum):
    """Where a hint may stand."""

    ROOT = "the document's root"
    TAG = "a tag"
    PATH = "a path item"
    OPERATION = "an operation"


_EVERYWHERE = frozenset(Level)
_NO_TAGS = _EVERYWHERE - {Level.TAG}
LEVELS: Mapping[str, frozenset[Level]] = {
    "address": frozenset({Level.OPERATION}),
    "hide": _EVERYWHERE,
    "approve": _EVERYWHERE,
    "limits": _NO_TAGS,
    "pagination": _NO_TAGS,
    "errors": frozenset({Level.ROOT}),
}
"""Every hint, and where it may stand."""

PAGINATION = ("next", "argument", "more", "pages", "items", "total")
"""What is said of pages: the fields of `Pagination`, and where the total is."""

_LIMIT = ("name", "requests", "seconds", "weight")
_OF_MANIFESTS = ("methods", "paths")


@dataclass(frozen=True, slots=True)
class Said:
    """What one object says; None and "" where it says nothing. The limits do not know yet what they count for."""

    address: str = ""
    hide: bool | None = None
    approve: bool | None = None
    pagination: Pagination | None = None
    total: str = ""
    error_message: str = ""
    error_id: str = ""
    limits: tuple[HintedLimit, ...] = ()


NOTHING = Said()


def read_hints(value: object, pointer: str, level: Level, tell: Tell) -> Said:
    """What an `x-specport` at `pointer` says; `tell` hears of everything in it that is wrong."""
    given = _object(value, pointer, tell)
    hints = {key: given[key] for key in given if _belongs(key, level, child(pointer, key), tell)}
    *pages, total = _dotted(hints, "pagination", PAGINATION, pointer, tell)
    message, identity = _dotted(hints, "errors", ("message", "id"), pointer, tell)
    return Said(
        address=_address(hints, pointer, tell),
        hide=_flag(hints, "hide", pointer, tell),
        approve=_flag(hints, "approve", pointer, tell),
        pagination=_pagination(Pagination(*pages), child(pointer, "pagination"), tell),
        total=total,
        error_message=message,
        error_id=identity,
        limits=tuple(_limits(hints, child(pointer, "limits"), tell)),
    )


def _object(value: object, pointer: str, tell: Tell) -> JsonObject:
    if isinstance(value, dict):
        return cast("JsonObject", value)
    tell(pointer, f"is {_kind(value)}, no object, and is ignored")
    return {}


def _belongs(key: str, level: Level, pointer: str, tell: Tell) -> bool:
    """Whether a hint is one, and may stand here."""
    levels = LEVELS.get(key, frozenset[Level]())
    if not levels:
        tell(pointer, "is no hint, and is ignored", LEVELS)
    elif level not in levels:
        places = ", ".join(place for place in Level if place in levels)
        tell(pointer, f"has no effect in {level}: its place is {places}")
    return level in levels


def _address(hints: JsonObject, pointer: str, tell: Tell) -> str:
    value = hints.get("address", "")
    if "address" not in hints or (isinstance(value, str) and len(value) <= MAX_TEXT and _ADDRESS.match(value)):
        return cast("str", value)
    rule = f"`group.leaf` or `leaf`, each of ASCII letters and digits, at most {MAX_TEXT} of them (MAX_TEXT)"
    tell(child(pointer, "address"), f"is no address, and is ignored; one is {rule}")
    return ""


def _flag(hints: JsonObject, key: str, pointer: str, tell: Tell) -> bool | None:
    """True or false. A person is asked, too, where `approve` is neither: somebody meant to be careful."""
    value = hints.get(key)
    if key not in hints or isinstance(value, bool):
        return cast("bool | None", value)
    is_careful = key == "approve"
    counts = "a person is asked" if is_careful else "it is ignored"
    tell(child(pointer, key), f"is {_kind(value)}, neither true nor false; {counts}")
    return True if is_careful else None


def _dotted(hints: JsonObject, key: str, names: Sequence[str], pointer: str, tell: Tell) -> list[str]:
    """Dotted paths in answers, "" for each that is not said."""
    where = child(pointer, key)
    given: JsonObject = _object(hints[key], where, tell) if key in hints else {}
    _tell_unknown(given, names, where, tell)
    paths: list[str] = []
    for name in names:
        value = given.get(name)
        is_path = isinstance(value, str) and 0 < len(value) <= MAX_TEXT
        if name in given and not is_path:
            rule = f"such as `meta.total`, at most {MAX_TEXT} characters (MAX_TEXT)"
            tell(child(where, name), f"is no dotted path in an answer, {rule}, and is ignored")
        paths.append(cast("str", value) if is_path else "")
    return paths


def _pagination(said: Pagination, pointer: str, tell: Tell) -> Pagination | None:
    """What is said of next pages, where it fits together."""
    fault = pagination_fault(said)
    if fault:
        tell(pointer, f"{fault}; what it says of next pages is ignored")
    return None if fault or said == Pagination() else said


def pagination_fault(said: Pagination) -> str:
    """What does not fit together, by the names of manifests and hints; "" where all does."""
    ways = [
        name
        for name, value in zip(("next", "pages", "items"), (said.next_page, said.pages, said.items), strict=True)
        if value
    ]
    if len(ways) > 1:
        return f"has {' and '.join(ways)}, of which only one can lead on"
    if said.argument and not ways:
        return "has an `argument`, and no next, pages or items to say what it becomes"
    if ways and not said.argument and ways != ["next"]:
        return f"has {ways[0]}, and no `argument` that counts them"
    if said.more and not (said.argument and said.next_page):
        return "has `more`, which counts with next and argument alone"
    return ""


def _limits(hints: JsonObject, pointer: str, tell: Tell) -> Iterator[HintedLimit]:
    value = hints.get("limits", ())
    given = entries(value)
    if "limits" in hints and not isinstance(value, list):
        tell(pointer, f"is {_kind(value)}, no array, and is ignored")
    if len(given) > MAX_LIMITS_HERE:
        tell(pointer, f"only the first {MAX_LIMITS_HERE} of {len(given):,} limits count (MAX_LIMITS_HERE)")
    names: set[str] = set()
    for index, entry in enumerate(given[:MAX_LIMITS_HERE]):
        where = child(pointer, index)
        limit = _limit(entry, where, tell)
        if limit and limit.name in names:
            tell(child(where, "name"), "is that of another limit here; the limit is ignored")
        elif limit:
            names.add(limit.name)
            yield limit


def _limit(entry: object, pointer: str, tell: Tell) -> HintedLimit | None:
    given = _object(entry, pointer, tell)
    _tell_unknown((key for key in given if key not in _OF_MANIFESTS), _LIMIT, pointer, tell)
    for key in _OF_MANIFESTS:
        if key in given:
            tell(child(pointer, key), "is ignored: a limit counts for what it stands at")
    faults = tuple(_faults(given)) if isinstance(entry, dict) else ()
    for key, rule in faults:
        if key in given:
            tell(child(pointer, key), f"is not {rule}; the limit is ignored")
        else:
            tell(pointer, f"has no `{key}`, {rule}; the limit is ignored")
    if faults or not isinstance(entry, dict):
        return None
    name, weight = (cast("str", given.get(key, "")) for key in ("name", "weight"))
    amount, window = cast("int", given["requests"]), cast("float", given["seconds"])
    return HintedLimit(one_line(name, MAX_TEXT), amount, window, weight=weight)


def _faults(limit: JsonObject) -> Iterator[tuple[str, str]]:
    """The members of a limit that are not what they must be, and what that is."""
    name, amount, window = (limit.get(key) for key in _LIMIT[:3])
    weight = limit.get("weight", "items")
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_TEXT:
        yield "name", f"a text of 1 to {MAX_TEXT} characters (MAX_TEXT)"
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount <= MAX_AMOUNT:
        yield "requests", f"a whole number from 1 to {MAX_AMOUNT:,} (MAX_AMOUNT)"
    if not isinstance(window, int | float) or isinstance(window, bool) or not 0 <= window <= MAX_WINDOW:
        yield "seconds", f"a number from 0 to {MAX_WINDOW:,} (MAX_WINDOW)"
    if not isinstance(weight, str) or not weight or len(weight) > MAX_TEXT:
        yield "weight", f"the name of an array in the body, at most {MAX_TEXT} characters (MAX_TEXT)"


def _tell_unknown(given: Iterable[str], known: Sequence[str], pointer: str, tell: Tell) -> None:
    for key in given:
        if key not in known:
            tell(child(pointer, key), "is unknown, and is ignored", known)


def _kind(value: object) -> str:
    """What a value is, without saying it."""
    kinds = ((bool, "true or false"), (str, "a text"), (list, "an array"), (dict, "an object"), (type(None), "null"))
    return next((said for kind, said in kinds if isinstance(value, kind)), "a number")
