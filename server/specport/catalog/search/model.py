"""Frozen values of the search."""

from __future__ import annotations

from dataclasses import dataclass

from specport.catalog.model import Tool


@dataclass(frozen=True, slots=True)
class Found:
    """A tool that was found; `score` is between 0 and 1, and 1 where it was named."""

    tool: Tool
    score: float
