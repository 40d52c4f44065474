"""What is asked -> concepts, each some stems of which one is to be found, and what the tool sought does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from specport.catalog.search.asking import MAX_WORDS, asked, in_few_words, is_of_many, is_question
from specport.catalog.search.mending import Vocabulary, mended
from specport.catalog.search.synonyms import SYNONYMS
from specport.catalog.search.verbs import DOES, MINE, SHOWING, STOP_WORDS, Does
from specport.catalog.search.words import INITIALS, INITIALS_LENGTHS, stem, words_of

MAX_QUERY = 1_000
"""Characters of a query that are read."""

OF_VERB = 0.6
"""How much a verb counts beside a thing: what operations do is told by their methods, too."""

OF_READING = 0.4
"""How much a verb counts that only says that something is to be read."""

OF_MINE = 0.2
"""How much `my` counts, which most say of everything."""

OF_CONTEXT = 0.7
"""What is left of the weight of a word that only says what for, when or why."""

OF_VALUE = 0.25
"""How much a word counts that looks like the value of an argument: quoted, `a/b`, `x.org`, `web-1`, `called x`."""

OF_SYNONYM = 0.7
"""How well another word than the one that was said stands for it."""

OF_OTHER_NAME = 0.55
"""How well it does where some tool has the word that was said in its very name."""

NAMED = 2.0
"""How much a stem says of a tool that has it in its name (`entries.LAST`)."""

OF_INITIALS = 0.8
"""How well the first letters of words stand for them: `crd` for a custom resource definition."""

_VALUES = re.compile(
    r"(?<!\w)([\"'])[^\"']{1,40}\1(?!\w)|https?://\S+|[A-Za-z0-9_-]+[./@][\w./@-]+"
    r"|[A-Za-z]+(?:-[A-Za-z0-9]+)*-\d+\b|(?<=\bcalled )\S+|(?<=\bnamed )\S+"
)
_BEFORE_CONTEXT = frozenset(("for", "so", "because", "when", "after", "during", "while", "if", "without", "before"))


@dataclass(frozen=True, slots=True)
class Concept:
    """Stems of which one is to be found, the one that was said first, with how well each stands for what was meant."""

    stems: Mapping[str, float]
    weight: float


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked.

    `does`: what the tool sought does, nothing where no verb says it; `may_do`: what it may do besides, or as well do.
    """

    concepts: tuple[Concept, ...]
    does: Does
    may_do: Does
    is_question: bool
    stems: frozenset[str]


def read_query(text: str, known: Vocabulary) -> Query:
    """What a text asks for, whatever the text: words are words, and no others count."""
    text = text[:MAX_QUERY]
    spoken = words_of(text)[:MAX_WORDS]
    said = in_few_words(spoken)
    words = mended([word for word in said if word not in STOP_WORDS] or said, known)
    asks = is_question(spoken)
    does, may_do = (Does.READ, Does.NOTHING) if asks else asked(words)
    if not does & ~Does.READ and is_of_many(text):
        does, may_do = (Does.LIST, may_do) if does else (does, Does.LIST)
        words = ["list" if word in SHOWING else word for word in words]
    concepts = _concepts(words, _weights(words, text, spoken), known)
    return Query(concepts, does, may_do, asks, frozenset(each for concept in concepts for each in concept.stems))


def _concepts(words: Sequence[str], weights: Sequence[float], known: Vocabulary) -> tuple[Concept, ...]:
    """One for each word; two that documents write as one, such as `data center`, are found by that as well."""
    found = [_stems(word, known) for word in words]
    for index, (word, following) in enumerate(pairwise(words)):
        together = stem(word + following)
        if known.count(together):
            found[index][together] = found[index + 1][together] = 1.0
    return tuple(map(Concept, found, weights))


def _stems(word: str, known: Vocabulary) -> dict[str, float]:
    """The stem of a word, the initials that it may be, and the stems of other words for the same."""
    own = stem(word)
    stems = {own: 1.0}
    if len(word) in INITIALS_LENGTHS and own not in SYNONYMS and word not in DOES:
        stems[INITIALS + word] = OF_INITIALS
    likeness = OF_OTHER_NAME if known.most(own) >= NAMED else OF_SYNONYM
    for other in SYNONYMS.get(own, ()):
        stems.setdefault(other, likeness)
    return stems


def _weights(words: Sequence[str], text: str, spoken: Sequence[str]) -> list[float]:
    """How much each word counts: verbs, what looks like a value, and what only says what for less than things do."""
    values = {word for found in _VALUES.finditer(text) for word in words_of(found[0])}
    context = _context(spoken)
    return [OF_VALUE if word in values else _weight(word) * (OF_CONTEXT if word in context else 1.0) for word in words]


def _weight(word: str) -> float:
    if word == MINE:
        return OF_MINE
    does, _ = DOES.get(word, (Does.NOTHING, Does.NOTHING))
    return OF_READING if does & Does.READ else OF_VERB if does else 1.0


def _context(words: Sequence[str]) -> set[str]:
    """The words behind what is sought, which say what for, when or why, and do not name it as well."""
    places = (place for place, word in enumerate(words) if word in _BEFORE_CONTEXT and place > 1)
    place = next(places, len(words))
    return set(words[place:]).difference(words[:place])
