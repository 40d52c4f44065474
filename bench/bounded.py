"""A function in a process of its own, with bounds on seconds and memory: a crash or a hang of it is an answer too."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = object
"""What a function gives back: it goes through a pipe as JSON."""

CHUNK = 1 << 16
MAX_TRACE = 3
"""Innermost frames named of an exception."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one process may take."""

    seconds: float = 300.0
    megabytes: int = 6_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: a `value`, or the sentence `fault`."""

    value: Json = None
    fault: str = ""


def run_bounded(function: Callable[[], Json], bounds: Bounds) -> Outcome:
    """Fork, run, and wait no longer than the bounds say. Only for a process without threads."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(function, bounds, writing)
    os.close(writing)
    text, is_late = _read(reading, time.monotonic() + bounds.seconds)
    if is_late:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if is_late:
        return Outcome(fault=f"no end after {bounds.seconds:g} s")
    if os.WIFSIGNALED(status):
        return Outcome(fault=f"killed by {signal.Signals(os.WTERMSIG(status)).name}")
    answer = json.loads(text)
    return Outcome(**answer)


def _child(function: Callable[[], Json], bounds: Bounds, writing: int) -> None:
    """The other process, which never returns."""
    try:
        limit = bounds.megabytes * 1_000_000
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        try:
            answer = {"value": function()}
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is what came of it
            answer = {"fault": _described(error)}
        data = json.dumps(answer).encode()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(data)
    finally:
        os._exit(0)


def _described(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-MAX_TRACE:]
    places = " < ".join(f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in reversed(frames))  # noqa: PTH119
    return f"{type(error).__name__}: {str(error)[:300]} ({places})"


def _read(pipe: int, deadline: float) -> tuple[bytes, bool]:
    """Everything up to the end, and whether the deadline came first."""
    chunks: list[bytes] = []
    with os.fdopen(pipe, "rb", buffering=0) as source:
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([source], [], [], left)[0]:
                return b"", True
            chunk = source.read(CHUNK)
            if not chunk:
                return b"".join(chunks), False
            chunks.append(chunk)
