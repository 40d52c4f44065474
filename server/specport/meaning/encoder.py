"""Texts -> vectors, by a sentence-embedding model in ONNX form that lies in a folder of this machine."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import onnxruntime

from specport.errors import SourceError
from specport.meaning.files import model_of, tokenizer_of
from specport.meaning.manner import FIRST, manner_of
from specport.meaning.pieces import Pieces

Vectors: TypeAlias = npt.NDArray[np.float32]
"""One of length 1 for each text."""

THREADS = 1
"""Processors that a model keeps busy; the others are for the server's calls."""

MAX_ASKED = 16
"""Queries whose vectors are at hand: each is compared with the texts of one source after the other."""

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_RUNTIME: Any = onnxruntime  # it has no types; what is used of it is named here
_FAILED: tuple[type[Exception], ...] = tuple(
    getattr(_RUNTIME.capi.onnxruntime_pybind11_state, name)
    for name in ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented", "RuntimeException")
)


class _Input(Protocol):
    name: str


class _Session(Protocol):
    """What is used of `onnxruntime.InferenceSession`, which has no types."""

    def get_inputs(self) -> Sequence[_Input]: ...

    def run(self, output_names: None, input_feed: Mapping[str, npt.NDArray[np.int64]]) -> Sequence[Vectors]: ...


class Encoder:
    """A model whose texts are read as `manner` says, such as all-MiniLM-L6-v2. Any number of threads may use it.

    Raises SourceError where the folder holds none that can be used.
    """

    def __init__(self, folder: Path) -> None:
        path = model_of(folder)
        self._pieces = Pieces(tokenizer_of(folder))
        self._manner = manner_of(folder)
        options = _RUNTIME.SessionOptions()
        options.intra_op_num_threads = THREADS
        options.enable_cpu_mem_arena = False  # it would keep what the largest batch took
        options.log_severity_level = 3  # errors only: stderr is the server's
        try:
            with path.open("rb") as model:
                digest = hashlib.file_digest(model, "sha256")
            digest.update(tokenizer_of(folder).read_bytes() + repr(self._manner).encode())
            session: _Session = _RUNTIME.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except OSError as error:
            raise SourceError(f"cannot read {path}: {error.strerror or error}") from error
        except _FAILED as error:
            raise SourceError(f"{path} is no model that onnxruntime can run: {error}") from error
        self._path = path
        self._session = session
        self._inputs = [each.name for each in self._session.get_inputs()]
        if not {"input_ids", "attention_mask"} <= set(self._inputs) <= set(_INPUTS):
            raise SourceError(f"{path} takes {', '.join(self._inputs)}, where a sentence model takes {_INPUTS[0]}")
        self.name = digest.hexdigest()
        """What tells the vectors of this model from those of another."""
        self._asked = functools.lru_cache(MAX_ASKED)(self._vectors_of_one)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """The vectors of some texts, which are best about equally long. Raises SourceError where the model fails."""
        return self._vectors([self._manner.before_text + text for text in texts])

    def vector_of(self, query: str) -> Vectors:
        """The vector of what is asked, to be compared with those of texts. Raises SourceError where the model fails."""
        return self._asked(self._manner.before_query + query)[0]

    def _vectors_of_one(self, text: str) -> Vectors:
        return self._vectors([text])

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        pieces = [self._pieces.of(text) for text in texts]
        shape = len(pieces), max(map(len, pieces))
        numbers, is_piece = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, each in enumerate(pieces):
            numbers[row, : len(each)] = each
            is_piece[row, : len(each)] = 1
        given: dict[str, npt.NDArray[np.int64]] = dict(
            zip(_INPUTS, (numbers, is_piece, np.zeros(shape, np.int64)), strict=True)
        )
        try:
            words = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        except _FAILED as error:
            raise SourceError(f"{self._path} cannot read a text: {error}") from error
        if words.ndim != 3 or words.shape[:2] != shape:
            raise SourceError(f"{self._path} does not answer with a vector for each piece of a text")
        found = words[:, 0] if self._manner.pooling == FIRST else (words * is_piece[:, :, None]).sum(axis=1)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        return np.asarray(found / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def cosines(vectors: Vectors, one: Vectors) -> list[float]:
    """How like one vector others are, without the threads of numpy's matrix library, which wait by spinning."""
    return np.einsum("ij,j->i", vectors, one).tolist()


def packed(vectors: Vectors) -> list[bytes]:
    """Each vector in half the bytes, which its cosines do not miss."""
    return [row.tobytes() for row in vectors.astype(np.float16)]


def unpacked(vectors: Sequence[bytes]) -> Vectors:
    """The vectors that were packed, as one array."""
    return np.frombuffer(b"".join(vectors), np.float16).reshape(len(vectors), -1).astype(np.float32)
