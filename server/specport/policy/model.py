"""Frozen values of the policy room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call, as far as the surface knows: empty where it does not.

    `name` is the client's own name and version, or the user of the machine; `transport` is `stdio`, `http` or `cli`.
    `headers` are those of the HTTP request that the call came in, by lower-case name, and `address` is where from.
    """

    name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    transport: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be seen and called. `read_only`: only tools that change nothing."""

    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a tool may be used, and if not, why in one sentence."""

    allowed: bool
    reason: str = ""
