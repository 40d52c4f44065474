"""OAuth 2.0 access tokens: asked for once, replaced in time, renewed after a 401, and told to nobody."""

from __future__ import annotations

import asyncio
import base64
import logging
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs

import httpx2
import pytest

from specport.errors import CallError, Denied, UpstreamFailed
from specport.executor.auth.logins import Logins
from specport.executor.model import Bounds, Channel, Credential, Exchange, Flow, OAuthClient
from specport.executor.send import Executor
from specport.requests.model import PreparedRequest

pytestmark = pytest.mark.anyio

CLIENT = OAuthClient(
    Flow.CLIENT_CREDENTIALS,
    client_id="env:CLIENT_ID",
    client_secret="env:CLIENT_SECRET",
    token_url="https://login.test/token",
    scopes=("read", "write"),
)
SECRET = "s3cret/+ü value"
OK = {"token_type": "Bearer", "expires_in": 3600}


@dataclass(slots=True)
class World:
    """An API at api.test that takes the tokens in `valid`, and a token endpoint, on one clock."""

    now: float = 1_000_000.0
    valid: set[str] = field(default_factory=set)
    answer: dict[str, object] = field(default_factory=lambda: dict(OK))
    status: int = 200
    refuses_all: bool = False
    gate: asyncio.Event | None = None
    asked: list[httpx2.Request] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "login.test":
            return await self._token(request)
        token = request.headers.get("authorization", "")
        self.called.append(token)
        good = token.removeprefix("Bearer ") in self.valid and not self.refuses_all
        return httpx2.Response(200 if good else 401, text=f"seen {token}")

    async def _token(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        self.arrived.set()
        if self.gate:
            await self.gate.wait()
        if self.status != 200 or "error" in self.answer:
            return httpx2.Response(self.status, json=self.answer)
        token = f"access-{len(self.asked)}"
        self.valid.add(token)
        return httpx2.Response(200, json={"access_token": token, **self.answer})

    def executor(self, logins: Logins | None = None) -> Executor:
        return Executor(
            bounds=Bounds(attempts=1), transport=httpx2.MockTransport(self.handle), now=lambda: self.now, logins=logins
        )

    def form(self, index: int = -1) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.asked[index].content.decode()).items()}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("CLIENT_ID", "me:and/you")
    monkeypatch.setenv("CLIENT_SECRET", SECRET)
    return World()


def channel(client: OAuthClient = CLIENT, **more: object) -> Channel:
    return Channel(credentials={"oauth": Credential("oauth", "oauth:oauth", "oauth2", "", client=client)}, **more)  # type: ignore[arg-type]


async def call(executor: Executor, used: Channel | None = None, *security: tuple[str, ...]) -> Exchange:
    asked = PreparedRequest("test", "POST", "https://api.test/things", "/things", security=security or (("oauth",),))
    return await executor.send(asked, used or channel())


async def test_a_token_is_asked_for_with_client_credentials(world: World) -> None:
    """RFC 6749 sections 4.4 and 2.3.1: name and secret form-encoded in Basic, the scopes in the body."""
    exchange = await call(world.executor())
    assert exchange.status == 200
    [asked] = world.asked
    assert (asked.method, str(asked.url)) == ("POST", "https://login.test/token")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    basic = base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode()
    assert basic == "me%3Aand%2Fyou:s3cret%2F%2B%C3%BC+value"
    assert world.form() == {"grant_type": "client_credentials", "scope": "read write"}
    assert world.called == ["Bearer access-1"]


async def test_the_secret_goes_in_the_body_where_that_is_asked_for(world: World) -> None:
    """client_auth = "post", further parameters, and a public client that has no secret."""
    used = replace(CLIENT, in_body=True, scopes=(), parameters=(("audience", "https://api.test"),))
    await call(world.executor(), channel(used))
    await call(world.executor(), channel(replace(CLIENT, client_secret="", client_id="public", scopes=None)))
    assert world.form(0) == {
        "grant_type": "client_credentials", "client_id": "me:and/you", "client_secret": SECRET,
        "audience": "https://api.test",
    }  # fmt: skip
    assert world.form(1) == {"grant_type": "client_credentials", "client_id": "public"}
    assert all("authorization" not in asked.headers for asked in world.asked)


async def test_calls_at_once_ask_for_one_token(world: World) -> None:
    """A hundred calls, one of which is given up, one request; what follows has it already."""
    world.gate = asyncio.Event()
    executor = world.executor()
    calls = [asyncio.create_task(call(executor)) for _ in range(100)]
    await world.arrived.wait()
    calls[0].cancel()
    world.gate.set()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    await call(executor)
    assert [outcome.status for outcome in outcomes[1:] if isinstance(outcome, Exchange)] == [200] * 99
    assert len(world.asked) == 1


@pytest.mark.parametrize(("lives", "used_until"), [(3600, 3539), ("600", 539), (50, 44)])
async def test_a_token_is_replaced_shortly_before_it_ends(world: World, lives: object, used_until: int) -> None:
    """A minute ahead, or a tenth of a short life."""
    world.answer["expires_in"] = lives
    executor = world.executor()
    await call(executor)
    world.now += used_until
    await call(executor)
    assert len(world.asked) == 1
    world.now += 2
    await call(executor)
    assert world.called == ["Bearer access-1", "Bearer access-1", "Bearer access-2"]


async def test_a_token_without_an_end_is_used_until_it_is_refused(world: World) -> None:
    """`expires_in` is only recommended (RFC 6749 section 5.1)."""
    del world.answer["expires_in"]
    executor = world.executor()
    await call(executor)
    world.now += 1e8
    await call(executor)
    assert len(world.asked) == 1


