"""One call on its way: attempts, the one budget, limits. The API is a list of answers."""

from __future__ import annotations

import httpx2
import pytest
from fake_api import Answer, Api, ok, request, status_of

from specport.errors import RateLimited, UpstreamFailed
from specport.executor.learning import retry_after
from specport.executor.model import Bounds, Channel, Limit
from specport.executor.send import Executor
from specport.requests.model import PreparedRequest

pytestmark = pytest.mark.anyio

IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")


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


async def test_a_header_that_the_document_asks_for_replaces_our_own() -> None:
    """Once, not beside it; nothing else of ours goes missing."""
    api = Api([ok()])
    await api.send(request(headers=(("user-agent", "mine"), ("ACCEPT-ENCODING", "identity"))))
    [seen] = api.seen
    assert seen.headers.get_list("user-agent") == ["mine"]
    assert seen.headers.get_list("accept-encoding") == ["identity"]
    assert seen.headers["connection"] == "keep-alive"


async def test_a_method_keeps_its_capitals() -> None:
    """Methods are case-sensitive (RFC 9110 section 9.1); OAS 3.2 sends those of additionalOperations as written."""
    api = Api([ok()])
    await api.send(request("Notify"))
    assert api.seen[0].method == "Notify"


@pytest.mark.parametrize("fault", [502, 503, 504, "connect", "read"])
@pytest.mark.parametrize("method", IDEMPOTENT)
async def test_idempotent_methods_are_tried_again_after_passing_faults(method: str, fault: int | str) -> None:
    """A gateway's 502, 503, 504, a refused or broken connection: another attempt is safe and often helps."""
    faults: dict[object, Answer] = {"connect": httpx2.ConnectError("refused"), "read": httpx2.ReadError("reset")}
    api = Api([faults.get(fault) or status_of(int(fault)), ok()])
    exchange = await api.send(request(method))
    assert (exchange.status, exchange.attempts, len(api.seen)) == (200, 2, 2)


@pytest.mark.parametrize("fault", [502, 503, 504, 500, 429, "connect", "read"])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_other_methods_are_sent_once(method: str, fault: int | str) -> None:
    """A POST may have done its work before it failed, so it is never repeated of our own accord."""
    faults: dict[object, Answer] = {"connect": httpx2.ConnectError("refused"), "read": httpx2.ReadError("reset")}
    api = Api([faults.get(fault) or status_of(int(fault)), ok()])
    if fault in faults:
        with pytest.raises(UpstreamFailed):
            await api.send(request(method))
    else:
        assert (await api.send(request(method))).status == fault
    assert len(api.seen) == 1
    assert api.pauses == []


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_a_request_that_the_api_recognises_is_tried_again_under_one_key(method: str) -> None:
    """Where the manifest names a header for it: the same key at every attempt, another one for another call."""
    keys: list[str] = []
    channel = Channel(idempotency_header="Idempotency-Key")
    for _ in range(2):
        api = Api([status_of(503), httpx2.ReadError("reset"), ok()])
        assert (await api.send(request(method), channel)).attempts == 3
        assert len({seen.headers["idempotency-key"] for seen in api.seen}) == 1
        keys.append(api.seen[0].headers["idempotency-key"])
    assert keys[0] != keys[1]


async def test_a_key_that_an_argument_gives_is_left_and_a_get_needs_none() -> None:
    """The header may be a parameter of the document, in any spelling."""
    channel = Channel(idempotency_header="Idempotency-Key")
    api = Api([ok()])
    await api.send(request("POST", headers=(("idempotency-key", "mine"),)), channel)
    await api.send(request("GET"), channel)
    assert api.seen[0].headers.get_list("idempotency-key") == ["mine"]
    assert "idempotency-key" not in api.seen[1].headers


@pytest.mark.parametrize("code", [400, 401, 404, 409, 422, 429, 500, 501])
async def test_an_error_that_is_no_passing_fault_is_the_answer(code: int) -> None:
    """Asking again would bring the same, so even a GET is sent once."""
    api = Api([status_of(code), ok()])
    assert (await api.send(request("GET"))).status == code
    assert len(api.seen) == 1


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
async def test_retry_after_is_waited_out_for_every_method(method: str, code: int) -> None:
    """429 and 503 with Retry-After mean that nothing was done and that asking later is welcome."""
    api = Api([status_of(code, retry_after="3"), ok()])
    exchange = await api.send(request(method))
    assert (exchange.status, exchange.attempts) == (200, 2)
    assert api.pauses[0] >= 3.0
    assert exchange.waited == api.pauses[0]


async def test_a_retry_after_beyond_the_budget_is_passed_on() -> None:
    """The caller gets the API's own answer with its Retry-After, at once, instead of waiting in vain."""
    api = Api([status_of(429, retry_after="3600")])
    exchange = await api.send(request())
    assert (exchange.status, exchange.headers["retry-after"], exchange.attempts) == (429, "3600", 1)
    assert api.pauses == []


async def test_attempts_end_after_their_number() -> None:
    """A fault that does not pass is the answer in the end, with the number of attempts in it."""
    api = Api([status_of(503)], bounds=Bounds(attempts=3))
    exchange = await api.send(request())
    assert (exchange.status, exchange.attempts, len(api.seen)) == (503, 3, 3)
    assert api.pauses == [0.5, 1.0], "full jitter below a bound that doubles"


async def test_waits_and_attempts_share_one_budget() -> None:
    """No pause is begun that would end after the call's time, however many attempts are left."""
    api = Api([status_of(503)], bounds=Bounds(total=10.0, attempts=50), takes=2.0)
    exchange = await api.send(request())
    assert api.now - api.takes < 10.0
    assert exchange.attempts == len(api.seen) == 4


async def test_every_attempt_takes_from_the_limit() -> None:
    """A repeated request counts for the API, so it counts here; no room means that the last answer stands."""
    api = Api([status_of(503)], bounds=Bounds(total=5.0, attempts=4))
    channel = Channel(limits=(Limit("two", 2, 3600.0),))
    exchange = await api.send(request(), channel)
    assert (exchange.status, exchange.attempts, len(api.seen)) == (503, 2, 2)


async def test_a_used_up_limit_refuses_before_anything_is_sent() -> None:
    """The API is not bothered with a call that its limit would refuse."""
    api = Api([ok()], bounds=Bounds(total=1.0))
    executor = Executor(bounds=api.bounds, transport=httpx2.MockTransport(api.answer))
    channel = Channel(limits=(Limit("one an hour", 1, 3600.0),))
    await executor.send(request(), channel)
    with pytest.raises(RateLimited, match="one an hour"):
        await executor.send(request(), channel)
    assert len(api.seen) == 1


async def test_limits_are_counted_per_source() -> None:
    """Two sources with limits of the same name do not share them."""
    api = Api([ok()], bounds=Bounds(total=1.0))
    executor = Executor(bounds=api.bounds, transport=httpx2.MockTransport(api.answer))
    channel = Channel(limits=(Limit("one an hour", 1, 3600.0),))
    for source in ("first", "second"):
        await executor.send(PreparedRequest(source, "GET", "https://api.test/", "/"), channel)
    assert len(api.seen) == 2


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
