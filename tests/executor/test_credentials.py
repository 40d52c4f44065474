"""Credentials: found by reference when a call needs them, put where their scheme says, never shown."""

from __future__ import annotations

import base64
import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from specport.errors import Denied, RateLimited, SourceError, UpstreamFailed
from specport.executor.auth.references import check_reference
from specport.executor.auth.secret import Secret
from specport.executor.model import Bounds, Channel, Credential, Exchange, Limit
from specport.executor.send import Executor
from specport.requests.model import PreparedRequest

pytestmark = pytest.mark.anyio


class Ledger:
    """Takes everything and remembers for whom."""

    def __init__(self) -> None:
        self.scopes: set[str] = set()

    async def take(self, scope: str, token: str, needs: object) -> None:
        self.scopes.add(scope)

    async def settle(self, scope: str, token: str, needs: object) -> None:
        return

    async def aclose(self) -> None:
        return


TOKEN = 'dop_v1_"quoted"/+ü=='  # every kind of character that an encoding changes
BEARER = Credential("bearer_auth", "env:API_TOKEN")
BASIC = Credential("basic", "env:API_LOGIN", kind="http", scheme="basic")
HEADER_KEY = Credential("header_key", "env:API_KEY", "apiKey", "", "header", "X-Api-Key")
QUERY_KEY = Credential("query_key", "env:API_KEY", "apiKey", "", "query", "api key")
COOKIE_KEY = Credential("cookie_key", "env:API_KEY", "apiKey", "", "cookie", "sid")
OAUTH = Credential("oauth", "env:API_TOKEN", "oauth2", "")

Handler = Callable[[httpx2.Request], httpx2.Response]


def channel(*credentials: Credential) -> Channel:
    return Channel(credentials={credential.name: credential for credential in credentials})


def request(*security: tuple[str, ...], **more: object) -> PreparedRequest:
    url = more.pop("url", "https://api.test/v2/things")
    return PreparedRequest("test", "GET", url, "/v2/things", security=security, **more)  # type: ignore[arg-type]


async def exchanged(asked: PreparedRequest, used: Channel, handler: Handler) -> Exchange:
    executor = Executor(bounds=Bounds(attempts=1), transport=httpx2.MockTransport(handler))
    return await executor.send(asked, used)


async def sent(asked: PreparedRequest, used: Channel) -> httpx2.Request:
    """The request as it reached the API."""
    seen: list[httpx2.Request] = []

    def answer(arrived: httpx2.Request) -> httpx2.Response:
        seen.append(arrived)
        return httpx2.Response(200)

    await exchanged(asked, used, answer)
    return seen[0]


async def test_a_bearer_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`env:NAME` is read when the call needs it, white space around it ignored, so a changed value counts at once."""
    for value in ("first", " second\n"):
        monkeypatch.setenv("API_TOKEN", value)
        seen = await sent(request(("bearer_auth",)), channel(BEARER))
        assert seen.headers["authorization"] == f"Bearer {value.strip()}"


async def test_a_credential_comes_from_a_file(tmp_path: Path) -> None:
    """`file:PATH` is read at each call, without its final line break."""
    path = tmp_path / "token"
    path.write_text("from-a-file\n")
    seen = await sent(request(("bearer_auth",)), channel(Credential("bearer_auth", f"file:{path}")))
    assert seen.headers["authorization"] == "Bearer from-a-file"


async def test_each_scheme_puts_its_credential_where_the_document_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """OAS 3.1 section 4.8.27: bearer, basic and OAuth in Authorization, API keys in header, query or cookie."""
    monkeypatch.setenv("API_TOKEN", "tok+/=")
    monkeypatch.setenv("API_LOGIN", "user:pass word")
    monkeypatch.setenv("API_KEY", "k/e&y=;1")

    async def by(credential: Credential, **more: object) -> httpx2.Request:
        return await sent(request((credential.name,), **more), channel(credential))

    assert (await by(BEARER)).headers["authorization"] == "Bearer tok+/="
    assert (await by(OAUTH)).headers["authorization"] == "Bearer tok+/="
    basic = (await by(BASIC)).headers["authorization"]
    assert base64.b64decode(basic.removeprefix("Basic ")) == b"user:pass word"
    assert (await by(HEADER_KEY)).headers["x-api-key"] == "k/e&y=;1"
    assert (await by(QUERY_KEY)).url.raw_path == b"/v2/things?api%20key=k%2Fe%26y%3D%3B1"
    joined = await by(QUERY_KEY, url="https://api.test/v2/things?page=2")
    assert joined.url.raw_path == b"/v2/things?page=2&api%20key=k%2Fe%26y%3D%3B1"
    assert (await by(COOKIE_KEY)).headers["cookie"] == "sid=k/e&y=%3B1"
    beside = await by(COOKIE_KEY, headers=(("Cookie", "theme=dark"),))
    assert beside.headers.get_list("cookie") == ["theme=dark; sid=k/e&y=%3B1"]


async def test_a_credential_replaces_what_an_argument_put_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Authentication owns its header, whatever its case."""
    monkeypatch.setenv("API_TOKEN", "real")
    seen = await sent(request(("bearer_auth",), headers=(("authorization", "Bearer forged"),)), channel(BEARER))
    assert seen.headers.get_list("authorization") == ["Bearer real"]


