"""`specport login`, `logout`, and calls with the tokens they leave: a real authorization server on loopback."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from oauth_server import CLIENT_ID, CLIENT_SECRET, OAuthServer

from end_to_end.loopback import PATIENCE, Cli, Done, document, operation

MANIFEST = """
name = "shop"
document = "openapi.json"
base_url = "{url}/v1"

[auth.oauth]
flow = "{flow}"
client_id = "env:SHOP_CLIENT"
client_secret = "env:SHOP_SECRET"
{more}

[accounts.work.auth.oauth]
flow = "{flow}"
client_id = "{client_id}"
client_secret = "env:SHOP_SECRET"
"""
ENV = {
    "SHOP_CLIENT": CLIENT_ID, "SHOP_SECRET": CLIENT_SECRET, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
}  # fmt: skip
SECRETS = re.compile(rf"{CLIENT_SECRET}|access-\d|refresh-\d|code-\d")


@pytest.fixture
def server() -> Iterator[OAuthServer]:
    with OAuthServer() as running:
        yield running


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


def write_shop(cli: Cli, url: str, flow: str = "authorization_code", more: str = "") -> str:
    """The folder of a source whose document tells the URLs of both flows."""
    folder = cli.home / "shop"
    folder.mkdir()
    flows = {
        "authorizationCode": {
            "authorizationUrl": f"{url}/authorize", "tokenUrl": f"{url}/token",
            "scopes": {"read": "Look", "write": "Change"},
        },
        "clientCredentials": {"tokenUrl": "/token", "scopes": {"all": "Everything"}},
    }  # fmt: skip
    schemes = {"securitySchemes": {"oauth": {"type": "oauth2", "flows": flows}}}
    (folder / "openapi.json").write_text(
        document({"/things": {"get": operation("listThings", "Things")}}, security=[{"oauth": []}], components=schemes)
    )
    manifest = MANIFEST.format(url=url, flow=flow, more=more, client_id=CLIENT_ID)
    (folder / "source.toml").write_text(manifest)
    return "shop"


def log_in(cli: Cli, source: str, *more: str, browse: Callable[[str], None] | None = None) -> tuple[int, str, str]:
    """`specport login` with somebody at the browser who agrees: exit code, stdout, stderr behind the URL."""

    def agree(url: str) -> None:
        page = httpx2.get(url, follow_redirects=True, timeout=PATIENCE)
        assert "You can close this window" in page.text

    with cli.start("login", source, "--no-browser", "--state-dir", "state", *more, env=ENV) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert b"open this in your browser" in process.stderr.readline()
        process.stderr.readline()
        (browse or agree)(process.stderr.readline().decode().strip())
        code = process.wait(PATIENCE)
        return code, process.stdout.read().decode(), process.stderr.read().decode().strip()


def call(cli: Cli, source: str) -> Done:
    return cli.run("call", "things.listThings", "--source", source, "--state-dir", "state", env=ENV)


def test_somebody_logs_in_calls_and_logs_out(cli: Cli, server: OAuthServer) -> None:
    """The scopes and URLs are the document's; tokens and secrets are printed nowhere."""
    shop = write_shop(cli, server.url)
    refused = call(cli, shop)
    assert "no credential for oauth: nobody is logged in. Run `specport login shop`" in refused.err
    code, out, err = log_in(cli, shop)
    assert (code, err) == (0, "")
    kept = cli.home / "state" / "logins" / "shop%2Foauth.json"
    assert re.fullmatch(
        rf"shop: logged in for oauth until 20.* UTC, then renewed by itself; kept in {re.escape(str(kept))}\n", out
    )
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    called = call(cli, shop)
    assert json.loads(called.out) == {"path": "/v1/things", "seen": "Bearer [oauth:oauth]"}
    assert server.bearers == ["Bearer access-1"]
    doctor = cli.run("doctor", shop, "--offline", "--state-dir", "state", env=ENV)
    assert re.search(r"logged in for oauth until 20..-..-.. ..:.. UTC, renewed by itself", doctor.out)
    done = cli.run("logout", shop, "--state-dir", "state", env=ENV)
    assert (done.code, done.out) == (0, "shop: logged out\n")
    assert not kept.exists()
    again = cli.run("logout", shop, "--state-dir", "state", env=ENV)
    assert (again.code, again.err) == (
        1, "specport: nobody is logged in to shop. `specport doctor` says who is\n"
    )  # fmt: skip
    everything = [refused, called, doctor, done, again]
    assert not SECRETS.search(out + err + "".join(each.out + each.err for each in everything))
    written = [path.read_bytes().decode("latin-1") for path in (cli.home / "state").rglob("*") if path.is_file()]
    assert len(written) > 1
    assert not SECRETS.search("".join(written))


