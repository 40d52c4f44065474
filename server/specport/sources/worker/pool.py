"""The processes that read for this one: kept for further documents, and ended when there are none for a while."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Generator

from specport.errors import SourceError
from specport.sources.worker.model import Job
from specport.sources.worker.process import CannotStart, Worker

log = logging.getLogger("specport")

IDLE_SECONDS = 60.0
"""How long a process waits for another document before it is ended."""

LOOKS = 4
"""How often that is looked at in the meantime."""


class Workers:
    """Processes by need: one to each document that is read at the same time, which `turns` bounds."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: list[Worker] = []
        self._holders = 0
        self._is_looked_after = False
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
                self._idle = self._idle if self._holders else []
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
                worker.looks = 0
                self._idle.append(worker)
                if not self._is_looked_after:
                    self._is_looked_after = True
                    threading.Thread(target=self._look_after, daemon=True).start()
        if not is_kept:
            worker.end()

    def _look_after(self) -> None:
        """End those that waited for long, until there are none: one thread, as each keeps memory of its time."""
        is_needed = True
        while is_needed:
            time.sleep(self._idle_seconds / LOOKS)
            with self._lock:
                for worker in self._idle:
                    worker.looks += 1
                late = [worker for worker in self._idle if worker.looks > LOOKS]
                self._idle = [worker for worker in self._idle if worker.looks <= LOOKS]
                self._is_looked_after = is_needed = bool(self._idle or self._busy)
            for worker in late:
                worker.end()


WORKERS = Workers()
"""Those of this process, however many Apps it has."""
