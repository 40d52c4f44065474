"""What is asked -> concepts, each some stems of which one is to be found, and what the tool sought does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from specport.catalog.search.mending import Vocabulary, mended
from specport.catalog.search.synonyms import SYNONYMS
from specport.catalog.search.verbs import ASKING, DOES, LONGEST_PHRASE, MANY, PHRASES, SHOWING, STOP_WORDS, Does
from specport.catalog.search.words import INITIALS, INITIALS_LENGTHS, stem, words_of

MAX_QUERY = 1_000
"""Characters of a query that are read."""

MAX_WORDS = 32
"""Words of a query that are used."""

OF_VERB = 0.6
"""How much a verb counts beside a thing: what operations do is told by their methods, too."""

OF_CONTEXT = 0.7
"""How much a word counts that only says what for, when or why."""

OF_READING = 0.4
"""How much a verb counts that only says that something is to be read."""

OF_VALUE = 0.25
"""How much a word counts that looks as if it were the value of an argument: quoted, `a/b`, `x.org`, `called x`."""

OF_SYNONYM = 0.7
"""How well another word than the one that was said stands for it."""

OF_INITIALS = 0.8
"""How well the first letters of words stand for them: `crd` for a custom resource definition."""

_VALUES = re.compile(
    r"(?<!\w)([\"'])[^\"']{1,40}\1(?!\w)|[A-Za-z0-9_-]+[./@][\w./@-]+|(?<=\bcalled )\S+|(?<=\bnamed )\S+"
)
_COUNTING = (["how", "many"], ["how", "much"])
_BEFORE_CONTEXT = frozenset(("for", "so", "because", "when", "after", "during", "while", "if", "without", "before"))
_PUNCTUATION = ".,;:!?'\"()"
_SINGULAR = ("ss", "us", "is")
"""What words end with that are no plurals, though they end with `s`."""

_BEGINNING = 3
"""Words among which the one stands that makes a query a question."""


@dataclass(frozen=True, slots=True)
class Concept:
    """Stems of which one is to be found, the one that was said first, with how well each stands for what was meant."""

    stems: Mapping[str, float]
    weight: float


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked. `does`: what the tool sought does, `may_do`: what it may do besides; both may be nothing."""

    concepts: tuple[Concept, ...]
    does: Does
    may_do: Does
    is_question: bool
    stems: frozenset[str]


def read_query(text: str, known: Vocabulary) -> Query:
    """What a text asks for, whatever the text: words are words, and no others count."""
    text = text[:MAX_QUERY]
    spoken = words_of(text)[:MAX_WORDS]
    said = _in_few_words(spoken)
    words = mended([word for word in said if word not in STOP_WORDS] or said, known)
    is_question = _is_question(spoken)
    does, may_do = (Does.READ, Does.NOTHING) if is_question else _asked(words)
    if does == Does.READ and _is_of_many(text):
        does = Does.LIST
        words = ["list" if word in SHOWING else word for word in words]
    concepts = _concepts(words, _weights(words, text, spoken), known)
    return Query(concepts, does, may_do, is_question, frozenset(each for concept in concepts for each in concept.stems))


def _in_few_words(words: Sequence[str]) -> list[str]:
    """The words, with one for what is said in several."""
    few: list[str] = []
    place = 0
    while place < len(words):
        lengths = range(LONGEST_PHRASE, 0, -1)
        length = next((each for each in lengths if tuple(words[place : place + each]) in PHRASES), 1)
        phrase = tuple(words[place : place + length])
        few += PHRASES.get(phrase, phrase)
        place += length
    return few


def _is_question(words: Sequence[str]) -> bool:
    beginning = list(words[:_BEGINNING])
    return beginning[:1] != [] and (
        beginning[0] in ASKING or beginning[:2] in _COUNTING or not {"what", "which", "who"}.isdisjoint(beginning)
    )


def _is_of_many(text: str) -> bool:
    """Whether several things are to be read: `all`, or a plural. `deny-all` is the name of one."""
    words = [word.strip(_PUNCTUATION) for word in text.lower().split()][:MAX_WORDS]
    plurals = (word for word in words if word.endswith("s") and word not in STOP_WORDS)
    return not MANY.isdisjoint(words) or any(word[-2:] not in _SINGULAR for word in plurals)


def _context(words: Sequence[str]) -> set[str]:
    """The words behind what is sought, which say what for, when or why, and do not name it as well."""
    places = (place for place, word in enumerate(words) if word in _BEFORE_CONTEXT and place > 1)
    place = next(places, len(words))
    return set(words[place:]).difference(words[:place])


def _asked(words: Sequence[str]) -> tuple[Does, Does]:
    """What the first verb asks for, one in its base form if there is any; `published` is no order."""
    for word in words:
        if word in DOES:
            return DOES[word]
    orders = (DOES.get(stem(word)) for word in words if not word.endswith("ed"))
    return next((does for does in orders if does), (Does.NOTHING, Does.NOTHING))


def _concepts(words: Sequence[str], weights: Sequence[float], known: Vocabulary) -> tuple[Concept, ...]:
    """One for each word; two that documents write as one, such as `data center`, are found by that as well."""
    found = [_stems(word) for word in words]
    for index, (word, following) in enumerate(pairwise(words)):
        together = stem(word + following)
        if known.count(together):
            found[index][together] = found[index + 1][together] = 1.0
    return tuple(map(Concept, found, weights))


def _weights(words: Sequence[str], text: str, spoken: Sequence[str]) -> list[float]:
    """How much each word counts: verbs, what looks like a value, and what only says what for less than things do."""
    values = {word for found in _VALUES.finditer(text) for word in words_of(found[0])}
    context = _context(spoken)

    def weight(word: str) -> float:
        if word in values:
            return OF_VALUE
        return _weight(word) * (OF_CONTEXT if word in context else 1.0)

    return list(map(weight, words))


def _weight(word: str) -> float:
    does, _ = DOES.get(word, (Does.NOTHING, Does.NOTHING))
    return OF_READING if does & Does.READ else OF_VERB if does else 1.0


def _stems(word: str) -> dict[str, float]:
    own = stem(word)
    stems = {own: 1.0}
    if len(word) in INITIALS_LENGTHS and own not in SYNONYMS and word not in DOES:
        stems[INITIALS + word] = OF_INITIALS
    for other in SYNONYMS.get(own, ()):
        stems.setdefault(other, OF_SYNONYM)
    return stems
