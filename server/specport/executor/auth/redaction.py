"""Secrets taken out of everything that is shown: answers, errors, the log."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from urllib.parse import quote, quote_plus

import orjson

from specport.executor.auth.secret import Secret

MIN_REDACTED = 4
"""Shortest secret, in characters, that is replaced in what is shown."""

COOKIE_OCTETS = "!#$%&'()*+-./:<=>?@[]^_`{|}~"
"""What RFC 6265 section 4.1.1 lets stand in a cookie value, beside letters and digits."""


class Redaction:
    """Replaces secrets, and their usual encodings, by their references in whatever is passed on.

    Secrets shorter than MIN_REDACTED characters are left: replacing them would spoil unrelated text.
    """

    def __init__(self, secrets: Sequence[Secret]) -> None:
        self._forms = [
            (form, f"[{secret.credential.reference}]")
            for secret in secrets
            if len(secret.value) >= MIN_REDACTED
            for form in _forms(secret)
        ]

    def text(self, text: str) -> str:
        """The text without secrets."""
        for form, reference in self._forms:
            text = text.replace(form, reference)
        return text

    def body(self, body: bytes) -> bytes:
        """An answer's body without the secrets that it echoes."""
        for codec in ("utf-8", "utf-16-le", "utf-16-be") if b"\0" in body else ("utf-8",):
            for form, reference in self._forms:
                encoded = form.encode(codec)
                if encoded in body:
                    body = body.replace(encoded, reference.encode(codec))
        return body

    def headers(self, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
        """An answer's headers by lower-case name, without secrets."""
        return {name.lower(): self.text(value) for name, value in headers}


def _forms(secret: Secret) -> tuple[str, ...]:
    """How an answer may spell a secret: as it is, in JSON (some encoders escape slashes), in a URL, in Basic."""
    values = [secret.value]
    if secret.credential.kind == "http" and secret.credential.scheme == "basic":
        password = secret.value.partition(":")[2]
        values += [password] if len(password) >= MIN_REDACTED else []
    forms: list[str] = []
    for value in values:
        quoted = orjson.dumps(value).decode()[1:-1]
        forms += [value, quoted, quoted.replace("/", "\\/")]
        forms += [quote(value, safe=""), quote_plus(value), quote(value, safe=COOKIE_OCTETS)]
        forms.append(base64.b64encode(value.encode()).decode())
    return tuple(dict.fromkeys(forms))
