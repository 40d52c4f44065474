"""What goes over the pipes between this process and one that reads for it: frames, jobs, and what came of them.

A frame is its length in eight bytes, then so many. Both ends are of the same release, and no end runs what it is sent:
it is JSON, a line feed, and bytes. What a document says travels as the bytes of a document, a catalog or a preview.
"""

from __future__ import annotations

import functools
import struct
from dataclasses import asdict, dataclass
from typing import BinaryIO, cast

import orjson
from pydantic import TypeAdapter

from specport.catalog.build import Shape
from specport.documents.own_json import read_json
from specport.errors import DocumentError, SourceError, SpecportError
from specport.sources.codec import pack_source, unpack_source
from specport.sources.preview.model import Preview
from specport.sources.referring import Look
from specport.sources.worker.model import Job, Kind, Limits

MAX_FRAME = 1024 * 1024 * 1024
"""Most bytes of a frame; the largest catalog of the public corpus has 13 MB."""

READY = b"specport reads"
"""The first frame of a process that can be given jobs."""

_MORE = b"+"
_LAST = b"-"
_LENGTH = struct.Struct(">Q")
_ERRORS: dict[str, type[SpecportError]] = {kind.__name__: kind for kind in (SpecportError, SourceError, DocumentError)}


def write_frame(pipe: BinaryIO, data: bytes) -> None:
    """Send a frame. Raises OSError where nobody reads it."""
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def read_frame(pipe: BinaryIO) -> bytes | None:
    """The next frame, None where the pipe ends, or would have a frame of over MAX_FRAME."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    [length] = cast("tuple[int]", _LENGTH.unpack(head))
    data = pipe.read(length) if length <= MAX_FRAME else b""
    return data if len(data) == length else None


def pack_job(job: Job) -> bytes:
    """A job as bytes."""
    facts = {"kind": job.kind, "limits": job.limits, "shape": job.shape}
    return orjson.dumps(facts) + b"\n" + pack_source(job.source)


def unpack_job(data: bytes) -> Job:
    """The job of these bytes."""
    facts, _, source = data.partition(b"\n")
    told = orjson.loads(facts)
    return Job(Kind(told["kind"]), unpack_source(source), Limits(**told["limits"]), Shape(**told["shape"]))


@dataclass(frozen=True, slots=True)
class _Failed:
    """A SpecportError as it travels."""

    kind: str
    message: str
    pointer: str
    hint: str


def pack_made(made: bytes) -> bytes:
    """What was made, as the answer to a job."""
    return b"\n" + made


def pack_error(error: SpecportError) -> bytes:
    """Why it could not be made, as the answer to a job."""
    kind = next(base.__name__ for base in type(error).__mro__ if base.__name__ in _ERRORS)
    pointer = error.pointer if isinstance(error, DocumentError) else ""
    return orjson.dumps(asdict(_Failed(kind, error.message, pointer, error.hint))) + b"\n"


def with_end(answer: bytes, *, is_last: bool) -> bytes:
    """An answer with what becomes of the process that gives it."""
    return (_LAST if is_last else _MORE) + answer


def is_last(answer: bytes) -> bool:
    """Whether the process that gave the answer ends."""
    return answer.startswith(_LAST)


def unpack_answer(answer: bytes) -> bytes:
    """What was made. Raises the error, of its type and with its text, where nothing was."""
    facts, _, made = answer[1:].partition(b"\n")
    if not facts:
        return made
    failed = _Failed(**orjson.loads(facts))
    if failed.kind == DocumentError.__name__:
        raise DocumentError(failed.message, pointer=failed.pointer, hint=failed.hint)
    raise _ERRORS[failed.kind](failed.message, hint=failed.hint)


def pack_look(look: Look) -> bytes:
    """What a document refers to as bytes."""
    return orjson.dumps(look)


def unpack_look(data: bytes) -> Look:
    """What a document refers to, of these bytes."""
    return _looks().validate_python(read_json(data))


def pack_preview(preview: Preview) -> bytes:
    """A preview as bytes."""
    return orjson.dumps(preview)


def unpack_preview(data: bytes) -> Preview:
    """The preview of these bytes."""
    return _previews().validate_python(read_json(data))


@functools.cache
def _looks() -> TypeAdapter[Look]:
    return TypeAdapter(Look)


@functools.cache
def _previews() -> TypeAdapter[Preview]:
    return TypeAdapter(Preview)
