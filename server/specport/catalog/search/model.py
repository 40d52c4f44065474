"""Frozen values of the search, and what it may be told besides words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from specport.catalog.model import Tool


@dataclass(frozen=True, slots=True)
class Found:
    """A tool that was found; `score` is between 0 and 1, and 1 where it was named."""

    tool: Tool
    score: float


class Likeness(Protocol):
    """How like some texts are in meaning to what is asked. Any number of threads may ask."""

    def to(self, query: str) -> Sequence[float]:
        """For each text, in their order: 1 where it means the same, 0 or less where it means something else."""
        ...


class Meanings(Protocol):
    """What texts mean, as a model has it (`specport.meaning`)."""

    def of(self, texts: Sequence[str]) -> Likeness | None:
        """The meanings of texts, which may take minutes; None where there are none: of no texts, after a failure."""
        ...
