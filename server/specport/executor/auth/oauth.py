"""The token endpoint of an authorization server: what is asked of it, and what its answer is worth (RFC 6749).

Nothing here is sent: a request goes through the executor's own HTTP client, and is never redirected.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote_plus, urlencode, urlsplit

import orjson

from specport.documents.text import one_line
from specport.errors import Denied, UpstreamFailed
from specport.executor.auth.redaction import Redaction
from specport.executor.auth.secret import Secret
from specport.executor.model import Credential, Exchange, OAuthClient
from specport.requests.model import PreparedRequest

MAX_TOKEN_ANSWER = 256 * 1024
"""Bytes of a token endpoint's answer."""

MAX_DESCRIPTION = 300
"""Characters of an authorization server's own words that are passed on."""

NEVER = float("inf")

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """The client's name and secret, as they are now."""

    client_id: str
    secret: str = ""

    def __repr__(self) -> str:
        return f"ClientIdentity({self.client_id!r})"


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, usable from `made` until `expires` (seconds since the epoch), and what brings another one."""

    access: str
    made: float
    expires: float
    refresh: str = ""
    scope: str = ""

    def __repr__(self) -> str:
        return f"Token(expires={self.expires})"


class TokenRefused(Denied):
    """The authorization server gives no token. `code` is its error (RFC 6749 section 5.2), "" where it said none."""

    def __init__(self, message: str, *, code: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


def token_request(source: str, client: OAuthClient, identity: ClientIdentity, fields: Fields) -> PreparedRequest:
    """The POST that asks for a token (RFC 6749 section 3.2), the client authenticated as section 2.3.1 says."""
    body = {**dict(client.parameters), **fields}
    headers = [("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded")]
    if identity.secret and not client.in_body:
        pair = f"{quote_plus(identity.client_id)}:{quote_plus(identity.secret)}"
        headers.append(("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"))
    else:
        body["client_id"] = identity.client_id
        body |= {"client_secret": identity.secret} if identity.secret else {}
    return PreparedRequest(
        source=source,
        method="POST",
        url=client.token_url,
        path=urlsplit(client.token_url).path,
        headers=tuple(headers),
        content=urlencode(body).encode(),
    )


def secrets_of(name: str, client: OAuthClient, identity: ClientIdentity, fields: Fields) -> Redaction:
    """What takes everything secret of a token request out of what is told of it."""
    pair = f"{quote_plus(identity.client_id)}:{quote_plus(identity.secret)}"
    own = Credential(name, client.client_secret)
    values = [Secret(own, identity.secret), Secret(own, pair)] if identity.secret else []
    asked = Credential(name, f"oauth:{name}")
    values += [Secret(asked, fields[key]) for key in ("refresh_token", "code", "code_verifier") if key in fields]
    return Redaction(values)


def token_of(exchange: Exchange, *, name: str, client: OAuthClient, now: float, redaction: Redaction) -> Token:
    """The token in an answer that came at `now` (RFC 6749 section 5.1).

    Raises TokenRefused with what the server said, and UpstreamFailed where it failed or what it answered is no token.
    """
    where = f"the token endpoint of {name} at {_origin(client.token_url)}"
    facts = _object(exchange.body)
    error = facts.get("error")
    if isinstance(error, str) and error:
        said = facts.get("error_description")
        words = f"{error}: {said}" if isinstance(said, str) and said else error
        shown = one_line(redaction.text(words), MAX_DESCRIPTION)
        raise TokenRefused(f"{where} refused: {shown}", code=error, hint=_advice(error))
    if 300 <= exchange.status < 400:
        raise Denied(f"{where} redirects, which a request with a secret does not follow", hint="Name its own token_url")
    if exchange.status != 200:
        raise UpstreamFailed(f"{where} answered {exchange.status}", hint="Is its URL right? Try again later")
    access, kind = facts.get("access_token"), facts.get("token_type", "bearer")
    if not isinstance(access, str) or not access or not access.isprintable() or " " in access:
        raise UpstreamFailed(f"{where} answered without an access token", hint="Is its URL right?")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise Denied(f"{where} gave a token of the type {one_line(str(kind), 40)}, and only bearer tokens can be sent")
    refresh, scope = facts.get("refresh_token"), facts.get("scope")
    return Token(
        access=access,
        made=now,
        expires=now + _lifetime(facts.get("expires_in")),
        refresh=refresh if isinstance(refresh, str) else "",
        scope=scope if isinstance(scope, str) else "",
    )


def _lifetime(value: object) -> float:
    """Seconds, which some servers write as text; for ever where they say nothing of it, until the API says 401."""
    try:
        return max(0.0, float(cast("str", value)))
    except (TypeError, ValueError):
        return NEVER


def _object(body: bytes) -> Mapping[str, object]:
    try:
        value: object = orjson.loads(body) if len(body) <= MAX_TOKEN_ANSWER else None
    except orjson.JSONDecodeError:
        value = None
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _advice(error: str) -> str:
    """What the codes of RFC 6749 section 5.2 ask a person to do."""
    if error in ("invalid_client", "unauthorized_client"):
        return "Check client_id, client_secret and client_auth"
    if error == "invalid_scope":
        return "Name the scopes that this client may have: scopes = [...]"
    return ""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
