"""Fetching a document: http(s) from public addresses only, bounded, each redirect checked again. No real network."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping

import httpx2
import pytest

from specport.errors import SourceError
from specport.executor.addresses import is_private_host, is_public, resolve
from specport.sources.fetch import MAX_REDIRECTS, FetchPolicy, fetch

pytestmark = pytest.mark.anyio

PUBLIC = "93.184.216.34"
ADDRESSES = {"docs.example.com": PUBLIC, "inside.example.com": "10.0.0.7", "both.example.com": f"{PUBLIC} 127.0.0.1"}


async def known(host: str, port: int) -> list[str]:
    """A resolver that knows three names and, like the system's, every notation of an address."""
    if host in ADDRESSES:
        return ADDRESSES[host].split()
    if host.endswith(".example.com"):
        raise OSError(-2, "Name or service not known")
    return await resolve(host, port)


class Web:
    """Answers by URL; what it was asked is kept."""

    def __init__(self, answers: Mapping[str, httpx2.Response | Exception]) -> None:
        self.answers = answers
        self.asked: list[httpx2.Request] = []

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self.answers[f"{request.url.scheme}://{request.headers['host']}{request.url.raw_path.decode()}"]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def get(self, url: str, policy: FetchPolicy | None = None) -> bytes:
        return await fetch(url, policy or FetchPolicy(), resolver=known, transport=httpx2.MockTransport(self))


def text(body: str) -> httpx2.Response:
    return httpx2.Response(200, text=body)


def redirect(location: str, status: int = 302) -> httpx2.Response:
    return httpx2.Response(status, headers={"location": location})


async def test_a_public_document_is_fetched_from_the_address_that_was_checked() -> None:
    """The connection goes to the checked address under the host's own name, so the name cannot change in between."""
    web = Web({"https://docs.example.com/openapi.json?v=1": text("{}")})
    assert await web.get("https://docs.example.com/openapi.json?v=1") == b"{}"
    [asked] = web.asked
    assert asked.url.host == PUBLIC
    assert asked.headers["host"] == "docs.example.com"
    assert asked.extensions["sni_hostname"] == "docs.example.com"


async def test_a_port_stays_in_the_host_header() -> None:
    """Virtual hosts on other ports work."""
    web = Web({"http://docs.example.com:8080/a": text("{}")})
    assert await web.get("http://docs.example.com:8080/a") == b"{}"
    assert web.asked[0].url.port == 8080


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a", "http://127.1/a", "http://2130706433/a", "http://0x7f.1/a", "http://0x7f000001/a",
        "http://0177.0.0.1/a", "http://0/a", "http://0.0.0.0/a", "http://[::1]/a", "http://[::]/a",
        "http://[::ffff:127.0.0.1]/a", "http://[::ffff:7f00:1]/a", "http://[::127.0.0.1]/a", "http://10.0.0.1/a",
        "http://172.16.9.9/a", "http://192.168.1.1/a", "http://100.64.0.1/a", "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/a", "http://[fc00::1]/a", "http://[fec0::1]/a", "http://[64:ff9b::7f00:1]/a",
        "http://[2002:7f00:1::]/a", "http://[2001:0:7f00:1::]/a", "http://224.0.0.1/a", "http://255.255.255.255/a",
        "http://localhost/a", "http://127.0.0.1:8080/a", "https://127.0.0.1./a", "http://inside.example.com/a",
        "http://both.example.com/a",
    ],
)  # fmt: skip
async def test_private_addresses_are_refused_in_every_notation(url: str) -> None:
    """Loopback, private, link-local, metadata and multicast addresses, however they are written or named."""
    web = Web({})
    with pytest.raises(SourceError, match=r"is at the private address|cannot be resolved|is not a URL"):
        await web.get(url)
    assert web.asked == []


async def test_the_refusal_names_the_option_that_allows_it() -> None:
    """One line, with the address and what to do if it was meant."""
    with pytest.raises(SourceError) as caught:
        await Web({}).get("http://inside.example.com/a")
    assert str(caught.value) == (
        "inside.example.com is at the private address 10.0.0.7. Start with --allow-private if that is meant"
    )


