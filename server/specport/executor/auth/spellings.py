"""The ways in which an answer may spell a secret: as it is, escaped or encoded, and within base64 of something longer.

Each character by itself: encoders do not agree which ones they escape, nor on the case of hexadecimal digits.
"""

from __future__ import annotations

import base64
import functools
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

MAX_SPELLED = 1_024
"""Most values whose spellings are remembered."""

MIN_BASE64 = 8
"""Fewest characters of base64 that are taken for a part of a secret."""

_BACKSLASHES = ("\\", "\\\\", "\\\\\\")
"""Those before an escaped character, and before one in a text that is itself escaped."""

_OTHERS = {" ": ("+",), "+": ("-",), "/": ("_",), "'": ("&apos;",)}
"""A form's space, and base64's own two characters as URLs have them (RFC 4648 section 5)."""

_PLAIN = re.compile("[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Spelling:
    """What finds one way of writing a secret in an encoding of text.

    `anchor` stands in every match, so that what does not hold it need not be searched.
    """

    anchor: bytes
    pattern: re.Pattern[bytes]

    def replaced(self, text: bytes, instead: bytes) -> bytes:
        """The text with something else where the secret was."""
        return self.pattern.sub(lambda _: instead, text) if self.anchor in text else text

    def __repr__(self) -> str:
        return "Spelling()"


@functools.lru_cache(maxsize=MAX_SPELLED)
def spellings_of(value: str, codec: str) -> tuple[Spelling, ...]:
    """How a value may be written as a whole in a text of that encoding."""
    return tuple(_spelling(form, codec) for form in (value, base64.b64encode(value.encode()).decode()))


@functools.lru_cache(maxsize=MAX_SPELLED)
def spellings_inside(value: str, codec: str) -> tuple[Spelling, ...]:
    """What there is of a value where something longer was written in base64."""
    return tuple(_spelling(form, codec) for form in dict.fromkeys(_in_base64(value)))


def _spelling(form: str, codec: str) -> Spelling:
    """The longest part that nothing escapes is the anchor."""
    anchor = max(_PLAIN.findall(form), key=len, default="").encode(codec)
    parts = (b"|".join(re.escape(way.encode(codec, "replace")) for way in _ways(char)) for char in form)
    return Spelling(anchor, re.compile(b"".join(b"(?:%b)" % part for part in parts)))


@functools.lru_cache(maxsize=512)
def _ways(char: str) -> tuple[str, ...]:
    """How encoders write one character, the longest first."""
    if char.isascii() and char.isalnum():
        return (char,)
    raw = char.encode("utf-8", "replace")
    ways = [char, raw.decode("latin-1"), *_OTHERS.get(char, ())]
    ways += [f"{backslashes}{escaped}" for backslashes in _BACKSLASHES for escaped in (char, *_escaped(char, raw))]
    percent = [quote(char), "".join(f"%{byte:02X}" for byte in raw)]
    percent += [way.replace("%", "%25") for way in percent]
    ways += [*percent, *(way.lower() for way in percent)]
    number = ord(char)
    ways += [html.escape(char), *(f"&#{code};" for code in (number, f"0{number}", f"x{number:x}", f"x{number:X}"))]
    return tuple(sorted(set(ways), key=lambda way: (-len(way), way)))


def _escaped(char: str, raw: bytes) -> list[str]:
    """The escapes of JSON and of program text, without their first backslash."""
    wide = char.encode("utf-16-be", "replace")
    units = "\\".join(f"u{wide[at : at + 2].hex()}" for at in range(0, len(wide), 2))
    octets = "\\".join(f"x{byte:02x}" for byte in raw)
    return [units, octets, units.upper().replace("U", "u"), octets.upper().replace("X", "x")]


def _in_base64(value: str) -> Iterator[str]:
    """What is always there of a value, after any number of bytes and before any others (RFC 4648 section 4)."""
    data = value.encode()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode()
        after = (before + len(data)) % 3
        core = encoded[(0, 2, 3)[before] : len(encoded) - (0, 3, 2)[after]]
        if len(core) >= MIN_BASE64:
            yield core
