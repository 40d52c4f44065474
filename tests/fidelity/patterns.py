"""A text that a regular expression matches, where one can be read off the expression."""

from __future__ import annotations

import re
from re import _constants as codes  # the parser is the standard library's own; it has no public name
from re import _parser as parser
from typing import Any

MAX_REPEATS = 8
PLAIN = "aA0-_.:/ @#x1zZ9+=,;%|~"
_CLASSES = {
    codes.CATEGORY_DIGIT: "0123456789",
    codes.CATEGORY_WORD: "abcXYZ019_",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_DIGIT: "aA-_ ",
    codes.CATEGORY_NOT_WORD: "-. /",
    codes.CATEGORY_NOT_SPACE: "aA0-_.",
}


_PROPERTIES = {"L": "A-Za-z", "Lu": "A-Z", "Ll": "a-z", "N": "0-9", "Nd": "0-9", "Z": " ", "Zs": " ", "P": ".-"}
"""A few members of each Unicode category that patterns name: what is made of these is in the category."""


def readable(pattern: str) -> str:
    r"""An ECMA-262 pattern as Python reads it: `\p{..}` and `\P{..}` become some of their members, groups change."""
    made = ""
    is_in_set = False
    at = 0
    while at < len(pattern):
        category = re.match(r"\\([pP])\{(\w+)\}", pattern[at:])
        if category:
            others = "0-9" if category[2].startswith("L") else "A-Za-z"
            members = others if category[1] == "P" else _PROPERTIES.get(category[2], "A-Za-z")
            made += members if is_in_set else f"[{members}]"
            at += category.end()
            continue
        step = 2 if pattern[at] == "\\" else 1
        is_in_set = is_in_set if step == 2 else pattern[at] == "[" or (is_in_set and pattern[at] != "]")
        made += pattern[at : at + step]
        at += step
    return re.sub(r"\(\?<(?=[A-Za-z])", "(?P<", made)


def is_matched(pattern: str, text: str) -> bool:
    """Whether the text matches; a pattern that cannot be read matches nothing, so that no value is made for it."""
    try:
        return re.search(readable(pattern), text) is not None
    except re.error:
        return False


def matching(pattern: str, *, least: int = 0) -> str | None:
    """A text of at least `least` characters where the pattern leaves room, or None."""
    for extra in range(least + 1):
        try:
            text = _sequence(parser.parse(readable(pattern)), extra)
        except (re.error, ValueError, OverflowError, RecursionError):
            return None
        if len(text) >= least and is_matched(pattern, text):
            return text
    return None


def _sequence(tokens: Any, extra: int) -> str:
    return "".join(_one(code, argument, extra) for code, argument in tokens)


def _one(code: Any, argument: Any, extra: int) -> str:
    if code is codes.LITERAL:
        return chr(argument)
    if code is codes.ANY:
        return "a"
    if code is codes.IN:
        return _of_set(argument)
    if code is codes.NOT_LITERAL:
        return next(char for char in PLAIN if ord(char) != argument)
    if code is codes.BRANCH:
        return _sequence(argument[1][0], extra)
    if code is codes.SUBPATTERN:
        return _sequence(argument[-1], extra)
    if code in {codes.MAX_REPEAT, codes.MIN_REPEAT}:
        low, high, inner = argument
        times = min(max(low, 1) + extra, high, max(low, MAX_REPEATS, extra))
        return "".join(_sequence(inner, 0) for _ in range(times))
    if code in {codes.AT, codes.ASSERT, codes.ASSERT_NOT}:
        return ""
    raise ValueError(str(code))


def _of_set(members: Any) -> str:
    is_negated = members[0][0] is codes.NEGATE
    allowed = [chars for code, argument in members if (chars := _chars(code, argument))]
    if not is_negated:
        return allowed[0][0]
    return next(char for char in PLAIN if not any(char in chars for chars in allowed))


def _chars(code: Any, argument: Any) -> str:
    if code is codes.LITERAL:
        return chr(argument)
    if code is codes.RANGE:
        return "".join(map(chr, range(argument[0], min(argument[1], argument[0] + 300) + 1)))
    return _CLASSES[argument] if code is codes.CATEGORY else ""
