"""A server over HTTP whose clients bring tokens of an authorization server: who gets in, and who is who."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import mcp_types as types
import pytest
from authorization_server import AuthorizationServer, asked_of
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl
from starlette.responses import PlainTextResponse

from end_to_end.loopback import Cli, Reply, Upstream, announced, things
from specport.errors import SourceError
from specport.surfaces.mcp.oauth import AGAIN_SECONDS, KEYS_SECONDS, Gate, Keys
from specport.surfaces.mcp.resource_server import ResourceServer

pytestmark = pytest.mark.anyio

OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def authorization() -> Iterator[AuthorizationServer]:
    with AuthorizationServer() as server:
        yield server


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        items = [{"id": number, "name": f"item {number}"} for number in range(3_000)]
        running.replies["/things/1"] = Reply(body=json.dumps(items).encode())
        yield running


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("oauth")
    (folder / "things.json").write_text(things())
    return folder


@pytest.fixture(scope="module")
def resource(home: Path, authorization: AuthorizationServer, upstream: Upstream) -> Iterator[str]:
    """The URL of a server whose clients must have the scope `tools`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/mcp"
    arguments = (
        "--spec", "things.json", "--base-url", upstream.url, "--allow-private", "--transport", "http",
        "--host", "127.0.0.1", "--port", str(port), "--oauth-issuer", authorization.url, "--oauth-resource", url,
        "--oauth-scope", "tools", "--audit", "calls.jsonl", "--no-state", "--credential", "token=env:NONE",
    )  # fmt: skip
    with Cli(home).start("serve", *arguments, env={"NONE": "none"}) as process:
        assert announced(process) == url
        yield url


class Storage:
    """Tokens of one client."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@asynccontextmanager
async def bearing(resource: str, token: str) -> AsyncIterator[Client]:
    """A client that has a token."""
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http,
        Client(streamable_http_client(resource, http_client=http)) as client,
    ):
        yield client


async def asked(resource: str, token: str = "", **headers: str) -> httpx2.Response:
    """The answer to a request of one who brings that token."""
    given = {"Authorization": f"Bearer {token}"} if token else {}
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accepted = {"Accept": "application/json, text/event-stream"}
    async with httpx2.AsyncClient() as http:
        return await http.post(resource, json=body, headers={**accepted, **given, **headers})


def text_of(result: types.CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, types.TextContent))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_client_that_knows_nothing_but_the_url_finds_its_way_in(
    resource: str, authorization: AuthorizationServer, home: Path, mode: Any
) -> None:
    """The SDK's client: where to ask, for what resource and scope, with a token from there. The audit log has who."""
    redirects: list[str] = []

    async def redirected(url: str) -> None:
        redirects.append(url)

    async def back() -> AuthorizationCodeResult:
        answer = authorization.authorize(asked_of(redirects[-1]))
        return AuthorizationCodeResult(code=answer["code"], state=answer["state"], iss=answer["iss"])

    metadata = OAuthClientMetadata(redirect_uris=[AnyUrl("http://127.0.0.1:1/back")], client_name="test")
    auth = OAuthClientProvider(resource, metadata, Storage(), redirected, back)
    async with (
        httpx2.AsyncClient(auth=auth) as http,
        Client(streamable_http_client(resource, http_client=http), mode=mode) as client,
    ):
        assert not (await client.call_tool("things_listThings", {})).is_error
    query = asked_of(redirects[-1])
    assert (query["resource"], query["scope"]) == (resource, "tools")
    line = json.loads((home / "calls.jsonl").read_text().splitlines()[-1])
    assert (line["event"], line["tool"], line["user"]) == ("call", "things.listThings", "ann")


