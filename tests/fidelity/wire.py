"""What values look like on the wire: RFC 6570 as OAS 2.0 to 3.2 use it, written for the tests alone.

An expectation is kept apart into what is between delimiters and which delimiters are right, so that an encoding that
means the same is accepted and one that loses a boundary is not.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

from fidelity.operations import Wire

DELIMITERS = {
    "form": (",",), "simple": (",",), "csv": (",", "%2C"), "spaceDelimited": ("%20", "+"),
    "pipeDelimited": ("%7C", "|"), "tabDelimited": ("%09",), "cookie": (",",),
}  # fmt: skip
UNENCODED = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t", "csv": ","}
"""Delimiters of Swagger 2.0 collections and their OpenAPI 3 names, where nothing is encoded."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One `name=value`: the value's parts and what may stand between them; `raw` where it must be exactly that text."""

    name: str
    parts: tuple[str, ...]
    delimiters: tuple[str, ...] = (",",)
    raw: str | None = None
    is_json: bool = False
    may_be_absent: bool = False

    def is_met_by(self, text: str) -> bool:
        """Whether the raw text after the equals sign says this."""
        if self.raw is not None:
            return _plain(text) == _plain(self.raw)
        if self.is_json:
            return _is_json(unquote_plus(text), self.parts[0])
        if len(self.parts) == 1:
            return unquote_plus(text) == self.parts[0]
        return any(
            tuple(unquote_plus(piece) for piece in _split(text, delimiter)) == self.parts
            for delimiter in self.delimiters
        )


def _split(text: str, delimiter: str) -> list[str]:
    return text.replace(delimiter.lower(), delimiter).split(delimiter)


def _is_json(text: str, wanted: str) -> bool:
    from fidelity.accepting import same

    try:
        return same(json.loads(text), json.loads(wanted))
    except ValueError:
        return False


def _plain(text: str) -> str:
    return text.replace("+", "%20").upper() if "%" in text or "+" in text else text


def plain_text(value: Any) -> str:
    """A single value as text: JSON but for strings."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def compact(value: Any) -> str:
    """JSON text."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def flat(value: Any) -> tuple[str, ...]:
    """The items, or the names and values in turn."""
    if isinstance(value, dict):
        return tuple(part for key, each in value.items() for part in (key, plain_text(each)))
    return tuple(plain_text(each) for each in value) if isinstance(value, list) else (plain_text(value),)


def pairs_of(wire: Wire, value: Any) -> list[Pair]:
    """The pairs that a query or cookie parameter, or a form field, makes."""
    if wire.media is not None:
        is_json = _is_json_type(wire.media)
        return [Pair(wire.name, (compact(value) if is_json else plain_text(value),), is_json=is_json)]
    if isinstance(value, dict | list) and not value:
        return [Pair(wire.name, ("",), may_be_absent=True)]
    if wire.style == "deepObject" and isinstance(value, dict):
        return [Pair(f"{wire.name}[{key}]", (plain_text(each),)) for key, each in value.items()]
    if isinstance(value, dict) and wire.explode:
        return [_single(wire, key, plain_text(each)) for key, each in value.items()]
    if isinstance(value, list) and wire.explode:
        return [_single(wire, wire.name, plain_text(each)) for each in value]
    if not isinstance(value, dict | list):
        return [_single(wire, wire.name, plain_text(value))]
    delimiters = DELIMITERS.get(wire.style, (",",))
    if wire.allow_reserved or wire.style == "cookie":
        joined = delimiters[0].join(_kept(part) for part in flat(value))
        return [Pair(wire.name, flat(value), raw=joined)]
    return [Pair(wire.name, flat(value), delimiters)]


def _single(wire: Wire, name: str, text: str) -> Pair:
    if wire.style == "cookie":
        return Pair(name, (text,), raw=text)
    return Pair(name, (text,), raw=_kept(text) if wire.allow_reserved else None)


def _kept(text: str) -> str:
    """RFC 6570 `+`: reserved characters and percent-encoded triples stay."""
    encoded = quote(text, safe=":/?#[]@!$&'()*+,;=~")
    return re.sub(r"%25([0-9A-Fa-f]{2})", r"%\1", encoded)


def _is_json_type(media: str) -> bool:
    kind = media.partition(";")[0].strip().lower()
    return kind.endswith(("/json", "+json"))


def path_text(wire: Wire, value: Any) -> str:
    """The text of a path parameter (RFC 6570 sections 3.2.2, 3.2.5, 3.2.7)."""
    if wire.media is not None:
        return _strict(compact(value) if _is_json_type(wire.media) else plain_text(value))
    joint = {"label": ".", "matrix": ";"}.get(wire.style, ",")
    if wire.style == "matrix":
        return _matrix(wire, value)
    prefix = "." if wire.style == "label" else ""
    separator = joint if wire.explode else DELIMITERS.get(wire.style, (",",))[0]
    if isinstance(value, dict) and wire.explode:
        return prefix + joint.join(f"{_strict(key)}={_strict(plain_text(each))}" for key, each in value.items())
    return prefix + separator.join(_strict(part) for part in flat(value))


def _matrix(wire: Wire, value: Any) -> str:
    name = _strict(wire.name)
    pairs: Sequence[tuple[str, str]]
    if wire.explode and isinstance(value, dict):
        pairs = [(_strict(key), _strict(plain_text(each))) for key, each in value.items()]
    elif wire.explode and isinstance(value, list):
        pairs = [(name, _strict(plain_text(each))) for each in value]
    else:
        pairs = [(name, ",".join(_strict(part) for part in flat(value)))]
    return "".join(f";{key}={text}" if text else f";{key}" for key, text in pairs)


def _strict(text: str) -> str:
    return quote(text, safe="~")


def header_parts(wire: Wire, value: Any) -> tuple[str, ...]:
    """The parts of a header value, comma between them; nothing is encoded (OAS 3.2 section 4.12.2.2).

    The other delimiters of Swagger 2.0 make one part, since no space may stand beside them.
    """
    if wire.media is not None:
        return (compact(value) if _is_json_type(wire.media) else plain_text(value),)
    if isinstance(value, dict) and wire.explode:
        return tuple(f"{key}={plain_text(each)}" for key, each in value.items())
    if wire.style in {"spaceDelimited", "pipeDelimited", "tabDelimited"} and isinstance(value, list):
        return (UNENCODED[wire.style].join(flat(value)),)
    return flat(value)


def is_ruled(style: str, value: Any) -> bool:
    """Whether the style has a rule for a value of that kind: deepObject is for objects (OAS 3.1 section 4.8.12.3)."""
    return style != "deepObject" or isinstance(value, dict)


CLEAN_TEXT = string.ascii_letters + string.digits


def cleaned(wire: Wire, text: str) -> str:
    """A text that a parameter's place and style can carry without doubt about where it ends."""
    if wire.place == "header":
        text = text.encode("ascii", "ignore").decode().replace(",", "").strip()
        return " ".join(text.split()) or "x"
    if wire.style == "cookie":
        return "".join(char for char in text if char in CLEAN_TEXT + "%/:") or "x"
    if wire.allow_reserved:
        return "".join(char for char in text if char in CLEAN_TEXT + "-._~:/?@!$'()*; ") or "x"
    unwanted = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t", "csv": ",", "label": "."}
    text = text.replace(unwanted.get(wire.style, "\0"), "")
    return (text or "x") if wire.place == "path" else text


def decoded_segments(path: str) -> list[str]:
    """The segments of a raw path, decoded."""
    return [unquote(segment) for segment in path.split("/")]
