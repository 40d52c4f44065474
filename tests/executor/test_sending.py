"""One call on its way: attempts, the one budget, caps, and errors in our own words. The API is a plain function."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import socket
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2
import pytest

from specport.errors import Denied, RateLimited, UpstreamFailed
from specport.executor.model import Channel, Exchange, Limit
from specport.executor.send import Bounds, Executor, retry_after
from specport.requests.model import PreparedRequest

pytestmark = pytest.mark.anyio

Answer = httpx2.Response | Exception
IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")


@dataclass(slots=True)
class Api:
    """An API that gives its answers one after the other, the last one for ever, on a clock that pauses move."""

    answers: list[Answer]
    bounds: Bounds = field(default_factory=Bounds)
    now: float = 0.0
    pauses: list[float] = field(default_factory=list)
    seen: list[httpx2.Request] = field(default_factory=list)
    takes: float = 0.0

    async def send(self, request: PreparedRequest, channel: Channel | None = None) -> Exchange:
        executor = Executor(
            bounds=self.bounds,
            transport=httpx2.MockTransport(self._answer),
            sleep=self._sleep,
            clock=lambda: self.now,
            jitter=max,
        )
        try:
            return await executor.send(request, channel or Channel())
        finally:
            await executor.aclose()

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        self.now += self.takes
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def request(method: str = "GET", url: str = "https://api.test/v2/things", **more: object) -> PreparedRequest:
    return PreparedRequest(source="test", method=method, url=url, path="/v2/things", **more)  # type: ignore[arg-type]


def ok(text: str = "fine") -> httpx2.Response:
    return httpx2.Response(200, text=text)


def status(code: int, **headers: str) -> httpx2.Response:
    return httpx2.Response(code, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_an_answer_is_an_exchange_with_lower_case_headers() -> None:
    """Whatever the status, the answer is a value: status, headers by lower-case name, decoded body, attempts."""
    api = Api([httpx2.Response(418, headers={"X-Request-ID": "r1"}, text="teapot")])
    exchange = await api.send(request())
    assert (exchange.status, exchange.body, exchange.attempts) == (418, b"teapot", 1)
    assert exchange.headers["x-request-id"] == "r1"


async def test_the_request_leaves_as_it_was_prepared() -> None:
    """Method, URL, headers and body arrive byte for byte, text beyond ASCII in a header as UTF-8."""
    api = Api([ok()])
    url = "https://api.test/a%2Fb/c;d=1?q=%20x&e=[1]&f='%27"
    await api.send(
        request("PATCH", url, headers=(("X-City", "Köln"), ("Content-Type", "text/plain")), content=b"\x00\xff")
    )
    [seen] = api.seen
    assert (seen.method, str(seen.url)) == ("PATCH", url)
    assert seen.headers.raw.count((b"X-City", "Köln".encode())) == 1
    assert seen.headers["content-type"] == "text/plain"
    assert seen.content == b"\x00\xff"
    assert seen.headers["user-agent"] == "specport"


@pytest.mark.parametrize("fault", [502, 503, 504, "connect", "read"])
@pytest.mark.parametrize("method", IDEMPOTENT)
async def test_idempotent_methods_are_tried_again_after_passing_faults(method: str, fault: int | str) -> None:
    """A gateway's 502, 503, 504, a refused or broken connection: another attempt is safe and often helps."""
    faults: dict[object, Answer] = {"connect": httpx2.ConnectError("refused"), "read": httpx2.ReadError("reset")}
    api = Api([faults.get(fault) or status(int(fault)), ok()])
    exchange = await api.send(request(method))
    assert (exchange.status, exchange.attempts, len(api.seen)) == (200, 2, 2)


