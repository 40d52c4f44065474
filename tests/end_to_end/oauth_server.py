"""An authorization server and an API behind it, on one loopback port: PKCE checked, refresh tokens good once."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT_ID = "specport-app"
CLIENT_SECRET = "the-client-secret"


class OAuthServer:
    """What it was asked stands in `forms`, and the tokens that calls came with in `bearers`."""

    def __init__(self, *, expires_in: int = 3600) -> None:
        self.expires_in = expires_in
        self.issuer = ""
        self.forms: list[dict[str, str]] = []
        self.bearers: list[str] = []
        self.valid: set[str] = set()
        self._challenges: dict[str, tuple[str, str]] = {}
        self._refresh = ""
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"world": self}))
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

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


class _Handler(BaseHTTPRequestHandler):
    world: OAuthServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/authorize":
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self.send_response(302)
            self.send_header("Location", self.world.authorize(query))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        bearer = self.headers.get("Authorization", "")
        self.world.bearers.append(bearer)
        good = bearer.removeprefix("Bearer ") in self.world.valid
        self._json(200 if good else 401, {"path": self.path, "seen": bearer})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        answer = self.world.token(form, self.headers.get("Authorization", ""))
        self._json(400 if "error" in answer else 200, answer)

    def _json(self, status: int, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return
