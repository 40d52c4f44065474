"""Credentials: found by reference when a call needs them, put on the request, and taken out of everything shown.

This is the only module that ever holds a secret. References are `env:NAME` and `file:PATH`; `sandbox:` ones are
made up by the server itself for its fake API and cannot be configured.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from specport.errors import Denied, SourceError
from specport.executor.model import Credential
from specport.requests.model import PreparedRequest

MAX_SECRET_BYTES = 64 * 1024
"""Largest credential file read."""

MIN_REDACTED = 4
"""Shortest secret, in characters, that is replaced in what is shown."""

_FORBIDDEN = ("\r", "\n", "\0")


@dataclass(frozen=True, slots=True)
class Secret:
    """A credential with its value. `repr` never shows the value."""

    credential: Credential
    value: str

    def __repr__(self) -> str:
        return f"Secret({self.credential.reference})"


def check_reference(reference: str) -> str:
    """The reference itself when it is one; SourceError for anything else, without echoing what may be a secret."""
    scheme, _, rest = reference.partition(":")
    if scheme not in ("env", "file") or not rest:
        raise SourceError(
            "a credential must be a reference, env:NAME or file:PATH",
            hint="Put the value in an environment variable and name that",
        )
    return reference


def find_secrets(request: PreparedRequest, credentials: Mapping[str, Credential]) -> tuple[Secret, ...]:
    """The secrets for the first security alternative whose schemes all have a credential.

    No alternative with credentials: none, and the API decides. Raises Denied, naming the variable or file, when the
    credential is configured but its value is not there.
    """
    chosen = choose(request.security, credentials)
    return tuple(Secret(credentials[name], read_secret(credentials[name])) for name in chosen)


def choose(security: Sequence[Sequence[str]], credentials: Mapping[str, Credential]) -> tuple[str, ...]:
    """The first alternative that the configured credentials satisfy, else nothing."""
    for alternative in security:
        if alternative and all(name in credentials for name in alternative):
            return tuple(alternative)
    return ()


def read_secret(credential: Credential) -> str:
    """The value a reference leads to, now. Raises Denied when there is none."""
    scheme, _, place = credential.reference.partition(":")
    if scheme == "sandbox":
        return f"sandbox-{place}"
    if scheme == "env":
        value = os.environ.get(place, "").strip()
        hint = f"Set {place}, or start with --sandbox to try without one"
    else:
        value = _read_file(Path(place).expanduser())
        hint = f"Put it in {place}"
    if not value:
        raise Denied(f"no credential for {credential.name}: {credential.reference} is not set", hint=hint)
    if any(char in value for char in _FORBIDDEN):
        raise Denied(f"the credential at {credential.reference} holds a line break")
    return value


def _read_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_SECRET_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def authorize(request: PreparedRequest, secrets: Sequence[Secret]) -> PreparedRequest:
    """The request with each secret where its scheme puts it (OAS 3.1 section 4.8.27)."""
    for secret in secrets:
        request = _apply(request, secret.credential, secret.value)
    return request


def shown(request: PreparedRequest, credentials: Mapping[str, Credential]) -> PreparedRequest:
    """The request as `--dry-run` prints it: each credential as `$NAME` instead of its value."""
    for name in choose(request.security, credentials):
        credential = credentials[name]
        scheme, _, place = credential.reference.partition(":")
        request = _apply(request, credential, f"${place}" if scheme == "env" else f"$(cat {place})", plain=True)
    return request


def redact(text: str, secrets: Sequence[Secret]) -> str:
    """The text with every secret, and its usual encodings, replaced by its reference."""
    for secret in secrets:
        for form in _forms(secret):
            text = text.replace(form, f"[{secret.credential.reference}]")
    return text


def without_secrets(body: bytes, secrets: Sequence[Secret]) -> bytes:
    """An answer's body with every secret that it echoes replaced by its reference."""
    for secret in secrets:
        for form in _forms(secret):
            if form.encode() in body:
                body = body.replace(form.encode(), f"[{secret.credential.reference}]".encode())
    return body


def _forms(secret: Secret) -> tuple[str, ...]:
    """How a secret may appear; very short ones are left, since replacing them would spoil unrelated text."""
    value = secret.value
    if len(value) < MIN_REDACTED:
        return ()
    forms = (value, quote(value, safe=""), base64.b64encode(value.encode()).decode())
    return tuple(dict.fromkeys(forms))


def _apply(request: PreparedRequest, credential: Credential, value: str, *, plain: bool = False) -> PreparedRequest:
    if credential.kind == "apiKey":
        return _with_key(request, credential, value, plain=plain)
    if credential.kind == "http" and credential.scheme == "basic":
        encoded = value if plain else base64.b64encode(value.encode()).decode()
        return _with_header(request, "Authorization", f"Basic {encoded}")
    scheme = "Bearer" if credential.scheme in ("", "bearer") else credential.scheme.capitalize()
    return _with_header(request, "Authorization", f"{scheme} {value}")


def _with_key(request: PreparedRequest, credential: Credential, value: str, *, plain: bool) -> PreparedRequest:
    if credential.location == "query":
        joint = "&" if "?" in request.url else "?"
        text = value if plain else quote(value, safe="")
        return replace(request, url=f"{request.url}{joint}{quote(credential.parameter, safe='')}={text}")
    if credential.location == "cookie":
        cookies = [held for name, held in request.headers if name == "Cookie"]
        others = replace(request, headers=tuple(pair for pair in request.headers if pair[0] != "Cookie"))
        text = value if plain else quote(value, safe="")
        return _with_header(others, "Cookie", "; ".join([*cookies, f"{credential.parameter}={text}"]))
    return _with_header(request, credential.parameter, value)


def _with_header(request: PreparedRequest, name: str, value: str) -> PreparedRequest:
    kept = tuple(pair for pair in request.headers if pair[0].lower() != name.lower())
    return replace(request, headers=(*kept, (name, value)))
