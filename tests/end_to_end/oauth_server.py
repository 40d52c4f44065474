"""An authorization server and an API behind it, on one loopback port: PKCE checked, refresh tokens good once."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlencode, urlsplit

from answering import Answering, JsonHandler, form_of

CLIENT_ID = "specport-app"
CLIENT_SECRET = "the-client-secret"


class OAuthServer(Answering):
    """What it was asked stands in `forms`, and the tokens that calls came with in `bearers`."""

    def __init__(self, *, expires_in: int = 3600) -> None:
        self.expires_in = expires_in
        self.issuer = ""
        self.forms: list[dict[str, str]] = []
        self.bearers: list[str] = []
        self.valid: set[str] = set()
        self._challenges: dict[str, tuple[str, str]] = {}
        self._refresh = ""
        super().__init__(_Handler)

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser of somebody who agrees is sent."""
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT_ID)
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self._challenges)}"
        self._challenges[code] = query["code_challenge"], query["redirect_uri"]
        answer = {"code": code, "state": query["state"], "iss": self.issuer or self.url}
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, object]:
        """The answer to a token request; an `error` where it is wrong."""
        self.forms.append(form)
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if authorization != f"Basic {basic}":
            return {"error": "invalid_client", "error_description": f"not {authorization}"}
        if form["grant_type"] == "authorization_code":
            challenge, uri = self._challenges.pop(form["code"], ("", ""))
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge or uri != form["redirect_uri"]:
                return {"error": "invalid_grant"}
        elif form["grant_type"] == "refresh_token" and form["refresh_token"] != self._refresh:
            return {"error": "invalid_grant", "error_description": "used before"}
        access = f"access-{len(self.forms)}"
        self.valid.add(access)
        answer: dict[str, object] = {"access_token": access, "token_type": "Bearer", "expires_in": self.expires_in}
        if form["grant_type"] != "client_credentials":
            answer["refresh_token"] = self._refresh = f"refresh-{len(self.forms)}"
        return answer


class _Handler(JsonHandler):
    world: OAuthServer

    def do_GET(self) -> None:  # noqa: N802  # the name that http.server calls
        parts = urlsplit(self.path)
        if parts.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.world.authorize(form_of(parts.query)))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        bearer = self.headers.get("Authorization", "")
        self.world.bearers.append(bearer)
        good = bearer.removeprefix("Bearer ") in self.world.valid
        self.answer(200 if good else 401, {"path": self.path, "seen": bearer})

    def do_POST(self) -> None:  # noqa: N802  # likewise
        answer = self.world.token(form_of(self.sent()), self.headers.get("Authorization", ""))
        self.answer(400 if "error" in answer else 200, answer)