async def test_private_addresses_are_fetched_when_allowed() -> None:
    """`--allow-private` is for documents of the own network."""
    web = Web({"http://127.0.0.1:9/a": text("{}"), "http://inside.example.com/a": text("[]")})
    allowed = FetchPolicy(allow_private=True)
    assert await web.get("http://127.0.0.1:9/a", allowed) == b"{}"
    assert await web.get("http://inside.example.com/a", allowed) == b"[]"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://docs.example.com/a", "is not an http(s) URL"),
        ("file:///etc/passwd", "is not an http(s) URL"),
        ("gopher://docs.example.com", "is not an http(s) URL"),
        ("docs.example.com/a", "is not an http(s) URL"),
        ("http://", "is not an http(s) URL"),
        ("http:///a", "is not an http(s) URL"),
        ("http://[::1", "is not a URL"),
        ("http://docs.example.com:port/", "is not a URL"),
        ("http://user:secret@docs.example.com/a", "user name or password"),
        ("http://user@docs.example.com/a", "user name or password"),
        ("http://unknown.example.com/a", "unknown.example.com cannot be resolved"),
    ],
)
async def test_what_cannot_be_fetched_is_told_in_one_line(url: str, reason: str) -> None:
    """Other schemes, broken URLs, credentials in the URL, unknown hosts."""
    with pytest.raises(SourceError) as caught:
        await Web({}).get(url)
    assert reason in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_redirects_are_followed_relative_and_absolute() -> None:
    """Each hop is a request of its own to a checked address."""
    web = Web(
        {
            "http://docs.example.com/a": redirect("https://docs.example.com/b", 301),
            "https://docs.example.com/b": redirect("c?x=1", 307),
            "https://docs.example.com/c?x=1": text("found"),
        }
    )
    assert await web.get("http://docs.example.com/a") == b"found"
    assert [asked.url.host for asked in web.asked] == [PUBLIC] * 3


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://127.0.0.1/admin", "private address 127.0.0.1"),
        ("http://inside.example.com/", "private address 10.0.0.7"),
        ("//2130706433/", "private address 127.0.0.1"),
        ("file:///etc/passwd", "is not an http(s) URL"),
        ("http://a:b@docs.example.com/", "user name or password"),
        ("http://[broken", "not a URL"),
    ],
)
async def test_redirects_are_checked_like_the_first_request(location: str, reason: str) -> None:
    """A public page cannot lead to a private one."""
    web = Web({"http://docs.example.com/a": redirect(location)})
    with pytest.raises(SourceError) as caught:
        await web.get("http://docs.example.com/a")
    assert reason in str(caught.value)
    assert len(web.asked) == 1


async def test_a_redirect_does_not_leave_https() -> None:
    """Else somebody between could write the document, and with it where calls go."""
    web = Web({"https://docs.example.com/a": redirect("HTTP://docs.example.com/a")})
    with pytest.raises(SourceError, match="redirects from https to http"):
        await web.get("https://docs.example.com/a")
    assert len(web.asked) == 1


async def test_endless_redirects_end() -> None:
    """The number of hops is bounded."""
    web = Web({"http://docs.example.com/a": redirect("/a")})
    with pytest.raises(SourceError, match=f"redirects more than {MAX_REDIRECTS} times"):
        await web.get("http://docs.example.com/a")
    assert len(web.asked) == MAX_REDIRECTS + 1


async def test_a_document_over_the_size_limit_is_refused() -> None:
    """The limit counts decoded bytes, so a compressed one cannot hide its size."""
    packed = gzip.compress(b"x" * 100_000)
    compressed = httpx2.Response(200, headers={"content-encoding": "gzip"}, stream=httpx2.ByteStream(packed))
    web = Web({"http://docs.example.com/plain": text("x" * 1001), "http://docs.example.com/packed": compressed})
    for name in ("plain", "packed"):
        with pytest.raises(SourceError, match="has more than 1,000 bytes"):
            await web.get(f"http://docs.example.com/{name}", FetchPolicy(max_bytes=1000))


async def test_a_server_that_does_not_answer_is_given_up() -> None:
    """The time limit spans resolving, connecting, every redirect and the whole body."""

    async def never(request: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(SourceError, match=r"http://docs\.example\.com/a did not answer within 0\.03 s"):
        await fetch(
            "http://docs.example.com/a",
            FetchPolicy(max_seconds=0.03),
            resolver=known,
            transport=httpx2.MockTransport(never),
        )


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx2.Response(404), "answered 404 Not Found"),
        (httpx2.Response(500), "answered 500 Internal Server Error"),
        (httpx2.Response(204), "answered 204 No Content"),
        (httpx2.Response(302), "answered 302 Found"),
        (httpx2.ConnectError("refused"), "cannot fetch http://docs.example.com/a: refused"),
        (httpx2.ReadError(""), "cannot fetch http://docs.example.com/a: ReadError"),
    ],
)
async def test_a_failed_fetch_says_why(answer: httpx2.Response | Exception, reason: str) -> None:
    """Anything but a 200 is no document."""
    with pytest.raises(SourceError) as caught:
        await Web({"http://docs.example.com/a": answer}).get("http://docs.example.com/a")
    assert reason in str(caught.value)


async def test_a_name_without_an_address_is_told() -> None:
    """An empty answer of the resolver is no crash."""

    async def empty(host: str, port: int) -> list[str]:
        return []

    with pytest.raises(SourceError, match=r"docs\.example\.com cannot be resolved"):
        await fetch("http://docs.example.com/", FetchPolicy(), resolver=empty, transport=httpx2.MockTransport(Web({})))


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("192.0.2.1", False),
        ("fe80::1%eth0", False),
    ],
)
def test_public_addresses_are_known(address: str, answer: bool) -> None:
    """By the IANA registries of special addresses, through IPv4 in IPv6."""
    assert is_public(address) is answer


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "LOCALHOST.", "a.localhost", "db.internal", "nas.local", "127.1", "0x7f.1", "0177.0.0.1",
        "2130706433", "[::1]", "::1", "169.254.169.254",
    ],
)  # fmt: skip
def test_hosts_that_are_private_as_written_are_known(host: str) -> None:
    """Without any look-up, for what a tool call may name as base URL."""
    assert is_private_host(host)


@pytest.mark.parametrize("host", ["example.com", "localhost.example.com", "8.8.8.8", "", "internal.example"])
def test_other_hosts_are_not_taken_for_private(host: str) -> None:
    """A name that only contains such a word is a name."""
    assert not is_private_host(host)
