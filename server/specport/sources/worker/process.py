"""One process that reads documents for this one, started, asked and ended.

It has neither our stdin and stdout, which clients may be at, nor our environment, where credentials are.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from typing import BinaryIO, cast

from specport.memory import LARGE_BLOCK
from specport.sources.worker.model import Job
from specport.sources.worker.wire import READY, pack_job, read_message, unpack_answer, write_message

log = logging.getLogger("specport")

START_SECONDS = 60
"""Longest wait for a process that was started; it imports for half a second."""

_COMMAND = ("-P", "-m", "specport.sources.worker")
"""`-P`: nothing is imported from the folder that we happen to be in."""

_KEPT = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE")
"""What Python needs of the environment, where it is there."""


class CannotStart(Exception):
    """There is no Python to be started, or none that finds specport."""


class Worker:
    """A process that is given one job at a time."""

    def __init__(self) -> None:
        """Start one. Raises CannotStart."""
        self.looks = 0
        """How often it was seen without a document since it had one."""
        if not sys.executable or getattr(sys, "frozen", False):  # the latter is set by what makes one file of a program
            raise CannotStart("there is no Python beside this program")
        try:
            self._process = subprocess.Popen(  # noqa: S603  # ours, with nothing of a document in it
                [sys.executable, *_COMMAND],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(),
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # else Windows shows one
            )
        except OSError as error:
            raise CannotStart(str(error)) from error
        self._jobs = cast("BinaryIO", self._process.stdin)
        self._answers = cast("BinaryIO", self._process.stdout)
        self._errors = cast("BinaryIO", self._process.stderr)
        threading.Thread(target=_tell, args=(self._errors,), daemon=True).start()
        with self._ended_after(START_SECONDS):
            is_ready = read_message(self._answers) == [READY]
        if not is_ready:
            self.end()
            raise CannotStart(f"{sys.executable} {' '.join(_COMMAND)} does not start")

    @property
    def is_there(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, job: Job) -> bytes:
        """What it makes. Raises what making it here would, and DocumentError where it took too much, or died of it."""
        message = None
        with self._ended_after(job.limits.seconds) as late, contextlib.suppress(OSError):
            write_message(self._jobs, pack_job(job))
            message = read_message(self._answers)
        if message is None:
            self.end()
            raise job.over_time() if late.is_set() else job.ended(self._status())
        answer = unpack_answer(message)
        if answer.is_last:
            self.end()
        if answer.error:
            raise answer.error
        return answer.made

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._jobs, self._answers):
            with contextlib.suppress(OSError):  # a job that was not taken
                pipe.close()

    def _status(self) -> str:
        """How it ended."""
        status = self._process.returncode
        return f"signal {-status}" if status < 0 else f"status {status}"

    @contextlib.contextmanager
    def _ended_after(self, seconds: float) -> Generator[threading.Event]:
        """End it where the block takes longer; whether that came about."""
        late = threading.Event()

        def end() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield late
        finally:
            timer.cancel()


def _environment() -> Mapping[str, str]:
    """Enough to import what this process imports, and no more."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONUTF8": "1",
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_MMAP_THRESHOLD_": str(LARGE_BLOCK),
    }


def _tell(errors: BinaryIO) -> None:
    """What the process says goes to our log, until it ends."""
    with errors:
        for line in errors:
            log.warning("reading a document: %s", line.decode(errors="replace").rstrip())
