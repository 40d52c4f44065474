"""The process that reads documents for another: `python -m specport.sources.worker`, jobs on stdin, answers on stdout.

It ends when its stdin does, and by itself after a job that took much memory, so that none of it stays.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import sys
from typing import BinaryIO

from specport.errors import SourceError, SpecportError
from specport.sources.worker.bounds import held, peak_memory
from specport.sources.worker.jobs import made_of
from specport.sources.worker.wire import (
    READY,
    pack_error,
    pack_made,
    read_frame,
    unpack_job,
    with_end,
    write_frame,
)  # fmt: skip

log = logging.getLogger("specport")

MAX_KEPT_MEMORY = 256 * 1024 * 1024
"""Most bytes that this process may have taken at any time and still wait for another job."""

_GRACE_SECONDS = 5
"""How much later than the process that asked this one ends a job that takes too long: the other may be gone."""


def main() -> None:
    """Answer jobs until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the process that asks
    logging.basicConfig(format="%(message)s")
    jobs, answers = sys.stdin.buffer, _claim_stdout()
    gc.freeze()
    is_last = False
    with contextlib.suppress(BrokenPipeError):
        write_frame(answers, READY)
        while not is_last and (data := read_frame(jobs)) is not None:
            answer = _answer(data)
            is_last = peak_memory() > MAX_KEPT_MEMORY
            write_frame(answers, with_end(answer, is_last=is_last))


def _claim_stdout() -> BinaryIO:
    """A private copy of stdout for answers; what anything else prints goes to stderr."""
    wire = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return wire


def _answer(data: bytes) -> bytes:
    job = unpack_job(data)
    try:
        with held(job.limits.seconds + _GRACE_SECONDS, job.limits.memory):
            return pack_made(made_of(job))
    except SpecportError as error:
        return pack_error(error)
    except MemoryError:
        return pack_error(job.over_memory())
    except Exception as error:
        log.exception("%s could not be read", job.source.uri[:200])
        return pack_error(SourceError(f"the document could not be read: {type(error).__name__}, a fault of specport"))


if __name__ == "__main__":
    main()
