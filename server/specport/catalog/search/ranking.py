"""Which tools do what is asked for in words, best first.

Ranked by BM25F (Robertson and Zaragoza, 2009): what is known of a tool is weighed by where it stands before it is
counted. SQLite's FTS5 has one length for all its columns and cannot count a synonym for less than the word itself.
"""

from __future__ import annotations

import functools
import heapq
import math
from collections.abc import Mapping, Sequence
from itertools import accumulate

from specport.catalog.search.model import Found, Likeness, Meanings
from specport.catalog.search.names import named
from specport.catalog.search.parts import SATURATION, Part
from specport.catalog.search.postings import Postings
from specport.catalog.search.query import MAX_QUERY, Concept, Query, read_query
from specport.catalog.search.saying import Sayings
from specport.catalog.search.verbs import Does

WHOLE = 0.9
"""How much a tool must have of a word to have it wholly."""

MAX_RANKED = 200
"""Tools whose methods and names are looked at: those that the words fit best."""

LEAST_COVERED = 0.25
"""What is left of the score of a tool that has next to nothing of what was asked."""

OTHER_READ = 0.9
"""What is left where one thing was asked for and the tool lists them, or the other way round."""

MAY_DO = 0.95
"""What is left where the tool does what the verb may mean besides."""

DOES_ELSE = 0.7
"""What is left where the tool does something else than the verb says."""

ANSWERS_NOT = 0.45
"""What is left where a question is asked and the tool changes something."""

UNASKED_WRITE = 0.92
"""What is left where no verb is said and the tool changes something."""

DEPRECATED = 0.6
"""What is left of what the document calls deprecated."""

BESIDES = 0.12
"""How much each word of a name and path takes that was not asked for."""

OF_MEANING = 0.5
"""How much it counts that a tool means what is asked, beside its having all the words: 1."""

LEAST_LIKE = 0.2
"""How like in meaning a tool must be to be found that has none of the words."""


class Ranking:
    """The index once it was made: what each stem says of which tools, and what those do."""

    def __init__(self, parts: Sequence[Part]) -> None:
        """`parts`: what there is to know of each source, in order. They are put together here, and counted over all."""
        self._sources = parts
        self._tools = [tool for part in parts for tool in part.tools]
        self._does = b"".join(part.does for part in parts)
        self._deprecated = b"".join(part.deprecated for part in parts)
        self._about = [about for part in parts for about in part.about]
        ends = list(accumulate(len(part.tools) for part in parts))
        self._rows = {part.source: range(end - len(part.tools), end) for part, end in zip(parts, ends, strict=True)}
        self._postings = Postings([(self._rows[part.source].start, part.postings) for part in parts])
        self._alike: Sequence[Likeness] = ()

    def learn(self, meanings: Meanings) -> None:
        """Find by meaning as well from when that is known of every source."""
        sayings = functools.cache(Sayings)
        for part in self._sources:
            part.likeness = part.likeness or meanings.of(part.texts(sayings()))
            if not part.likeness:
                return
        self._alike = [part.likeness for part in self._sources if part.likeness]

    def find(self, query: str, source: str, limit: int) -> list[Found]:
        """As `SearchIndex.find`."""
        rows = self._rows.get(source, range(0)) if source else range(len(self._tools))
        first = [Found(tool, 1.0) for tool in named(self._tools[rows.start : rows.stop], query)]
        asked = read_query(query, self._postings)
        scores = self._scores(asked, rows)
        weighed = {row: scores[row] * self._fits(asked, row) for row in _best(scores)}
        if self._alike:
            alike = [each for likeness in self._alike for each in likeness.to(query[:MAX_QUERY])]
            weighed = self._with_meaning(weighed, alike, rows)
        ranked = sorted(weighed, key=lambda row: (-weighed[row], row))
        known = {found.tool.address for found in first}
        rest = (Found(self._tools[row], round(weighed[row], 4)) for row in ranked)
        return [*first, *(found for found in rest if found.tool.address not in known)][:limit]

    def _with_meaning(self, weighed: Mapping[int, float], alike: Sequence[float], rows: range) -> dict[int, float]:
        """The scores of what words found and of what is most like in meaning, both added up, at most 1.

        What the verb asks for takes nothing from a likeness, since the model reads verbs as well.
        """
        nearest = _best({row: alike[row] for row in rows if alike[row] >= LEAST_LIKE})
        added = {row: OF_MEANING * max(alike[row], 0.0) for row in {*weighed, *nearest}}
        return {
            row: (weighed.get(row, 0.0) + each * (DEPRECATED if self._deprecated[row] else 1.0)) / (1 + OF_MEANING)
            for row, each in added.items()
        }

    def _scores(self, asked: Query, rows: range) -> dict[int, float]:
        """How much each row has of what was asked, and of how much of it: at most 1."""
        total: dict[int, float] = {}
        covered: dict[int, float] = {}
        most, whole = 0.0, 0.0
        for concept in asked.concepts:
            rarity = next((self._rarity(stem) for stem in concept.stems if self._postings.count(stem)), 0.0)
            most += concept.weight * rarity * (1 + SATURATION)
            whole += concept.weight if rarity else 0.0
            weighed = concept.weight * rarity
            for row, part in self._parts(concept, rarity).items():
                total[row] = total.get(row, 0.0) + part * weighed
                covered[row] = covered.get(row, 0.0) + (part / WHOLE if part < WHOLE else 1.0) * concept.weight
        lift = (1 - LEAST_COVERED) / whole if whole else 0.0
        sought = total if len(rows) == len(self._tools) else total.keys() & rows
        return {row: total[row] / most * (LEAST_COVERED + lift * covered[row]) for row in sought}

    def _parts(self, concept: Concept, rarity: float) -> dict[int, float]:
        """How much each row has of one concept: of the stem that it has most of, none counting more than the first."""
        parts: dict[int, float] = {}
        for stem, likeness in concept.stems.items():
            factor = likeness * min(1.0, self._rarity(stem) / rarity) if rarity else 0.0
            for row, weight in self._postings.of(stem):
                part = weight * factor
                if part > parts.get(row, 0.0):
                    parts[row] = part
        return parts

    def _rarity(self, stem: str) -> float:
        """How much it says that a tool has a stem (BM25's idf, never negative)."""
        count = self._postings.count(stem)
        return math.log(1 + (len(self._tools) - count + 0.5) / (count + 0.5))

    def _fits(self, asked: Query, row: int) -> float:
        """What is left of a tool's score by what it does, and by how much else its name says."""
        besides = sum(stem not in asked.stems for stem in self._about[row].split())
        return (
            _does_fit(asked, Does(self._does[row]))
            * (DEPRECATED if self._deprecated[row] else 1.0)
            / (1 + BESIDES * besides)
        )


def _best(scores: Mapping[int, float]) -> list[int]:
    """The rows with the highest scores, MAX_RANKED at most; of equal ones the first."""
    return [-row for _, row in heapq.nlargest(MAX_RANKED, ((score, -row) for row, score in scores.items()))]


def _does_fit(asked: Query, does: Does) -> float:
    if not asked.does:
        is_other = asked.may_do and not asked.may_do & does
        return UNASKED_WRITE if does & Does.WRITE else OTHER_READ if is_other else 1.0
    if asked.does & does:
        return 1.0
    if asked.does & Does.READ and does & Does.READ:
        return OTHER_READ
    if asked.may_do & does:
        return MAY_DO
    return ANSWERS_NOT if asked.is_question else DOES_ELSE
