"""The audit log as a file: JSON lines, appended whole, turned over by size.

Several processes may share a file: a line is one appending write, and whoever finds the file full turns it over while
the others follow.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import stat
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import orjson

from specport.errors import SpecportError

log = logging.getLogger("specport")

MAX_AUDIT_BYTES = 10 * 1024 * 1024
"""Size at which the file is turned over: `FILE` becomes `FILE.1`, `FILE.1` becomes `FILE.2`."""

MAX_AUDIT_FILES = 5
"""Files kept in all, the one that is written included."""

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK


class AuditFile:
    """An audit file. Making one raises SpecportError where it cannot be written; later, a line that cannot is lost.

    That it was is logged once, and told in the file as soon as it can be written again.
    """

    def __init__(self, path: Path, *, max_bytes: int = MAX_AUDIT_BYTES, clock: Callable[[], float] = time.time) -> None:
        self._path = str(path.absolute())
        self._max_bytes = max_bytes
        self._clock = clock
        self._second = (0, "")
        self._lost = 0
        self._is_torn = False
        try:
            self._file, self._inode = self._opened()
        except OSError as error:
            raise self._unwritable(error) from error

    def begin(self, facts: Mapping[str, object]) -> None:
        """Write a first line. Raises SpecportError where it cannot be, so that nothing is served without a log."""
        try:
            self._append(facts)
        except OSError as error:
            raise self._unwritable(error) from error

    def write(self, facts: Mapping[str, object]) -> None:
        """Append one line, which begins with the time."""
        try:
            if self._lost:
                self._append({"event": "lost", "lines": self._lost})
                log.warning("the audit log is written again; %d lines were lost", self._lost)
                self._lost = 0
            self._append(facts)
        except OSError as error:
            if not self._lost:
                log.error("%s; calls go on without it", self._unwritable(error).message)  # noqa: TRY400  # one line
            self._lost += 1

    def close(self) -> None:
        """Write no more."""
        os.close(self._file)

    def _unwritable(self, error: OSError) -> SpecportError:
        reason = error.strerror or str(error)
        return SpecportError(
            f"the audit log {self._path} cannot be written: {reason}", hint="Give --audit another file"
        )

    def _opened(self) -> tuple[int, int]:
        """The file for appending, and its inode. It is made for its owner alone."""
        file = os.open(self._path, _FLAGS, 0o600)
        return file, os.fstat(file).st_ino

    def _append(self, facts: Mapping[str, object]) -> None:
        line = orjson.dumps({"time": self._now(), **facts}, option=orjson.OPT_APPEND_NEWLINE, default=str)
        if self._is_torn:
            line = b"\n" + line
        self._turn_over(len(line))
        self._is_torn = os.write(self._file, line) < len(line)
        if self._is_torn:
            raise OSError(28, "No space left on device")

    def _turn_over(self, size: int) -> None:
        """Follow another process to a new file, and begin one where this would get too large."""
        try:
            found = os.stat(self._path)  # noqa: PTH116  # each line looks, and Path's takes twice as long
        except FileNotFoundError:
            found = None
        if found is None or found.st_ino != self._inode:
            self._reopen()
            found = os.fstat(self._file)
        if found.st_size + size <= self._max_bytes or not found.st_size or not stat.S_ISREG(found.st_mode):
            return
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            if self._is_current():  # not if another process was quicker
                self._rename()
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._reopen()

    def _is_current(self) -> bool:
        with contextlib.suppress(FileNotFoundError):
            return Path(self._path).stat().st_ino == self._inode
        return False

    def _rename(self) -> None:
        for number in range(MAX_AUDIT_FILES - 1, 1, -1):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{self._path}.{number - 1}").replace(f"{self._path}.{number}")
        Path(self._path).replace(f"{self._path}.1")

    def _reopen(self) -> None:
        file, inode = self._opened()
        os.close(self._file)
        self._file, self._inode = file, inode

    def _now(self) -> str:
        """RFC 3339 in UTC, to the millisecond."""
        now = self._clock()
        second = int(now)
        if second != self._second[0]:
            self._second = (second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)))
        return f"{self._second[1]}.{int((now - second) * 1000):03d}Z"
