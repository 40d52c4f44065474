"""What is known of each source from the answers that clients got, and so which answers are right.

A server that answers one thing after the other may answer in any order to requests that overlap. So what is known of a
source ends as soon as somebody begins to add or remove it, and begins again with an answer that nobody overlapped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Is(Enum):
    """Whether a source is there."""

    THERE = "there"
    GONE = "gone"
    UNSURE = "unsure"


@dataclass(slots=True)
class Belief:
    """What is known of one source. `floor`: it is at least of this version. `epoch` counts what may have changed it."""

    status: Is = Is.GONE
    floor: int = 0
    epoch: int = 0
    under_way: int = 0
    refreshes: int = 0

    def seen(self) -> Seen:
        """What is known now."""
        return Seen(self.status, self.floor, self.epoch)

    def begin(self) -> int:
        """Somebody adds or removes it from now on: a ticket for `end`."""
        self.epoch += 1
        self.under_way += 1
        self.status, self.floor = Is.UNSURE, 0
        return self.epoch if self.under_way == 1 else -1

    def end(self, ticket: int, status: Is, floor: int = 0) -> None:
        """They got an answer that says what is there, which is known where nobody came between."""
        self.under_way -= 1
        if ticket == self.epoch:
            self.status, self.floor = status, floor

    def refreshed(self, seen: Seen, floor: int) -> None:
        """Somebody who began when this was `seen` was told that it is of at least this version."""
        if seen.epoch == self.epoch and self.status is Is.THERE:
            self.floor = max(self.floor, floor)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was known when a request began."""

    status: Is
    floor: int
    epoch: int

    def throughout(self, belief: Belief) -> Is:
        """What was certainly so from then until now."""
        return self.status if self.epoch == belief.epoch else Is.UNSURE


@dataclass(slots=True)
class Beliefs:
    """All sources by name."""

    by_name: dict[str, Belief] = field(default_factory=dict[str, Belief])

    def seen(self) -> dict[str, Seen]:
        """What is known now of each."""
        return {name: belief.seen() for name, belief in self.by_name.items()}
