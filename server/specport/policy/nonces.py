"""What may be used once: the answers of people who were asked."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Protocol

from specport.errors import Denied

MAX_NONCES = 100_000
"""Most answers remembered; one is forgotten when it could not be used any more anyway."""


KEY_BYTES = 32
"""Bytes of a sealing key."""


class Nonces(Protocol):
    """Remembers what was used, for all who share it, and holds the key that seals what may be used."""

    async def key(self) -> bytes:
        """At least KEY_BYTES secret bytes, the same for all, and others once what was used could be forgotten.

        Raises Denied where they cannot be had.
        """
        ...

    async def take(self, nonce: str, expires: float) -> bool:
        """Use a nonce up: true for the first who takes it and for nobody else.

        It may be forgotten at `expires`, in seconds since the epoch. Raises Denied where that cannot be known.
        """
        ...


class MemoryNonces:
    """The nonces of one process."""

    def __init__(self, *, key: bytes = b"", clock: Callable[[], float] = time.time) -> None:
        self._key = key or os.urandom(KEY_BYTES)
        self._clock = clock
        self._taken: dict[str, float] = {}

    async def key(self) -> bytes:
        """This process's own."""
        return self._key

    async def take(self, nonce: str, expires: float) -> bool:
        """True the first time."""
        if nonce in self._taken:
            return False
        if len(self._taken) >= MAX_NONCES:
            now = self._clock()
            self._taken = {each: until for each, until in self._taken.items() if until > now}
        if len(self._taken) >= MAX_NONCES:
            raise Denied(
                f"more than {MAX_NONCES:,} approvals (MAX_NONCES) were answered at once", hint="Try again later"
            )
        self._taken[nonce] = expires
        return True
