"""References to credentials: `env:NAME`, `file:PATH`, `keyring:SERVICE/NAME`, `header:NAME` of the caller's request.

`sandbox:` ones are made up by the server itself for its fake API and cannot be configured.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from specport.errors import Denied, SourceError
from specport.executor.model import Credential

MAX_SECRET_BYTES = 64 * 1024
"""Largest credential file read."""

KINDS = ("env:NAME", "file:PATH", "keyring:SERVICE/NAME", "header:NAME")

_FORBIDDEN = ("\r", "\n", "\0")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
"""A header's name (RFC 9110 section 5.1)."""


class MissingCredential(Denied):
    """There is no value where a reference leads. `fault` says so of one scheme, `remedy` what would help."""

    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(f"no credential for {fault}", hint=f"{remedy[:1].upper()}{remedy[1:]}")
        self.fault = fault
        self.remedy = remedy


def check_reference(reference: str, *, inbound: bool = True) -> str:
    """The reference itself when it is one; SourceError for anything else, without echoing what may be a secret.

    `inbound`: whether it may be a header of the caller's request.
    """
    kind, _, place = reference.partition(":")
    service, _, name = place.partition("/")
    is_one = (
        (kind in ("env", "file") and bool(place))
        or (kind == "keyring" and bool(service and name))
        or (kind == "header" and inbound and bool(_FIELD_NAME.match(place)))
    )
    if not is_one:
        raise SourceError(
            f"a credential must be a reference: {', '.join(KINDS if inbound else KINDS[:-1])}",
            hint="Put the value in an environment variable and name that",
        )
    return reference


def is_reference(text: str) -> bool:
    """Whether a text that may be a value is a reference instead."""
    return text.startswith(("env:", "file:", "keyring:"))


def is_inbound(reference: str, header: str = "") -> bool:
    """Whether the value comes with the caller's request, in that header if one is given."""
    kind, _, place = reference.partition(":")
    return kind == "header" and header.lower() in ("", place.lower())


def inbound_headers(credentials: Mapping[str, Credential]) -> tuple[str, ...]:
    """The headers of a caller's request, in lower case, that bring a source's credentials."""
    references = [each.reference for each in credentials.values() if is_inbound(each.reference)]
    return tuple(reference.partition(":")[2].lower() for reference in references)


def brought_by(inbound: Mapping[str, str], credentials: Mapping[str, Credential]) -> tuple[str, ...]:
    """The values that a caller's headers have for a source's credentials."""
    return tuple(inbound.get(header, "") for header in inbound_headers(credentials))


async def read_value(name: str, reference: str, inbound: Mapping[str, str]) -> str:
    """The value a reference leads to, now. `name` is what it is for; `inbound` the caller's headers by lower-case name.

    Raises MissingCredential when there is none, and Denied for one that would become a header of its own.
    """
    kind, _, place = reference.partition(":")
    if kind == "header":
        value = _inbound_value(name, reference, place.lower(), inbound)
    elif kind == "keyring":
        from specport.executor.auth import keyrings  # its threads and event loops are needed by no other kind

        service, _, entry = place.partition("/")
        value = (await keyrings.read(service, entry, about=f"no credential for {name}: {reference}")).strip()
    else:
        return read_local(name, reference)
    return _checked(name, reference, value, f"put the credential in {reference}")


def read_local(name: str, reference: str) -> str:
    """As `read_value`, for a reference to the environment or a file."""
    kind, _, place = reference.partition(":")
    if kind == "sandbox":
        return f"sandbox-{place}"
    if kind == "env":
        return _checked(name, reference, os.environ.get(place, "").strip(), f"set {place}")
    return _checked(name, reference, _read_file(Path(place).expanduser()), f"put the credential in {place}")


def _checked(name: str, reference: str, value: str, remedy: str) -> str:
    if not value:
        faults = {"env": "is not set", "file": "is empty or cannot be read"}
        fault = faults.get(reference.partition(":")[0], "has no value")
        raise MissingCredential(f"{name}: {reference} {fault}", remedy)
    if any(char in value for char in _FORBIDDEN):
        raise Denied(f"the credential at {reference} holds a line break")
    return value


def _inbound_value(name: str, reference: str, header: str, inbound: Mapping[str, str]) -> str:
    value = inbound.get(header, "").strip()
    if not value and not inbound:
        raise MissingCredential(
            f"{name}: {reference} comes with the client's HTTP requests, and this is not HTTP",
            "serve with --transport http",
        )
    if not value:
        raise MissingCredential(
            f"{name}: the client's request has no header {header}", f"let the client send the header {header}"
        )
    return value


def _read_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_SECRET_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError):
        return ""
