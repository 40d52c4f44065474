"""Answers that were too large to show, kept whole for whoever they were given to, for a while and within bounds."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import orjson

from specport.policy.model import Caller
from specport.results.decoded import DecodedValues
from specport.results.model import Answer

KEPT_SECONDS = 15 * 60.0
"""How long an answer is kept after it was last read."""

MAX_KEPT = 128 * 1024 * 1024
"""Bytes of all kept answers."""

MAX_KEPT_OF_ONE = 64 * 1024 * 1024
"""Bytes of those of one caller."""

MAX_KEPT_ANSWERS = 1_000
"""Most kept answers, whatever their size."""

_ALWAYS = ("authorization", "cookie")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an answer is: whoever has that digest, by these headers."""

    headers: tuple[str, ...]
    digest: bytes

    def is_caller(self, caller: Caller) -> bool:
        """Whether that is who calls."""
        return secrets.compare_digest(self.digest, owner_of(caller, self.headers).digest)


def owner_of(caller: Caller, headers: Iterable[str] = ()) -> Owner:
    """Whose the answer to a call is. `headers` are those that bring the credentials of the source that was called."""
    names = tuple(sorted({*_ALWAYS, *headers}))
    return Owner(names, caller.digest(names))


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as bytes, which take a tenth of the room of its value: `answer` has all but that."""

    data: bytes
    answer: Answer
    owner: Owner


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer, and when it is let go."""

    stored: Stored
    ends: float


class KeptResults:
    """The kept answers by handle, those that were read last at the end."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        handle: Callable[[], str] = lambda: secrets.token_urlsafe(12),
    ) -> None:
        """`handle` gives names that nobody can guess."""
        self._clock = clock
        self._handle = handle
        self._kept: dict[str, _Kept] = {}
        self._decoded = DecodedValues(clock)
        self._lock = threading.Lock()  # large answers are kept and read in threads

    def keep(self, answer: Answer, owner: Owner) -> str:
        """Keep an answer, and let the oldest go for it; its handle, or nothing where it is larger than any may be."""
        data = _as_bytes(answer)
        if len(data) > MAX_KEPT_OF_ONE:
            return ""
        handle = self._handle()
        self._put(handle, Stored(data, replace(answer, value=None), owner))
        return handle

    def stored(self, handle: str) -> Stored | None:
        """What is kept under a handle, for other processes; None where nothing is."""
        with self._lock:
            self._purge()
            kept = self._kept.get(handle)
        return kept.stored if kept else None

    def take_in(self, handle: str, stored: Stored) -> None:
        """Keep what another process kept, under its handle."""
        self._put(handle, stored)

    def find(self, handle: str, caller: Caller) -> Answer | None:
        """A caller's own answer, which stays for longer now; None where there is none, or it is somebody else's."""
        with self._lock:
            self._purge()
            kept = self._kept.get(handle)
            if kept is None or not kept.stored.owner.is_caller(caller):
                return None
            del self._kept[handle]
            self._kept[handle] = replace(kept, ends=self._clock() + KEPT_SECONDS)
        return replace(kept.stored.answer, value=self._value(handle, kept.stored))

    def purge(self) -> bool:
        """Let go of what nobody read for too long; whether anything is left."""
        self._decoded.purge()
        with self._lock:
            self._purge()
            return bool(self._kept)

    def _value(self, handle: str, stored: Stored) -> object:
        """The value of an answer, which whoever reads it shares with others."""
        if not stored.answer.is_text:
            return stored.data
        return self._decoded.value(handle, stored.data, is_json=stored.answer.is_json)

    def _put(self, handle: str, stored: Stored) -> None:
        size = len(stored.data)
        with self._lock:
            self._purge()
            self._make_room(size, MAX_KEPT_OF_ONE, lambda kept: kept.stored.owner == stored.owner)
            self._make_room(size, MAX_KEPT, lambda _: True)
            if len(self._kept) >= MAX_KEPT_ANSWERS:
                self._let_go(next(iter(self._kept)))
            self._kept[handle] = _Kept(stored, self._clock() + KEPT_SECONDS)

    def _purge(self) -> None:
        now = self._clock()
        for handle, kept in list(self._kept.items()):
            if kept.ends > now:
                break  # those behind were read later
            self._let_go(handle)

    def _make_room(self, size: int, limit: int, counts: Callable[[_Kept], bool]) -> None:
        """Let go of the oldest of those that count, until as many bytes more stay within the limit."""
        counted = [(handle, len(kept.stored.data)) for handle, kept in self._kept.items() if counts(kept)]
        used = sum(length for _, length in counted)
        for handle, length in counted:
            if used + size <= limit:
                break
            used -= length
            self._let_go(handle)

    def _let_go(self, handle: str) -> None:
        del self._kept[handle]
        self._decoded.forget(handle)


def _as_bytes(answer: Answer) -> bytes:
    if answer.is_json:
        return orjson.dumps(answer.value)
    return answer.value if isinstance(answer.value, bytes) else str(answer.value).encode("utf-8", "replace")