async def test_a_missing_credential_is_denied_by_the_name_of_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent; the error names the variable to set, and the way to try without."""
    for value in (None, "", "  \n"):
        monkeypatch.delenv("API_TOKEN", raising=False)
        if value is not None:
            monkeypatch.setenv("API_TOKEN", value)
        with pytest.raises(Denied) as caught:
            await sent(request(("bearer_auth",)), channel(BEARER))
        assert "no credential for bearer_auth: env:API_TOKEN is not set" in str(caught.value)
        assert "Set API_TOKEN, or start with --sandbox" in str(caught.value)


async def test_a_missing_credential_file_is_denied_by_its_path(tmp_path: Path) -> None:
    """A file that is not there, a folder and bytes that are no text are all no credential."""
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "absent", tmp_path, binary):
        with pytest.raises(Denied, match=r"is empty or cannot be read\. Put the credential in") as caught:
            await sent(request(("bearer_auth",)), channel(Credential("bearer_auth", f"file:{path}")))
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("value", ["abc\r\nX-Admin: 1", "abc\ndef", "abc\rdef"])
async def test_a_credential_with_a_line_break_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """It would become a header of its own; the error does not show it."""
    monkeypatch.setenv("API_TOKEN", value)
    with pytest.raises(Denied, match="the credential at env:API_TOKEN holds a line break") as caught:
        await sent(request(("bearer_auth",)), channel(BEARER))
    assert "abc" not in str(caught.value)


async def test_the_first_alternative_with_credentials_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """OAS 3.1 section 4.8.30: alternatives in order; schemes without a configured credential are passed over."""
    monkeypatch.setenv("API_TOKEN", "token")
    monkeypatch.setenv("API_KEY", "key")
    asked = request((), ("unknown",), ("header_key",), ("bearer_auth",))
    seen = await sent(asked, channel(BEARER, HEADER_KEY))
    assert seen.headers["x-api-key"] == "key"
    assert "authorization" not in seen.headers


async def test_an_alternative_whose_value_is_missing_gives_way_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """With credentials configured for two ways in, the one that is set is taken; with none set the first is named."""
    monkeypatch.delenv("API_KEY", raising=False)
    monkeypatch.setenv("API_TOKEN", "token")
    asked = request(("header_key",), ("bearer_auth",))
    assert (await sent(asked, channel(BEARER, HEADER_KEY))).headers["authorization"] == "Bearer token"
    monkeypatch.delenv("API_TOKEN")
    with pytest.raises(Denied) as caught:
        await sent(asked, channel(BEARER, HEADER_KEY))
    assert str(caught.value) == (
        "no credential for header_key: env:API_KEY is not set; bearer_auth: env:API_TOKEN is not set. "
        "Set API_KEY, or set API_TOKEN, or start with --sandbox to try without one"
    )


async def test_schemes_that_go_together_are_all_sent_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """An alternative of several schemes needs every one of them."""
    monkeypatch.setenv("API_TOKEN", "token")
    monkeypatch.setenv("API_KEY", "key")
    asked = request(("bearer_auth", "header_key"))
    both = await sent(asked, channel(BEARER, HEADER_KEY))
    assert (both.headers["authorization"], both.headers["x-api-key"]) == ("Bearer token", "key")
    alone = await sent(asked, channel(BEARER))
    assert "authorization" not in alone.headers


async def test_every_missing_credential_of_an_alternative_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes together has to be set together."""
    monkeypatch.delenv("API_KEY", raising=False)
    monkeypatch.delenv("API_TOKEN", raising=False)
    with pytest.raises(Denied) as caught:
        await sent(request(("bearer_auth", "header_key")), channel(BEARER, HEADER_KEY))
    assert "bearer_auth: env:API_TOKEN is not set; header_key: env:API_KEY is not set" in str(caught.value)
    assert "Set API_TOKEN and set API_KEY, or start" in str(caught.value)


async def test_where_none_is_needed_a_credential_without_a_value_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """`[{x}, {}]`: x is sent where it is set, wherever the empty alternative stands, and nothing where it is not."""
    for asked in (request(("bearer_auth",), ()), request((), ("bearer_auth",))):
        monkeypatch.setenv("API_TOKEN", "token")
        assert (await sent(asked, channel(BEARER))).headers["authorization"] == "Bearer token"
        monkeypatch.delenv("API_TOKEN")
        assert "authorization" not in (await sent(asked, channel(BEARER))).headers


