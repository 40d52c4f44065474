"""Numbers and texts for a shape: by format first, then by what the name says, within the bounds."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import cast
from uuid import UUID, uuid5

from specport.sandbox.checks import matches
from specport.sandbox.patterns import spell

MAX_LENGTH = 100_000
"""Longest text made for a `minLength`."""

IDENTIFYING = ("id", "uuid", "slug", "name", "ip", "key", "number", "sku", "code", "title", "fingerprint")
"""Members that tell one resource from another, best first."""

_SPACE = UUID("6f1d7f0c-5f0e-4a54-9d0c-6a7d5f3c2b10")
_IP = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}")
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
_FORMATS = {
    "date-time": "2026-01-15T09:30:00Z", "date": "2026-01-15", "time": "09:30:00Z", "duration": "PT1H",
    "email": "someone@example.com", "idn-email": "someone@example.com", "hostname": "host.example.com",
    "idn-hostname": "host.example.com", "ipv4": "192.0.2.10", "ip": "192.0.2.10", "ipv6": "2001:db8::10",
    "uri": "https://example.com/resource", "url": "https://example.com/resource", "iri": "https://example.com/",
    "uri-reference": "/resource", "iri-reference": "/resource", "uri-template": "/resource/{id}",
    "json-pointer": "/resource", "relative-json-pointer": "0", "regex": "^[a-z]+$", "byte": "c2FtcGxl",
    "binary": "sample", "password": "sample-password", "cidr": "192.0.2.0/24", "phone": "+12025550123",
}  # fmt: skip
_NAMES = (
    (r"uuid|guid|(^|_)id$", ""),
    (r"timestamp|_time$|_at$", _FORMATS["date-time"]), (r"(^|_)date$", _FORMATS["date"]),
    (r"ip_range|cidr|subnet", _FORMATS["cidr"]), (r"ipv6", _FORMATS["ipv6"]),
    (r"(^|_)ip(_address|v4)?$|gateway", _FORMATS["ipv4"]), (r"netmask", "255.255.255.0"),
    (r"e?mail", _FORMATS["email"]), (r"(^|_)(url|uri|href|link)$|website", _FORMATS["uri"]),
    (r"(^|_)(host(name)?|domain|fqdn)(_name)?$", _FORMATS["hostname"]), (r"phone", _FORMATS["phone"]),
    (r"currency", "USD"), (r"country", "US"), (r"(^|_)version$", "1.0"), (r"region", "nyc3"),
    (r"(amount|price|balance|cost|total)$", "10.00"), (r"(^|_)status$", "active"),
)  # fmt: skip


def number(facts: Mapping[str, object], name: str, turn: int, *, whole: bool) -> int | float:
    """A number within the bounds and of the right multiple; `turn` gives different ones for identifying names."""
    start = 1_001 if whole and name.endswith("id") else 1
    low = max(_bound(facts, "minimum", -math.inf), _above(facts, whole))
    high = min(_bound(facts, "maximum", math.inf), _below(facts, whole))
    value: float = start + turn
    if low > high and not whole:
        value = (_bound(facts, "exclusiveMinimum", low) + _bound(facts, "exclusiveMaximum", high)) / 2
    elif value < low or value > high:
        value = low + turn if low > -math.inf and low + turn <= high else high if low == -math.inf else low
    step = _bound(facts, "multipleOf", 0)
    if step > 0 and not _is_multiple(value, step):
        value = math.ceil(max(value, low) / step) * step
        value = value if value <= high else math.floor(high / step) * step
    if whole:
        return math.ceil(value)
    return int(value) if float(value).is_integer() else value


def _is_multiple(value: float, step: float) -> bool:
    return math.isclose(value / step, round(value / step), abs_tol=1e-9)


def _bound(facts: Mapping[str, object], key: str, fallback: float) -> float:
    value = facts.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else fallback


def _above(facts: Mapping[str, object], whole: bool) -> float:
    bound = _bound(facts, "exclusiveMinimum", -math.inf)
    return math.floor(bound) + 1 if whole and bound > -math.inf else bound + (1 if bound < 1e15 else bound)


def _below(facts: Mapping[str, object], whole: bool) -> float:
    bound = _bound(facts, "exclusiveMaximum", math.inf)
    return math.ceil(bound) - 1 if whole and bound < math.inf else bound - 1


def text(facts: Mapping[str, object], name: str, turn: int) -> str:
    """A text of the right format, length and pattern where one can be found."""
    low = min(int(_bound(facts, "minLength", 0)), MAX_LENGTH)
    high = _bound(facts, "maxLength", math.inf)
    pattern = facts.get("pattern")
    fallback = ""
    for candidate in _texts(facts, name, turn, low):
        if len(candidate) < low:
            candidate += "a" * (low - len(candidate))
        if len(candidate) > high:
            candidate = candidate[: int(high)]
        fallback = fallback or candidate
        if not isinstance(pattern, str) or matches(pattern, candidate):
            return candidate
    return fallback


def _texts(facts: Mapping[str, object], name: str, turn: int, low: int) -> Iterator[str]:
    known = facts.get("format")
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name).lower()
    if known == "uuid":
        yield uuid(f"{snake} {turn}")
    elif isinstance(known, str) and known in _FORMATS:
        yield varied(_FORMATS[known], turn)
    pattern = facts.get("pattern")
    for words, value in _NAMES:
        if re.search(words, snake):
            yield varied(value, turn) if value else uuid(f"{snake} {turn}")
    if not isinstance(pattern, str):
        yield varied(f"example-{snake.strip('_').replace('_', '-')}" if snake.strip("_") else "example", turn)
        return
    yield from (varied(word, turn) for word in ("example", "example-1", "example.com", "a/b"))
    yield from (spell(pattern, extra) for extra in (0, max(turn, 1), low, 8))


def uuid(seed: str) -> str:
    """A UUID that is always the same for the same seed."""
    return str(uuid5(_SPACE, seed))


def varied(value: str, turn: int) -> str:
    """The same kind of text, another one for each turn; turn 0 is the text itself."""
    if turn == 0:
        return value
    if _UUID.fullmatch(value):
        return uuid(f"{value} {turn}")
    if _IP.fullmatch(value):
        head, _, tail = value.rpartition(".")
        return f"{head}.{(int(tail) + turn) % 256}"
    if value.endswith("Z") and "T" in value:
        return value
    head, at, host = value.partition("@")
    if at:
        return f"{head}{turn + 1}@{host}"
    digits = re.search(r"\d{1,9}$", value)
    if digits:
        return f"{value[: digits.start()]}{int(digits[0]) + turn:0{len(digits[0])}}"
    if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", value):
        return f"{value.partition('.')[0]}-{turn + 1}.{value.partition('.')[2]}"
    return f"{value}-{turn + 1}"


def is_identifying(name: str) -> bool:
    """Whether a member's name says that it differs from resource to resource."""
    return name.lower() in IDENTIFYING


def other(value: object, turn: int) -> object:
    """The same kind of scalar, another one for each turn."""
    if isinstance(value, str):
        return varied(value, turn)
    if isinstance(value, int) and not isinstance(value, bool):
        return value + turn
    return cast("object", value)
