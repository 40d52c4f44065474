"""Words that no document has -> what was meant: one slip of the finger away, or two words in one."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from typing import Protocol

from specport.catalog.search.synonyms import SYNONYMS
from specport.catalog.search.verbs import DOES
from specport.catalog.search.words import INITIALS, stem

LEAST_MENDED = 4
"""Letters of the shortest word that is taken for a slip."""

MOST_MENDED = 24
"""Letters of the longest."""

MAX_MENDED = 6
"""Words of one query that are mended."""

LEAST_PART = 3
"""Letters of each of two words that are written as one."""


class Vocabulary(Protocol):
    """The stems that some documents have."""

    def count(self, stem: str) -> int:
        """How many tools have a stem, or initials."""
        ...

    def most(self, stem: str) -> float:
        """The most that a stem says of a tool."""
        ...


def mended(words: Sequence[str], known: Vocabulary) -> list[str]:
    """The words, with what is known in place of what is not; what is like nothing stays."""
    found: list[str] = []
    left = MAX_MENDED
    for word in words:
        if left and LEAST_MENDED <= len(word) <= MOST_MENDED and word.isascii() and not _is_known(word, known):
            left -= 1
            found += _meant(word, known)
        else:
            found.append(word)
    return found


def _is_known(word: str, known: Vocabulary) -> bool:
    own = stem(word)
    return bool(known.count(own)) or own in SYNONYMS or word in DOES or bool(known.count(INITIALS + word))


def _meant(word: str, known: Vocabulary) -> list[str]:
    """The word one slip away that most tools have, else the two words that it is made of, else itself."""
    counted = ((known.count(stem(near)), near) for near in _slips(word))
    count, best = max(counted, key=lambda pair: (pair[0], pair[1]))
    if count:
        return [best]
    for place in range(len(word) - LEAST_PART, LEAST_PART - 1, -1):
        parts = [word[:place], word[place:]]
        if all(known.count(stem(part)) for part in parts):
            return parts
    return [word]


def _slips(word: str) -> Iterator[str]:
    """The words that differ by a letter too many, two swapped, another one, or one too few."""
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        for letter in string.ascii_lowercase:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
