"""Logging in by the authorization code flow, with PKCE, for a program on the person's own machine.

RFC 6749 section 4.1, RFC 7636 (S256), RFC 8252 (the redirect comes to a loopback port), RFC 9207 (`iss`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from specport.documents.text import one_line
from specport.errors import Denied
from specport.executor.addresses import origin_of
from specport.executor.auth.oauth import MAX_DESCRIPTION
from specport.executor.model import OAuthClient

_ENTROPY = 32
"""Random bytes of a state and of a code verifier: 43 characters, the fewest that RFC 7636 section 4.1 allows."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login under way: the URL for the person's browser, and what its answer must fit."""

    url: str
    state: str
    verifier: str
    redirect_uri: str

    def __repr__(self) -> str:
        return f"Attempt({self.redirect_uri!r})"


def begin(
    client: OAuthClient,
    client_id: str,
    redirect_uri: str,
    *,
    random: Callable[[int], str] = secrets.token_urlsafe,
) -> Attempt:
    """A login that ends at `redirect_uri`, bound to this attempt by `state` and to this process by a code verifier."""
    state, verifier = random(_ENTROPY), random(_ENTROPY)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        **dict(client.parameters),
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    if client.scopes:
        query["scope"] = " ".join(client.scopes)
    joint = "&" if "?" in client.authorization_url else "?"
    return Attempt(f"{client.authorization_url}{joint}{urlencode(query)}", state, verifier, redirect_uri)


def is_answer_to(attempt: Attempt, query: str) -> bool:
    """Whether the query that a browser came back with is of this attempt."""
    states = parse_qs(query).get("state", [])
    return len(states) == 1 and hmac.compare_digest(states[0].encode(), attempt.state.encode())


def code_of(attempt: Attempt, client: OAuthClient, query: str) -> str:
    """The code in the query that the browser was redirected with.

    Raises Denied for an answer to another attempt or of another server, and for a refusal, in the server's words.
    """
    given = {name: values[0] for name, values in parse_qs(query).items() if len(values) == 1}
    if not is_answer_to(attempt, query):
        raise Denied("the browser's answer belongs to another login: its state is not the one sent", hint="Try again")
    issuer = given.get("iss", "")
    is_known = issuer == client.issuer if client.issuer else origin_of(issuer) == origin_of(client.authorization_url)
    if issuer and not is_known:
        raise Denied(
            f"the answer is of the issuer {one_line(issuer, MAX_DESCRIPTION)}, which was not asked",
            hint="Where that is right, name it: issuer = ... beside client_id",
        )
    if "error" in given:
        words = ": ".join(given[name] for name in ("error", "error_description") if name in given)
        raise Denied(f"the login was refused: {one_line(words, MAX_DESCRIPTION)}")
    if not given.get("code"):
        raise Denied("the browser's answer has no code", hint="Try again")
    return given["code"]
