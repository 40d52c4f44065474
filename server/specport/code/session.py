"""One run of code, step by step. The only module that knows pydantic-monty; it is imported with the first run.

That runs a Python of its own in a process that has no environment, opens no file and makes no connection; all that
code can reach are the names that are answered here. Its blocking interface is used: of the other one a thread may
ask for the interpreter after that has ended, which aborts the process.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import time
from collections.abc import Callable, Mapping
from typing import cast
from uuid import UUID

import pydantic_monty as monty

from specport.code.model import INSTALL, Answer, Bounds, Fault, Turn, Wanted
from specport.code.values import NoJson, argument, shown
from specport.errors import SourceError

Pool = monty.Monty
Snapshot = monty.SyncSnapshot

TOOLS, CALL, RESULT = "tools", "call", "result"
"""The names that code knows beside Python's own: two are given, the third may be set."""

GRACE = 2.0
"""Seconds after MAX_COMPUTING when a process is killed that did not end by itself."""

MAX_BACKTRACE = 8
"""Most lines that are told of how code came where it ended."""

_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has one way to end a process

_CODE = "<python-input-0>"
"""What the library calls the code itself, beside texts that it evaluates."""


class Tools:
    """What `tools`, and each name below it, is in code. It does nothing but have names."""


def open_pool(most: int) -> Pool:
    """A pool that starts a process for every session, at most so many at once."""
    return monty.Monty(
        min_processes=0, max_processes=most, max_checkouts_per_worker=1, feed_duration_limit_grace=GRACE
    ).__enter__()


