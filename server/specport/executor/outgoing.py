"""What is sent on a connection, what comes back, and what may be in the way: values of sending without its means."""

from __future__ import annotations

from dataclasses import dataclass, field

from specport.errors import UpstreamFailed
from specport.executor.auth.redaction import Redaction
from specport.executor.model import Exchange
from specport.requests.model import PreparedRequest

MAX_REDIRECTS = 5
"""Most redirects of one call that are followed."""


class PassingFault(UpstreamFailed):
    """The connection could not be made or broke off, which another attempt may well not meet."""


class NotFollowed(Exception):
    """A redirect that is shown instead; its text says why."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request with its credentials, which `redaction` takes out of what comes back.

    `is_guarded`: only to a public address. `ends` is when there is no more time, on the executor's clock; `cap` the
    most bytes of an answer.
    """

    request: PreparedRequest
    redaction: Redaction
    is_guarded: bool
    ends: float
    cap: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `location` is where a redirect leads as the API wrote it, which may hold a secret."""

    exchange: Exchange
    location: str = field(default="", repr=False)