def test_the_url_asks_for_what_the_document_says(cli: Cli, server: OAuthServer) -> None:
    """Its scopes, and the port that was chosen; forged answers are sent away and the login goes on."""
    shop = write_shop(cli, server.url)
    urls: list[str] = []

    def browse(url: str) -> None:
        urls.append(url)
        asked = parse_qs(urlsplit(url).query)
        back = asked["redirect_uri"][0]
        for forged in ("?code=code-9&state=forged", "?code=code-9", ""):
            assert httpx2.get(back + forged, timeout=PATIENCE).status_code == 400
        assert httpx2.get(back.replace("/callback", "/favicon.ico"), timeout=PATIENCE).status_code == 404
        httpx2.get(url, follow_redirects=True, timeout=PATIENCE)

    assert log_in(cli, shop, browse=browse)[0] == 0
    [url] = urls
    assert url.startswith(f"{server.url}/authorize?")
    assert parse_qs(urlsplit(url).query)["scope"] == ["read write"]
    assert [form["grant_type"] for form in server.forms] == ["authorization_code"]


def test_processes_that_renew_at_once_all_go_on(cli: Cli, server: OAuthServer) -> None:
    """Refresh tokens are good once: one process asks, the others wait for what it keeps."""
    shop = write_shop(cli, server.url)
    assert log_in(cli, shop)[0] == 0
    kept = cli.home / "state" / "logins" / "shop%2Foauth.json"
    kept.write_text(json.dumps({**json.loads(kept.read_text()), "made": 0, "expires": 1}))
    arguments = ("call", "things.listThings", "--source", shop, "--state-dir", "state")
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(cli.start(*arguments, env=ENV)) for _ in range(4)]
        assert [process.wait(PATIENCE) for process in processes] == [0, 0, 0, 0]
    assert [form["grant_type"] for form in server.forms] == ["authorization_code", "refresh_token"]
    assert server.bearers == ["Bearer access-2"] * 4
    assert json.loads(kept.read_text())["refresh_token"] == "refresh-2"


