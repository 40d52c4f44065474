"""Redirects: which are followed, with what, and which are shown instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx2
import pytest
from fake_api import request

from specport.executor.model import Bounds, Channel, Credential, Exchange, Limit
from specport.executor.outgoing import MAX_REDIRECTS
from specport.executor.redirects import MAX_URL
from specport.executor.send import Executor
from specport.requests.model import PreparedRequest

pytestmark = pytest.mark.anyio

TOKEN = "s3cret/token"
PUBLIC = "93.184.216.34"
BEARER = Credential("token", "env:SHOP_TOKEN")
HEADER_KEY = Credential("key", "env:SHOP_TOKEN", kind="apiKey", location="header", parameter="X-Key")
QUERY_KEY = Credential("key", "env:SHOP_TOKEN", kind="apiKey", location="query", parameter="api_key")
COOKIE_KEY = Credential("key", "env:SHOP_TOKEN", kind="apiKey", location="cookie", parameter="sid")

Redirect = tuple[int, str]


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)


@dataclass(slots=True)
class Web:
    """Servers that redirect by URL and else answer with their host; `addresses` by name, empty for none."""

    redirects: Mapping[str, Redirect]
    addresses: Mapping[str, str] = field(default_factory=dict)
    seen: list[httpx2.Request] = field(default_factory=list)
    allow_private: bool = False

    async def send(self, asked: PreparedRequest, channel: Channel | None = None) -> Exchange:
        executor = Executor(
            bounds=Bounds(attempts=1),
            transport=httpx2.MockTransport(self._answer),
            resolver=self._resolve,
            allow_private=self.allow_private,
        )
        try:
            return await executor.send(asked, channel or Channel())
        finally:
            await executor.aclose()

    async def _resolve(self, host: str, port: int) -> list[str]:
        address = self.addresses.get(host, PUBLIC)
        return [address] if address else []

    @property
    def urls(self) -> list[str]:
        """Where requests went, under the names that were asked for."""
        return [f"{each.url.scheme}://{each.headers['host']}{each.url.raw_path.decode()}" for each in self.seen]

    async def _answer(self, seen: httpx2.Request) -> httpx2.Response:
        self.seen.append(seen)
        url = self.urls[-1]
        status, location = self.redirects.get(url, (200, ""))
        headers = {"location": location} if location else {}
        return httpx2.Response(status, headers=headers, json={"host": seen.headers["host"]})


def shop(method: str = "GET", path: str = "/a", **more: object) -> PreparedRequest:
    return request(method, f"https://api.test{path}", **more)


def wanting(credential: Credential) -> tuple[PreparedRequest, Channel]:
    asked = shop(security=((credential.name,),), headers=(("Accept", "application/json"), ("X-Trace", "7")))
    return asked, Channel(credentials={credential.name: credential})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/b", "b", "//api.test/b", "https://API.test:443/b#part"])
async def test_a_read_follows_at_its_origin(status: int, location: str) -> None:
    """With everything that it had, credentials too."""
    web = Web({"https://api.test/a": (status, location)})
    asked, channel = wanting(BEARER)
    exchange = await web.send(asked, channel)
    assert (exchange.status, exchange.attempts, exchange.redirect) == (200, 2, "")
    assert exchange.credentials == ("token",)
    assert web.seen[1].url.path == "/b"
    assert web.seen[1].headers["authorization"] == f"Bearer {TOKEN}"
    assert web.seen[1].headers["x-trace"] == "7"


@pytest.mark.parametrize("credential", [BEARER, HEADER_KEY, QUERY_KEY, COOKIE_KEY], ids=lambda each: each.location)
@pytest.mark.parametrize(
    "location", ["https://evil.test/", "https://api.test:8443/", "https://api.test.evil.test/", "//evil.test/x"]
)
async def test_elsewhere_no_credential_and_no_argument_goes_along(credential: Credential, location: str) -> None:
    """Another host or port is another origin, whatever its name looks like."""
    asked, channel = wanting(credential)
    start = "https://api.test/a" + ("?api_key=s3cret%2Ftoken" if credential is QUERY_KEY else "")
    web = Web({start: (302, location)})
    exchange = await web.send(asked, channel)
    assert len(web.seen) == 2
    sent = web.seen[1]
    assert TOKEN not in f"{sent.url} {dict(sent.headers)}"
    assert "s3cret" not in f"{sent.url} {dict(sent.headers)}"
    assert set(sent.headers) == {"host", "accept", "user-agent", "accept-encoding", "connection"}
    assert exchange.redirect.startswith("Answered by https://")
    assert exchange.credentials == ()


async def test_a_credential_that_was_dropped_never_comes_back() -> None:
    """Not even when the chain returns to where it began."""
    web = Web({"https://api.test/a": (302, "https://evil.test/"), "https://evil.test/": (302, "https://api.test/b")})
    asked, channel = wanting(BEARER)
    await web.send(asked, channel)
    assert web.urls == ["https://api.test/a", "https://evil.test/", "https://api.test/b"]
    assert "authorization" not in web.seen[2].headers


async def test_a_key_in_the_query_is_put_on_once() -> None:
    """An API that hands the query on has it in its Location already."""
    start = "https://api.test/a?api_key=s3cret%2Ftoken"
    web = Web({start: (307, "/b?page=2&api_key=s3cret%2Ftoken&x=%2F")})
    asked, channel = wanting(QUERY_KEY)
    await web.send(asked, channel)
    assert web.urls[1] == "https://api.test/b?page=2&x=%2F&api_key=s3cret%2Ftoken"


@pytest.mark.parametrize("spelled", ["s3cret/token", "s3cret%2Ftoken", "czNjcmV0L3Rva2Vu"])
async def test_an_api_cannot_hand_the_credential_to_another_origin(spelled: str) -> None:
    """In any spelling that the redaction knows; the text that says so does not hold it either."""
    web = Web({"https://api.test/a": (302, f"https://evil.test/?t={spelled}")})
    asked, channel = wanting(BEARER)
    exchange = await web.send(asked, channel)
    assert (exchange.status, len(web.seen)) == (302, 1)
    assert exchange.redirect == "Not followed: it would tell the credential to another origin"
    assert spelled not in repr(exchange)


@pytest.mark.parametrize(
    ("status", "method", "location", "follows"),
    [
        (303, "POST", "/b", "GET"),
        (303, "DELETE", "https://other.test/b", "GET"),
        (303, "HEAD", "/b", "HEAD"),
        (307, "POST", "/b", "POST"),
        (308, "PUT", "/b", "PUT"),
        (307, "POST", "https://other.test/b", ""),
        (308, "DELETE", "https://api.test:444/b", ""),
        (301, "POST", "/b", ""),
        (302, "DELETE", "/b", ""),
        (300, "GET", "/b", ""),
        (304, "GET", "/b", ""),
        (201, "POST", "/b", ""),
    ],
)
async def test_what_changes_something_is_never_done_at_another_place(
    status: int, method: str, location: str, follows: str
) -> None:
    """303 asks to look at the outcome; 307 and 308 keep method and body, at the same origin."""
    web = Web({"https://api.test/a": (status, location)})
    body = b'{"a":1}' if method in ("POST", "PUT") else None
    exchange = await web.send(shop(method, content=body, headers=(("Content-Type", "application/json"),)))
    if not follows:
        assert (exchange.status, len(web.seen)) == (status, 1)
        return
    assert web.seen[1].method == follows
    assert web.seen[1].content == (body or b"" if follows == method else b"")
    assert ("content-type" in web.seen[1].headers) == (follows == method)


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://api.test/b", "it leads from https to http"),
        ("http://evil.test/b", "it leads from https to http"),
        ("file:///etc/passwd", "no http(s) URL"),
        ("data:text/plain,x", "no http(s) URL"),
        ("gopher://evil.test/", "no http(s) URL"),
        ("javascript:alert(1)", "no http(s) URL"),
        ("https://user:pass@api.test/b", "holds a user name"),
        ("//evil.test\\@api.test/b", "holds a user name"),
        ("https://api.test:99999/b", "the URL of the call cannot be used"),
        ("https://[::1/b", "no URL"),
        ("https://0177.0.0.1/b", "no URL"),
        ("/" + "b" * MAX_URL, "no URL"),
    ],
)
async def test_a_redirect_to_what_is_no_place_for_a_call_is_shown(location: str, reason: str) -> None:
    """With the reason, and nothing is sent there."""
    web = Web({"https://api.test/a": (302, location)})
    exchange = await web.send(shop())
    assert (exchange.status, len(web.seen)) == (302, 1)
    assert exchange.redirect.startswith("Not followed: ")
    assert reason in exchange.redirect


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "169.254.169.254", "[::ffff:127.0.0.1]", "[::1]",
     "localhost", "localhost.", "metadata.test"],
)  # fmt: skip
async def test_an_api_cannot_send_a_call_to_a_private_address(host: str) -> None:
    """Nobody chose that place: also where the API itself is private, and by whatever name or notation."""
    private = "169.254.169.254" if "169" in host or "metadata" in host else "127.0.0.1"
    names = dict.fromkeys((host, host.strip("[]"), host.rstrip("."), "::ffff:7f00:1"), private)
    web = Web({"https://api.test/a": (302, f"https://{host}/latest/meta-data")}, names)
    exchange = await web.send(shop())
    assert (exchange.status, len(web.seen)) == (302, 1)
    assert "is at the private address" in exchange.redirect
    allowed = Web(web.redirects, names, allow_private=True)
    assert (await allowed.send(shop())).status == 200


async def test_a_chain_ends() -> None:
    """A loop, or a chain that is too long, is shown where it was left."""
    web = Web({"https://api.test/a": (302, "/b"), "https://api.test/b": (302, "/a")})
    exchange = await web.send(shop())
    assert (exchange.status, len(web.seen)) == (302, MAX_REDIRECTS + 1)
    assert exchange.redirect == f"Not followed: there were {MAX_REDIRECTS} before it (MAX_REDIRECTS)"


async def test_a_redirect_at_the_origin_takes_from_the_limits_and_one_elsewhere_does_not() -> None:
    """Each request is counted by the API that it goes to."""
    channel = Channel(limits=(Limit("two an hour", 2, 3600.0),))
    here = Web({"https://api.test/a": (302, "/b"), "https://api.test/b": (302, "/c")})
    exchange = await here.send(shop(), channel)
    assert (exchange.status, len(here.seen)) == (302, 2)
    assert "two an hour" in exchange.redirect
    there = Web({"https://api.test/a": (302, "https://files.test/b"), "https://files.test/b": (302, "/c")})
    assert (await there.send(shop(), channel)).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_is_elsewhere_may_fail_and_the_call_does_not(method: str) -> None:
    """What the API itself answered is told, with what became of the redirect."""
    web = Web({"https://api.test/a": (302, "https://gone.test/b")}, {"gone.test": ""})
    exchange = await web.send(shop(method))
    assert exchange.status == 302
    assert "cannot connect to https://gone.test" in exchange.redirect
