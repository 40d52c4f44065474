"""Credentials put on a request, where their security schemes say (OAS 3.1 section 4.8.27)."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from specport.executor.auth.choosing import Credentials, choose
from specport.executor.auth.redaction import COOKIE_OCTETS
from specport.executor.auth.references import read_local
from specport.executor.auth.secret import Secret
from specport.executor.model import CERTIFICATE, Credential
from specport.requests.model import PreparedRequest

SHELL = "\0"
"""Stands on both sides of a shell expression in what `shown` returns; no request can hold it otherwise."""

_NOT_IN_NAMES = re.compile("[^A-Za-z0-9_]")
"""What no name of a shell's variable may have."""


def authorize(request: PreparedRequest, secrets: Sequence[Secret]) -> PreparedRequest:
    """The request with each secret where its scheme puts it (OAS 3.1 section 4.8.27)."""
    for secret in secrets:
        request = _apply(request, secret.credential, secret.value)
    return request


def keys_of(secrets: Sequence[Secret]) -> frozenset[str]:
    """The query parameters that secrets are put into."""
    held = (secret.credential for secret in secrets)
    return frozenset(each.parameter for each in held if each.kind == "apiKey" and each.location == "query")


def shown(request: PreparedRequest, credentials: Credentials) -> PreparedRequest:
    """The request as `--dry-run` prints it: each credential as a shell expression, such as `$NAME`, between SHELL."""
    for credential in choose(request.security, credentials):
        request = _apply(request, credential, _expression(credential), plain=True)
    return request


def _expression(credential: Credential) -> str:
    """What a shell replaces by the secret; in the sandbox there is none to hide."""
    kind, _, place = credential.reference.partition(":")
    if kind == "sandbox":
        return read_local(credential.name, credential.reference)
    variable, command = "", ""
    if kind == "file":
        command = f"cat {shlex.quote(place)}"
    elif kind == "keyring":
        command = shlex.join(["keyring", "get", *place.split("/", 1)])
    else:
        variable = place if kind == "env" else _NOT_IN_NAMES.sub("_", place).upper()
    if credential.kind == "http" and credential.scheme == "basic":
        printed = command or f'printf %s "${variable}"'
        return f"{SHELL}$({printed} | base64 | tr -d '\\n'){SHELL}"
    return f"{SHELL}$({command}){SHELL}" if command else f"{SHELL}${variable}{SHELL}"


def _apply(request: PreparedRequest, credential: Credential, value: str, *, plain: bool = False) -> PreparedRequest:
    if credential.kind == CERTIFICATE:  # only in the sandbox, which asks for none
        return request
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
        text = value if plain else quote(value, safe=COOKIE_OCTETS)
        return _with_header(others, "Cookie", "; ".join([*cookies, f"{credential.parameter}={text}"]))
    return _with_header(request, credential.parameter, value)


def _with_header(request: PreparedRequest, name: str, value: str) -> PreparedRequest:
    kept = tuple(pair for pair in request.headers if pair[0].lower() != name.lower())
    return replace(request, headers=(*kept, (name, value)))
