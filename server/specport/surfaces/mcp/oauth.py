"""Who may use this server over HTTP, where an authorization server says so: an OAuth 2.0 resource server.

As MCP's authorization has it (2025-06-18 and later): clients find the authorization server through RFC 9728's metadata,
and bring access tokens that are JWTs (RFC 9068), made by it, for this server, with the scopes that are asked for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import jwt
import orjson
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.routes import build_resource_metadata_url
from pydantic import AnyHttpUrl
from starlette.authentication import AuthCredentials
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from specport.documents.bounds import Bound
from specport.errors import SourceError
from specport.executor.addresses import origin_of
from specport.sources.fetch import FetchPolicy, fetch
from specport.surfaces.mcp.gate import without_token
from specport.surfaces.mcp.resource_server import ResourceServer

log = logging.getLogger("specport")

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that are taken: those that only the authorization server can make, not a shared secret's."""

LEEWAY_SECONDS = 30
"""How far the clocks of the two servers may be apart."""

KEYS_SECONDS = 3_600.0
"""How long the authorization server's keys are used before they are asked for again."""

AGAIN_SECONDS = 30.0
"""How long they are not asked for again, whatever key a token names: tokens are made up for nothing."""

MAX_TOKEN = 16_384
"""Characters of a token."""

MAX_METADATA = 1_000_000
"""Bytes of the authorization server's metadata, and of its keys."""

_FETCHING = FetchPolicy(allow_private=True, size=Bound("MAX_METADATA", MAX_METADATA), max_seconds=10.0)


class KeysLost(Exception):
    """The authorization server's keys cannot be had now."""


class Refused(Exception):
    """A token is not taken, for a reason that may be told to whoever brought it."""


class Keys:
    """The keys that an authorization server signs with, by its metadata (RFC 8414, or OpenID Connect Discovery)."""

    def __init__(self, issuer: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.issuer = issuer
        """As it calls itself once that is known: clients compare it character by character."""
        self._clock = clock
        self._asking = asyncio.Lock()
        self._asked = float("-inf")
        self._keys: list[jwt.PyJWK] = []
        self._renewing: asyncio.Task[None] | None = None

    async def find(self, name: str | None) -> jwt.PyJWK:
        """The key of that `kid`, or the only one for a token that names none. Raises Refused and KeysLost."""
        found = self._known(name)
        age = self._clock() - self._asked
        if found is None and (age > AGAIN_SECONDS or self._asking.locked()):
            await self.ask()
            found = self._known(name)
        elif age > KEYS_SECONDS and not self._asking.locked():
            self._renewing = asyncio.create_task(self.ask())  # nobody waits: those that are there do
        if found is None and not self._keys:
            raise KeysLost
        if found is None:
            raise Refused("it is signed with a key that the authorization server does not have")
        return found

    async def ask(self) -> None:
        """Ask for the keys, once for all who wait; where they cannot be had those there are stay."""
        before = self._asked
        async with self._asking:
            if self._asked != before:
                return
            try:
                url = _text(await self._metadata(), "jwks_uri")
                if self.issuer.startswith("https:") and not url.startswith("https:"):
                    raise ValueError("its jwks_uri is not https")
                keys = jwt.PyJWKSet.from_dict(await _json(url)).keys
            except (SourceError, ValueError, jwt.PyJWTError) as error:
                log.warning("the keys of %s cannot be had: %s", self.issuer, error)
            else:
                self._keys = [key for key in keys if key.public_key_use in (None, "sig")]
            self._asked = self._clock()

    def _known(self, name: str | None) -> jwt.PyJWK | None:
        if name is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.key_id == name), None)

    async def _metadata(self) -> Mapping[str, Any]:
        origin = origin_of(self.issuer)
        path = self.issuer.removeprefix(origin).rstrip("/")
        urls = (
            f"{origin}/.well-known/oauth-authorization-server{path}",
            f"{origin}{path}/.well-known/openid-configuration",
        )
        try:
            metadata = await _json(urls[0])
        except (SourceError, ValueError):
            metadata = await _json(urls[1])
        issuer = _text(metadata, "issuer")
        if issuer.rstrip("/") != self.issuer.rstrip("/"):
            raise ValueError(f"what is there is the metadata of another issuer, {issuer[:200]}")
        self.issuer = issuer
        return metadata


