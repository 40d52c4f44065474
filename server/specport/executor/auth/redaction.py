"""Secrets taken out of everything that is shown: answers, errors, the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from specport.executor.auth.secret import Secret
from specport.executor.auth.spellings import spellings_inside, spellings_of

MIN_REDACTED = 4
"""Shortest secret, in characters, that is replaced in what is shown."""

COOKIE_OCTETS = "!#$%&'()*+-./:<=>?@[]^_`{|}~"
"""What RFC 6265 section 4.1.1 lets stand in a cookie value, beside letters and digits."""

_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
"""Encodings of text in which a letter has a zero byte beside it."""


class Redaction:
    """Replaces secrets, and their usual encodings, by their references in whatever is passed on.

    Secrets shorter than MIN_REDACTED characters are left: replacing them would spoil unrelated text.
    """

    def __init__(self, secrets: Sequence[Secret]) -> None:
        self._values = [
            (value, f"[{secret.credential.reference}]")
            for secret in secrets
            for value in _values(secret)
            if len(value) >= MIN_REDACTED
        ]

    def text(self, text: str) -> str:
        """The text without secrets."""
        return self._replaced(text.encode("utf-8", "surrogatepass"), "utf-8").decode("utf-8", "surrogatepass")

    def body(self, body: bytes) -> bytes:
        """An answer's body without the secrets that it echoes."""
        for codec in ("utf-8", *_WIDE) if b"\0" in body else ("utf-8",):
            body = self._replaced(body, codec)
        return body

    def headers(self, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
        """An answer's headers by lower-case name, without secrets."""
        held = {name.lower(): value for name, value in headers}
        whole = "\n".join((*held, *held.values()))
        if self.text(whole) == whole:  # which nearly always is so, and one search is quicker than one for each
            return held
        return {self.text(name): self.text(value) for name, value in held.items()}

    def _replaced(self, text: bytes, codec: str) -> bytes:
        for spellings in (spellings_of, spellings_inside):  # a user name and password before the password in them
            for value, reference in self._values:
                for spelling in spellings(value, codec):
                    text = spelling.replaced(text, reference.encode(codec))
        return text


def _values(secret: Secret) -> Iterator[str]:
    """What must not be shown: the secret, and of a user name and password the password alone."""
    yield secret.value
    if secret.credential.kind == "http" and secret.credential.scheme == "basic":
        yield secret.value.partition(":")[2]