class Session:
    """The process of one run. Everything but `kill` happens in one thread at a time, and blocks it."""

    def __init__(self, pool: Pool, code: str, bounds: Bounds) -> None:
        self._bounds = bounds
        self._code = code
        self._source = code.encode()
        self._checkout = pool.checkout(
            limits={
                "max_feed_duration_secs": bounds.max_computing,
                "max_memory": bounds.max_memory,
                "max_recursion_depth": bounds.max_recursion,
                "max_suspensions": 4 * (bounds.max_lookups + bounds.max_calls),
            },
            os_policy={"sleep": "call_host"},
        )
        self._process: int | None = None
        self._snapshot: Snapshot | None = None
        self._paths: dict[UUID, tuple[str, ...]] = {}
        self._line = 0
        self._computed = self._since = 0.0
        self._is_killed = False
        self._calls = self._lookups = self._length = 0
        self.printed: list[str] = []

    def start(self) -> Turn:
        """Run the code from its start. Raises SourceError where no process can be started."""
        try:
            self._checkout.__enter__()
        except (monty.MontyError, RuntimeError, OSError) as error:
            raise SourceError(f"code cannot be run here: {error}", hint=INSTALL) from error
        self._process = self._checkout.worker_pid
        if self._is_killed:
            return Turn()
        return self._advanced(lambda: self._checkout.feed_start(self._code, print_callback=self._print))

    def settle(self, answers: Mapping[int, Answer]) -> Turn:
        """Go on with the answers to some of the calls that it waits for."""
        snapshot = cast("monty.FutureSnapshot", self._snapshot)
        return self._advanced(lambda: snapshot.resume({number: _given(each) for number, each in answers.items()}))

    def wake(self) -> Turn:
        """Go on after a pause."""
        snapshot = cast("monty.FunctionSnapshot", self._snapshot)
        return self._advanced(lambda: snapshot.resume({"return_value": None}))

    def kill(self) -> None:
        """End the process at once."""
        self._is_killed = True
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process, _KILL)

    def leave(self) -> None:
        """Give the process back to the pool, which ends it."""
        self._snapshot = None
        with contextlib.suppress(monty.MontyError, RuntimeError):  # the latter where it was never begun
            self._checkout.__exit__(None, None, None)

    def _advanced(self, step: Callable[[], Snapshot]) -> Turn:
        """The turn that a step comes to, with its errors told by lines."""
        wanted: list[Wanted] = []
        self._since = time.perf_counter()
        try:
            return self._drive(step(), wanted)
        except _Reached as reached:
            fault = Fault(reached.limit, str(reached), (self._line,), is_limit=True)
        except NoJson as error:
            fault = Fault("ValueError", f"the result cannot be told: {error}")
        except monty.MontyError as error:
            fault = self._fault(error)
        finally:
            self._computed += time.perf_counter() - self._since
        return Turn(tuple(wanted), fault=fault)

    def _drive(self, snapshot: Snapshot, wanted: list[Wanted]) -> Turn:
        """Answer the names that code asks for until it waits for something else or ends."""
        while True:
            if isinstance(snapshot, monty.MontyComplete):
                return Turn(tuple(wanted), value=self._value(snapshot))
            self._line = self._line_of(snapshot.position)
            if isinstance(snapshot, monty.NameLookupSnapshot):
                snapshot = self._named(snapshot)
            elif isinstance(snapshot, monty.FutureSnapshot):
                self._snapshot = snapshot
                return Turn(tuple(wanted), blocked=tuple(sorted(snapshot.pending_call_ids)))
            elif snapshot.is_os_function and snapshot.function_name == "time.sleep":
                self._look()
                self._snapshot = snapshot
                return Turn(tuple(wanted), pause=_seconds(snapshot))
            else:
                snapshot = self._called(snapshot, wanted)

    def _named(self, snapshot: monty.NameLookupSnapshot) -> Snapshot:
        """Any name below `tools` is there; whether it is that of a tool shows when it is called."""
        self._look()
        name = snapshot.variable_name
        if snapshot.object_id is not None:
            path = self._paths.get(snapshot.object_id)
            is_private = path is None or name.startswith("_")
            return snapshot.resume() if is_private else snapshot.resume(value=self._node((*(path or ()), name)))
        if name == TOOLS:
            return snapshot.resume(value=self._node(()))
        return snapshot.resume(value=call) if name == CALL else snapshot.resume()

    def _called(self, snapshot: monty.FunctionSnapshot, wanted: list[Wanted]) -> Snapshot:
        """Note a call, for whose answer code may wait; a wrong one raises an error in the code."""
        try:
            if not snapshot.is_os_function:
                wanted.append(self._wanted(snapshot))
            elif snapshot.function_name == "asyncio.sleep":
                self._look()
                wanted.append(Wanted(snapshot.call_id, self._line, seconds=_seconds(snapshot)))
            else:
                self._look()
                return snapshot.resume_not_handled()
        except NoJson as error:
            return snapshot.resume({"exception": TypeError(str(error))})
        except (NameError, AttributeError, TypeError) as error:
            return snapshot.resume({"exception": error})
        return snapshot.resume({"future": ...})

    def _wanted(self, snapshot: monty.FunctionSnapshot) -> Wanted:
        address, given = self._address(snapshot)
        self._calls += 1
        if self._calls > self._bounds.max_calls:
            raise _Reached("MAX_CALLS", f"it makes more than {self._bounds.max_calls} calls")
        if len(given) > 1 or (given and not isinstance(given[0], dict)):
            raise TypeError(f"give the arguments of {address} by name, or as one dict")
        arguments = {**cast("dict[str, object]", given[0] if given else {}), **snapshot.kwargs}
        plain = cast("dict[str, object]", argument(arguments, self._bounds))
        return Wanted(snapshot.call_id, self._line, address, plain)

    def _address(self, snapshot: monty.FunctionSnapshot) -> tuple[str, tuple[object, ...]]:
        """The address that is called, and what is given without a name."""
        given = cast("tuple[object, ...]", snapshot.args)
        name = str(snapshot.function_name)
        if snapshot.object_id is None:
            if name == TOOLS:
                raise TypeError("call a tool below tools: tools.droplets.dropletsList(per_page=5)")
            if name != CALL:
                raise NameError(f"name {name!r} is not defined")
            if not given or not isinstance(given[0], str):
                raise TypeError('call takes an address and a dict of arguments: call("droplets.dropletsGet", {...})')
            return given[0], given[1:]
        path = self._paths.get(snapshot.object_id, ())
        if name.startswith("_") and name != "__call__":
            raise AttributeError(f"'Tools' object has no attribute {name!r}")
        path = path if name == "__call__" else (*path, name)
        if not path:
            raise TypeError("call a tool below tools: tools.droplets.dropletsList(per_page=5)")
        return ".".join(path), given

    def _node(self, path: tuple[str, ...]) -> object:
        node = monty.ClassInstance(Tools())
        self._paths[node.id] = path
        return node

    def _value(self, ended: monty.MontyComplete) -> object:
        """What the last expression gave; where that is nothing, what `result` is."""
        output = cast("object", ended.output)
        if output is None:
            again = self._checkout.feed_start(RESULT)
            output = cast("object", again.output) if isinstance(again, monty.MontyComplete) else None
        return shown(output, self._bounds)

    def _look(self) -> None:
        self._lookups += 1
        if self._lookups > self._bounds.max_lookups:
            raise _Reached("MAX_LOOKUPS", f"it asks for more than {self._bounds.max_lookups:,} names")

    def _print(self, stream: str, text: str) -> None:
        del stream
        self.printed.append(text)
        self._length += len(text)
        if self._has_flooded:
            self.kill()  # an error raised here is noticed only when the code waits

    @property
    def _has_flooded(self) -> bool:
        return self._length > self._bounds.max_printed

    def _line_of(self, position: monty.SourceRange) -> int:
        """The line of a place in the code; for one in a text that it evaluates, that of the last one in the code."""
        return self._source.count(b"\n", 0, position.start) + 1 if position.filename == _CODE else self._line

    def _fault(self, error: monty.MontyError) -> Fault:
        """What ended the code, by the type of the error that it was."""
        lines: tuple[int, ...] = ()
        if isinstance(error, monty.MontyRuntimeError | monty.MontySyntaxError):
            frames = [frame.line for frame in error.traceback() if frame.filename == _CODE]
            lines = tuple(line for line, _ in itertools.groupby(frames))[-MAX_BACKTRACE:]
        limit = self._limit(error)
        known, is_after = (lines, False) if lines else ((self._line,) if self._line else (), True)
        if limit:
            return Fault(*limit, known, is_limit=True, is_after=is_after)
        cause = error.exception()
        return Fault(type(cause).__name__, str(cause), known, is_after=is_after)

    def _limit(self, error: monty.MontyError) -> tuple[str, str] | None:
        """The limit that code has reached, if that is what ended it, and what it did."""
        bounds, cause = self._bounds, error.exception()
        if self._has_flooded:
            return "MAX_PRINTED", f"it prints more than {bounds.max_printed:,} characters"
        computed = self._computed + time.perf_counter() - self._since
        if isinstance(error, monty.MontyCrashedError) and computed >= bounds.max_computing:
            return "MAX_COMPUTING", "its process did not end by itself and was killed"
        if isinstance(cause, MemoryError):
            return "MAX_MEMORY", f"it needs more than {bounds.max_memory // (1024 * 1024)} MiB of memory"
        if isinstance(cause, TimeoutError) and computed >= bounds.max_computing:
            return "MAX_COMPUTING", f"it computes for more than {bounds.max_computing:g} s"
        if isinstance(cause, RecursionError):
            return "MAX_RECURSION", f"its calls go more than {bounds.max_recursion} deep"
        return None


class _Reached(Exception):
    """Code has reached a limit that is counted here."""

    def __init__(self, limit: str, message: str) -> None:
        super().__init__(message)
        self.limit = limit


def call() -> None:
    """Stands for `call` in code; what is called is answered by name."""


def _given(answer: Answer) -> monty.ExternalSettledResult:
    return {"return_value": answer.value} if answer.error is None else {"exception": answer.error}


def _seconds(snapshot: monty.FunctionSnapshot) -> float:
    """How long code wants to sleep."""
    given = cast("tuple[object, ...]", snapshot.args)
    seconds = given[0] if given else 0.0
    return max(0.0, float(seconds)) if isinstance(seconds, int | float) else 0.0
