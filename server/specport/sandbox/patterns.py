"""A text for a regular expression: the shortest that the common subset (classes, groups, quantifiers) spells out.

Python's own parser is private and its engine can hang on a hostile pattern; this walks the pattern once. What it
does not know (look-around, back-references, named classes) it leaves out, so the caller checks the text it gets.
"""

from __future__ import annotations

MAX_TEXT = 2_000
"""Longest text spelled out; a pattern may ask for more by its counts."""

MAX_NESTING = 40
"""Deepest groups followed."""

_CLASSES = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a", "n": "\n", "t": "\t", "r": "\r"}
_PREFERRED = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_. /"
_NOTHING = ("^", "$")
_BOUNDARIES = ("b", "B", "A", "Z", "z")


def spell(pattern: str, extra: int = 0) -> str:
    """The text; each `*`, `+` or open count repeats its part `extra` times beyond what it must."""
    return _Spelling(pattern, extra).alternatives(0)[:MAX_TEXT]


class _Spelling:
    """One walk over a pattern."""

    def __init__(self, pattern: str, extra: int) -> None:
        self._pattern = pattern
        self._extra = extra
        self._at = 0

    def alternatives(self, depth: int) -> str:
        """Up to the group's end: the first branch that says anything, since an empty one says too little."""
        best = ""
        while True:
            text = self._sequence(depth)
            best = best or text
            if self._peek() != "|":
                return best
            self._at += 1

    def _sequence(self, depth: int) -> str:
        text = ""
        while self._peek() not in ("", "|", ")"):
            part = self._atom(depth)
            low, high = self._count()
            text += part * min(low + (min(self._extra, high - low) if high > low else 0), MAX_TEXT)
            text = text[:MAX_TEXT]
        return text

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self) -> str:
        character = self._peek()
        self._at += 1
        return character

    def _atom(self, depth: int) -> str:
        character = self._take()
        if character in _NOTHING:
            return ""
        if character == "[":
            return self._class()
        if character == "(":
            return self._group(depth)
        if character == "\\":
            return self._escape()
        return "a" if character == "." else character

    def _escape(self) -> str:
        character = self._take()
        if character in _BOUNDARIES:
            return ""
        return _CLASSES.get(character, character)

    def _group(self, depth: int) -> str:
        left_out = self._pattern[self._at : self._at + 2] in ("?!", "?=") or self._pattern[self._at : self._at + 3] in (
            "?<!",
            "?<=",
        )
        if self._peek() == "?":
            while self._peek() not in ("", ":", "=", "!", ">"):
                self._at += 1
            self._at += 1
        text = self.alternatives(depth + 1) if depth < MAX_NESTING else ""
        self._at += 1
        return "" if left_out else text

    def _class(self) -> str:
        """The first usual character that the class holds."""
        negated = self._peek() == "^"
        if negated:
            self._at += 1
        held: set[str] = set()
        first = True
        while self._peek() and (self._peek() != "]" or first):
            first = False
            held |= self._range()
        self._at += 1
        for character in _PREFERRED:
            if (character in held) != negated:
                return character
        return min(held, default="a") if not negated else "~"

    def _range(self) -> set[str]:
        low = self._take()
        if low == "\\":
            low = self._take()
            if low in "dws":
                return set({"d": "0123456789", "w": _PREFERRED[:-3], "s": " "}[low])
        if self._peek() != "-" or self._pattern[self._at + 1 : self._at + 2] in ("]", ""):
            return {low}
        self._at += 1
        high = self._take()
        high = self._take() if high == "\\" else high
        return {chr(code) for code in range(ord(low), min(ord(high), ord(low) + 300) + 1)} if high else {low}

    def _count(self) -> tuple[int, int]:
        """The least and most repeats of the part just read."""
        sign = self._peek()
        counts = {"*": (0, MAX_TEXT), "+": (1, MAX_TEXT), "?": (0, 1)}.get(sign)
        if counts is not None:
            self._at += 1
        else:
            counts = self._braces() if sign == "{" else None
        if counts is None:
            return 1, 1
        if self._peek() in ("?", "+"):
            self._at += 1
        return counts

    def _braces(self) -> tuple[int, int] | None:
        end = self._pattern.find("}", self._at)
        low, comma, high = self._pattern[self._at + 1 : end].partition(",") if end > 0 else ("", "", "")
        if not low.isdecimal() or (high and not high.isdecimal()):
            return None
        self._at = end + 1
        return int(low), (int(high) if high else MAX_TEXT if comma else int(low))
