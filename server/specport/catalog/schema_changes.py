"""What is different between the schemas of one tool's arguments, a short sentence each, with its dotted path."""

from __future__ import annotations

from collections import deque

from specport.catalog.schema_pairs import MAX_LINES, Pair, Pairs, pair_of
from specport.catalog.schema_sides import Sides
from specport.documents.text import one_line
from specport.schemas.model import Fragment

MAX_DEPTH = 100
"""Most levels of schemas that are compared; what is deeper is further changes."""

MAX_COMPARED = 5_000
"""Most pairs of schemas that are looked at for one tool."""

MAX_COMPARED_IN_ALL = 200_000
"""Most pairs that are looked at for all tools of a catalog; they take about a second."""

MAX_PATH = 160
"""Characters of a path that are shown."""

FURTHER = "further changes"
"""Said in place of all that is over a bound."""


class Comparisons:
    """What the tools of two catalogs share while they are compared."""

    def __init__(self, sides: Sides) -> None:
        self.sides = sides
        self.pairs = Pairs(sides)
        self.left = MAX_COMPARED_IN_ALL


class SchemaChanges:
    """The differences found so far in the arguments of one tool. `described`: where only the words are other ones."""

    def __init__(self, comparisons: Comparisons) -> None:
        self._all = comparisons
        self._seen: set[tuple[int, int]] = set()
        self._waiting: deque[tuple[str, Pair, int]] = deque()
        self._found: dict[str, None] = {}
        self.described: dict[str, None] = {}
        self._is_cut = False

    @property
    def lines(self) -> list[str]:
        """The differences, and whether there are more."""
        return [*self._found, FURTHER] if self._is_cut else list(self._found)

    def say(self, line: str) -> None:
        """One more difference."""
        if len(self._found) < MAX_LINES:
            self._found[line] = None
        else:
            self._is_cut = True

    def compare(self, path: str, old: Fragment, new: Fragment) -> None:
        """Say what is different at a path and below it, what is less deep first."""
        if not self._all.sides.same(old, new):
            self._later(path, pair_of(self._all.sides, old, new), 0)
        while self._waiting:
            self._look(*self._waiting.popleft())

    def _later(self, path: str, pair: Pair, depth: int) -> None:
        """Look at a pair in its turn, unless it was before: so that recursion ends."""
        if pair.key in self._seen:
            return
        is_full = len(self._found) >= MAX_LINES or len(self._seen) >= MAX_COMPARED
        if depth > MAX_DEPTH or is_full or not self._all.left:
            self._is_cut = True
            return
        self._all.left -= 1
        self._seen.add(pair.key)
        self._waiting.append((path, pair, depth))

    def _look(self, path: str, pair: Pair, depth: int) -> None:
        difference = self._all.pairs.difference(pair)
        if difference is None:
            self._is_cut = True
            return
        if difference.is_described:
            self.described[path] = None
        for sign, place, words in difference.said:
            self.say(f"{sign}{one_line(f'{path}{place}', MAX_PATH)}{words}")
        for place, part in difference.parts:
            self._later(f"{path}{place}", part, depth + 1)