def test_the_browser_is_opened(
    specport: Callable[..., Done], home: Path, server: OAuthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the port that was chosen, and nobody is waited for longer than five minutes."""
    shop = write_shop(Cli(home), server.url)
    opened: list[str] = []

    def browse(url: str) -> bool:
        opened.append(url)
        return bool(httpx2.get(url, follow_redirects=True, timeout=PATIENCE))

    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("webbrowser.open", browse)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = specport("login", shop, "--port", port, "--state-dir", "state")
        assert f"cannot listen on 127.0.0.1:{port}" in refused.err
        assert "--port" in refused.err
    done = specport("login", shop, "--port", port, "--state-dir", "state")
    assert done.code == 0, done.err
    assert parse_qs(urlsplit(opened[0]).query)["redirect_uri"] == [f"http://127.0.0.1:{port}/callback"]
    monkeypatch.setattr("specport.surfaces.cli.logging_in.LOGIN_SECONDS", 0)
    late = specport("login", shop, "--no-browser", "--state-dir", "state")
    assert late.err.splitlines()[-1] == "specport: nobody logged in to shop within 0 s. Try again"


def test_a_refusal_in_the_browser_ends_the_login(cli: Cli, server: OAuthServer) -> None:
    """In the server's words, and nothing is kept."""
    shop = write_shop(cli, server.url)

    def refuse(url: str) -> None:
        asked = parse_qs(urlsplit(url).query)
        answer = f"?error=access_denied&error_description=Not+today&state={asked['state'][0]}"
        httpx2.get(asked["redirect_uri"][0] + answer, timeout=PATIENCE)

    code, out, err = log_in(cli, shop, browse=refuse)
    assert (code, out, err) == (1, "", "specport: the login was refused: access_denied: Not today")
    assert not list((cli.home / "state").rglob("*.json"))


def test_an_answer_of_another_server_ends_the_login(cli: Cli, server: OAuthServer) -> None:
    """RFC 9207: its `iss` is not who was asked."""
    shop = write_shop(cli, server.url)
    server.issuer = "https://evil.test"
    code, _, err = log_in(cli, shop)
    assert code == 1
    assert "of the issuer https://evil.test, which was not asked" in err
    assert server.forms == []


def test_the_accounts_of_a_source_have_a_login_each(cli: Cli, server: OAuthServer) -> None:
    """`shop@work` is logged in apart from `shop`, and an expired token is renewed by the next call."""
    server.expires_in = 0
    shop = write_shop(cli, server.url)
    assert log_in(cli, f"{shop}@work")[0] == 0
    assert "nobody is logged in. Run `specport login shop`" in call(cli, shop).err
    for _ in range(2):
        assert call(cli, f"{shop}@work").code == 0
    assert server.bearers == ["Bearer access-2", "Bearer access-3"]
    assert [form.get("refresh_token") for form in server.forms] == [None, "refresh-1", "refresh-2"]


def test_client_credentials_need_nobody(cli: Cli, server: OAuthServer) -> None:
    """The document's token URL is seen from the base URL; a wrong secret is told without it."""
    shop = write_shop(cli, server.url, "client_credentials")
    assert call(cli, shop).code == 0
    assert server.forms == [{"grant_type": "client_credentials", "scope": "all"}]
    doctor = cli.run("doctor", shop, "--offline", "--state-dir", "state", env=ENV)
    assert "client credentials for oauth are set" in doctor.out
    wrong = cli.run(
        "call", "things.listThings", "--source", shop, "--no-state", env={**ENV, "SHOP_SECRET": "wrong-secret"}
    )
    assert wrong.code == 1
    assert (
        f"the token endpoint of oauth at {server.url} refused: invalid_client: not Basic [env:SHOP_SECRET]" in wrong.err
    )
    login = cli.run("login", shop, "--no-browser", env=ENV)
    assert "shop has nothing to log in for" in login.err


def test_a_client_may_stand_in_a_file_for_any_source(cli: Cli, server: OAuthServer) -> None:
    """`--credential SCHEME=oauth:FILE`, for `--spec`, for what was added, and for logins to it."""
    write_shop(cli, server.url)
    client = f'flow = "authorization_code"\nclient_id = "{CLIENT_ID}"\nclient_secret = "env:SHOP_SECRET"\n'
    (cli.home / "client.toml").write_text(client)
    added = cli.run(
        "add", "shop/openapi.json", "--name", "added", "--base-url", f"{server.url}/v2", "--state-dir", "state",
        "--credential", "oauth=oauth:client.toml",
    )  # fmt: skip
    assert added.code == 0, added.err
    typo = cli.run("login", "addde", "--no-browser", "--state-dir", "state", env=ENV)
    assert typo.err == "specport: there is no source 'addde'. `specport sources` lists them\n"
    assert log_in(cli, "added")[0] == 0
    done = cli.run("call", "added.things.listThings", "--state-dir", "state", env=ENV)
    assert json.loads(done.out)["path"] == "/v2/things"
    machine = client.replace("authorization_code", "client_credentials")
    (cli.home / "client.toml").write_text(machine)
    spec = ("--spec", "shop/openapi.json", "--base-url", server.url, "--credential", "oauth=oauth:client.toml")
    assert cli.run("call", "things.listThings", *spec, "--no-state", env=ENV).code == 0
    (cli.home / "client.toml").write_text('client_id = "me"')
    broken = cli.run("call", "things.listThings", *spec, "--no-state", env=ENV)
    assert broken.err == f"specport: {cli.home / 'client.toml'}: flow: Field required\n"


@pytest.mark.parametrize("source", ["nonesuch", "shop"])
def test_a_login_that_cannot_be_is_one_line(cli: Cli, server: OAuthServer, source: str) -> None:
    """No such source; nobody came in time."""
    write_shop(cli, server.url, more='token_url = "ftp://x"')
    done = cli.run("login", source, "--no-browser", "--state-dir", "state", env=ENV)
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert ("there is no source 'nonesuch'" in done.err) or (
        "auth.oauth: token_url: it must be an http(s) URL" in done.err
    )