TOKENS: dict[str, tuple[Callable[[AuthorizationServer, str], str], str]] = {
    "of another key": (lambda server, url: server.token(url, key=OTHER), "no valid JWT"),
    "of an unknown key": (lambda server, url: server.token(url, key=OTHER, kid="two"), "a key that the authorization"),
    "of another issuer": (lambda server, url: server.token(url, iss="https://other.example.com"), "another issuer"),
    "for another server": (lambda server, _: server.token("https://other.example.com/mcp"), "for another server"),
    "for nobody": (lambda server, _: server.token(None), "no valid JWT"),
    "expired": (lambda server, url: server.token(url, exp=time.time() - 60), "it has expired"),
    "without an end": (lambda server, url: server.token(url, exp=None), "no valid JWT"),
    "not valid yet": (lambda server, url: server.token(url, nbf=time.time() + 900), "no valid JWT"),
    "unsigned": (lambda server, url: server.token(url, key="", algorithm="none"), "no valid JWT"),
    "of nobody": (lambda server, url: server.token(url, sub=None, client_id=None), "does not say who it is for"),
    "no token": (lambda *_: "abc", "no valid JWT"),
    "nested deep": (lambda *_: "W1tb" * 4_000 + ".e30.e30", "no valid JWT"),
    "very long": (lambda *_: "a" * 20_000, "more than 16,384 characters"),
}


@pytest.mark.parametrize("kind", TOKENS)
async def test_any_other_token_is_refused(resource: str, authorization: AuthorizationServer, kind: str) -> None:
    """401, with the reason and where a token can be had, and nothing of the token that came."""
    make, reason = TOKENS[kind]
    token = make(authorization, resource)
    answer = await asked(resource, token)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_token"
    assert reason in answer.json()["error_description"]
    assert token not in answer.text + str(answer.headers)
    challenge = answer.headers["WWW-Authenticate"]
    assert 'error="invalid_token"' in challenge
    [metadata] = re.findall(r'resource_metadata="([^"]+)"', challenge)
    async with httpx2.AsyncClient() as http:
        found = await http.get(metadata)
    assert found.json()["authorization_servers"] == [authorization.issuer]
    assert (found.json()["resource"], found.json()["scopes_supported"]) == (resource, ["tools"])
    assert found.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_token_with_the_public_key_as_secret_is_refused(
    resource: str, authorization: AuthorizationServer
) -> None:
    """Only signatures that nobody but the authorization server can make are taken."""
    head, claims, _ = authorization.token(resource, scope="tools").split(".")
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=")
    public = authorization.keys["one"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    made = hmac.new(public, f"{head}.{claims}".encode(), hashlib.sha256).digest()
    forged = f"{head}.{claims}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"
    assert (await asked(resource, forged)).status_code == 401


async def test_without_a_token_one_is_told_what_is_wanted(resource: str) -> None:
    """No error code, since there was nothing to be wrong (RFC 6750 section 3.1); health and metadata need none."""
    answer = await asked(resource)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Bearer scope="tools", resource_metadata="http://127.0.0.1')
    async with httpx2.AsyncClient() as http:
        assert (await http.get(resource.replace("/mcp", "/health"))).status_code == 200
        basic = await http.post(resource, headers={"Authorization": "Basic YTpi"})
    assert basic.status_code == 401


@pytest.mark.parametrize("scopes", [{}, {"scope": "other"}, {"scp": ["other"]}])
async def test_a_token_without_the_scope_is_told_so(
    resource: str, authorization: AuthorizationServer, scopes: dict[str, object]
) -> None:
    """403, so that the client asks for more instead of a new one of the same."""
    answer = await asked(resource, authorization.token(resource, **scopes))
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
    assert 'scope="tools"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "claims", [{"scope": "a tools"}, {"scp": "tools"}, {"scp": ["tools"]}, {"scope": "tools", "sub": None}]
)
@pytest.mark.parametrize(
    "audiences", [lambda url: url, lambda url: [url, "https://x.example.com"], lambda url: url + "/"]
)
async def test_tokens_as_authorization_servers_write_them_are_taken(
    resource: str, authorization: AuthorizationServer, claims: dict[str, object], audiences: Callable[[str], object]
) -> None:
    """Scopes as a text or a list, one audience or several, a URL with and without its last slash."""
    async with bearing(resource, authorization.token(audiences(resource), **claims)) as client:
        assert (await client.list_tools()).tools


