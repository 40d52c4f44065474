"""Which tools have a stem, and how much it says of each: packed for one source, and in three arrays for all of them."""

from __future__ import annotations

import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

_FASTEST = 1
"""Zlib's level: it leaves a quarter of the bytes, and more work takes little from that."""


@dataclass(frozen=True, slots=True)
class Packed:
    """The postings of one source, compressed, since they are read only when some source has changed.

    For each of `stems` in turn one number in `counts`, and so many `rows`, which are in order, and `weights`.
    """

    stems: bytes
    counts: bytes
    rows: bytes
    weights: bytes


def packed(entries: Iterable[Mapping[str, float]]) -> Packed:
    """`entries`: the stems of each row with their weights."""
    loose: dict[str, tuple[array[int], array[float]]] = {}
    for row, stems in enumerate(entries):
        for stem, weight in stems.items():
            if stem not in loose:
                loose[stem] = array("I"), array("f")
            rows, weights = loose[stem]
            rows.append(row)
            weights.append(weight)
    counts, every_row, every_weight = array("I"), array("I"), array("f")
    for rows, weights in loose.values():
        counts.append(len(rows))
        every_row += rows
        every_weight += weights
    parts = " ".join(loose).encode(), counts.tobytes(), every_row.tobytes(), every_weight.tobytes()
    return Packed(*(zlib.compress(part, _FASTEST) for part in parts))


class Postings:
    """Rows in order and weights beside them, for each stem."""

    def __init__(self, parts: Sequence[tuple[int, Packed]]) -> None:
        """`parts`: the postings of each source, with the row of the whole that is its first."""
        counted = [_counted(part) for _, part in parts]
        sizes = Counter[str]()
        for each in counted:
            sizes.update(each)
        self._slots = {stem: slot for slot, stem in enumerate(sizes)}
        self._starts = array("I", accumulate(sizes.values(), initial=0))
        self._rows = array("I", bytes(array("I").itemsize * self._starts[-1]))
        self._weights = array("f", bytes(array("f").itemsize * self._starts[-1]))
        ends = dict(zip(sizes, self._starts, strict=False))
        for (first, part), counts in zip(parts, counted, strict=True):
            self._place(first, part, counts, ends)

    def _place(self, first: int, part: Packed, counts: Mapping[str, int], ends: dict[str, int]) -> None:
        """Put the postings of a source behind those before it; `ends`: how far each stem has come."""
        rows = _raised(zlib.decompress(part.rows), first)
        weights = array("f", zlib.decompress(part.weights))
        start = 0
        for stem, count in counts.items():
            end, place = start + count, ends[stem]
            ends[stem] = place + count
            self._rows[place : place + count] = rows[start:end]
            self._weights[place : place + count] = weights[start:end]
            start = end

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


def _counted(part: Packed) -> dict[str, int]:
    """How many rows of a source have each stem, in the order of its postings."""
    stems, counts = zlib.decompress(part.stems).decode(), array("I", zlib.decompress(part.counts))
    return dict(zip(stems.split(), counts, strict=True))


def _raised(numbers: bytes, by: int) -> array[int]:
    """The numbers of an array, each raised by the same, none over its bytes.

    They are added as the digits of one number: an eighth of the time, for which no other thread would come round.
    """
    added = array("I", [by]) * (len(numbers) // array("I").itemsize)
    total = int.from_bytes(numbers, sys.byteorder) + int.from_bytes(added, sys.byteorder)
    return array("I", total.to_bytes(len(numbers), sys.byteorder))
