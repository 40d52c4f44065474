"""Logins of people: kept privately, renewed by one process at a time, over when the server says so."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from specport.errors import CallError, Denied, SourceError
from specport.executor.auth.authorization import Attempt
from specport.executor.auth.logins import Logins
from specport.executor.model import Bounds, Channel, Credential, Exchange, Flow, OAuthClient
from specport.executor.send import Executor
from specport.requests.model import PreparedRequest

pytestmark = pytest.mark.anyio

CLIENT = OAuthClient(
    Flow.AUTHORIZATION_CODE,
    client_id="specport-app",
    token_url="https://login.test/token",
    authorization_url="https://login.test/authorize?tenant=1",
    scopes=("read",),
    login="shop@work/oauth",
)
BACK = "http://127.0.0.1:4711/callback"


@dataclass(slots=True)
class Server:
    """An authorization server whose refresh tokens work once, and an API beside it."""

    now: float = 1_000_000.0
    good: str = ""
    issued: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    rotates: bool = True
    gives_refresh: bool = True
    status: int = 200

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host != "login.test":
            self.called.append(request.headers.get("authorization", ""))
            return httpx2.Response(self.status)
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        self.asked.append(form)
        if form["grant_type"] == "refresh_token" and form["refresh_token"] != self.good:
            return httpx2.Response(400, json={"error": "invalid_grant", "error_description": "used before"})
        self.issued += 1
        answer = {"access_token": f"access-{self.issued}", "token_type": "bearer", "expires_in": 3600}
        if self.gives_refresh and (self.rotates or not self.good):
            self.good = answer["refresh_token"] = f"refresh-{self.issued}"
        return httpx2.Response(200, json=answer)

    def executor(self, folder: Path | None) -> Executor:
        return Executor(
            bounds=Bounds(attempts=1), transport=httpx2.MockTransport(self.handle), now=lambda: self.now,
            logins=Logins(folder),
        )  # fmt: skip


CREDENTIAL = Credential("oauth", "oauth:oauth", "oauth2", "", client=CLIENT)


async def call(executor: Executor, credential: Credential = CREDENTIAL) -> Exchange:
    asked = PreparedRequest("test", "GET", "https://api.test/things", "/things", security=(("oauth",),))
    return await executor.send(asked, Channel(credentials={"oauth": credential}))


async def log_in(executor: Executor) -> tuple[Attempt, str]:
    """A login as the browser would bring it; the attempt, and where it is kept."""
    attempt = await executor.tokens.begin_login(CREDENTIAL, BACK)
    _, where = await executor.tokens.finish_login(CREDENTIAL, attempt, f"code=the-code&state={attempt.state}", ())
    return attempt, where


async def test_a_login_proves_that_it_is_the_one_that_was_begun(tmp_path: Path) -> None:
    """RFC 6749 section 4.1 and RFC 7636: state, S256 challenge, and the verifier only to the token endpoint."""
    server = Server()
    executor = server.executor(tmp_path)
    attempt, _ = await log_in(executor)
    asked = parse_qs(urlsplit(attempt.url).query)
    [form] = server.asked
    assert attempt.url.startswith("https://login.test/authorize?tenant=1&response_type=code&")
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == [base64.urlsafe_b64encode(digest).decode().rstrip("=")]
    assert (asked["code_challenge_method"], asked["scope"], asked["redirect_uri"]) == (["S256"], ["read"], [BACK])
    assert form == {
        "grant_type": "authorization_code", "code": "the-code", "redirect_uri": BACK, "client_id": "specport-app",
        "code_verifier": attempt.verifier,
    }  # fmt: skip
    other, _ = await log_in(executor)
    assert len({attempt.state, attempt.verifier, other.state, other.verifier}) == 4
    assert attempt.verifier not in attempt.url + repr(attempt)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("code=c&state=forged", "its state is not the one sent"),
        ("code=c", "its state is not the one sent"),
        ("state={state}&state={state}&code=c", "its state is not the one sent"),
        ("state={state}", "has no code"),
        ("state={state}&error=access_denied&error_description=no%0Athanks", "refused: access_denied: no thanks"),
        ("state={state}&code=c&iss=https://evil.test", "of the issuer https://evil.test, which was not asked"),
    ],
)
async def test_any_other_answer_of_a_browser_is_refused(tmp_path: Path, query: str, said: str) -> None:
    """Nothing is asked of the token endpoint."""
    server = Server()
    tokens = server.executor(tmp_path).tokens
    attempt = await tokens.begin_login(CREDENTIAL, BACK)
    with pytest.raises(Denied) as caught:
        await tokens.finish_login(CREDENTIAL, attempt, query.format(state=attempt.state), ())
    assert said in str(caught.value)
    assert server.asked == []


@pytest.mark.parametrize(
    ("issuer", "iss", "fits"),
    [("", "https://login.test/tenant", True), ("https://id.test", "https://id.test", True),
     ("https://id.test", "https://login.test", False)],
)  # fmt: skip
async def test_an_issuer_is_compared_where_one_is_told(tmp_path: Path, issuer: str, iss: str, fits: bool) -> None:
    """RFC 9207: with the one that the operator names, else with where the person was sent."""
    credential = replace(CREDENTIAL, client=replace(CLIENT, issuer=issuer))
    tokens = Server().executor(tmp_path).tokens
    attempt = await tokens.begin_login(credential, BACK)
    finished = tokens.finish_login(credential, attempt, f"code=c&state={attempt.state}&iss={iss}", ())
    if fits:
        await finished
    else:
        with pytest.raises(Denied, match="which was not asked"):
            await finished


async def test_a_login_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    """In a folder that only the owner enters, in a file that only the owner reads."""
    server = Server()
    _, where = await log_in(server.executor(tmp_path / "state"))
    path = Path(where)
    assert path == tmp_path / "state" / "logins" / "shop@work%2Foauth.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {each.suffix for each in path.parent.iterdir()} == {".json", ".lock"}
    assert (await call(server.executor(tmp_path / "state"))).credentials == ("oauth",)
    assert server.called == ["Bearer access-1"]


async def test_a_file_that_others_may_read_is_repaired_or_refused(tmp_path: Path) -> None:
    """What has too many rights loses them; a link, which somebody else may have laid, is not followed."""
    server = Server()
    path = Path((await log_in(server.executor(tmp_path)))[1])
    path.chmod(0o644)
    await call(server.executor(tmp_path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Denied, match="cannot be read"):
        await call(server.executor(tmp_path))
    path.unlink()
    path.write_text("{}")
    with pytest.raises(Denied, match=r"the login kept for shop@work/oauth cannot be read\. Log in again"):
        await call(server.executor(tmp_path))


async def test_the_keyring_is_used_where_there_is_one(
    tmp_path: Path, keyring_values: dict[tuple[str, str], str]
) -> None:
    """Nothing is on disk then; without either there is no place."""
    server = Server()
    _, where = await log_in(server.executor(tmp_path))
    assert where == "the system's keyring"
    assert list(keyring_values) == [("specport", "shop@work/oauth")]
    assert not list(tmp_path.rglob("*.json"))
    await call(server.executor(tmp_path))
    await call(server.executor(None))
    assert server.called == ["Bearer access-1"] * 2
    assert await server.executor(tmp_path).tokens.logins.delete("shop@work/oauth")
    assert keyring_values == {}


async def test_without_a_place_a_login_is_refused() -> None:
    """--no-state and no keyring."""
    with pytest.raises(SourceError, match=r"with --no-state there is no folder either\. Leave out --no-state"):
        await log_in(Server().executor(None))


async def test_a_login_is_renewed_before_it_ends(tmp_path: Path) -> None:
    """By its refresh token, of which the new one is kept; a server that gives none goes on with the old one."""
    server = Server()
    executor = server.executor(tmp_path)
    await log_in(executor)
    for _ in range(2):
        server.now += 3590
        await call(executor)
    server.rotates = False
    for _ in range(2):
        server.now += 3590
        await call(server.executor(tmp_path))
    assert server.called == [f"Bearer access-{number}" for number in (2, 3, 4, 5)]
    assert [form["refresh_token"] for form in server.asked[1:]] == ["refresh-1", "refresh-2", "refresh-3", "refresh-3"]


async def test_processes_that_renew_at_once_lose_no_token(tmp_path: Path) -> None:
    """One asks, the others read what it wrote: a refresh token works once, and the last one must be kept."""
    server = Server()
    await log_in(server.executor(tmp_path))
    server.now += 3590
    processes = [server.executor(tmp_path) for _ in range(8)]
    await asyncio.gather(*(call(process) for process in processes for _ in range(4)))
    assert [form["grant_type"] for form in server.asked] == ["authorization_code", "refresh_token"]
    assert set(server.called) == {"Bearer access-2"}
    server.now += 3590
    await call(server.executor(tmp_path))
    assert server.called[-1] == "Bearer access-3"


async def test_a_login_that_the_server_has_ended_is_told_and_not_tried_again(tmp_path: Path) -> None:
    """Until somebody logs in anew, which a running server notices."""
    server = Server()
    executor = server.executor(tmp_path)
    await log_in(executor)
    server.now, server.good = server.now + 3590, "none"
    for _ in range(3):
        with pytest.raises(Denied, match=r"the login is over.*Run `specport login shop@work`"):
            await call(executor)
    assert len(server.asked) == 2
    await log_in(server.executor(tmp_path))
    assert (await call(executor)).status == 200


async def test_a_login_without_a_refresh_token_leaves_a_401_to_the_api(tmp_path: Path) -> None:
    """Nothing brings another token, and what the API says of this one is what counts."""
    server = Server(gives_refresh=False, status=401)
    executor = server.executor(tmp_path)
    await log_in(executor)
    exchange = await call(executor)
    assert (exchange.status, exchange.attempts, exchange.credentials) == (401, 1, ("oauth",))
    server.now += 3590
    with pytest.raises(Denied, match=r"the login is over: it has expired\. Run `specport login shop@work`"):
        await call(executor)
    assert len(server.asked) == 1


async def test_a_running_server_notices_a_logout(tmp_path: Path) -> None:
    """Within half a minute; then a call says what to do."""
    server = Server()
    executor = server.executor(tmp_path)
    await log_in(executor)
    await call(executor)
    assert await server.executor(tmp_path).tokens.logins.delete(CLIENT.login)
    server.now += 31
    with pytest.raises(Denied, match=r"no credential for oauth: nobody is logged in\. Run `specport login shop@work`"):
        await call(executor)


async def test_a_login_is_used_for_its_own_client_and_server_only(tmp_path: Path) -> None:
    """A source of the same name with another token endpoint, or another client, gets nothing of it."""
    server = Server()
    await log_in(server.executor(tmp_path))
    for client in (replace(CLIENT, token_url="https://evil.test/token"), replace(CLIENT, client_id="other")):
        with pytest.raises(CallError, match="nobody is logged in"):
            await call(server.executor(tmp_path), replace(CREDENTIAL, client=client))
    assert server.called == []


async def test_what_cannot_be_written_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk after the server gave a new refresh token: this process renews with it, and keeps it when it can."""
    server = Server()
    executor = server.executor(tmp_path)
    await log_in(executor)

    async def full(self: Logins, name: str, login: object) -> str:
        raise SourceError("the login cannot be kept: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Logins, "write", full)
        for _ in range(2):
            server.now += 3590
            assert (await call(executor)).status == 200
    assert caplog.text.count("a renewed login ends with this process: the login cannot be kept: No space left") == 2
    server.now += 3590
    await call(executor)
    assert [form["refresh_token"] for form in server.asked[1:]] == ["refresh-1", "refresh-2", "refresh-3"]
    server.now += 3590
    await call(server.executor(tmp_path))
    assert server.asked[-1]["refresh_token"] == "refresh-4"


async def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    """Half a file of this login; those of others are theirs."""
    server = Server()
    folder = tmp_path / "logins"
    folder.mkdir()
    (folder / ".shop@work%2Foauth.k1").write_text("half")
    (folder / ".shop@home%2Foauth.k2").write_text("another's")
    await log_in(server.executor(tmp_path))
    assert [path.name for path in folder.glob(".*")] == [".shop@home%2Foauth.k2"]
