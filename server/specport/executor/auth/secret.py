"""A credential with its value, and what stands for the value where limits and tokens are told apart."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass

from specport.executor.model import Credential

MAX_FINGERPRINTS = 10_000
"""Most values whose fingerprints are remembered."""

_ROUNDS = 10_000
"""What makes guessing a weak password from its fingerprint slow: limits are kept on disk and in Redis under it."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A credential with its value. `repr` never shows the value.

    `identity`: whose it is, where the value changes as an access token does; empty: the value says.
    """

    credential: Credential
    value: str
    identity: str = ""

    def __repr__(self) -> str:
        return f"Secret({self.credential.reference})"

    @property
    def fingerprint(self) -> str:
        """The same for the same account of the API, another for any other."""
        return fingerprint(self.identity or self.value)


@functools.lru_cache(maxsize=MAX_FINGERPRINTS)
def fingerprint(value: str) -> str:
    """24 hexadecimal digits from which the value cannot be read; the same in every process."""
    return hashlib.pbkdf2_hmac("sha256", value.encode(), b"specport", _ROUNDS, 12).hex()
