"""What goes over the pipes between this process and one that reads for it: jobs, and what came of them.

A message is a number of frames, each with its length before it. Both ends are of the same release, and no end runs what
it is sent: facts are JSON, and what a document says travels as the bytes of a document, a catalog or a preview.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

import orjson
from pydantic import TypeAdapter

from specport.catalog.model import Shape
from specport.documents.model import Missing
from specport.documents.own_json import read_json
from specport.errors import DocumentError, SourceError, SpecportError
from specport.sources.codec import pack_source, unpack_source
from specport.sources.referring import Look
from specport.sources.worker.model import Job, Kind, Limits

if TYPE_CHECKING:
    from specport.sources.preview.model import Preview

MAX_FRAME = 1024 * 1024 * 1024
"""Most bytes of a frame; the largest catalog of the public corpus has 13 MB."""

MAX_FRAMES = 10_000
"""Most frames of a message; each file of a document is one."""

READY = b"specport reads"
"""The first frame of a process that can be given jobs."""

_LAST = b"last"
_LENGTH = struct.Struct(">Q")
_ERRORS: dict[str, type[SpecportError]] = {kind.__name__: kind for kind in (SpecportError, SourceError, DocumentError)}


def write_message(pipe: BinaryIO, frames: Sequence[bytes]) -> None:
    """Send a message. Raises OSError where nobody reads it."""
    pipe.write(_LENGTH.pack(len(frames)))
    for frame in frames:
        pipe.write(_LENGTH.pack(len(frame)))
        pipe.write(frame)
    pipe.flush()


def read_message(pipe: BinaryIO) -> list[bytes] | None:
    """The frames of the next message, None where the pipe ends before it does, or has more than it may."""
    count = _read_length(pipe, MAX_FRAMES)
    frames: list[bytes] = []
    for _ in range(count):
        length = _read_length(pipe, MAX_FRAME)
        frames.append(pipe.read(length))
        if len(frames[-1]) < length:
            return None
    return frames or None


def _read_length(pipe: BinaryIO, most: int) -> int:
    """0 where the pipe ends, or where it is more than it may be."""
    head = pipe.read(_LENGTH.size)
    [length] = cast("tuple[int]", _LENGTH.unpack(head)) if len(head) == _LENGTH.size else (0,)
    return length if length <= most else 0


def pack_job(job: Job) -> list[bytes]:
    """A job as a message."""
    facts = {"kind": job.kind, "limits": job.limits, "shape": job.shape}
    return [orjson.dumps(facts), *pack_source(job.source)]


def unpack_job(message: Sequence[bytes]) -> Job:
    """The job of a message."""
    facts, source, *bodies = message
    told = orjson.loads(facts)
    return Job(Kind(told["kind"]), unpack_source(source, bodies), Limits(**told["limits"]), Shape(**told["shape"]))


@dataclass(frozen=True, slots=True)
class _Failed:
    """A SpecportError as it travels."""

    kind: str
    message: str
    pointer: str
    hint: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was made, or why nothing was; `is_last`: the process that says so ends."""

    made: bytes = b""
    error: SpecportError | None = None
    is_last: bool = False


def pack_answer(answer: Answer) -> list[bytes]:
    """An answer as a message."""
    failed = orjson.dumps(_failed(answer.error)) if answer.error else b""
    return [_LAST if answer.is_last else b"", failed, answer.made]


def unpack_answer(message: Sequence[bytes]) -> Answer:
    """The answer of a message, its error of the type that it had."""
    last, failed, made = message
    return Answer(made, _error(_Failed(**orjson.loads(failed))) if failed else None, last == _LAST)


def _failed(error: SpecportError) -> _Failed:
    kind = next(base.__name__ for base in type(error).__mro__ if base.__name__ in _ERRORS)
    pointer = error.pointer if isinstance(error, DocumentError) else ""
    return _Failed(kind, error.message, pointer, error.hint)


def _error(failed: _Failed) -> SpecportError:
    if failed.kind == DocumentError.__name__:
        return DocumentError(failed.message, pointer=failed.pointer, hint=failed.hint)
    return _ERRORS[failed.kind](failed.message, hint=failed.hint)


def pack_look(look: Look) -> bytes:
    """What a document refers to as bytes."""
    return orjson.dumps(([(entry.uri, entry.place) for entry in look.missing], look.faults))


def unpack_look(data: bytes) -> Look:
    """What a document refers to, of these bytes."""
    missing, faults = cast("tuple[list[tuple[str, str]], list[tuple[str, str]]]", read_json(data))
    return Look(tuple(Missing(*entry) for entry in missing), tuple((uri, fault) for uri, fault in faults))


def pack_preview(preview: Preview) -> bytes:
    """A preview as bytes."""
    return orjson.dumps(preview)


def unpack_preview(data: bytes) -> Preview:
    """The preview of these bytes."""
    return _previews().validate_python(read_json(data))


@functools.cache
def _previews() -> TypeAdapter[Preview]:
    from specport.sources.preview.model import Preview  # many values, which a server has no need of while it starts

    return TypeAdapter(Preview)
