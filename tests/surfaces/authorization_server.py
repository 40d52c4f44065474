"""An authorization server on a loopback port: its metadata, its keys, clients that register themselves, and tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from answering import Answering, JsonHandler, form_of


class AuthorizationServer(Answering):
    """Whoever asks is `subject`. `asked` counts requests by path; `is_down` answers 503 to all of them."""

    def __init__(self) -> None:
        self.subject = "ann"
        self.asked: list[str] = []
        self.is_down = False
        self.only_openid = False
        self.keys: dict[str, Any] = {"one": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
        self._codes: dict[str, dict[str, str]] = {}
        super().__init__(_Handler)
        self.issuer = self.url

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


class _Handler(JsonHandler):
    world: AuthorizationServer

    def do_GET(self) -> None:  # noqa: N802  # the name that http.server calls
        path = urlsplit(self.path).path
        self.world.asked.append(path)
        answers: dict[str, Any] = {
            "/.well-known/oauth-authorization-server": None if self.world.only_openid else self.world.metadata(),
            "/.well-known/openid-configuration": self.world.metadata(),
            "/keys": self.world.public_keys(),
        }
        self._answer(answers.get(path))

    def do_POST(self) -> None:  # noqa: N802  # likewise
        body = self.sent()
        if self.path == "/register":
            self._answer({**json.loads(body), "client_id": "client"}, 201)
        else:
            self._answer(self.world.exchange(form_of(body)))

    def _answer(self, facts: Any, status: int = 200) -> None:
        self.answer(503 if self.world.is_down else status if facts is not None else 404, facts)


def asked_of(url: str) -> dict[str, str]:
    """The query of an authorization URL."""
    return form_of(urlsplit(url).query)
