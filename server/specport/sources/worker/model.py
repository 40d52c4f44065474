"""Frozen values of reading apart: what a process of our own is asked to make of a document, and what it may take."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from specport.catalog.model import Shape
from specport.errors import DocumentError
from specport.sources.model import Origin, Source

MAX_SECONDS = 600
"""Longest time that reading a document of the operator's may take."""

MAX_TOOL_SECONDS = 60
"""The same for a document that a tool call brings: the longest that desktop clients wait for an answer."""

MAX_MEMORY = 8 * 1024 * 1024 * 1024
"""Most bytes of address space that reading a document of the operator's may take, where the system can say so."""

MAX_TOOL_MEMORY = 512 * 1024 * 1024
"""The same for a document that a tool call brings; hostile ones that are within all other limits take half of it."""


MAX_SHOWN_URI = 200
"""Characters of a document's address in an error."""


class Kind(StrEnum):
    """What is made of a document."""

    NAME = "name"
    LOOK = "look"
    CATALOG = "catalog"
    PREVIEW = "preview"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most seconds and bytes that a job may take, and what these limits are called."""

    seconds: float
    seconds_name: str
    memory: int
    memory_name: str


_OPERATOR = Limits(MAX_SECONDS, "MAX_SECONDS", MAX_MEMORY, "MAX_MEMORY")
_TOOL = Limits(MAX_TOOL_SECONDS, "MAX_TOOL_SECONDS", MAX_TOOL_MEMORY, "MAX_TOOL_MEMORY")


def limits_of(source: Source) -> Limits:
    """What reading the document of a source may take, by who brought it."""
    return _TOOL if source.origin is Origin.TOOL else _OPERATOR


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be made of a source's document, within `limits`; `shape` is that of its catalog."""

    kind: Kind
    source: Source
    limits: Limits
    shape: Shape = Shape()

    def over_memory(self) -> DocumentError:
        """What to say where it takes more memory than it may."""
        limit = f"{self.limits.memory // 2**20:,} MiB of memory ({self.limits.memory_name})"
        return DocumentError(f"{self._document}: reading it took over {limit}")

    def over_time(self) -> DocumentError:
        """What to say where it takes longer than it may."""
        limit = f"{self.limits.seconds:g} s ({self.limits.seconds_name})"
        return DocumentError(f"{self._document}: reading it took over {limit}")

    def ended(self, how: str) -> DocumentError:
        """What to say where the process that did it ended, `how` being its status or signal."""
        return DocumentError(
            f"{self._document}: reading it ended the process that did ({how})",
            hint=f"It may take more memory than there is, or than {self.limits.memory_name} allows",
        )

    @property
    def _document(self) -> str:
        return self.source.uri[:MAX_SHOWN_URI]
