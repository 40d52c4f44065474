"""What the texts of an index mean, and how like that is to what is asked: `catalog.search.model.Meanings`."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import sqlite3
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from specport.errors import SourceError
from specport.meaning.files import check
from specport.meaning.kept import KeptVectors
from specport.memory import give_back

if TYPE_CHECKING:
    from specport.meaning.encoder import Encoder, Vectors

log = logging.getLogger("specport")

BATCH = 32
"""Texts that are read at once: what is lost when the server ends, and how long that takes."""


class ModelMeanings:
    """Meanings by the model of one folder; what was read once is kept in the state folder, if there is one.

    Raises SourceError where the library or the model is missing. A model that fails later is told of in the log, and
    words alone decide. One thread at a time reads texts; any number may ask what they are like.
    """

    def __init__(self, folder: Path, state_dir: Path | None) -> None:
        check(folder)
        self._folder = folder
        self._state_dir = state_dir
        self._reading = threading.Lock()
        self._encoder: Encoder | None = None
        self._kept: KeptVectors | None = None
        self._is_closed = False

    def of(self, texts: Sequence[str]) -> Alike | None:
        """As `Meanings.of`. Some thousand texts take a minute, those that are kept none."""
        try:
            with self._reading:
                return None if self._is_closed or not texts else self._read(texts)
        except SourceError as error:
            log.warning("--embeddings: %s; tools are found by words alone", error)
            return None

    def close(self) -> None:
        """Read no more, and wait for what is being read."""
        self._is_closed = True
        with self._reading:
            if self._kept:
                self._kept.close()

    def _read(self, texts: Sequence[str]) -> Alike | None:
        from specport.meaning.encoder import Encoder, packed, unpacked  # an extra, and slow to import

        is_ready = self._encoder is not None
        encoder = self._encoder = self._encoder or Encoder(self._folder)
        digests = [hashlib.sha256(text.encode()).digest()[:16] for text in texts]
        known = self._remembered(encoder.name, digests)
        missing = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in known}
        for batch in _batches(missing):
            if self._is_closed:
                return None
            made = dict(zip(batch, packed(encoder.vectors(list(batch.values()))), strict=True))
            self._remember(encoder.name, made)
            known |= made
        if missing or not is_ready:
            give_back()  # a hundred megabytes, which making a model ready takes
        return Alike(encoder, unpacked([known[digest] for digest in digests]))

    def _remembered(self, model: str, texts: Sequence[bytes]) -> dict[bytes, bytes]:
        with _unkept():
            self._kept = self._kept or KeptVectors(self._state_dir)
            return self._kept.read(model, texts)
        return {}

    def _remember(self, model: str, vectors: Mapping[bytes, bytes]) -> None:
        with _unkept():
            if self._kept:
                self._kept.write(model, vectors.items())


class Alike:
    """How like some texts are to what is asked: the cosines of their vectors."""

    def __init__(self, encoder: Encoder, vectors: Vectors) -> None:
        self._encoder = encoder
        self._vectors = vectors

    def to(self, query: str) -> Sequence[float]:
        """As `Likeness.to`."""
        from specport.meaning.encoder import cosines  # an extra

        return cosines(self._vectors, self._encoder.vector_of(query))


def _batches(texts: Mapping[bytes, str]) -> Iterator[dict[bytes, str]]:
    """About equally long ones together: all of a batch take as long as its longest."""
    ordered = sorted(texts.items(), key=lambda each: (len(each[1]), each[0]))
    for start in range(0, len(ordered), BATCH):
        yield dict(ordered[start : start + BATCH])


@contextlib.contextmanager
def _unkept() -> Generator[None]:
    """What cannot be kept is made again at the next start."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        log.warning("--embeddings: what tools mean is not kept: %s", error)
