"""Frozen values of the policy room."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be seen and called. `read_only`: only tools that change nothing."""

    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a tool may be used, and if not, why in one sentence."""

    allowed: bool
    reason: str = ""
