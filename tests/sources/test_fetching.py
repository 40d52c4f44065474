"""Fetching a document: http(s) from public addresses only, bounded, each redirect checked again. No real network."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import httpx2
import pytest

from end_to_end.loopback import Reply, Upstream
from small_documents import document
from specport.documents.bounds import Bound
from specport.errors import SourceError
from specport.executor.addresses import is_private_host, is_public, resolve
from specport.sources.fetch import MAX_REDIRECTS, MAX_VALIDATOR, Fetched, FetchPolicy, fetch, fetch_changed
from specport.sources.manifest import open_folder
from specport.sources.model import NO_VALIDATORS, Validators
from specport.sources.specification import Specification, read_specification

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
        found = await fetch(url, policy or FetchPolicy(), resolver=known, transport=httpx2.MockTransport(self))
        return found.data


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
            await web.get(f"http://docs.example.com/{name}", FetchPolicy(size=Bound("MAX_BYTES", 1000)))


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


LOCAL = FetchPolicy(allow_private=True)
DATE = "Sat, 28 Nov 2026 08:00:00 GMT"
UNCHANGED = Reply(304, b"", headers={"etag": '"v1"'})


def version(etag: str = "", date: str = "", body: bytes = b"{}", **more: str) -> Reply:
    """A document with validators."""
    named = {"etag": etag, "last-modified": date, **{key.replace("_", "-"): value for key, value in more.items()}}
    return Reply(200, body, headers={key: value for key, value in named.items() if value})


def conditions(upstream: Upstream) -> list[tuple[str, str | None, str | None]]:
    """Path and conditional headers of each request since the last look."""
    return [(each.path, each.header("if-none-match"), each.header("if-modified-since")) for each in upstream.take()]


@pytest.mark.parametrize("etag", ['"v1"', 'W/"v1"', '""', '"!#$~,v"'])
async def test_what_is_unchanged_is_not_sent_again(upstream: Upstream, etag: str) -> None:
    """The validators of an answer go back to where they came from, strong or weak; 304 then means unchanged."""
    url = f"{upstream.url}/api.json"
    upstream.first["/api.json"] = [version(etag, DATE, b"one"), UNCHANGED, version('"v2"', body=b"two")]
    first = await fetch(url, LOCAL)
    assert first == Fetched(b"one", Validators(url, etag, DATE))
    assert await fetch_changed(url, LOCAL, first.validators) is None
    assert await fetch_changed(url, LOCAL, first.validators) == Fetched(b"two", Validators(url, '"v2"'))
    assert conditions(upstream) == [("/api.json", None, None), *[("/api.json", etag, DATE)] * 2]


async def test_one_validator_is_enough(upstream: Upstream) -> None:
    """A date alone asks too; a server without any is asked for everything."""
    url = f"{upstream.url}/api.json"
    upstream.first["/api.json"] = [version(date=DATE), UNCHANGED, version(), version()]
    dated = await fetch(url, LOCAL)
    assert await fetch_changed(url, LOCAL, dated.validators) is None
    bare = await fetch(url, LOCAL)
    assert bare.validators == NO_VALIDATORS
    assert await fetch_changed(url, LOCAL, bare.validators) == bare
    assert conditions(upstream)[1:] == [("/api.json", None, DATE), *[("/api.json", None, None)] * 2]


async def test_an_answer_304_that_nobody_asked_for_is_an_error(upstream: Upstream) -> None:
    """There is nothing that it could be the same as."""
    upstream.replies["/api.json"] = UNCHANGED
    for known in (NO_VALIDATORS, Validators(f"{upstream.url}/other.json", '"v1"', DATE)):
        with pytest.raises(SourceError, match=r"/api\.json answered 304"):
            await fetch_changed(f"{upstream.url}/api.json", LOCAL, known)


async def test_validators_go_only_to_the_url_they_came_from(upstream: Upstream) -> None:
    """They are those of the last of a chain of redirects, and mean nothing anywhere else."""
    url = f"{upstream.url}/latest"
    upstream.replies |= {"/latest": Reply(302, b"", headers={"location": "/v1.json"}), "/v1.json": version('"1"')}
    first = await fetch(url, LOCAL)
    assert first.validators == Validators(f"{upstream.url}/v1.json", '"1"')
    upstream.first["/v1.json"] = [UNCHANGED]
    assert await fetch_changed(url, LOCAL, first.validators) is None
    upstream.replies |= {
        "/latest": Reply(302, b"", headers={"location": "/v2.json"}),
        "/v2.json": version('"1"', body=b"two"),
    }
    assert await fetch_changed(url, LOCAL, first.validators) == Fetched(
        b"two", Validators(f"{upstream.url}/v2.json", '"1"')
    )
    assert conditions(upstream)[2:] == [
        ("/latest", None, None), ("/v1.json", '"1"', None), ("/latest", None, None), ("/v2.json", None, None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "etag",
    ["v1", '"v1', "W/v1", 'w/"v1"', '"a b"', '"a"b"', '"\xe9"', "\x1b[31m", '"\x7f"', f'"{"x" * MAX_VALIDATOR}"', "*"],
)
async def test_what_is_no_validator_is_not_kept(upstream: Upstream, etag: str) -> None:
    """RFC 9110 section 8.8.3; a server may send anything, and get nothing of it back."""
    upstream.replies["/api.json"] = Reply(200, b"{}", headers={"etag": etag, "last-modified": f"{etag}, yesterday"})
    assert (await fetch(f"{upstream.url}/api.json", LOCAL)).validators == NO_VALIDATORS


async def test_what_was_kept_is_checked_before_it_is_sent(upstream: Upstream) -> None:
    """Whoever can write where sources are kept adds no header to a request."""
    url = f"{upstream.url}/api.json"
    for evil in ('"a"\r\nX-Evil: 1', '"a"\n', "a" * MAX_VALIDATOR, '"\u2028"'):
        assert await fetch_changed(url, LOCAL, Validators(url, evil, f"{DATE}\r\nX-Evil: 1"))
    assert conditions(upstream) == [("/api.json", None, None)] * 4


async def test_packed_documents_have_validators_too(upstream: Upstream) -> None:
    """The entity tag is of the packed form, which is the one that is asked for again."""
    packed = gzip.compress(b"{}")
    upstream.replies["/api.json"] = version('"v1-gzip"', body=packed, content_encoding="gzip")
    url = f"{upstream.url}/api.json"
    assert await fetch(url, LOCAL) == Fetched(b"{}", Validators(url, '"v1-gzip"'))


async def test_a_source_keeps_the_validators_of_its_document(upstream: Upstream, tmp_path: Path) -> None:
    """Fetched for a command or a tool, or by a manifest; a file and a text have none."""
    text = json.dumps(document({"/a": {"get": {}}}))
    upstream.replies["/api.json"] = version('"v1"', DATE, text.encode())
    url = f"{upstream.url}/api.json"
    known = Validators(url, '"v1"', DATE)
    assert (await read_specification(Specification(url), LOCAL)).validators == known
    assert (await read_specification(Specification(text), LOCAL)).validators == NO_VALIDATORS
    (tmp_path / "source.toml").write_text(f'name = "shop"\ndocument = "{url}"\n')
    assert (await open_folder(tmp_path, LOCAL)).validators == known
    (tmp_path / "api.json").write_text(text)
    (tmp_path / "source.toml").write_text('name = "shop"\ndocument = "api.json"\n')
    assert (await open_folder(tmp_path, LOCAL)).validators == NO_VALIDATORS
