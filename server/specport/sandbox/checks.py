"""Does a value fit a schema, and if not, where and why: validators compiled on first use and kept.

A schema that cannot be converted or compiled allows everything: the sandbox answers, whatever a document holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import jsonschema_rs

from specport.documents.model import Dialect
from specport.documents.pointers import child
from specport.documents.refs import References
from specport.errors import DocumentError
from specport.sandbox.model import Place, Places
from specport.schemas.compose import compose
from specport.schemas.convert import SchemaConverter
from specport.schemas.model import Direction

MAX_COMPLAINTS = 3
"""Most faults named in one answer."""

MAX_COMPLAINT = 300
"""Most characters of one fault; a message quotes the value it is about."""

_CHOICES = (jsonschema_rs.ValidationErrorKind.OneOfNotValid, jsonschema_rs.ValidationErrorKind.AnyOf)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One fault of a value: the JSON Pointer of the part, and why it does not fit."""

    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.message}"


class Checks:
    """The validators of one document for one direction."""

    def __init__(self, references: References, dialect: Dialect, direction: Direction) -> None:
        self._converter = SchemaConverter(references, dialect, direction, _ignore)
        self._known: dict[str, jsonschema_rs.Draft202012Validator | None] = {}

    def fits(self, places: Places, value: object) -> bool:
        """Whether the value satisfies every place."""
        validators = [self._validator(place) for place in places]
        try:
            return all(validator is None or validator.is_valid(value) for validator in validators)
        except ValueError:  # the value is nested deeper than the validator goes
            return False

    def complaints(self, places: Places, value: object, pointer: str) -> list[Complaint]:
        """What does not fit, the most telling first, under `pointer`; empty when all is well."""
        found: list[Complaint] = []
        for place in places:
            validator = self._validator(place)
            try:
                found.extend(_told(validator.iter_errors(value), pointer) if validator else ())
            except ValueError:
                found.append(Complaint(pointer, "is nested deeper than the sandbox can check"))
            if len(found) >= MAX_COMPLAINTS:
                break
        return found[:MAX_COMPLAINTS]

    def _validator(self, place: Place) -> jsonschema_rs.Draft202012Validator | None:
        if place.pointer not in self._known:
            self._known[place.pointer] = self._compile(place)
        return self._known[place.pointer]

    def _compile(self, place: Place) -> jsonschema_rs.Draft202012Validator | None:
        try:
            schema = compose(self._converter.fragment(place.schema, place.pointer), self._converter)
            return jsonschema_rs.Draft202012Validator(dict(schema), retriever=_refuse)
        except (DocumentError, ValueError, RecursionError):
            return None


def matches(pattern: str, text: str) -> bool:
    """Whether a text has the pattern, by the validator's engine, which is linear; a broken pattern allows all."""
    try:
        return jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid(text)
    except ValueError:
        return True


def _ignore(pointer: str, message: str) -> None:
    """What the converter leaves out was reported when the catalog was built."""
    del pointer, message


def _refuse(uri: str) -> jsonschema_rs.JSONType:
    raise ValueError(f"{uri} is not looked up")


def _told(errors: Iterable[jsonschema_rs.ValidationError], pointer: str) -> Iterator[Complaint]:
    for error in errors:
        for reason in _reasons(error):
            where = child(pointer, *reason.instance_path)
            text = reason.message
            yield Complaint(where, text if len(text) <= MAX_COMPLAINT else f"{text[:MAX_COMPLAINT]}...")


def _reasons(error: jsonschema_rs.ValidationError) -> Iterator[jsonschema_rs.ValidationError]:
    """For a choice, the faults of the branch that comes nearest: the fewest, then the deepest."""
    kind = error.kind
    if not isinstance(kind, _CHOICES):
        yield error
        return
    branches = [branch for branch in kind.context if branch]
    if not branches:
        yield error
        return
    nearest = min(branches, key=lambda branch: (len(branch), -max(len(each.instance_path) for each in branch)))
    for each in nearest:
        yield from _reasons(each)