@pytest.mark.parametrize("fault", [502, 503, 504, 500, 429, "connect", "read"])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_other_methods_are_sent_once(method: str, fault: int | str) -> None:
    """A POST may have done its work before it failed, so it is never repeated of our own accord."""
    faults: dict[object, Answer] = {"connect": httpx2.ConnectError("refused"), "read": httpx2.ReadError("reset")}
    api = Api([faults.get(fault) or status(int(fault)), ok()])
    if fault in faults:
        with pytest.raises(UpstreamFailed):
            await api.send(request(method))
    else:
        assert (await api.send(request(method))).status == fault
    assert len(api.seen) == 1
    assert api.pauses == []


@pytest.mark.parametrize("code", [400, 401, 404, 409, 422, 429, 500, 501])
async def test_an_error_that_is_no_passing_fault_is_the_answer(code: int) -> None:
    """Asking again would bring the same, so even a GET is sent once."""
    api = Api([status(code), ok()])
    assert (await api.send(request("GET"))).status == code
    assert len(api.seen) == 1


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
async def test_retry_after_is_waited_out_for_every_method(method: str, code: int) -> None:
    """429 and 503 with Retry-After mean that nothing was done and that asking later is welcome."""
    api = Api([status(code, retry_after="3"), ok()])
    exchange = await api.send(request(method))
    assert (exchange.status, exchange.attempts) == (200, 2)
    assert api.pauses[0] >= 3.0
    assert exchange.waited == api.pauses[0]


async def test_a_retry_after_beyond_the_budget_is_passed_on() -> None:
    """The caller gets the API's own answer with its Retry-After, at once, instead of waiting in vain."""
    api = Api([status(429, retry_after="3600")])
    exchange = await api.send(request())
    assert (exchange.status, exchange.headers["retry-after"], exchange.attempts) == (429, "3600", 1)
    assert api.pauses == []


async def test_attempts_end_after_their_number() -> None:
    """A fault that does not pass is the answer in the end, with the number of attempts in it."""
    api = Api([status(503)], bounds=Bounds(attempts=3))
    exchange = await api.send(request())
    assert (exchange.status, exchange.attempts, len(api.seen)) == (503, 3, 3)
    assert api.pauses == [0.5, 1.0], "full jitter below a bound that doubles"


async def test_waits_and_attempts_share_one_budget() -> None:
    """No pause is begun that would end after the call's time, however many attempts are left."""
    api = Api([status(503)], bounds=Bounds(total=10.0, attempts=50), takes=2.0)
    exchange = await api.send(request())
    assert api.now - api.takes < 10.0
    assert exchange.attempts == len(api.seen) == 4


async def test_every_attempt_takes_from_the_limit() -> None:
    """A repeated request counts for the API, so it counts here; no room means that the last answer stands."""
    api = Api([status(503)], bounds=Bounds(total=5.0, attempts=4))
    channel = Channel(limits=(Limit("two", 2, 3600.0),))
    exchange = await api.send(request(), channel)
    assert (exchange.status, exchange.attempts, len(api.seen)) == (503, 2, 2)


async def test_a_used_up_limit_refuses_before_anything_is_sent() -> None:
    """The API is not bothered with a call that its limit would refuse."""
    api = Api([ok()], bounds=Bounds(total=1.0))
    executor = Executor(bounds=api.bounds, transport=httpx2.MockTransport(api._answer))
    channel = Channel(limits=(Limit("one an hour", 1, 3600.0),))
    await executor.send(request(), channel)
    with pytest.raises(RateLimited, match="one an hour"):
        await executor.send(request(), channel)
    assert len(api.seen) == 1


async def test_limits_are_counted_per_source() -> None:
    """Two sources with limits of the same name do not share them."""
    api = Api([ok()], bounds=Bounds(total=1.0))
    executor = Executor(bounds=api.bounds, transport=httpx2.MockTransport(api._answer))
    channel = Channel(limits=(Limit("one an hour", 1, 3600.0),))
    for source in ("first", "second"):
        await executor.send(PreparedRequest(source, "GET", "https://api.test/", "/"), channel)
    assert len(api.seen) == 2


