"""What is asked -> in few words, and what the tool sought does: a question, an order, or only the name of a thing."""

from __future__ import annotations

from collections.abc import Sequence

from specport.catalog.search.verbs import (
    ASKING,
    DOES,
    LONGEST_PHRASE,
    MADE,
    MANY,
    PARTICLES,
    PHRASES,
    STOP_WORDS,
    THINGS,
    Does,
)
from specport.catalog.search.words import stem

MAX_APART = 6
"""Words over which the two of a phrase may stand apart."""

MAX_WORDS = 32
"""Words of a query that are used."""

_COUNTING = (["how", "many"], ["how", "much"])
_PUNCTUATION = ".,;:!?'\"()"

_SINGULAR = ("ss", "us", "is")
"""What words end with that are no plurals, though they end with `s`."""

_BEGINNING = 3
"""Words among which the one stands that makes a query a question."""


def in_few_words(words: Sequence[str]) -> list[str]:
    """The words, with one for what is said in several; `take it down` is `take down`, `make it bigger` is a change."""
    if words[:1] == ["make"] and not MADE.isdisjoint(words):
        words = ["change", *words[1:]]
    few: list[str] = []
    gone: set[int] = set()
    place = 0
    while place < len(words):
        lengths = range(LONGEST_PHRASE, 0, -1)
        length = next((each for each in lengths if tuple(words[place : place + each]) in PHRASES), 1)
        phrase = tuple(words[place : place + length])
        apart = _apart(words, place) if length == 1 else 0
        if apart:
            gone.add(apart)
            few += PHRASES[words[place], words[apart]]
        elif place not in gone:
            few += PHRASES.get(phrase, phrase)
        place += length
    return few


def _apart(words: Sequence[str], place: int) -> int:
    """Where the second word of a phrase stands whose first is at a place; 0 where none does.

    It stands for itself where it begins a phrase, as in `bring it up to date`.
    """
    for later in range(place + 2, min(place + MAX_APART, len(words))):
        if words[later] in PARTICLES and (words[place], words[later]) in PHRASES:
            begins = any(tuple(words[later : later + length]) in PHRASES for length in range(2, LONGEST_PHRASE + 1))
            return 0 if begins else later
    return 0


def is_question(words: Sequence[str]) -> bool:
    """Whether it is asked what something is, so that the tool sought reads."""
    beginning = list(words[:_BEGINNING])
    return beginning[:1] != [] and (
        beginning[0] in ASKING or beginning[:2] in _COUNTING or not {"what", "which", "who"}.isdisjoint(beginning)
    )


def is_of_many(text: str) -> bool:
    """Whether several things are meant: `all`, or a plural. `deny-all` is the name of one."""
    words = [word.strip(_PUNCTUATION) for word in text.lower().split()][:MAX_WORDS]
    plurals = (word for word in words if word.endswith("s") and word not in STOP_WORDS)
    return not MANY.isdisjoint(words) or any(word[-2:] not in _SINGULAR for word in plurals)


def asked(words: Sequence[str]) -> tuple[Does, Does]:
    """What the first verb asks for. What may be a thing as well, such as `issue`, is a verb where it comes first."""
    verbs = [word for index, word in enumerate(words) if word in DOES and (index == 0 or word not in THINGS)]
    if not verbs:
        verbs = [verb for word in words if word.endswith("ing") for verb in DOES if stem(verb) == stem(word)]
    return next((DOES[verb] for verb in verbs if verb in DOES), (Does.NOTHING, Does.NOTHING))
