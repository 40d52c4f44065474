"""One bearer token for all who use this server over HTTP."""

from __future__ import annotations

import hmac

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


def without_token(scope: Scope) -> Scope:
    """A request as those further in see it: the token is for this server, and they have no use for it."""
    if scope["type"] != "http":
        return scope
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"authorization"]}


class BearerGate:
    """Refuses every HTTP request without the right bearer token, before anything else sees it."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Called by the web server for each request."""
        if scope["type"] == "http" and not self._is_allowed(scope):
            refusal = JSONResponse(
                {"error": "a valid bearer token is required"}, 401, headers={"WWW-Authenticate": "Bearer"}
            )
            await refusal(scope, receive, send)
            return
        await self._app(without_token(scope), receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        if scope["path"] == "/health":
            return True
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        return hmac.compare_digest(given, self._expected)