async def test_a_refused_connection_is_one_clear_line() -> None:
    """Nothing listens there: the origin, the reason and what to check."""
    executor = Executor(bounds=Bounds(attempts=1))
    with unused_port() as port, pytest.raises(UpstreamFailed) as caught:
        await executor.send(request(url=f"http://127.0.0.1:{port}/secret-path?key=1"), Channel())
    await executor.aclose()
    assert str(caught.value).startswith(f"cannot connect to http://127.0.0.1:{port}: ")
    assert "Is the base URL right and the API up?" in str(caught.value)
    assert "secret-path" not in str(caught.value)


@contextmanager
def unused_port() -> Iterator[int]:
    """A port that is taken and not listened on, so that connecting is refused."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "http://[::1/", "http:///x", "x"])
async def test_a_base_url_that_is_none_fails_the_call_and_nothing_else(url: str) -> None:
    """A broken URL of the operator's is told as such, not as a fault inside."""
    executor = Executor(bounds=Bounds(attempts=1))
    with pytest.raises(UpstreamFailed, match=r"cannot be used|broke off|cannot connect"):
        await executor.send(request(url=url), Channel())
    await executor.aclose()


async def test_a_slow_api_ends_with_the_budget() -> None:
    """An API that does not answer costs the budget once, is not asked again, and the error says what happened."""

    async def never(asked: httpx2.Request) -> httpx2.Response:
        seen.append(asked)
        await asyncio.Event().wait()
        raise AssertionError

    seen: list[httpx2.Request] = []
    executor = Executor(bounds=Bounds(total=0.05), transport=httpx2.MockTransport(never))
    with pytest.raises(UpstreamFailed, match=r"https://api\.test did not answer in time\. Try again later"):
        await executor.send(request(), Channel())
    assert len(seen) == 1


async def test_a_read_timeout_is_not_asked_again() -> None:
    """Who did not answer within the read timeout is busy; a second request would not help."""
    api = Api([httpx2.ReadTimeout("slow"), ok()])
    with pytest.raises(UpstreamFailed, match="did not answer in time"):
        await api.send(request())
    assert len(api.seen) == 1


async def test_more_than_the_cap_is_refused_without_asking_again() -> None:
    """A body over the cap is not kept, the message names the cap, and it is not downloaded four times."""
    api = Api([ok("x" * 2000)], bounds=Bounds(body=1000))
    with pytest.raises(UpstreamFailed, match=r"answered more than 1,000 bytes\. Ask for less"):
        await api.send(request())
    assert len(api.seen) == 1


async def test_a_compressed_answer_is_decoded() -> None:
    """Content encodings that were asked for are undone."""
    body = gzip.compress(b'{"a": 1}')
    api = Api([httpx2.Response(200, headers={"content-encoding": "gzip"}, stream=httpx2.ByteStream(body))])
    assert (await api.send(request())).body == b'{"a": 1}'


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_broken_content_encoding_is_an_upstream_failure(encoding: str) -> None:
    """Bytes that are not what Content-Encoding says fail the call in words, once."""
    broken = httpx2.Response(200, headers={"content-encoding": encoding}, stream=httpx2.ByteStream(b"not compressed"))
    api = Api([broken])
    with pytest.raises(UpstreamFailed, match="broken content encoding"):
        await api.send(request())
    assert len(api.seen) == 1


