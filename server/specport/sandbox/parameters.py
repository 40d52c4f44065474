"""Texts of a request -> parameter values: style and explode undone (RFC 6570, OAS 3.1 section 4.8.12.2), typed.

A text stands for the first type the schema allows that it can be read as; where nothing fits, it stays a text and
the validator says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import cast
from urllib.parse import unquote, unquote_plus

import orjson

from specport.operations.model import Location, Parameter
from specport.sandbox.checks import Checks
from specport.sandbox.model import ABSENT, Absent, Place, Places, Refusal
from specport.sandbox.shapes import Shapes

Pairs = tuple[tuple[str, str], ...]
"""Names and values of a query in order, still encoded."""

MAX_TYPED_DEPTH = 24
"""Deepest value typed; below, texts stay texts."""

_DELIMITERS = {"spaceDelimited": r"%20|\+| ", "pipeDelimited": r"%7[Cc]|\|"}
_INTEGER = re.compile(r"-?\d{1,400}")
_NUMBER = re.compile(r"-?\d{1,300}(\.\d+)?([eE][+-]?\d{1,3})?")
_KEY = re.compile(r"\[([^\[\]]*)\]")


class ParameterReader:
    """Reads the parameters of one document's requests."""

    def __init__(self, shapes: Shapes, checks: Checks) -> None:
        self._shapes = shapes
        self._checks = checks

    def single(self, parameter: Parameter, text: str) -> object:
        """The value of a path or header parameter, given the one text that carries it."""
        decode = _as_is if parameter.location is Location.HEADER else unquote
        if parameter.content_type is not None:
            return _content(parameter, decode(text))
        places = (Place(parameter.schema, parameter.pointer),)
        return self._best(places, self._readings(parameter, text, places, decode))

    def named(self, parameter: Parameter, pairs: Pairs, open_names: frozenset[str]) -> tuple[object, frozenset[str]]:
        """The value of a query or cookie parameter, or ABSENT, and the names it took.

        `open_names` are those no parameter declares; an exploded object without closed properties takes them.
        """
        places = (Place(parameter.schema, parameter.pointer),)
        own = tuple((unquote_plus(name), value) for name, value in pairs)
        if parameter.style == "deepObject":
            return self._deep(parameter, own, places)
        if self.is_spread_out(parameter):
            return self._spread(own, places, open_names)
        texts = [value for name, value in own if name == parameter.name]
        if not texts:
            return ABSENT, frozenset()
        is_plain = parameter.allow_reserved or parameter.location is Location.COOKIE
        decode = unquote if is_plain else unquote_plus
        taken = frozenset({parameter.name})
        if parameter.content_type is not None:
            return _content(parameter, decode(texts[-1])), taken
        if parameter.allow_empty and not any(texts):
            return "", taken
        if parameter.explode and "array" in self._kinds(places):
            listed = [decode(text) for text in texts]
            return self._best(places, iter([listed, listed[-1]])), taken
        return self._best(places, self._readings(parameter, texts[-1], places, decode)), taken

    def typed(self, value: object, places: Places, depth: int = 0) -> object:
        """Texts inside a value read as what the schema allows at their place."""
        if depth > MAX_TYPED_DEPTH:
            return value
        if isinstance(value, str):
            return self._scalar(value, places)
        shape = self._shapes.first(places)
        if isinstance(value, list):
            inside: Places = shape.items or ()
            return [self.typed(item, inside, depth + 1) for item in cast("list[object]", value)]
        if isinstance(value, dict):
            members = cast("Mapping[str, object]", value)
            return {
                name: self.typed(member, shape.properties.get(name) or shape.additional or (), depth + 1)
                for name, member in members.items()
            }
        return value

    def is_spread_out(self, parameter: Parameter) -> bool:
        """Whether a query or cookie parameter is an object whose members travel under names that are not its own."""
        if parameter.content_type is not None or parameter.location not in (Location.QUERY, Location.COOKIE):
            return False
        exploded = parameter.style == "form" and parameter.explode
        kinds = self._kinds((Place(parameter.schema, parameter.pointer),))
        return parameter.style == "deepObject" or (exploded and "object" in kinds and "array" not in kinds)

    def _kinds(self, places: Places) -> frozenset[str]:
        return self._shapes.types(places)

    def _best(self, places: Places, readings: Iterator[object]) -> object:
        """The first reading that fits, else the first of all."""
        first: object = ABSENT
        for reading in readings:
            value = self.typed(reading, places)
            if self._checks.fits(places, value):
                return value
            first = value if first is ABSENT else first
        return first

    def _readings(
        self, parameter: Parameter, text: str, places: Places, decode: Callable[[str], str]
    ) -> Iterator[object]:
        """What one text can mean, by the types that the schema allows."""
        kinds = self._kinds(places)
        body, delimiter = _unprefixed(parameter, text)
        parts = re.split(delimiter, body) if body else []
        if "array" in kinds:
            yield [decode(part) for part in parts]
        if "object" in kinds:
            yield _members(parts, decode, explode=parameter.explode)
        if not kinds or kinds - {"array", "object"}:
            yield decode(body)

    def _spread(self, own: Pairs, places: Places, open_names: frozenset[str]) -> tuple[object, frozenset[str]]:
        shape = self._shapes.first(places)
        names = set(shape.properties) | (open_names if shape.additional or not shape.closed else set[str]())
        found: dict[str, list[str]] = {}
        for name, value in own:
            if name in names:
                found.setdefault(name, []).append(unquote_plus(value))
        if not found:
            return ABSENT, frozenset()
        value = {name: self._repeated(texts, shape.properties.get(name, ())) for name, texts in found.items()}
        return self.typed(value, places), frozenset(found)

    def _repeated(self, texts: list[str], places: Places) -> object:
        return texts if len(texts) > 1 or "array" in self._kinds(places) else texts[0]

    def _deep(self, parameter: Parameter, own: Pairs, places: Places) -> tuple[object, frozenset[str]]:
        tree: dict[str, object] = {}
        taken: set[str] = set()
        for name, value in own:
            if name.startswith(f"{parameter.name}["):
                keys = _KEY.findall(name[len(parameter.name) :])
                _plant(tree, keys, unquote_plus(value))
                taken.add(name)
        if not taken:
            return ABSENT, frozenset()
        return self.typed(_listed(tree), places), frozenset(taken)

    def _scalar(self, text: str, places: Places) -> object:
        kinds = self._kinds(places) if places else frozenset({"string"})
        readings = list(_scalars(text, kinds))
        for reading in readings:
            if self._checks.fits(places, reading):
                return reading
        return text if not readings or "string" in kinds else readings[0]


