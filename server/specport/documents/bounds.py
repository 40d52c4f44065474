"""How large a document may be, by who brings it: the operator means it, what a tool call brings may be anybody's.

What a tool call brings is answered within seconds and a few hundred megabytes, whatever it is made of.
"""

from __future__ import annotations

from dataclasses import dataclass

from specport.errors import DocumentError

MAX_BYTES = 64 * 1024 * 1024
"""Largest document of the operator's, in bytes."""

MAX_VALUES = 10_000_000
"""Most values (objects, arrays and what is in them) of a document of the operator's."""

MAX_DEPTH = 100
"""Deepest nesting of objects and arrays of any document; published documents stay under 40."""

MAX_OPERATIONS = 100_000
"""Most operations of a document of the operator's."""

MAX_TOOL_BYTES = 16 * 1024 * 1024
"""Largest document that a tool call brings; published ones are under 13 MB."""

MAX_TOOL_VALUES = 500_000
"""Most values of a document that a tool call brings; the largest of the public corpus has 240,000."""

MAX_PARTS = 4_000_000
"""Most parameters, answers, media types, schemes, servers and tags of all operations, of a document of the operator's.

References may repeat a few of them without end.
"""

MAX_SCHEMA_VALUES = 1_000_000
"""Most values of what one operation takes, everything it refers to included, in a document of the operator's."""

MAX_TOOL_OPERATIONS = 10_000
"""Most operations of a document that a tool call brings."""

MAX_TOOL_PARTS = 50_000
"""The same as MAX_PARTS for a document that a tool call brings; the largest sum in the public corpus is 31,000."""

MAX_COMPARED = 10_000_000_000
"""Most characters of an operator's document's addresses, paths and tags, times the characters of its filters."""

MAX_TOOL_COMPARED = 1_000_000_000
"""The same for a document that a tool call brings: two seconds at worst."""

_SIGNS = b",[{"
_OTHERS = bytes(set(range(256)) - set(_SIGNS) - {ord('"')})
_BY_OPERATOR = "The operator can add it: specport add"

MAX_TOOL_SCHEMA_VALUES = 50_000
"""The same as MAX_SCHEMA_VALUES for a document that a tool call brings; the public corpus has up to 16,000."""

MAX_TOOL_LISTED_VALUES = 600_000
"""Most values of what all its operations take, which are looked through to list them; the corpus has up to 500,000."""

MAX_PATTERNS = 64 * 1024 * 1024
"""Most bytes that all patterns of an operator's document compile to, about; the rest of them are ignored."""

MAX_TOOL_PATTERNS = 16 * 1024 * 1024
"""The same for a document that a tool call brings; the public corpus has up to 11 MiB, nearly always under 1."""

_BY_TAG = "Take fewer operations, by tags or operations"


@dataclass(frozen=True, slots=True)
class Bound:
    """The most of something, and what that limit is called."""

    name: str
    most: int
    hint: str = ""

    def check(self, number: int, what: str, who: str = "") -> None:
        """Raises DocumentError for a document, called `who`, that has so many."""
        if number > self.most:
            message = f"{who}has {number:,} {what}; the limit is {self.most:,} ({self.name})"
            raise DocumentError(message, hint=self.hint)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a document may have. `schema`: values of one operation's schema; `schemas`: of all of them, if bounded."""

    size: Bound
    values: Bound
    operations: Bound
    parts: Bound
    compared: Bound
    schema: Bound
    patterns: Bound
    schemas: Bound | None = None


OPERATOR = Bounds(
    Bound("MAX_BYTES", MAX_BYTES),
    Bound("MAX_VALUES", MAX_VALUES),
    Bound("MAX_OPERATIONS", MAX_OPERATIONS),
    Bound("MAX_PARTS", MAX_PARTS),
    Bound("MAX_COMPARED", MAX_COMPARED),
    Bound("MAX_SCHEMA_VALUES", MAX_SCHEMA_VALUES),
    Bound("MAX_PATTERNS", MAX_PATTERNS),
)
TOOL = Bounds(
    Bound("MAX_TOOL_BYTES", MAX_TOOL_BYTES, _BY_OPERATOR),
    Bound("MAX_TOOL_VALUES", MAX_TOOL_VALUES, _BY_OPERATOR),
    Bound("MAX_TOOL_OPERATIONS", MAX_TOOL_OPERATIONS, _BY_OPERATOR),
    Bound("MAX_TOOL_PARTS", MAX_TOOL_PARTS, _BY_OPERATOR),
    Bound("MAX_TOOL_COMPARED", MAX_TOOL_COMPARED, _BY_OPERATOR),
    Bound("MAX_TOOL_SCHEMA_VALUES", MAX_TOOL_SCHEMA_VALUES),
    Bound("MAX_TOOL_PATTERNS", MAX_TOOL_PATTERNS),
    Bound("MAX_TOOL_LISTED_VALUES", MAX_TOOL_LISTED_VALUES, _BY_TAG),
)


def check_values(text: bytes, bound: Bound) -> None:
    """Raises DocumentError where JSON has too many values, before any of them is made.

    Each value but the first follows a comma or is the first of an array or object. Those in texts count only while
    that is enough.
    """
    if _values_in(text) > bound.most:
        bare = text.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _OTHERS)
        bound.check(1 + sum(map(len, bare.split(b'"')[::2])), "values")


def _values_in(text: bytes) -> int:
    return 1 + sum(map(text.count, _SIGNS))