async def test_a_refused_token_is_renewed_once(world: World) -> None:
    """One retry after a 401, counted as an attempt; calls that were refused together share the new token."""
    executor = world.executor()
    await call(executor)
    world.valid.clear()
    first, second = await asyncio.gather(call(executor), call(executor))
    assert (first.status, second.status) == (200, 200)
    assert (first.attempts, second.attempts) == (2, 2)
    assert len(world.asked) == 2


async def test_an_api_that_refuses_every_token_is_not_asked_for_ever(world: World) -> None:
    """The 401 is the answer, and the token endpoint is spared for half a minute."""
    executor = world.executor()
    world.refuses_all = True
    for _ in range(5):
        assert (await call(executor)).status == 401
    assert len(world.asked) == 2
    world.now += 31
    assert (await call(executor)).status == 401
    assert len(world.asked) == 3


async def test_another_secret_is_another_token(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed variable counts at once, and no token is used for another client."""
    executor = world.executor()
    await call(executor)
    monkeypatch.setenv("CLIENT_SECRET", "another")
    await call(executor)
    await call(executor, channel(replace(CLIENT, scopes=("read",))))
    assert len(set(world.called)) == 3


async def test_a_missing_client_secret_is_a_missing_credential(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named by its variable; where the document needs none, the call goes without."""
    monkeypatch.delenv("CLIENT_SECRET")
    with pytest.raises(Denied, match="no credential for oauth: env:CLIENT_SECRET is not set"):
        await call(world.executor())
    assert (await call(world.executor(), None, ("oauth",), ())).status == 401
    assert world.asked == []


@pytest.mark.parametrize(
    ("status", "answer", "kind", "said"),
    [
        (401, {"error": "invalid_client", "error_description": f"no {SECRET}\n\x1b[31m"}, Denied, "invalid_client: no"),
        (400, {"error": "invalid_scope"}, Denied, "refused: invalid_scope. Name the scopes that this client may have"),
        (200, {"error": "bad_verification_code"}, Denied, "refused: bad_verification_code"),
        (302, {}, Denied, "redirects, which a request with a secret does not follow"),
        (503, {}, UpstreamFailed, "answered 503"),
        (404, {}, UpstreamFailed, "answered 404. Is its URL right?"),
        (200, {"access_token": ""}, UpstreamFailed, "answered without an access token"),
        (200, {"access_token": "a\r\nX: 1"}, UpstreamFailed, "answered without an access token"),
        (200, {"token_type": "DPoP"}, Denied, "a token of the type DPoP, and only bearer tokens"),
    ],
)
async def test_what_the_token_endpoint_refuses_is_one_clear_error(
    world: World, status: int, answer: dict[str, object], kind: type[CallError], said: str
) -> None:
    """In the server's words where it has some, printable, without the secret; the API is not called."""
    world.status, world.answer = status, answer
    with pytest.raises(kind) as caught:
        await call(world.executor())
    text = str(caught.value)
    assert "the token endpoint of oauth at https://login.test" in text
    assert said in text
    assert SECRET not in text
    assert "\x1b" not in text
    assert world.called == []


async def test_a_failed_token_is_no_reason_to_go_without(world: World) -> None:
    """An optional login that is configured and fails is told: answers for strangers may be others."""
    world.status, world.answer = 400, {"error": "invalid_client"}
    with pytest.raises(Denied, match="invalid_client"):
        await call(world.executor(), None, ("oauth",), ())


async def test_an_unreachable_token_endpoint_is_told(world: World) -> None:
    """With its origin."""

    def fail(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    executor = Executor(transport=httpx2.MockTransport(fail))
    with pytest.raises(UpstreamFailed, match=r"cannot connect to https://login\.test: refused"):
        await call(executor)


async def test_a_token_endpoint_has_bounds_of_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In time, MAX_TOKEN_ANSWER in bytes: what is no token must not cost a call's whole budget."""
    world.answer["padding"] = "x" * 300_000
    with pytest.raises(UpstreamFailed, match=r"https://login\.test answered more than 262,144 bytes"):
        await call(world.executor())
    world.gate = asyncio.Event()
    monkeypatch.setattr("specport.executor.send.TOKEN_SECONDS", 0.01)
    with pytest.raises(UpstreamFailed, match=r"https://login\.test did not answer in time"):
        await call(world.executor())


async def test_a_token_endpoint_on_a_private_address_is_guarded(world: World) -> None:
    """Where nobody but a document chose the origin, as for calls."""

    async def resolver(host: str, port: int) -> list[str]:
        return ["10.0.0.7"]

    executor = Executor(transport=httpx2.MockTransport(world.handle), resolver=resolver)
    with pytest.raises(Denied, match=r"login.test is at the private address 10\.0\.0\.7"):
        await call(executor, channel(public_urls=("https://login.test",)))
    assert world.asked == []


async def test_tokens_and_secrets_are_told_nowhere(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Not in an answer that echoes them, not in the log, not in what is kept for limits."""
    caplog.set_level(logging.DEBUG)
    executor = world.executor()
    exchange = await call(executor)
    assert exchange.body == b"seen Bearer [oauth:oauth]"
    assert "access-1" not in caplog.text + repr(executor.tokens) + str(list(executor._limiters))
    assert SECRET not in caplog.text


async def test_limits_outlive_a_token(world: World) -> None:
    """They are the client's, not the token's."""
    executor = world.executor()
    await call(executor)
    world.now += 4000
    await call(executor)
    assert len(set(world.called)) == 2
    assert len(executor._limiters) == 1
