"""Frozen values of the code room: the limits of a run, and what code wants while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from specport.results.model import ToolResult

MAX_COMPUTING = 10.0
"""Seconds that code may compute in one run; waiting for calls does not count."""

MAX_WAITING = 600.0
"""Seconds that one run may wait for its calls, for people who approve them, and asleep."""

MAX_CALLS = 200
"""Calls in one run."""

MAX_MEMORY = 256 * 1024 * 1024
"""Bytes of what code holds in one run; JSON takes up to 30 times its size there."""

MAX_RECURSION = 500
"""Calls of functions inside each other."""

MAX_LOOKUPS = 20_000
"""Times that code may look up a name below `tools`."""

MAX_CODE = 64 * 1024
"""Bytes of code."""

MAX_PRINTED = 256 * 1024
"""Characters that one run may print."""

MAX_VALUE = 16 * 1024 * 1024
"""Bytes, about, of the arguments of one call and of a result."""

MAX_ANSWER = 6 * 1024 * 1024
"""Bytes of the answer of one call."""

MAX_DEPTH = 100
"""Levels of lists and dicts in the arguments of a call and in a result."""

MAX_RUNS = 4
"""Runs at once; others wait."""

MAX_QUEUED = 30.0
"""Seconds that a run waits for others to end."""

MAX_PARKED = 4
"""Runs that wait for the answer of a person to come with another request."""

MAX_PARKING = 300.0
"""Seconds that they wait, which is what the person has."""


MODULES = (
    "asyncio, base64, bisect, collections, copy, csv, dataclasses, datetime, decimal, functools, hashlib, itertools, "
    "json, math, random, re, time, typing"
)
"""The modules that code has use for. There are a few more, of which `os`, `sys` and `pathlib` do nothing here."""

MISSING = (
    "class inheritance, decorated methods, yield, del, async with, asyncio.create_task, keyword arguments of gather"
)
"""What models write and this Python does not have."""


INSTALL = "pip install 'specport[code]'"
"""What brings the library."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of runs; each is the constant whose name it has in small letters."""

    max_computing: float = MAX_COMPUTING
    max_waiting: float = MAX_WAITING
    max_calls: int = MAX_CALLS
    max_memory: int = MAX_MEMORY
    max_recursion: int = MAX_RECURSION
    max_lookups: int = MAX_LOOKUPS
    max_code: int = MAX_CODE
    max_printed: int = MAX_PRINTED
    max_value: int = MAX_VALUE
    max_answer: int = MAX_ANSWER
    max_depth: int = MAX_DEPTH
    max_runs: int = MAX_RUNS
    max_queued: float = MAX_QUEUED
    max_parked: int = MAX_PARKED
    max_parking: float = MAX_PARKING


Door = Callable[[str, Mapping[str, object]], Awaitable[ToolResult]]
"""Calls a tool by address, as every call is made: policy, limits, checks, audit. Raises SpecportError."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call that code wants made, or a sleep of `seconds`; `line` is where it stands, 0 where that is not known."""

    number: int
    line: int
    address: str = ""
    arguments: Mapping[str, object] | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave: a value, or an error that is raised in the code."""

    value: object = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why code ended early: the kind of exception, or the name of a limit (`is_limit`), and what it says.

    `lines` led there, the last being where, none where that is not known; `is_after`: it was there or later.
    """

    kind: str
    message: str
    lines: tuple[int, ...] = ()
    is_limit: bool = False
    is_after: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of code until it waits or ends.

    `wanted` are the calls that it wrote since. It waits for those of `blocked`, or sleeps for `pause` seconds, or has
    ended: with `fault`, or else with `value`, the JSON value of its last expression.
    """

    wanted: tuple[Wanted, ...] = ()
    blocked: tuple[int, ...] = ()
    pause: float | None = None
    fault: Fault | None = None
    value: object = None

    @property
    def has_ended(self) -> bool:
        """Whether the code has nothing more to do."""
        return not self.blocked and self.pause is None