async def test_credentials_in_a_header_the_query_and_a_cookie_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several schemes of one alternative, each in its place; the answer says which were sent."""
    monkeypatch.setenv("API_TOKEN", "token")
    monkeypatch.setenv("API_KEY", "key")
    asked = request(("cookie_key", "bearer_auth", "query_key"), headers=(("Cookie", "theme=dark"),))
    seen = await sent(asked, channel(BEARER, QUERY_KEY, COOKIE_KEY))
    assert seen.headers["authorization"] == "Bearer token"
    assert seen.url.query == b"api%20key=key"
    assert seen.headers["cookie"] == "theme=dark; sid=key"
    exchange = await exchanged(asked, channel(BEARER, QUERY_KEY, COOKIE_KEY), lambda _: httpx2.Response(200))
    assert exchange.credentials == ("cookie_key", "bearer_auth", "query_key")


@pytest.mark.parametrize(
    ("credential", "brought", "header", "value"),
    [
        (Credential("b", "header:X-Their-Token", "http", "bearer"), "tok", "authorization", "Bearer tok"),
        (Credential("b", "header:X-Their-Token", "oauth2", ""), "bearer tok", "authorization", "Bearer tok"),
        (Credential("b", "header:X-Their-Token", "http", "basic"), "u:p", "authorization", "Basic dTpw"),
        (Credential("b", "header:X-Their-Token", "http", "basic"), "Basic dTpw", "authorization", "Basic dTpw"),
        (Credential("b", "header:X-Their-Token", "apiKey", "", "header", "X-Key"), "Basic k", "x-key", "Basic k"),
    ],
)
async def test_a_credential_comes_with_the_callers_own_request(
    credential: Credential, brought: str, header: str, value: str
) -> None:
    """`header:NAME` is that header of the inbound request, with or without its authentication scheme in front."""
    executor = Executor(transport=httpx2.MockTransport(lambda seen: httpx2.Response(200, text=seen.headers[header])))
    inbound = {"x-their-token": brought, "authorization": "Bearer other"}
    exchange = await executor.send(request(("b",)), channel(credential), inbound)
    assert "[header:X-Their-Token]" in exchange.body.decode() or exchange.body.decode() == value
    assert "other" not in exchange.body.decode()


async def test_a_header_that_did_not_come_is_a_missing_credential() -> None:
    """Over HTTP the client is told to send it; anywhere else that it takes HTTP."""
    asked, used = request(("b",)), channel(Credential("b", "header:X-Their-Token"))
    executor = Executor(transport=httpx2.MockTransport(lambda _: httpx2.Response(200)))
    with pytest.raises(Denied, match="b: the client's request has no header x-their-token"):
        await executor.send(asked, used, {"host": "here"})
    with pytest.raises(Denied, match=r"b: header:X-Their-Token comes with the client's HTTP requests, and this is not"):
        await executor.send(asked, used)


async def test_limits_are_counted_for_each_actual_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two callers' tokens have a limit each; one token under two names has one; no ledger ever sees a token."""
    limit = Limit("calls", 1, 60.0)
    one, other = Credential("b", "header:X-Their-Token"), Credential("b", "env:API_TOKEN")
    ledger = Ledger()
    executor = Executor(
        bounds=Bounds(total=1.0), transport=httpx2.MockTransport(lambda _: httpx2.Response(200)), ledger=ledger
    )
    monkeypatch.setenv("API_TOKEN", "first-token")

    async def send(credential: Credential, **inbound: str) -> None:
        await executor.send(request(("b",)), replace(channel(credential), limits=(limit,)), inbound)

    await send(one, **{"x-their-token": "first-token"})
    await send(one, **{"x-their-token": "second-token"})
    with pytest.raises(RateLimited):
        await send(other)
    assert len(ledger.scopes) == 2
    assert "token" not in str(ledger.scopes)


async def test_a_credential_comes_from_the_keyring(keyring_values: dict[tuple[str, str], str]) -> None:
    """`keyring:SERVICE/NAME`; an entry that is not there is a missing credential."""
    keyring_values["shop", "me/token"] = "from the keyring"
    used = channel(Credential("bearer_auth", "keyring:shop/me/token"))
    assert (await sent(request(("bearer_auth",)), used)).headers["authorization"] == "Bearer from the keyring"
    with pytest.raises(
        Denied, match=r"bearer_auth: keyring:shop/other has no value\. Put the credential in keyring:shop"
    ):
        await sent(request(("bearer_auth",)), channel(Credential("bearer_auth", "keyring:shop/other")))


