"""An authorization server on a loopback port: its metadata, its keys, clients that register themselves, and tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm


class AuthorizationServer:
    """Whoever asks is `subject`. `asked` counts requests by path; `is_down` answers 503 to all of them."""

    def __init__(self) -> None:
        self.subject = "ann"
        self.asked: list[str] = []
        self.is_down = False
        self.only_openid = False
        self.keys: dict[str, Any] = {"one": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
        self._codes: dict[str, dict[str, str]] = {}
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"world": self}))
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self.issuer = self.url

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def token(
        self, audience: object, *, key: Any = None, kid: str | None = None, algorithm: str = "", **claims: object
    ) -> str:
        """An access token, of the newest key unless another is given."""
        kid = kid or list(self.keys)[-1]
        key = key if key is not None else self.keys[kid]
        usual = {
            "iss": self.issuer,
            "aud": audience,
            "sub": self.subject,
            "client_id": "client",
            "exp": time.time() + 300,
        }
        facts = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        chosen = algorithm or ("ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "RS256")
        return jwt.encode(facts, key, chosen, {"kid": kid})

    def metadata(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "registration_endpoint": f"{self.url}/register",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        }

    def public_keys(self) -> dict[str, object]:
        def public(key: Any) -> dict[str, Any]:
            made = ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else RSAAlgorithm
            return made.to_jwk(key.public_key(), as_dict=True)

        return {"keys": [{**public(key), "kid": name, "use": "sig"} for name, key in self.keys.items()]}

    def authorize(self, query: dict[str, str]) -> dict[str, str]:
        """What the browser of somebody who agrees brings back."""
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = query
        return {"code": code, "state": query["state"], "iss": self.issuer}

    def exchange(self, form: dict[str, str]) -> dict[str, object]:
        query = self._codes.pop(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == query["code_challenge"]
        access = self.token(query["resource"], scope=query.get("scope", ""))
        return {"access_token": access, "token_type": "Bearer", "expires_in": 300}


class _Handler(BaseHTTPRequestHandler):
    world: AuthorizationServer

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.world.asked.append(path)
        answers: dict[str, Any] = {
            "/.well-known/oauth-authorization-server": None if self.world.only_openid else self.world.metadata(),
            "/.well-known/openid-configuration": self.world.metadata(),
            "/keys": self.world.public_keys(),
        }
        self._answer(answers.get(path))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/register":
            self._answer({**json.loads(body), "client_id": "client"}, 201)
        else:
            self._answer(self.world.exchange({name: values[0] for name, values in parse_qs(body).items()}))

    def _answer(self, facts: Any, status: int = 200) -> None:
        status = 503 if self.world.is_down else status if facts is not None else 404
        data = json.dumps(facts).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing to stderr."""


def asked_of(url: str) -> dict[str, str]:
    """The query of an authorization URL."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