async def test_a_gzip_bomb_stops_at_the_cap() -> None:
    """A hundred kilobytes that unpack to a hundred megabytes are cut off at the cap."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(100)), packer.flush()])
    api = Api(
        [httpx2.Response(200, headers={"content-encoding": "gzip"}, stream=httpx2.ByteStream(bomb))],
        bounds=Bounds(body=1 << 20),
    )
    with pytest.raises(UpstreamFailed, match="answered more than 1,048,576 bytes"):
        await api.send(request())


async def test_a_redirect_is_not_followed() -> None:
    """Where an API points elsewhere, the caller is told; no credential is carried there."""
    api = Api([status(302, location="https://elsewhere.test/")])
    exchange = await api.send(request())
    assert (exchange.status, len(api.seen)) == (302, 1)
    assert exchange.headers["location"] == "https://elsewhere.test/"


async def test_cookies_of_one_answer_are_not_sent_with_the_next_call() -> None:
    """Calls share connections and nothing else."""
    api = Api([status(200, set_cookie="session=1; Path=/")])
    executor = Executor(transport=httpx2.MockTransport(api._answer))
    for _ in range(2):
        await executor.send(request(), Channel())
    assert all("cookie" not in seen.headers for seen in api.seen)


async def test_header_lines_cannot_be_smuggled_in() -> None:
    """A line break that reached a header all the same is refused by the HTTP layer, not sent."""
    received = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.set_result(await reader.read())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        executor = Executor(bounds=Bounds(attempts=1))
        with pytest.raises(UpstreamFailed, match="broke off"):
            await executor.send(request(url=url, headers=(("X-A", "b\r\nX-Admin: yes"),)), Channel())
        await executor.aclose()
        assert await received == b""


def resolving(*addresses: str) -> Callable[[str, int], object]:
    """A resolver that gives these answers in turn, the last one for ever."""
    answers = itertools.chain(addresses, itertools.repeat(addresses[-1]))

    async def resolve(host: str, port: int) -> list[str]:
        return [next(answers)]

    return resolve


UNTRUSTED = Channel(public_urls=("https://api.test",))


async def test_a_host_that_a_document_chose_is_connected_to_by_its_checked_address() -> None:
    """The request goes to the address that was found public, under the host's own name."""
    api = Api([ok()])
    executor = Executor(transport=httpx2.MockTransport(api._answer), resolver=resolving("93.184.216.34"))
    await executor.send(request(), UNTRUSTED)
    [seen] = api.seen
    assert seen.url.host == "93.184.216.34"
    assert seen.headers["host"] == "api.test"
    assert seen.extensions["sni_hostname"] == "api.test"


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:192.168.0.1", "fe80::1%eth0"]
)
async def test_a_host_that_a_document_chose_may_not_be_private(address: str) -> None:
    """A name that leads to a private address is refused, also when it led elsewhere before."""
    api = Api([ok()])
    executor = Executor(transport=httpx2.MockTransport(api._answer), resolver=resolving("93.184.216.34", address))
    await executor.send(request(), UNTRUSTED)
    with pytest.raises(Denied, match=r"api\.test is at the private address"):
        await executor.send(request(), UNTRUSTED)
    assert len(api.seen) == 1


async def test_a_host_that_the_operator_chose_may_be_private() -> None:
    """What the operator named is trusted: nothing is looked up."""
    api = Api([ok()])
    executor = Executor(transport=httpx2.MockTransport(api._answer), resolver=resolving("127.0.0.1"))
    await executor.send(request(url="http://localhost:8080/v2/things"), UNTRUSTED)
    assert api.seen[0].url.host == "localhost"


async def test_a_host_that_cannot_be_found_is_an_upstream_failure() -> None:
    """No address is a connection that could not be made."""

    async def nowhere(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    executor = Executor(
        bounds=Bounds(attempts=1), transport=httpx2.MockTransport(Api([ok()])._answer), resolver=nowhere
    )
    with pytest.raises(UpstreamFailed, match=r"cannot connect to https://api\.test: Name or service not known"):
        await executor.send(request(), UNTRUSTED)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("9" * 12, None),
    ],
)
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    """RFC 9110 section 10.2.3: digits are seconds, anything that is neither digits nor a date is nothing."""
    assert retry_after({"retry-after": value}) == seconds


def test_retry_after_as_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """A date is the seconds until then, and none once it is past."""
    monkeypatch.setattr("specport.executor.send.time.time", lambda: 1445412450.0)
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 30.0
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:00:00 GMT"}) == 0.0
