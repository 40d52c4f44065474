r"""Which patterns of a document are used: those that the validator compiles, as far as all are of bounded size.

The engine is linear, so no pattern takes long to match; but `(\w{1,500}){1,20}` compiles to two megabytes.
"""

from __future__ import annotations

import functools

import jsonschema_rs

from specport.documents.bounds import Bound

MAX_KEPT = 1_024
"""Most patterns whose size is kept: documents say few of them, each often, and some take 40 ms to compile."""

MAX_PATTERN = 100_000
"""Most characters of a pattern; the longest of the public corpus has 22,190."""

MAX_PART = 8 * 1024 * 1024
"""Most bytes that one part of a pattern compiles to; a pattern without lookaround and back-references is one part."""

MAX_WHOLE = 16 * 1024 * 1024
"""Most bytes of all parts of a pattern."""

_SIZES = tuple(1024 << power for power in range(2, 14))
"""From 4 KiB to MAX_PART."""

_ANY = 8 * 1024
"""What the smallest pattern takes."""

_REFUSED = 256 * 1024
"""What a pattern that is not used counts for, as finding that out takes time."""

_NOT_VALID = "is not valid"


class Patterns:
    """The patterns of one document, each distinct one counted once, in the order in which they are asked for."""

    def __init__(self, bound: Bound) -> None:
        self._bound = bound
        self._left = bound.most
        self._known: dict[str, str] = {}

    def fault(self, pattern: object) -> str:
        """Why a pattern is ignored, empty where it is used."""
        if not isinstance(pattern, str):
            return _NOT_VALID
        if len(pattern) > MAX_PATTERN:
            return f"has over {MAX_PATTERN:,} characters (MAX_PATTERN)"
        if pattern not in self._known:
            self._known[pattern] = self._fault(pattern)
        return self._known[pattern]

    def _fault(self, pattern: str) -> str:
        size = _compiled_size(pattern) if self._left > 0 else self._bound.most
        is_used = size is not None and size <= self._left
        self._left -= size if is_used and size else _REFUSED
        if is_used:
            return ""
        if size is None:
            return _NOT_VALID
        return f"makes the document's patterns take over {self._bound.most:,} bytes ({self._bound.name})"


@functools.lru_cache(maxsize=MAX_KEPT)
def _compiled_size(pattern: str) -> int | None:
    """About the bytes that a pattern takes, at most; None where it is none, or too large by itself."""
    plain, whole = jsonschema_rs.RegexOptions, jsonschema_rs.FancyRegexOptions
    for size in _SIZES:
        if _compiles(pattern, plain(size_limit=size)) and _compiles(pattern, whole(size_limit=size)):
            return _ANY + size
    parts = _most_parts(pattern)
    for size in _SIZES:
        if parts * size <= MAX_WHOLE and _compiles(pattern, whole(size_limit=size)):
            return _ANY + parts * size
    return None


def _most_parts(pattern: str) -> int:
    """Lookaround and back-references divide a pattern into parts, each of which may be as large as is allowed."""
    return 1 + sum(map(pattern.count, "(|\\"))


def _compiles(pattern: str, options: jsonschema_rs.FancyRegexOptions | jsonschema_rs.RegexOptions) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=options)
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True
