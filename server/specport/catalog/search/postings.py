"""Which tools have a stem, and how much it says of each, in three arrays for all stems."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping


class Postings:
    """Rows in order and weights beside them, for each stem."""

    def __init__(self, entries: Iterable[Mapping[str, float]]) -> None:
        """`entries`: the stems of each row with their weights."""
        loose: dict[str, tuple[array[int], array[float]]] = {}
        for row, stems in enumerate(entries):
            for stem, weight in stems.items():
                if stem not in loose:
                    loose[stem] = array("I"), array("f")
                rows, weights = loose[stem]
                rows.append(row)
                weights.append(weight)
        self._slots = {stem: slot for slot, stem in enumerate(loose)}
        self._starts = array("I", [0])
        self._rows = array("I")
        self._weights = array("f")
        for rows, weights in loose.values():
            self._rows += rows
            self._weights += weights
            self._starts.append(len(self._rows))

    def count(self, stem: str) -> int:
        """How many rows have a stem."""
        slot = self._slots.get(stem)
        return 0 if slot is None else self._starts[slot + 1] - self._starts[slot]

    def most(self, stem: str) -> float:
        """The largest weight that a stem has."""
        slot = self._slots.get(stem)
        return 0.0 if slot is None else max(self._weights[self._starts[slot] : self._starts[slot + 1]])

    def of(self, stem: str) -> Iterable[tuple[int, float]]:
        """The rows that have a stem, each with its weight."""
        slot = self._slots.get(stem)
        if slot is None:
            return ()
        start, end = self._starts[slot], self._starts[slot + 1]
        return zip(self._rows[start:end], self._weights[start:end], strict=True)
