"""Who makes a call, from what the SDK knows of the client."""

from __future__ import annotations

from typing import Any

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.context import ServerRequestContext
from starlette.requests import Request

from specport.documents.text import one_line
from specport.policy.model import Caller

MAX_CLIENT_NAME = 100
"""Characters of what a client calls itself, which it chooses freely."""

MAX_ADDRESS = 64
"""Characters of an address, which a proxy on this machine may give as it likes."""


MAX_USER = 200
"""Characters of what an authorization server calls somebody."""


def caller_of(ctx: ServerRequestContext[Any, Any]) -> Caller:
    """The client as it introduced itself; over HTTP with the headers of this request, and the address it came from.

    `user`, where an authorization server says who it is. Without a request the client is at the other end of a pipe.
    """
    params = ctx.session.client_params
    name = one_line(f"{params.client_info.name}/{params.client_info.version}", MAX_CLIENT_NAME) if params else ""
    request = ctx.request
    if not isinstance(request, Request):
        return Caller(name, transport="stdio")
    address = one_line(request.client.host, MAX_ADDRESS) if request.client else ""
    user = request.scope.get("user")
    who = one_line(user.access_token.subject or "", MAX_USER) if isinstance(user, AuthenticatedUser) else ""
    return Caller(name, request.headers, "http", address, who)
