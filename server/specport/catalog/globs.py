"""Globs, the one way in which rules and filters name many things at once."""

from __future__ import annotations

import re

ADDRESS_GLOB = re.compile(r"[\w.*?@-]{1,200}\Z")
"""What a glob over addresses is made of."""


def glob_pattern(*globs: str) -> re.Pattern[str]:
    """Fits, as a whole, what one of the globs fits: `*` is any text, `?` one character, case aside.

    A glob may come from anybody: what each `*` took is not tried again, so that no text takes long.
    """
    return re.compile("|".join(map(_pattern, globs)), re.IGNORECASE | re.DOTALL)


def _pattern(glob: str) -> str:
    """The first place of each piece is as good as a later one, since what follows it may be any text."""
    first, *rest = [re.escape(piece).replace(r"\?", ".") for piece in glob.split("*")]
    if not rest:
        return first
    return "".join((first, *(f"(?>.*?{piece})" for piece in rest[:-1] if piece), ".*", rest[-1]))
