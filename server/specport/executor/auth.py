"""Credentials: found by reference when a call needs them, put on the request, and taken out of everything shown.

This is the only module that ever holds a secret. References are `env:NAME` and `file:PATH`; `sandbox:` ones are
made up by the server itself for its fake API and cannot be configured.
"""

from __future__ import annotations

import base64
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import orjson

from specport.errors import Denied, SourceError
from specport.executor.model import Credential
from specport.requests.model import PreparedRequest

MAX_SECRET_BYTES = 64 * 1024
"""Largest credential file read."""

MIN_REDACTED = 4
"""Shortest secret, in characters, that is replaced in what is shown."""

_COOKIE_OCTETS = "!#$%&'()*+-./:<=>?@[]^_`{|}~"
"""What RFC 6265 section 4.1.1 lets stand in a cookie value, beside letters and digits."""

SHELL = "\0"
"""Stands on both sides of a shell expression in what `shown` returns; no request can hold it otherwise."""

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
    """The secrets for the first security alternative whose schemes all have a credential with a value.

    No alternative with credentials: none, and the API decides. Raises Denied, naming the variable or file, when
    credentials are configured but no alternative has its values.
    """
    missing: Denied | None = None
    for alternative in _satisfied(request.security, credentials):
        try:
            return tuple(Secret(credentials[name], read_secret(credentials[name])) for name in alternative)
        except Denied as error:
            missing = missing or error
    if missing is not None:
        raise missing
    return ()


def choose(security: Sequence[Sequence[str]], credentials: Mapping[str, Credential]) -> tuple[str, ...]:
    """The first alternative that the configured credentials satisfy, else nothing."""
    return next(_satisfied(security, credentials), ())


def _satisfied(security: Sequence[Sequence[str]], credentials: Mapping[str, Credential]) -> Iterator[tuple[str, ...]]:
    for alternative in security:
        if alternative and all(name in credentials for name in alternative):
            yield tuple(alternative)


def read_secret(credential: Credential) -> str:
    """The value a reference leads to, now. Raises Denied when there is none."""
    scheme, _, place = credential.reference.partition(":")
    if scheme == "sandbox":
        return f"sandbox-{place}"
    if scheme == "env":
        value = os.environ.get(place, "").strip()
        fault, hint = "is not set", f"Set {place}, or start with --sandbox to try without one"
    else:
        value = _read_file(Path(place).expanduser())
        fault, hint = "is empty or cannot be read", f"Put the credential in {place}"
    if not value:
        raise Denied(f"no credential for {credential.name}: {credential.reference} {fault}", hint=hint)
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
    """The request as `--dry-run` prints it: each credential as a shell expression, such as `$NAME`, between SHELL."""
    for name in choose(request.security, credentials):
        request = _apply(request, credentials[name], _expression(credentials[name]), plain=True)
    return request


def _expression(credential: Credential) -> str:
    """What a shell replaces by the secret; in the sandbox there is none to hide."""
    scheme, _, place = credential.reference.partition(":")
    if scheme == "sandbox":
        return read_secret(credential)
    if credential.kind == "http" and credential.scheme == "basic":
        printed = f'printf %s "${place}"' if scheme == "env" else f"cat {shlex.quote(place)}"
        return f"{SHELL}$({printed} | base64 | tr -d '\\n'){SHELL}"
    return f"{SHELL}${place}{SHELL}" if scheme == "env" else f"{SHELL}$(cat {shlex.quote(place)}){SHELL}"


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
        forms += [quote(value, safe=""), quote_plus(value), quote(value, safe=_COOKIE_OCTETS)]
        forms.append(base64.b64encode(value.encode()).decode())
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
        text = value if plain else quote(value, safe=_COOKIE_OCTETS)
        return _with_header(others, "Cookie", "; ".join([*cookies, f"{credential.parameter}={text}"]))
    return _with_header(request, credential.parameter, value)


def _with_header(request: PreparedRequest, name: str, value: str) -> PreparedRequest:
    kept = tuple(pair for pair in request.headers if pair[0].lower() != name.lower())
    return replace(request, headers=(*kept, (name, value)))
