"""Frozen values of the requests room."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request ready to send but for its credentials.

    `url` is absolute with path and query encoded as they go on the wire. `path` is the path template that limits
    match. `body_value` is the argument the body was made from, for weighted limits. `security` lists alternatives
    of scheme names that go together.
    """

    source: str
    method: str
    url: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes | None = None
    body_value: object = None
    security: tuple[tuple[str, ...], ...] = ()
