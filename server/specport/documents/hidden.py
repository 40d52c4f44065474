"""Characters in a document that nobody sees or that act on a terminal: they are not shown, and that is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from specport.documents.pointers import child
from specport.documents.text import one_line

MAX_NAMED = 3
"""Most places that are named; the others are counted."""

_MAX_PLACE = 80

_MAYBE = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\xc2\xd8\xe1\xe2\xef\xf3]"
    rb"(?:(?<=[\x00-\x7f])|(?<=\xc2)[\x80-\x9f\xad]|(?<=\xd8)\x9c|(?<=\xe1)\xa0\x8e|(?<=\xe2)\x80[\x8b\x8e\x8f\xaa-\xae]"
    rb"|(?<=\xe2)\x81[\xa0-\xaf]|(?<=\xef)\xbb\xbf|(?<=\xf3)\xa0)"
)
"""Such a character in UTF-8: a set of first bytes is found ten times as fast as one of several beginnings."""

_MAYBE_ESCAPED = re.compile(
    rb"\\(?:[Uxe0abfvN_]|u(?i:00(?:0[0-8bcef]|1|7f|[89]|ad)|061c|180e|20(?:0[bef]|2[a-e]|6)|feff|db40))"
)
"""The beginning of one that is written as an escape of JSON or YAML."""

_ESCAPED_BACKSLASH = rb"\\"
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\U000e0000-\U000e007f]"
)
"""Controls, and of the formats those that hide or turn text round; joiners in emoji and scripts are in common use."""


def hidden_in(data: bytes, root: object) -> tuple[tuple[str, str], ...]:
    """The warning for a document with such characters: the first place, and how many there are; else none."""
    if not _may_have_some(data) or not _has_some(root):
        return ()
    places = list(_places(root))
    named = ", ".join(one_line(place, _MAX_PLACE) for place in places[:MAX_NAMED])
    more = f" and {len(places) - MAX_NAMED:,} more" if len(places) > MAX_NAMED else ""
    count = f"{len(places):,} place{'s' if len(places) > 1 else ''}"
    said = f"hidden characters or terminal sequences stand in {count} and are not shown as they are: {named}{more}"
    return ((places[0], said),)


def _may_have_some(data: bytes) -> bool:
    """Whether any could stand in a document of these bytes: a quick look that never misses one."""
    return bool(_MAYBE.search(data) or _MAYBE_ESCAPED.search(data.replace(_ESCAPED_BACKSLASH, b"")))


def _has_some(root: object) -> bool:
    """Whether any text or name does, as nearly all documents have none whose places would have to be written."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            if _hides(node):
                return True
        elif isinstance(node, dict):
            members = cast("dict[str, object]", node)
            if any(map(_hides, members)):
                return True
            waiting += members.values()
        elif isinstance(node, list):
            waiting += cast("list[object]", node)
    return False


def _hides(text: str) -> bool:
    return not (text.isascii() and text.isprintable()) and _HIDDEN.search(text) is not None


def _places(root: object) -> Iterator[str]:
    """The pointers of texts that have some, and of members whose names do."""
    waiting: list[tuple[object, str]] = [(root, "")]
    while waiting:
        node, pointer = waiting.pop()
        if isinstance(node, str):
            if _hides(node):
                yield pointer
        elif isinstance(node, dict):
            members = cast("dict[str, object]", node)
            yield from (child(pointer, name) for name in members if _hides(name))
            waiting += [(value, child(pointer, name)) for name, value in reversed(members.items())]
        elif isinstance(node, list):
            items = cast("list[object]", node)
            waiting += [(item, child(pointer, index)) for index, item in reversed(list(enumerate(items)))]
