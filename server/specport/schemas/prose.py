"""Texts of documents in fewer words. They are only cut, never said in other words: what is left stands in the document.

All that is rewritten is Markdown that says nothing to a reader: `[text](url)` becomes its text, a heading goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from specport.schemas.model import JsonSchema

SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"(])|\n\s*\n")

_LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\)")
_LIST_OR_TABLE = re.compile(r"\n\s*(?:[-*+|>#]|\d+\.)\s?")
_HEADING = re.compile(r"\A\s*#{1,6}[^\n]*\n+")
_REQUEST = re.compile(
    r"[,;:]?\s+(?:by\s+|please\s+|simply\s+|you (?:can|may)\s+|and\s+)?(?:sen[dt]|sending|making?|issu(?:e|ing))"
    r"\s+an?\s+`?(?:GET|HEAD|POST|PUT|PATCH|DELETE)`?\s+request\b",
    re.IGNORECASE,
)
"""How a text goes on to say what the request looks like, which a tool makes by itself."""

_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+")
"""A word of a text, or of an identifier in camelCase or snake_case."""

_SAID_KEYWORDS = ("type", "format", "default", "minimum", "maximum", "enum")
"""What a schema says beside its description."""

_CUT = "..."
_CLAUSE_END = re.compile(r"[,;:] | - | \(")
_FEWEST_LETTERS = 8
"""Letters that a text must have before such words for the rest to be left out."""

_FILLER_TEXT = """
a an and any are as at be been by can counted default existing for from id identified identifier identifies identify
identifying in instance is it item itself managed name named new number numeric object of on or page paginated per
reference resource result return returned slug specific specified specify string that the this to unique uniquely url
use used uuid value which with you your
"""


def shortened(text: str, limit: int) -> str:
    """Whole sentences up to `limit` characters, at least the first; a longer first one ends at a word with `...`."""
    if len(text) <= limit:
        return text
    if limit == 0:
        return ""
    return _first_sentences(SENTENCE_END.split(text), limit)


def brief(text: str, limit: int) -> str:
    """The first words of a description that say what a tool does, in one line of at most `limit` characters.

    It ends before a list, and before words such as `, send a GET request to ...`, whose `To` goes with them.
    """
    told = _LINK.sub(r"\1", _HEADING.sub("", text))
    told = _LIST_OR_TABLE.split(told, maxsplit=1)[0] or told
    kept: list[str] = []
    for sentence in SENTENCE_END.split(told):
        flat = " ".join(sentence.split())
        request = _REQUEST.search(flat)
        if request and request.start() >= _FEWEST_LETTERS:
            purpose = flat[: request.start()].removeprefix("To ")
            kept.append(f"{purpose[:1].upper()}{purpose[1:]}")
            break
        kept.append(flat)
    told = _first_sentences(kept, limit)
    return _to_a_clause(told) if told.endswith(_CUT) else told


def _to_a_clause(text: str) -> str:
    """A text that ends in the middle of a sentence, ended after a part of it that can stand alone."""
    ends = [found.start() for found in _CLAUSE_END.finditer(text) if found.start() >= len(text) // 2]
    return f"{text[: ends[-1]]}{_CUT}" if ends else text


def _first_sentences(sentences: Iterable[str], limit: int) -> str:
    kept = ""
    for sentence in sentences:
        flat = " ".join(sentence.split())
        if kept and len(kept) + 1 + len(flat) > limit:
            break
        kept = f"{kept} {flat}" if kept else flat
        if len(kept) > limit:
            return f"{kept[: limit - 3].rpartition(' ')[0].rstrip(',;:')}{_CUT}"
    return kept


def choices_in(choices: Sequence[object], room: int) -> str:
    """Choices as `a|b|c`, those beyond `room` characters as `...`."""
    said, length = list[str](), 0
    for choice in choices:
        text = str(choice)
        length += len(text) + 1
        if said and length > room:
            said.append("...")
            break
        said.append(text)
    return "|".join(said)


def words(text: str) -> frozenset[str]:
    """The words of a text or identifier, singular and lower case."""
    return frozenset(_words(text))


def _words(text: str) -> Iterator[str]:
    return (found.group().lower().rstrip("s") for found in _WORD.finditer(text))


_FILLER_WORDS = words(_FILLER_TEXT)


def adds_nothing(name: str, text: str, known: frozenset[str], schema: JsonSchema) -> bool:
    """Whether a description only says a name or a limit again, with words that are known beside it or say nothing."""
    new = (word for word in _words(text) if word not in known and word not in _FILLER_WORDS)
    first = next(new, None)
    if first is None:
        return True
    said = words(name).union(*(words(str(schema[key])) for key in _SAID_KEYWORDS if key in schema))
    return first in said and all(word in said for word in new)