async def test_a_keyring_that_waits_for_a_person_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, keyring_values: dict[tuple[str, str], str]
) -> None:
    """A dialogue that nobody sees holds up neither the call nor the end of the process."""
    import keyring

    closed = threading.Event()
    monkeypatch.setattr(keyring, "get_password", lambda *_: closed.wait())
    monkeypatch.setattr("specport.executor.auth.keyrings.ANSWERING", 0.01)
    with pytest.raises(Denied, match=r"the keyring did not answer in 0\.01 s\. Unlock it"):
        await sent(request(("bearer_auth",)), channel(Credential("bearer_auth", "keyring:shop/token")))
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "keyring")
    closed.set()


async def test_a_machine_without_a_keyring_says_so(
    monkeypatch: pytest.MonkeyPatch, keyring_values: dict[tuple[str, str], str]
) -> None:
    """No backend, and no package: one clear line each."""
    import keyring
    from keyring.backends import fail

    used = channel(Credential("bearer_auth", "keyring:shop/token"))
    keyring.set_keyring(fail.Keyring())
    with pytest.raises(Denied, match="bearer_auth: keyring:shop/token: this machine's keyring cannot be used"):
        await sent(request(("bearer_auth",)), used)
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(Denied, match=r"it needs the package keyring\. pip install 'specport\[keyring\]'"):
        await sent(request(("bearer_auth",)), used)


async def test_an_operation_that_needs_nothing_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A configured credential goes only where the document asks for its scheme."""
    monkeypatch.setenv("API_TOKEN", "token")
    for asked in (request(), request(()), request(("other",))):
        assert "authorization" not in (await sent(asked, channel(BEARER))).headers


@pytest.mark.parametrize("credential", [BEARER, BASIC, HEADER_KEY, QUERY_KEY, COOKIE_KEY])
async def test_what_an_answer_echoes_of_a_credential_is_taken_out(
    monkeypatch: pytest.MonkeyPatch, credential: Credential
) -> None:
    """An API that repeats the request in its answer gives the model the reference, not the value."""
    value = f"user:{TOKEN}" if credential is BASIC else TOKEN
    monkeypatch.setenv(credential.reference.removeprefix("env:"), value)

    def echo(arrived: httpx2.Request) -> httpx2.Response:
        headers = dict(arrived.headers.items())
        echoed = {"url": str(arrived.url), "headers": headers, "decoded": value, "password": TOKEN}
        slashes_escaped = httpx2.Response(200, json=value).text.replace("/", "\\/")
        seen = arrived.headers.get("authorization", "none").encode()
        return httpx2.Response(200, headers=[(b"X-Seen", seen)], text=f"{echoed}{slashes_escaped}{value}")

    exchange = await exchanged(request((credential.name,)), channel(credential), echo)
    whole = f"{exchange.headers} {exchange.body.decode()}"
    assert f"[{credential.reference}]" in whole
    for form in (TOKEN, TOKEN.replace("/", "\\/"), base64.b64encode(value.encode()).decode(), "dop_v1_"):
        assert form not in whole


async def test_a_very_short_credential_is_not_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replacing three characters everywhere would spoil answers; such a value is no secret."""
    monkeypatch.setenv("API_TOKEN", "abc")
    exchange = await exchanged(request(("bearer_auth",)), channel(BEARER), lambda _: httpx2.Response(200, text="abcd"))
    assert exchange.body == b"abcd"


async def test_a_credential_is_in_no_error_no_log_and_no_repr(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong while a credential is on the request, it is not told."""
    monkeypatch.setenv("API_KEY", TOKEN)
    caplog.set_level(logging.DEBUG)
    for fault in (httpx2.ConnectError, httpx2.ReadTimeout, httpx2.RemoteProtocolError, httpx2.InvalidURL):

        def fail(arrived: httpx2.Request, fault: type[Exception] = fault) -> httpx2.Response:
            raise fault(f"{arrived.url} {arrived.headers} {TOKEN}")

        with pytest.raises(UpstreamFailed) as caught:
            await exchanged(request(("query_key",)), channel(QUERY_KEY), fail)
        assert "dop_v1_" not in str(caught.value)
        assert "dop_v1_" not in repr(caught.value)
    assert "dop_v1_" not in caplog.text
    assert "dop_v1_" not in repr(Secret(QUERY_KEY, TOKEN))


@pytest.mark.parametrize(
    "text",
    [
        "dop_v1_abcdef",
        "",
        "env:",
        "keyring:a",
        "keyring:/a",
        "header:",
        "header:a b",
        "ENV:NAME",
        "sandbox:token",
        "https://x",
    ],
)
def test_only_references_can_be_configured(text: str) -> None:
    """A value where a reference belongs is refused, and not repeated in the error."""
    with pytest.raises(SourceError, match="must be a reference: env:NAME, file:PATH, keyring") as caught:
        check_reference(text)
    assert "dop_v1_" not in str(caught.value)