class Gate:
    """Lets requests through that bring a token, with who it is for; says to others where one can be had."""

    def __init__(self, app: ASGIApp, server: ResourceServer, keys: Keys) -> None:
        self._app = app
        self._server = server
        self._keys = keys
        self._issuer = _forms(server.issuer)
        self._audience = server.audience or _forms(server.resource)
        self._metadata_url = str(build_resource_metadata_url(AnyHttpUrl(server.resource)))
        self._metadata_path = AnyHttpUrl(self._metadata_url).path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Called by the web server for each request."""
        if scope["type"] != "http" or scope["path"] == "/health":
            return await self._app(scope, receive, send)
        if scope["path"] == self._metadata_path:
            return await self._metadata(scope["method"])(scope, receive, send)
        try:
            user = await self._user(Request(scope))
        except KeysLost:
            refusal = _refusal(503, "temporarily_unavailable", "tokens cannot be checked now", {"Retry-After": "30"})
        except Refused as error:
            refusal = self._refusal(401, "invalid_token", f"the token is not taken: {error}")
        else:
            if user is None:
                refusal = self._refusal(401, "", "a bearer token is required")
            elif missing := [each for each in self._server.scopes if each not in user.scopes]:
                refusal = self._refusal(403, "insufficient_scope", f"the token lacks the scope {' '.join(missing)}")
            else:
                inner = {**without_token(scope), "user": user, "auth": AuthCredentials(user.scopes)}
                return await self._app(inner, receive, send)
        return await refusal(scope, receive, send)

    async def _user(self, request: Request) -> AuthenticatedUser | None:
        """Who a request is from; None where it brings no token. Raises Refused and KeysLost."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return None
        claims = await self._claims(token.strip())
        issuer, subject = cast("str", claims["iss"]), cast("str | None", claims.get("sub"))
        client = str(claims.get("client_id") or claims.get("azp") or subject or "")
        if not client:
            raise Refused("it does not say who it is for")
        access = AccessToken(
            token="",  # it is checked, and needed no more
            client_id=client,
            scopes=_scopes(claims),
            expires_at=int(claims["exp"]),
            subject=subject or client,
            claims={"iss": issuer},
        )
        return AuthenticatedUser(access)

    async def _claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > MAX_TOKEN:
            raise Refused(f"it has more than {MAX_TOKEN:,} characters")
        try:
            name = jwt.get_unverified_header(token).get("kid")
            key = await self._keys.find(name)
            return cast(
                "Mapping[str, Any]",
                jwt.decode(
                    token,
                    key.key,
                    algorithms=ALGORITHMS,
                    audience=self._audience,
                    issuer=self._issuer,
                    leeway=LEEWAY_SECONDS,
                    options={"require": ["exp", "iss", "aud"]},
                ),
            )
        except jwt.ExpiredSignatureError as error:
            raise Refused("it has expired") from error
        except jwt.InvalidAudienceError as error:
            raise Refused("it is for another server") from error
        except jwt.InvalidIssuerError as error:
            raise Refused("it is of another issuer") from error
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise Refused("it is no valid JWT of the authorization server") from error

    def _refusal(self, status: int, error: str, description: str) -> Response:
        """An answer that says where a token can be had, and with which scopes (RFC 6750 section 3, RFC 9728 5.1)."""
        parts = [f'error="{error}", error_description="{description}"'] if error else []
        parts += [f'scope="{" ".join(self._server.scopes)}"'] if self._server.scopes else []
        challenge = ", ".join((*parts, f'resource_metadata="{self._metadata_url}"'))
        return _refusal(status, error or "unauthorized", description, {"WWW-Authenticate": f"Bearer {challenge}"})

    def _metadata(self, method: str) -> Response:
        """What clients ask for before they have a token (RFC 9728), also those in a browser."""
        anybody = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
        if method == "OPTIONS":
            return Response(status_code=204, headers=anybody)
        if method not in ("GET", "HEAD"):
            return Response(status_code=405, headers={"Allow": "GET, HEAD, OPTIONS"})
        metadata: dict[str, object] = {
            "resource": self._server.resource,
            "authorization_servers": [self._keys.issuer],
            "bearer_methods_supported": ["header"],
            "resource_name": "specport",
        }
        if self._server.scopes:
            metadata["scopes_supported"] = self._server.scopes
        return JSONResponse(metadata, headers=anybody)


def _refusal(status: int, error: str, description: str, headers: Mapping[str, str]) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status, headers=headers)


def _forms(url: str) -> list[str]:
    """A URL with and without a slash at its end, which are one to some authorization servers."""
    return [url.rstrip("/"), url.rstrip("/") + "/"]


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    """`scope` (RFC 9068), or `scp` as Entra and Okta call it, in one text or a list."""
    given: object = claims.get("scope", claims.get("scp", ""))
    return [str(each) for each in cast("list[object]", given)] if isinstance(given, list) else str(given).split()


def _text(metadata: Mapping[str, Any], name: str) -> str:
    value = metadata.get(name)
    if not isinstance(value, str):
        raise ValueError(f"its metadata has no {name}")  # noqa: TRY004  # a fault of what was read
    return value


async def _json(url: str) -> dict[str, Any]:
    """A JSON object at a URL that the operator or the authorization server named. Raises SourceError, ValueError."""
    value = orjson.loads((await fetch(url, _FETCHING)).data)
    if not isinstance(value, dict):
        raise ValueError(f"{url} is no JSON object")  # noqa: TRY004  # likewise
    return cast("dict[str, Any]", value)
