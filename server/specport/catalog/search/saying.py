"""Tool -> the text that a model reads for what the tool means: short, since what is most of it is not what is asked."""

from __future__ import annotations

from specport.catalog.model import Tool
from specport.catalog.search.entries import last_words, segments_of
from specport.catalog.search.glossary import Term, in_words
from specport.catalog.search.verbs import Does
from specport.catalog.search.words import stem, words_of

MAX_SUMMARY = 300
"""Characters of a summary that are read."""

MAX_SAID = 40
"""Words that are read of what people say of a tool's terms."""


class Sayings:
    """What a model reads of tools. For a while it has a glossary that nothing else needs."""

    def __init__(self) -> None:
        self._glossary = in_words()

    def of(self, tool: Tool, named: frozenset[str], does: Does) -> str:
        """Its summary, the words of its name, its path and its group, and what people say of the terms in its name.

        `named`: the stems of its name and path. Of the terms those count that the last part of its path has.
        """
        *groups, leaf = tool.address.split(".")
        path = segments_of(tool.route) if tool.route else []
        names = (" ".join(words_of(name)) for name in (leaf, " ".join(path), " ".join(groups[-1:])))
        summary = (tool.summary or tool.description)[:MAX_SUMMARY]
        text = ". ".join(filter(None, (summary, *names)))
        last = frozenset(map(stem, last_words(leaf, path)))
        terms = [each for each in self._glossary.terms(named, does) if not last.isdisjoint(each.stems)]
        said = dict.fromkeys(word for term in sorted(terms, key=_place) for word in term.said)
        known = set(words_of(text))
        return ". ".join(filter(None, (text, " ".join([word for word in said if word not in known][:MAX_SAID]))))


def _place(term: Term) -> tuple[int, tuple[str, ...]]:
    """The terms of most words first, which say most of a tool; then always in the same order."""
    return -len(term.stems) - bool(term.does), term.said
