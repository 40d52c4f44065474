"""Values that a schema accepts, in several flavours: plain, reserved characters, other scripts, empty, null, bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from fidelity.accepting import Acceptance
from fidelity.patterns import is_matched, matching
from fidelity.references import Documents, Json

MAX_DEPTH = 14
OPTIONAL_DEPTH = 5
"""How far down optional members are given; required ones go on."""

MAX_MEMBERS = 400
"""Most members of one value; optional ones beyond are left out."""

BRANCHES = 6
"""Most branches of a choice tried."""

OCTETS = "data:application/octet-stream;base64,AP8Qgf4K"
"""Bytes that are no text, as an argument can say them."""

BY_FORMAT = {
    "byte": "aGVsbG8gd29ybGQh",
    "date": "2024-02-29",
    "date-time": "2024-02-29T12:30:45+02:00",
    "duration": "P3DT4H",
    "email": "a.b+c@example.com",
    "hostname": "www.example.com",
    "idn-email": "a@example.com",
    "idn-hostname": "www.example.com",
    "ipv4": "192.0.2.7",
    "ip": "192.0.2.7",
    "ipv6": "2001:db8::7",
    "iri": "https://example.com/a?b=c",
    "json-pointer": "/a/b",
    "regex": "^a+$",
    "time": "12:30:45Z",
    "uri": "https://example.com/a?b=c&d=e#f",
    "uri-reference": "/a?b=c",
    "uri-template": "/a/{b}",
    "url": "https://example.com/a?b=c",
    "uuid": "4de7ac8b-495b-4884-9a69-1050c6793cd6",
    "cidr": "192.0.2.0/24",
    "binary": "bytes of a file \u00fc",
}
CANDIDATES = (
    "abc", "a-b", "web-01", "example.com", "do:droplet:123", "KEA", "DROP,CREATE", "192.0.2.7", "A_B", "1", "x",
    "owner/repository", "sub.example.com", "2024-02-29", "12:30", "en", "US", "USD", "a@example.com",
    "https://example.com/a",
)  # fmt: skip


class Unbuildable(Exception):
    """No value could be made, and why."""


@dataclass(frozen=True, slots=True)
class Flavour:
    """What kind of values to make; `clean` turns a text into one that its place can hold."""

    name: str
    text: str = "plain text"
    is_everything: bool = False
    number: str = "plain"
    boolean: bool = True
    length: int = 1
    is_empty: bool = False
    is_null: bool = False
    is_last: bool = False
    has_octets: bool = False
    branch: int = 0
    is_flat: bool = False
    clean: Callable[[str], str] = field(default=str)


@dataclass(slots=True)
class _Budget:
    members: int = MAX_MEMBERS


class Values:
    """Makes values of one document's schemas. `accepts` has the last word on each."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self.accepts = Acceptance(documents)
        self.dropped: list[str] = []
        """Members that were left out of a value, with the reason, since this was last emptied."""

    def make(self, node: Json, flavour: Flavour) -> Any:
        """A value that the schema accepts, of this flavour as far as the schema lets it. Unbuildable if there is none.

        Other branches of choices, then fewer members, then the document's own examples are tried before giving up.
        """
        reason = "no value found is accepted by the schema"
        for attempt in _attempts(flavour):
            try:
                value = self._value(node, attempt, 0, 0, _Budget())
            except Unbuildable as error:
                reason = str(error)
                continue
            if not self.accepts(node, value):
                continue
            if not (flavour.is_flat and is_nested(value)):
                return value
            reason = "a nested value in a style, which the specification leaves undefined"
        for value in self._examples(node):
            if self.accepts(node, value) and not (flavour.is_flat and is_nested(value)):
                return value
        raise Unbuildable(reason)

    def _examples(self, node: Json) -> Iterator[Any]:
        found = self._documents.follow(node)
        if isinstance(found, dict):
            yield from (found[key] for key in ("example", "default") if key in found)
            yield from found.get("enum", [])

    def merged(self, node: Json, branch: int = 0, depth: int = 0) -> dict[str, Any]:
        """The schema with its allOf and one branch of each choice put into one; what it is checked by is the whole."""
        if depth > MAX_DEPTH:
            raise Unbuildable("a schema that never ends")
        if not isinstance(node, dict):
            return {"properties": {}, "required": []}
        parts: list[Json] = list(node.get("allOf", []))
        for key in ("oneOf", "anyOf"):
            if node.get(key):
                parts.append(node[key][branch % len(node[key])])
        if isinstance(node.get("$ref"), str):
            parts.append(self._documents.at(node["$ref"]))
            if not self._documents.has_modern_schemas:
                node = {}
        whole = {key: value for key, value in node.items() if key not in {"allOf", "oneOf", "anyOf", "$ref"}}
        whole["properties"] = dict(whole.get("properties", {}))
        whole["required"] = list(whole.get("required", []))
        for part in parts:
            _put_in(whole, self.merged(part, branch, depth + 1))
        return whole

    def _value(self, node: Json, flavour: Flavour, depth: int, salt: int, budget: _Budget) -> Any:
        if depth > MAX_DEPTH:
            raise Unbuildable("a required member within itself")
        if node is False:
            raise Unbuildable("a schema that accepts nothing")
        schema = self.merged(node, flavour.branch)
        if flavour.is_null and depth and self.accepts(node, None) and _says_null(schema):
            return None
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            listed = [each for each in schema["enum"] if each is not None] or schema["enum"]
            return listed[-1 - salt % len(listed) if flavour.is_last else salt % len(listed)]
        kind = _kind(schema, flavour)
        if kind == "object":
            return self._object(schema, flavour, depth, budget)
        if kind == "array":
            return self._array(schema, flavour, depth, budget)
        if kind == "boolean":
            return flavour.boolean != bool(salt % 2)
        if kind in {"integer", "number"}:
            return _number(schema, kind, flavour, salt)
        return None if kind == "null" else _text(schema, flavour, salt)

    def _object(self, schema: Json, flavour: Flavour, depth: int, budget: _Budget) -> dict[str, Any]:
        members: dict[str, Any] = {}
        required = schema["required"]
        for name, node in schema["properties"].items():
            is_needed = name in required
            wanted = flavour.is_everything and depth < OPTIONAL_DEPTH and budget.members > 0
            if not (is_needed or wanted) or self.accepts.is_read_only(node):
                continue
            budget.members -= 1
            try:
                members[name] = self._value(node, flavour, depth + 1, 0, budget)
            except Unbuildable:
                if is_needed:
                    raise
            if flavour.is_flat and not is_needed and name in members and isinstance(members[name], dict | list):
                del members[name]
        for name in required:
            if name not in schema["properties"]:
                members[name] = flavour.clean(flavour.text)
        self._add_more(schema, flavour, depth, members, budget)
        return members

    def _add_more(self, schema: Json, flavour: Flavour, depth: int, members: dict[str, Any], budget: _Budget) -> None:
        more = schema.get("additionalProperties", True)
        is_map = isinstance(more, dict) and bool(more)
        wanted = schema.get("minProperties", 0) - len(members)
        if is_map and flavour.is_everything and not flavour.is_empty and not schema["properties"]:
            wanted = max(wanted, 1)
        if more is False:
            return
        for index in range(wanted):
            name = f"more{index} {flavour.text[:12]}" if flavour.clean is str else f"more{index}"
            members[name] = self._value(more if is_map else {}, flavour, depth + 1, index, budget)

    def _array(self, schema: Json, flavour: Flavour, depth: int, budget: _Budget) -> list[Any]:
        first = schema.get("prefixItems", [])
        least = max(schema.get("minItems", 0), len(first) if flavour.is_everything else 0)
        wanted = 0 if flavour.is_empty else flavour.length
        items = schema.get("items", schema.get("contains", {}))
        room = len(first) if items is False else schema.get("maxItems", math.inf)
        count = int(min(max(least, wanted), room))
        if depth >= OPTIONAL_DEPTH or budget.members <= 0:
            count = least
        return [
            self._value(first[index] if index < len(first) else items, flavour, depth + 1, index, budget)
            for index in range(count)
        ]


