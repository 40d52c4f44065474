"""The processes that read for this one: kept for further documents, and ended when there are none for a while."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Generator

from specport.errors import SourceError
from specport.sources.worker.model import Job
from specport.sources.worker.process import CannotStart, Worker

log = logging.getLogger("specport")

IDLE_SECONDS = 60.0
"""How long a process waits for another document before it is ended."""


class Workers:
    """Processes by need: one to each document that is read at the same time, which `turns` bounds."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: list[Worker] = []
        self._holders = 0
        self._timer: threading.Timer | None = None
        self._is_impossible = False

    @contextlib.contextmanager
    def held(self) -> Generator[None]:
        """Processes can be asked in the block; at the end of the last such one all are ended."""
        with self._lock:
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
                left = [] if self._holders else [*self._idle, *self._busy]
            if left:
                self._end_idle()
            for worker in left:
                worker.end()

    def ask(self, job: Job) -> bytes | None:
        """What a process makes; None where none can be started, which is said once. Raises what `Worker.ask` raises."""
        worker = self._taken() or self._started()
        if worker is None:
            return None
        try:
            return worker.ask(job)
        finally:
            self._put(worker)

    def _taken(self) -> Worker | None:
        """One that waits for a document."""
        with self._lock:
            if not self._holders:
                raise SourceError("documents are not read any more: specport ends")
            while self._idle:
                worker = self._idle.pop()
                if worker.is_there:
                    self._busy.append(worker)
                    return worker
        return None

    def _started(self) -> Worker | None:
        """A new one."""
        if self._is_impossible:
            return None
        try:
            worker = Worker()
        except CannotStart as error:
            self._is_impossible = True
            log.warning("documents are read in this process, which keeps some of the memory that takes: %s", error)
            return None
        with self._lock:
            self._busy.append(worker)
        return worker

    def _put(self, worker: Worker) -> None:
        """Have it wait for another document, if it can."""
        with self._lock:
            self._busy.remove(worker)
            is_kept = worker.is_there and self._holders > 0
            if is_kept:
                self._idle.append(worker)
                self._end_later()
        if not is_kept:
            worker.end()

    def _end_later(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = threading.Timer(self._idle_seconds, self._end_idle)
        self._timer.daemon = True
        self._timer.start()

    def _end_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
            if self._timer:
                self._timer.cancel()
                self._timer = None
        for worker in idle:
            worker.end()


WORKERS = Workers()
"""Those of this process, however many Apps it has."""