async def test_what_one_person_was_shown_another_cannot_read(resource: str, authorization: AuthorizationServer) -> None:
    """The same client program for two people: answers and sessions are of who the token is for."""
    ann, bob = (authorization.token(resource, sub=name, scope="tools") for name in ("ann", "bob"))
    async with bearing(resource, ann) as client:
        shown = text_of(await client.call_tool("things_getThing", {"id": 1}))
        [handle] = set(re.findall(r'"handle":"([^"]+)"', shown))
        last = {"handle": handle, "select": "[-1].name"}
        assert text_of(await client.call_tool("results_read", last)) == "item 2999"
        async with bearing(resource, bob) as other:
            assert "there is no such result" in text_of(await other.call_tool("results_read", last))
    opening = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }  # fmt: skip
    async with httpx2.AsyncClient(headers={"Accept": "application/json, text/event-stream"}) as http:
        opened = await http.post(resource, json=opening, headers={"Authorization": f"Bearer {ann}"})
    session = {"Mcp-Session-Id": opened.headers["Mcp-Session-Id"], "Mcp-Protocol-Version": "2025-11-25"}
    assert (await asked(resource, ann, **session)).status_code == 200
    assert (await asked(resource, bob, **session)).status_code == 404


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def test_keys_change_and_the_authorization_server_goes_away(caplog: pytest.LogCaptureFixture) -> None:
    """New keys are asked for when a token names one, not at each such token; without any the answer is to wait."""
    with AuthorizationServer() as server:
        clock, url = Clock(), "https://mcp.example.com/mcp"
        gate = Gate(PlainTextResponse("in"), ResourceServer(server.url, url), Keys(server.url, clock=clock))
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(gate), base_url=url) as http:

            async def status(token: str) -> int:
                return (await http.post("/mcp", headers={"Authorization": f"Bearer {token}"})).status_code

            server.is_down = True
            waiting = await http.post("/mcp", headers={"Authorization": f"Bearer {server.token(url)}"})
            assert (waiting.status_code, waiting.headers["Retry-After"]) == (503, "30")
            assert "the keys of http://127.0.0.1" in caplog.text
            server.is_down, server.only_openid = False, True
            asked_before = len(server.asked)
            assert await status(server.token(url)) == 503
            assert len(server.asked) == asked_before, "not asked again at once"
            clock.now += AGAIN_SECONDS + 1
            assert await status(server.token(url)) == 200
            old = server.token(url)
            server.keys = {"two": ec.generate_private_key(ec.SECP256R1())}
            assert await status(server.token(url)) == 401
            assert await status(old) == 200
            clock.now += AGAIN_SECONDS + 1
            assert [await status(server.token(url)), await status(old)] == [200, 401]
            server.is_down = True
            for _ in range(2):
                clock.now += KEYS_SECONDS + 1
                assert await status(server.token(url)) == 200, "the keys that were there stay"


async def test_another_issuers_metadata_is_not_taken(caplog: pytest.LogCaptureFixture) -> None:
    """An authorization server is who it says that it is (RFC 8414 section 3.3)."""
    with AuthorizationServer() as server:
        server.issuer = "https://other.example.com"
        keys = Keys(server.url)
        await keys.ask()
    assert "is the metadata of another issuer, https://other.example.com" in caplog.text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--oauth-issuer", "https://login.example.com"), "--oauth-resource"),
        (("--oauth-resource", "https://mcp.example.com/mcp"), "--oauth-issuer"),
        (
            ("--oauth-issuer", "https://a.example.com", "--oauth-resource", "https://b/mcp", "--token", "env:T"),
            "either",
        ),
        (("--oauth-issuer", "http://a.example.com", "--oauth-resource", "https://b/mcp"), "is not https"),
        (("--oauth-issuer", "a.example.com", "--oauth-resource", "https://b/mcp"), "is no http(s) URL"),
    ],
)
def test_options_that_do_not_go_together_are_told(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    """Before anything is served."""
    done = Cli(tmp_path).run("serve", "--transport", "http", *options)
    assert done.code != 0
    assert said in done.err


def test_a_resource_is_a_url() -> None:
    """Without query or fragment (RFC 9728 section 1.2)."""
    for url in ("mcp.example.com", "https://mcp.example.com/mcp#a", "https://mcp.example.com/mcp?a=b", "ftp://a/b"):
        with pytest.raises(SourceError, match="--oauth-resource is no http"):
            ResourceServer("https://login.example.com", url)
