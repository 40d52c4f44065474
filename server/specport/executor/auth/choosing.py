"""Which of an operation's security alternatives a call uses (OAS 3.1 section 4.8.30)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from specport.errors import Denied
from specport.executor.auth.references import MissingCredential
from specport.executor.model import Credential

Security = Sequence[Sequence[str]]
Credentials = Mapping[str, Credential]


def alternatives(security: Security, credentials: Credentials) -> Iterator[tuple[Credential, ...]]:
    """The alternatives, in order, whose schemes all have a configured credential; needing nothing is none of them."""
    for names in security:
        if names and all(name in credentials for name in names):
            yield tuple(credentials[name] for name in names)


def choose(security: Security, credentials: Credentials) -> tuple[Credential, ...]:
    """The first alternative that the configured credentials satisfy, else nothing."""
    return next(alternatives(security, credentials), ())


def refusal(missing: Sequence[Sequence[MissingCredential]]) -> Denied:
    """What to tell where no alternative has its values: each that is missing, and what would help."""
    faults = dict.fromkeys(fault.fault for faults in missing for fault in faults)
    remedies = dict.fromkeys(" and ".join(fault.remedy for fault in faults) for faults in missing)
    hint = ", or ".join([*remedies, "start with --sandbox to try without one"])
    return Denied(f"no credential for {'; '.join(faults)}", hint=f"{hint[:1].upper()}{hint[1:]}")
