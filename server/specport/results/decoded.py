"""Kept answers as values, for as long as somebody reads on: decoding 10 MB for each reading took most of its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import orjson

DECODED_SECONDS = 60.0
"""How long the value of an answer stays after it was last read."""

MAX_DECODED = 256 * 1024 * 1024
"""Bytes that the values of all answers may take, by `room_of`; a larger value is decoded at each reading."""

_VALUE = 8 + 32
_TEXT = 64
_WIDE_TEXT = 80
_OBJECT = 112
_MEMBER = 48
_ARRAY = 72
_WIDEST = 4 + 1
"""Bytes a character takes where one of its text is no ASCII, and those that are written of it as UTF-8 and stay."""


def room_of(data: bytes, *, is_json: bool) -> int:
    """The bytes that the value of some JSON or text takes at most, told by counting signs.

    For most answers that is twice what it takes: 13 times the bytes instead of 6. `[{},{}]` takes 29 times as many.
    """
    is_wide = not data.isascii() or (is_json and b"\\u" in data)
    room = len(data) * (_WIDEST if is_wide else 1) + _WIDE_TEXT
    if not is_json:
        return room
    objects, arrays = data.count(b"{"), data.count(b"[")
    room += (data.count(b",") + objects + arrays + 1) * _VALUE
    room += (data.count(b'"') + 1) // 2 * (_WIDE_TEXT if is_wide else _TEXT)
    return room + objects * _OBJECT + data.count(b'":') * _MEMBER + arrays * _ARRAY


@dataclass(frozen=True, slots=True)
class _Decoded:
    value: object
    room: int
    ends: float


class DecodedValues:
    """The values by handle, those that were read last at the end. Whoever gets one changes nothing in it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` tells seconds."""
        self._clock = clock
        self._decoded: dict[str, _Decoded] = {}
        self._lock = threading.Lock()  # two readings of one answer wait for one value; nothing else runs meanwhile

    def value(self, handle: str, data: bytes, *, is_json: bool) -> object:
        """The value of an answer's bytes, the same one as long as it stays."""
        with self._lock:
            self._purge()
            known = self._decoded.pop(handle, None) or self._read(data, is_json=is_json)
            if known.room <= MAX_DECODED:
                self._decoded[handle] = replace(known, ends=self._clock() + DECODED_SECONDS)
            return known.value

    def forget(self, handle: str) -> None:
        """Let go of a value whose answer is gone."""
        with self._lock:
            self._decoded.pop(handle, None)

    def purge(self) -> None:
        """Let go of those that nobody read for too long."""
        with self._lock:
            self._purge()

    def room(self) -> int:
        """The bytes that all values take at most."""
        with self._lock:
            return sum(each.room for each in self._decoded.values())

    def _purge(self) -> None:
        now = self._clock()
        for handle, decoded in list(self._decoded.items()):
            if decoded.ends > now:
                break  # those behind were read later
            del self._decoded[handle]

    def _read(self, data: bytes, *, is_json: bool) -> _Decoded:
        room = room_of(data, is_json=is_json)
        if room <= MAX_DECODED:
            self._make_room(room)
        return _Decoded(orjson.loads(data) if is_json else data.decode(), room, 0.0)

    def _make_room(self, room: int) -> None:
        """Let go of the oldest until so much more stays within the limit, before there is more."""
        used = sum(each.room for each in self._decoded.values())
        for handle, decoded in list(self._decoded.items()):
            if used + room <= MAX_DECODED:
                break
            used -= decoded.room
            del self._decoded[handle]