def is_nested(value: Any) -> bool:
    """Whether an array or object holds another one, which no parameter style has a rule for."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(each, dict | list) for each in inner)


def _attempts(flavour: Flavour) -> Iterator[Flavour]:
    for branch in range(BRANCHES):
        yield replace(flavour, branch=branch + flavour.branch)
    for branch in range(BRANCHES):
        yield replace(flavour, branch=branch, is_everything=False)
    for branch in range(BRANCHES):
        for length in (2, 1):
            yield Flavour(flavour.name, branch=branch, is_flat=flavour.is_flat, clean=flavour.clean, length=length)


def _put_in(whole: dict[str, Any], part: dict[str, Any]) -> None:
    for key, value in part.items():
        if key == "properties":
            for name, node in value.items():
                held = whole["properties"].get(name)
                whole["properties"][name] = node if held is None or held == node else {"allOf": [held, node]}
        elif key == "required":
            whole["required"] += [name for name in value if name not in whole["required"]]
        elif key == "enum" and "enum" in whole:
            whole["enum"] = [each for each in whole["enum"] if each in value]
        elif key == "minimum" and "minimum" in whole:
            whole[key] = max(whole[key], value)
        elif key == "maximum" and "maximum" in whole:
            whole[key] = min(whole[key], value)
        else:
            whole.setdefault(key, value)


def _says_null(schema: Json) -> bool:
    kind = schema.get("type")
    return schema.get("nullable") is True or kind == "null" or (isinstance(kind, list) and "null" in kind)


def _kind(schema: Json, flavour: Flavour) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kinds = [each for each in kind if each != "null"] or ["null"]
        return kinds[-1 if flavour.is_last else 0]
    if kind:
        return kind
    if schema["properties"] or schema["required"] or isinstance(schema.get("additionalProperties"), dict):
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    return "number" if "minimum" in schema or "maximum" in schema else "string"


def _number(schema: Json, kind: str, flavour: Flavour, salt: int) -> float:
    low, high = _bounds(schema, kind)
    wide = 2**31 - 1 if schema.get("format") in {"int32", "float"} else 2**53 + 1
    wide = wide if kind == "integer" else 1000000.25
    preferred = {"plain": 7 if kind == "integer" else 1.5, "low": -3 if low == -math.inf else low, "high": wide}
    if flavour.is_empty and low <= 0 <= high:
        preferred[flavour.number] = 0
    value = min(max(preferred[flavour.number], low), high)
    if salt:
        value = value + salt if value + salt <= high else value - salt
    step = schema.get("multipleOf")
    if step:
        value = math.ceil(value / step) * step
        value = value if value <= high else math.floor(high / step) * step
    return int(value) if float(value).is_integer() else value


def _bounds(schema: Json, kind: str) -> tuple[float, float]:
    """The least and the greatest number, exclusive bounds of both kinds moved inwards."""
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    over, under = schema.get("exclusiveMinimum", False), schema.get("exclusiveMaximum", False)
    inwards = 1 if kind == "integer" else 0.25
    if over is not False:
        low = (low if over is True else max(low, over)) + inwards
    if under is not False:
        high = (high if under is True else min(high, under)) - inwards
    if kind == "integer":
        low = math.ceil(low) if math.isfinite(low) else low
        high = math.floor(high) if math.isfinite(high) else high
    return low, high


def _text(schema: Json, flavour: Flavour, salt: int) -> str:
    pattern, least, most = schema.get("pattern"), schema.get("minLength", 0), schema.get("maxLength", 10_000)
    if flavour.has_octets and schema.get("format") == "binary":
        return OCTETS
    preferred = flavour.clean("" if flavour.is_empty else flavour.text)
    if salt:
        preferred = f"{preferred}{salt}"
    choices: list[str] = []
    form = "byte" if schema.get("contentEncoding") == "base64" else schema.get("format")
    if form in BY_FORMAT:
        text = BY_FORMAT[form]
        choices.append(text[:-1] + str(salt) if salt and form == "uuid" else text)
    else:
        choices += [preferred, preferred.ljust(least, "x"), preferred[:most]]
    choices += [*CANDIDATES[salt:], "x" * least]
    if pattern is not None:
        choices.append(matching(pattern, least=min(least, 300)) or "")
    for text in choices:
        if least <= len(text) <= most and _matches(pattern, text):
            return text
    raise Unbuildable(f"no text of {least} to {most} characters for the pattern {pattern}"[:200])


def _matches(pattern: str | None, text: str) -> bool:
    return pattern is None or is_matched(pattern, text)
