"""Frozen values of the executor room: limits, credentials by reference, and what one exchange brought."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` units in any `window` seconds: a sliding window, each request expiring on its own timer.

    A `window` of 0 bounds how many calls are under way at the same time. `methods` (empty: all) and `paths` (empty:
    all) say which operations take from it; a path pattern is a path template in which a trailing `*` matches the rest.
    `weight` names a top-level array of the JSON body whose length is what a call costs, nothing where the body has no
    such array; without `weight` a call costs 1. `by_document`: whoever wrote the document states it, so it is kept, and
    never believed to be what the API's answers tell.
    """

    name: str
    amount: int
    window: float
    methods: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    weight: str = ""
    by_document: bool = False

    @property
    def figures(self) -> str:
        """`250 in 60 s`, or `10 at the same time`."""
        return f"{self.amount:,} in {self.window:,g} s" if self.window else f"{self.amount:,} at the same time"

    @property
    def is_possible(self) -> bool:
        """Whether it lets any call go, and ends."""
        return self.amount > 0 and 0 <= self.window < math.inf

    def covers(self, method: str, path: str) -> bool:
        """Whether a call of this method and path template takes from the limit."""
        return (not self.methods or method in self.methods) and (
            not self.paths or any(_matches(pattern, path) for pattern in self.paths)
        )

    def cost(self, body: object) -> int:
        """The units that a call with this JSON body takes."""
        if not self.weight:
            return 1
        items = cast("Mapping[str, object]", body).get(self.weight) if isinstance(body, dict) else None
        return len(cast("list[object]", items)) if isinstance(items, list) else 0


DEFAULT_LIMITS = (Limit("calls at the same time", 100, 0.0),)
"""What is kept for a source that declares no limits; the rest is what its answers tell."""


def _matches(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


class WhenLost(StrEnum):
    """What happens to calls while the Redis that keeps the limits does not answer: refused, or let go."""

    CLOSED = "closed"
    OPEN = "open"


CERTIFICATE = "mutualTLS"
"""The kind of security scheme that wants a client certificate, which cannot be presented yet."""


class Flow(StrEnum):
    """How an access token is had (RFC 6749 sections 4.4 and 4.1)."""

    CLIENT_CREDENTIALS = "client_credentials"
    AUTHORIZATION_CODE = "authorization_code"


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """What specport is to an authorization server. `client_id` is a text or a reference, `client_secret` a reference.

    `scopes` None: those of the document's flow. `in_body`: the secret goes in the body of a token request, not as HTTP
    Basic (RFC 6749 section 2.3.1). `parameters` are further ones of every request, such as an audience. `login`: whose
    kept tokens are used, a source and a scheme. `issuer` is what RFC 9207's `iss` must be, if anything.
    """

    flow: Flow
    client_id: str
    client_secret: str = ""
    token_url: str = ""
    authorization_url: str = ""
    scopes: tuple[str, ...] | None = None
    in_body: bool = False
    issuer: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    login: str = ""


@dataclass(frozen=True, slots=True)
class Credential:
    """Where a secret is found, never the secret: `reference` as in `auth.references`.

    `kind`, `scheme`, `location`, `parameter` are the facts of the OpenAPI security scheme it satisfies. With `client`
    the secret is an access token, and the reference only says so.
    """

    name: str
    reference: str
    kind: str = "http"
    scheme: str = "bearer"
    location: str = ""
    parameter: str = ""
    client: OAuthClient | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """How calls of one source are sent: its credentials by scheme name, and its limits.

    `public_urls`: how URLs begin that nobody but a tool call or a document chose; their hosts must be on the public
    Internet, at every call. `idempotency_header`: the header by whose value the API knows a request that it had before,
    so that any method may be sent again; empty: it has none.
    """

    credentials: Mapping[str, Credential] = field(default_factory=dict[str, Credential])
    limits: tuple[Limit, ...] = ()
    public_urls: tuple[str, ...] = ()
    idempotency_header: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One answered request: `status`, `headers` with lower-case names, decoded `body` bytes.

    `attempts` counts requests sent, `waited` the seconds spent waiting for limits; `left` says after what a stream
    that may never end was left, such as `10 s`, and is empty where all was read. `redirect` says who answered after
    one, where it is not whom the call was for, or why it was not followed. `credentials` names the security schemes
    whose secrets were sent.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    attempts: int = 1
    waited: float = 0.0
    left: str = ""
    redirect: str = ""
    credentials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """Every wait and size of one call, in seconds and bytes.

    `total` spans waiting for limits and all attempts; clients stop at 60 s, so it ends before. An answer that may go
    on for ever is left after `stream_time`, `stream_body` or `stream_items` events or lines.
    """

    total: float = 50.0
    connect: float = 10.0
    read: float = 45.0
    body: int = 32 * 1024 * 1024
    attempts: int = 4
    connections: int = 100
    stream_time: float = 10.0
    stream_body: int = 4 * 1024 * 1024
    stream_items: int = 1_000
