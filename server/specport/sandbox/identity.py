"""Which member of a resource its path names, and fresh values for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from specport.documents.text import plain_name
from specport.operations.model import Parameter
from specport.sandbox import scalars
from specport.sandbox.checks import Checks
from specport.sandbox.model import Place, Places, Shape

ALTERNATES = ("id", "uuid", "slug", "fingerprint")
"""Members by which a resource is found too, as image slugs and key fingerprints are."""

FIRST_NUMBER = 3_000_001
"""The first number given to a resource."""

MAX_TRIES = 300
"""Most turns taken to find a value that is still free."""

_SUFFIXES = ("identifier", "number", "uuid", "guid", "slug", "name", "code", "key", "ip", "id")
_SCALARS = frozenset({"string", "integer", "number"})


def singular(word: str) -> str:
    """The singular of a path segment, by the usual endings."""
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def key_member(shape: Shape, parameter: str, types: Callable[[Places], frozenset[str]]) -> str:
    """The scalar property that a path parameter of this name holds, "" when there is none."""
    scalar = {
        plain_name(name): name
        for name, places in shape.properties.items()
        if not types(places) or types(places) & _SCALARS
    }
    for wanted in _wanted(plain_name(parameter)):
        if wanted in scalar:
            return scalar[wanted]
    return ""


def _wanted(parameter: str) -> Iterator[str]:
    """Names to look for, best first: `pool_name` is `pool_name`, `name`, or else `pool`."""
    if parameter:
        yield parameter
    for suffix in _SUFFIXES:
        if parameter.endswith(suffix) and parameter != suffix:
            yield suffix
            if suffix in ("uuid", "guid", "identifier", "number"):
                yield "id"
            yield parameter.removesuffix(suffix)
    yield from ("id", "uuid", "slug", "name", "key", "code", "identifier", "ip")


class Identities:
    """Hands out key values that neither the schemas nor earlier resources speak against."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self._given = 0

    def fresh(
        self, places: Places, parameter: Parameter | None, model: object, is_taken: Callable[[object], bool]
    ) -> object:
        """A value like `model`, the generated one, that is not taken; the model itself when none is found."""
        self._given += 1
        everywhere = (*places, Place(parameter.schema, parameter.pointer)) if parameter else places
        for candidate in self._candidates(model):
            if not is_taken(candidate) and self._checks.fits(everywhere, candidate):
                return candidate
        return model

    def _candidates(self, model: object) -> Iterator[object]:
        turn = self._given - 1
        if isinstance(model, int) and not isinstance(model, bool):
            yield FIRST_NUMBER + turn
        if isinstance(model, str):
            if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", model):
                yield scalars.uuid(f"resource {turn}")
            elif model.isdecimal():
                yield str(FIRST_NUMBER + turn)
        yield from (scalars.other(model, index) for index in range(MAX_TRIES))
        yield from (scalars.uuid(f"resource {turn}"), str(FIRST_NUMBER + turn), FIRST_NUMBER + turn)
        yield f"resource-{self._given}"
