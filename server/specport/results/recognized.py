"""The next page where nobody stated how answers name it: by names that are known to belong together.

An answer's member counts only with a parameter of the operation, or a member of its body, that is known to take it,
only where one such pair is there, and only with a value: a cursor that is empty, null or false is the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from specport.documents.text import plain_name
from specport.results.asked import Asked, Place

MAX_CURSOR = 4_000
"""Characters of a cursor that is passed on; one that is longer is taken for something else."""

_CURSORS = {
    "nextpagetoken": ("pagetoken", "nextpagetoken"),
    "nexttoken": ("nexttoken",),
    "nextcursor": ("cursor", "startcursor", "nextcursor", "pagecursor"),
    "nextcontinuationtoken": ("continuationtoken",),
    "nextmarker": ("marker",),
    "nextpage": ("page",),
    "nextoffset": ("offset",),
    "continue": ("continue",),
}
"""Members that name the next page, each with the parameters that take it; all without case and signs."""

_CURSORS_WITH_FLAG = {
    "cursor": ("cursor",),
    "endcursor": ("after", "cursor"),
    "continuationtoken": ("continuationtoken",),
    "lastid": ("after", "afterid"),
}
"""Members that stand on the last page, too: they count where a flag beside them says that there are more."""
_CURSORS_BESIDE_FLAG = _CURSORS | _CURSORS_WITH_FLAG

_FLAGS = frozenset({"hasmore", "hasnext", "hasnextpage", "hasmoreitems", "more", "istruncated", "truncated"})
_HOLDERS = frozenset({
    "meta", "metadata", "pagination", "paging", "page", "pageinfo", "responsemetadata", "resultinfo", "links",
})  # fmt: skip
"""Members in which an answer says what is of all of it."""

_URLS = frozenset({"next", "nexturl", "nextpageurl", "nextpageuri", "nextlink", "odatanextlink", "nextpage"})
_PAGES = ("page", "pagenumber")
_NUMBERS = frozenset({"page", "currentpage", "pagenumber"})
_LAST_PAGES = frozenset({"totalpages", "pages", "pagecount", "lastpage", "numpages"})
_OFFSETS = ("offset", "skip")
_OFFSET_NUMBERS = frozenset(_OFFSETS)
_TOTALS = frozenset({"total", "totalcount", "totalitems", "totalresults"})
_STARTING_AFTER = "starting_after"

Found = tuple[Place, "str | int", "int | None"]
"""Where a value goes for the next page, that value, and how many items there are in all, where that is said."""

JsonObject = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Holder:
    """An object that says what is of all of an answer: its members by plain name, and what its flags say."""

    members: Sequence[tuple[str, object]]
    flags: Sequence[object]

    @classmethod
    def of(cls, said: JsonObject) -> Holder:
        """What a JSON object says."""
        members = [(plain_name(name), value) for name, value in said.items()]
        return cls(members, [value for name, value in members if name in _FLAGS])


def recognized(root: JsonObject, holders: Sequence[Holder], asked: Asked) -> Found | None:
    """The one pair of an answer's member and an argument that names the next page, None where none or several do."""
    found = list(_cursors(holders, asked)) or list(_after_last(root, asked)) or list(_counting(root, holders, asked))
    is_one = len({(place, value) for place, value, _ in found}) == 1
    return found[0] if is_one and not asked.is_backwards(found[0][0]) else None


def next_urls(holders: Sequence[Holder], path: str) -> list[str]:
    """URLs that an answer calls those of the next page, where they are of the operation with that path template."""
    values = [value for each in holders for name, value in each.members if name in _URLS]
    links = [cast("JsonObject", each).get("href") if isinstance(each, dict) else each for each in values]
    return [link for link in links if isinstance(link, str) and _is_of(link, path)]


def as_cursor(value: object) -> str | int | None:
    """A value that can name a page, None for what is empty, null or false, or no text or number at all."""
    if isinstance(value, str):
        return value if 0 < len(value) <= MAX_CURSOR else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def holders_of(root: JsonObject) -> list[Holder]:
    """The objects that say what is of all of an answer, the answer first, but for those that say there is no more."""
    whole = Holder.of(root)
    if False in whole.flags:
        return []
    inside = [
        Holder.of(cast("JsonObject", value))
        for name, value in whole.members
        if name in _HOLDERS and isinstance(value, dict)
    ]
    return [whole, *(each for each in inside if False not in each.flags)]


def _is_of(link: str, path: str) -> bool:
    """Whether a URL has a query, and a path that ends as the template does; one without path is relative to it."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    segments = [segment for segment in parts.path.split("/") if segment]
    wanted = [segment for segment in path.split("/") if segment]
    last = segments[-len(wanted) :] if wanted else []
    is_same = len(last) == len(wanted) and all(
        "{" in want or want == got for want, got in zip(wanted, last, strict=True)
    )
    return bool(parts.query) and (not segments or is_same)


def _cursors(holders: Sequence[Holder], asked: Asked) -> Iterator[Found]:
    """Cursors with the parameters that take them."""
    for holder in holders:
        is_flagged = True in holder.flags or True in holders[0].flags
        names = _CURSORS_BESIDE_FLAG if is_flagged else _CURSORS
        for name, value in holder.members:
            takers = names.get(name)
            cursor = as_cursor(value) if takers else None
            if takers and cursor is not None and not _is_url(cursor):
                yield from ((place, cursor, None) for place in asked.inputs.places(takers))


def _is_url(cursor: str | int) -> bool:
    return isinstance(cursor, str) and bool(re.match(r"https?://|/", cursor))


def _after_last(root: JsonObject, asked: Asked) -> Iterator[Found]:
    """The last item's id, where there are more and the operation has the parameter for it as Stripe calls it."""
    if root.get("has_more") is not True:
        return
    lists = [cast("list[object]", value) for value in root.values() if isinstance(value, list)]
    if len(lists) != 1 or not lists[0] or not isinstance(lists[0][-1], dict):
        return
    last = as_cursor(cast("JsonObject", lists[0][-1]).get("id"))
    place = asked.inputs.place(_STARTING_AFTER)
    if last is not None and place is not None:
        yield place, last, None


def _counting(root: JsonObject, holders: Sequence[Holder], asked: Asked) -> Iterator[Found]:
    """The number of the next page or item, where the answer says which one this is, and how many there are."""
    pages, offsets = asked.inputs.places(_PAGES), asked.inputs.places(_OFFSETS)
    if not pages and not offsets:
        return
    lists = [cast("list[object]", value) for value in root.values() if isinstance(value, list)]
    for holder in holders:
        numbers = {name: value for name, value in holder.members if type(value) is int}
        total = _of(numbers, _TOTALS)
        for place in pages:
            number, last = _of(numbers, _NUMBERS), _of(numbers, _LAST_PAGES)
            if number and last and number < last and number == (asked.given(place) or number):
                yield place, number + 1, total
        for place in offsets:
            offset = _of(numbers, _OFFSET_NUMBERS)
            following = (offset or 0) + len(lists[0]) if len(lists) == 1 and lists[0] else None
            is_asked = offset is not None and offset == (asked.given(place) or 0)
            if is_asked and following is not None and total is not None and following < total:
                yield place, following, total


def _of(numbers: Mapping[str, int], names: frozenset[str]) -> int | None:
    """The one number that is called so."""
    if numbers.keys().isdisjoint(names):
        return None
    found = {numbers[name] for name in names if name in numbers}
    return found.pop() if len(found) == 1 else None
