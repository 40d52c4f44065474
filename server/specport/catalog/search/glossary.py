"""What people say of the terms that API documents use: `terms/*.txt`, read whenever tools are.

A line is `term, term: word word`: terms for one thing, each of one or several words, and behind `:` what somebody says
who does not know them, what it is for, and what goes wrong without it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from specport.catalog.search.verbs import STOP_WORDS, Does
from specport.catalog.search.words import stem, words_of

_DOING: Mapping[str, Does] = {"create": Does.CREATE, "update": Does.UPDATE, "delete": Does.DELETE}
"""Words of terms that are no part of a name: tools have them that do so."""


@dataclass(frozen=True, slots=True)
class Term:
    """Stems that are all in a tool's name, what the tool does, and what people say of it: stems, or words."""

    stems: tuple[str, ...]
    does: Does
    said: tuple[str, ...]


class Glossary:
    """The terms, each by the last of its stems."""

    def __init__(self, lines: Iterable[str], said_as: Callable[[str], str] = stem) -> None:
        """Lines as the module says; `said_as`: what is kept of a word that people say."""
        self._terms: dict[str, list[Term]] = {}
        stem_of, said_of = functools.cache(stem), functools.cache(said_as)
        for line in lines:
            names, _, said = line.partition(":")
            words = (word for word in words_of(f"{names} {said}") if word not in STOP_WORDS and word not in _DOING)
            kept = tuple(dict.fromkeys(map(said_of, words)))
            for name in names.split(","):
                self._add(name.split(), kept, stem_of)

    def _add(self, words: Sequence[str], said: tuple[str, ...], stem_of: Callable[[str], str]) -> None:
        """Add a term, and what it is where a path writes it as one word."""
        does = functools.reduce(Does.__or__, (_DOING.get(word, Does.NOTHING) for word in words))
        named = [word for word in words if word not in _DOING]
        for stems in dict.fromkeys((tuple(map(stem_of, named)), (stem_of("".join(named)),))):
            self._terms.setdefault(stems[-1], []).append(Term(stems, does, said))

    def terms(self, about: frozenset[str], does: Does) -> Iterator[Term]:
        """The terms that are in a tool's name and path."""
        for each in about:
            for term in self._terms.get(each, ()):
                if about.issuperset(term.stems) and (not term.does or term.does & does):
                    yield term


def glossary() -> Glossary:
    """The terms of `terms/*.txt`, read anew whenever tools are: kept, they would hold pages of tools around them."""
    return Glossary(_lines())


def in_words() -> Glossary:
    """The same with what is said of them in words, as a model reads it; not kept, as it is needed once."""
    return Glossary(_lines(), str)


def _lines() -> Iterator[str]:
    folder = resources.files("specport.catalog.search") / "terms"
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        yield from file.read_text(encoding="utf-8").splitlines()
