"""The process that reads documents for another: `python -m specport.sources.worker`, jobs on stdin, answers on stdout.

It ends when its stdin does, and by itself after a job that took much memory, so that none of it stays.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import logging
import os
import signal
import sys
from dataclasses import replace
from typing import BinaryIO

from specport.errors import SourceError, SpecportError
from specport.sources.worker.bounds import held, peak_memory
from specport.sources.worker.jobs import made_of
from specport.sources.worker.model import Job
from specport.sources.worker.wire import READY, Answer, pack_answer, read_message, unpack_job, write_message

log = logging.getLogger("specport")

MAX_KEPT_MEMORY = 256 * 1024 * 1024
"""Most bytes that this process may have taken at any time and still wait for another job."""

_NEEDED = (
    "specport.catalog.build",
    "specport.documents.assembly",
    "specport.documents.yaml_reader",
    "specport.operations.read",
)
"""What a server imports where it is used, and this process before its first job, which is held to time and memory."""

_GRACE_SECONDS = 5
"""How much later than the process that asked this one ends a job that takes too long: the other may be gone."""


def main() -> None:
    """Answer jobs until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the process that asks
    logging.basicConfig(format="%(message)s")
    jobs, answers = sys.stdin.buffer, _claim_stdout()
    for module in _NEEDED:
        importlib.import_module(module)
    gc.freeze()
    with contextlib.suppress(BrokenPipeError):
        write_message(answers, [READY])
        while _serve(jobs, answers):
            gc.collect()  # what a failed job leaves behind would be there beside the next one


def _serve(jobs: BinaryIO, answers: BinaryIO) -> bool:
    """Answer one job, of which nothing is held afterwards; whether there may be another."""
    message = read_message(jobs)
    if message is None:
        return False
    answer = _answer(unpack_job(message))
    answer = replace(answer, is_last=peak_memory() > MAX_KEPT_MEMORY)
    write_message(answers, pack_answer(answer))
    return not answer.is_last


def _claim_stdout() -> BinaryIO:
    """A private copy of stdout for answers; what anything else prints goes to stderr."""
    wire = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return wire


def _answer(job: Job) -> Answer:
    try:
        with held(job.limits.seconds + _GRACE_SECONDS, job.limits.memory):
            return Answer(made_of(job))
    except SpecportError as error:
        return Answer(error=error)
    except MemoryError:
        return Answer(error=job.over_memory())
    except Exception as error:
        log.exception("%s could not be read", job.source.uri[:200])
        said = f"the document could not be read: {type(error).__name__}, a fault of specport"
        return Answer(error=SourceError(said, hint="The log says more"))


if __name__ == "__main__":
    main()