def _as_is(text: str) -> str:
    return text


def _scalars(text: str, kinds: frozenset[str]) -> Iterator[object]:
    """What a text can be read as among these types; any type, when there are none."""
    if (not kinds or kinds & {"integer", "number"}) and _INTEGER.fullmatch(text):
        yield int(text)
    if (not kinds or "number" in kinds or "integer" in kinds) and _NUMBER.fullmatch(text):
        number = float(text)
        yield int(number) if "number" not in kinds and number.is_integer() else number
    if (not kinds or "boolean" in kinds) and text in ("true", "false"):
        yield text == "true"
    if "null" in kinds and text in ("", "null"):
        yield None


def _content(parameter: Parameter, text: str) -> object:
    if "json" not in (parameter.content_type or ""):
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        where = f"/{parameter.location}/{parameter.name}"
        raise Refusal(400, "bad_request", f"{where}: is not valid JSON: {error.msg}") from error


def _unprefixed(parameter: Parameter, text: str) -> tuple[str, str]:
    """The text without what its style puts before it, and the expression that parts its items.

    An unexploded label is parted by commas in OAS 3.1 and by dots in OAS 3.0; both are read.
    """
    if parameter.location is Location.COOKIE:
        return text, "%2C|,"
    if parameter.location is Location.HEADER:
        return text.strip(), r"\s*,\s*"
    if parameter.style == "label":
        return text.removeprefix("."), "," if "," in text and not parameter.explode else r"\."
    if parameter.style == "matrix":
        parts = [_unnamed(part, parameter.name) for part in text.removeprefix(";").split(";")]
        return ";".join(parts), "[,;]" if not parameter.explode else ";"
    return text, _DELIMITERS.get(parameter.style, ",")


def _unnamed(part: str, name: str) -> str:
    """A part of a matrix parameter without the parameter's name."""
    head, _, tail = part.partition("=")
    return tail if unquote(head) == name else part


def _members(parts: list[str], decode: Callable[[str], str], *, explode: bool) -> dict[str, object]:
    if explode:
        pairs = [part.partition("=")[::2] for part in parts]
    else:
        pairs = list(zip(parts[::2], parts[1::2], strict=False))
    return {decode(name): decode(value) for name, value in pairs}


def _plant(tree: dict[str, object], keys: list[str], value: str) -> None:
    """Put a text into nested objects; a repeated place becomes an array."""
    for key in keys[:-1]:
        following = tree.setdefault(key, {})
        if not isinstance(following, dict):
            return
        tree = cast("dict[str, object]", following)
    last = keys[-1] if keys else ""
    known: object = tree.get(last, ABSENT)
    if isinstance(known, Absent):
        tree[last] = value
    elif isinstance(known, list):
        cast("list[object]", known).append(value)
    elif isinstance(known, str):
        tree[last] = [known, value]


def _listed(node: object) -> object:
    """Objects whose keys are empty or 0, 1, 2... are arrays, as `a[][b]` and `a[0]` are written for."""
    if not isinstance(node, dict):
        return node
    members = {key: _listed(value) for key, value in cast("dict[str, object]", node).items()}
    if list(members) == [""]:
        inside = members[""]
        return cast("object", inside) if isinstance(inside, list) else [inside]
    if members and list(members) == [str(index) for index in range(len(members))]:
        return list(members.values())
    return members
