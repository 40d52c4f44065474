"""What the readers of one document share: its references, the problems met so far, and how raw JSON is taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from specport.documents.bounds import Bound
from specport.documents.model import Document, JsonObject, Problem, Severity
from specport.documents.refs import References
from specport.errors import DocumentError


@dataclass(slots=True)
class Reading:
    """One document being read."""

    document: Document
    source: str
    references: References
    problems: list[Problem] = field(default_factory=list[Problem])
    begun: int = 0
    parts: int = 0

    def begin(self) -> None:
        """Count an operation. Raises DocumentError where there are more than a document may have."""
        self.begun += 1
        self._check(self.document.bounds.operations, self.begun, "operations")

    def count(self, parts: int) -> None:
        """Count what an operation is made of. Raises DocumentError where all of them are made of too much."""
        self.parts += parts
        what = "parameters, answers, media types, schemes, servers and tags in its operations"
        self._check(self.document.bounds.parts, self.parts, what)

    def _check(self, bound: Bound, number: int, what: str) -> None:
        bound.check(number, what, f"{self.document.uri}: ")

    def warn(self, pointer: str, message: str) -> None:
        """Note something wrong that leaves nothing out."""
        self.problems.append(Problem(self.source, pointer, Severity.WARNING, message))

    def fail(self, pointer: str, message: str) -> None:
        """Note something wrong that leaves an operation out."""
        self.problems.append(Problem(self.source, pointer, Severity.ERROR, message))


def required_object(value: object, what: str) -> JsonObject:
    """The value as an object; DocumentError when it is none."""
    if not isinstance(value, dict):
        raise DocumentError(f"{what} is not an object")
    return cast("JsonObject", value)


def members(value: object) -> JsonObject:
    """The members of an object, none of anything else."""
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def entries(value: object) -> list[object]:
    """The entries of an array, none of anything else."""
    return cast("list[object]", value) if isinstance(value, list) else []


def texts(value: object) -> tuple[str, ...]:
    """The strings in an array, none of anything else."""
    return tuple(entry for entry in entries(value) if isinstance(entry, str))


def text(value: object) -> str:
    """A string as it is, nothing for null, anything else as Python writes it (`version: 1.0` in YAML)."""
    return value if isinstance(value, str) else "" if value is None else str(value)
