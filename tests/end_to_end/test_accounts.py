"""Several accounts of one source, `shop@work`: credentials, addresses, names and limits of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from end_to_end.loopback import Done, Upstream, document, operation

Run = Callable[..., Done]
Json = Callable[..., Any]

MANIFEST = """
name = "shop"
document = "openapi.json"
[auth]
key = "env:SHOP_KEY"
other = "env:SHOP_OTHER"
[accounts.home.auth]
key = "env:SHOP_HOME_KEY"
[accounts.work.auth]
key = "env:SHOP_WORK_KEY"
[[limits]]
name = "calls"
requests = 1
seconds = 600
"""
LONG = "aVeryLongNameOfAnOperationThatDoesNotFitIntoAnyListAtAllOrSo"


@pytest.fixture
def shop(home: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder with a source of three accounts, each with its key."""
    folder = home / "shop"
    folder.mkdir()
    (folder / "source.toml").write_text(MANIFEST)
    key = {"type": "apiKey", "in": "header", "name": "X-Key"}
    other = {"type": "apiKey", "in": "header", "name": "X-Other"}
    paths = {
        "/things": {"get": operation("listThings", "Things")},
        "/long": {"get": operation(LONG, "Things")},
        "/other": {"get": operation("other", "Things", security=[{"other": []}])},
    }
    schemes = {"securitySchemes": {"key": key, "other": other}}
    text = document(paths, servers=[{"url": upstream.url}], security=[{"key": []}], components=schemes)
    (folder / "openapi.json").write_text(text)
    for name in ("SHOP_KEY", "SHOP_HOME_KEY", "SHOP_WORK_KEY", "SHOP_OTHER"):
        monkeypatch.setenv(name, f"value-of-{name}")
    return "shop"


def test_an_account_is_called_with_its_own_credentials(specport: Run, shop: str, upstream: Upstream) -> None:
    """And with none of another's, where it has no own for a scheme."""
    for source, key in ((shop, "SHOP_KEY"), ("shop@work", "SHOP_WORK_KEY"), ("shop@home", "SHOP_HOME_KEY")):
        done = specport("call", "things.listThings", "--source", source, "--no-state")
        assert done.code == 0, done.err
        [seen] = upstream.take()
        assert seen.header("x-key") == f"value-of-{key}"
    specport("call", "things.other", "--source", "shop@work", "--no-state")
    [seen] = upstream.take()
    assert seen.header("x-other") is None


def test_accounts_are_served_side_by_side(specport_json: Json, shop: str) -> None:
    """Addresses of the second are below its name; wire names are portable, and one for each tool, cut ones too."""
    listed = specport_json("tools", shop, "shop@work", "shop@home", "--json", "--no-state")
    addresses = [tool["address"] for tool in listed if tool["path"] == "/things"]
    assert addresses == ["shop@home.things.listThings", "shop@work.things.listThings", "things.listThings"]
    names = [tool["name"] for tool in listed]
    assert len({name.casefold() for name in names}) == len(names) == 11
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,48}", name) for name in names)
    alone = specport_json("tools", "shop@work", "--json", "--no-state")
    assert [tool["name"] for tool in alone] == [
        tool["name"] for tool in specport_json("tools", shop, "--json", "--no-state")
    ]
    described = specport_json(
        "describe", "shop_work_things_listThings", "--source", shop, "--source", "shop@work", "--json", "--no-state"
    )
    assert described["address"] == "shop@work.things.listThings"


def test_limits_are_each_accounts_own(specport: Run, shop: str) -> None:
    """One call each; the second of one is refused."""
    codes = [
        specport("call", "things.listThings", "--source", source, "--state-dir", "state").code
        for source in (shop, "shop@work", "shop@work")
    ]
    assert codes == [0, 0, 1]


def test_an_account_may_come_from_the_command_line(
    specport: Run, shop: str, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--credential SCHEME=...` beside the one source, `SCHEME@ACCOUNT=...` beside several; over the manifest's."""
    monkeypatch.setenv("NEW_KEY", "value-of-NEW_KEY")
    both = ("--source", shop, "--source", "shop@new", "--credential", "key@new=env:NEW_KEY", "--no-state")
    for arguments, key in (
        (("things.listThings", "--source", "shop@new", "--credential", "key=env:NEW_KEY", "--no-state"), "NEW_KEY"),
        (("things.listThings", "--source", "shop@work", "--credential", "key=env:NEW_KEY", "--no-state"), "NEW_KEY"),
        (("shop@new.things.listThings", *both), "NEW_KEY"),
        (("things.listThings", *both), "SHOP_KEY"),
    ):
        done = specport("call", *arguments)
        assert done.code == 0, done.err
        [seen] = upstream.take()
        assert seen.header("x-key") == f"value-of-{key}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("shop@nobody",), "shop has no account 'nobody'. Configured: shop@home, shop@work; for another give"),
        (("digitalocean@work",), "digitalocean has no account 'work'. For one give --credential SCHEME@work=env:NAME"),
        (("shop", "shop@new", "--credential", "key=env:A"), "shop has no account 'new'. Configured: shop@home"),
        (("shop", "--credential", "key@work=env:A"), "is for the account 'work', which no source is opened as"),
        (("shop@",), "there is no source 'shop@'"),
        (("shop@../up", "--credential", "key=env:A"), "'../up' is no account's name"),
        (("shop@work", "shop@work"), "two sources are called 'shop@work'"),
    ],
)
def test_an_account_that_is_not_there_is_one_clear_line(
    specport: Run, shop: str, arguments: tuple[str, ...], said: str
) -> None:
    """It names those that are."""
    done = specport("tools", *arguments, "--no-state")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert said in done.err


def test_a_document_on_the_command_line_may_be_an_account(
    specport_json: Json, specport: Run, upstream: Upstream
) -> None:
    """Its name says so, and credentials may be meant for it."""
    given = ("--spec", "things.json", "--name", "shop@work", "--base-url", upstream.url, "--no-state")
    done = specport("call", "things.getThing", '{"id": 1}', *given, "--credential", "token@work=env:HOME")
    assert done.code == 0, done.err
    assert upstream.take()[0].header("authorization")
    assert "is for the account 'home'" in specport("tools", *given[:4], "--credential", "token@home=env:HOME").err


def test_an_added_document_may_be_an_account_too(specport: Run, specport_json: Json, shop: str) -> None:
    """By its name; a tool call cannot name one."""
    given = ("shop/openapi.json", "--name", "added@work", "--credential", "key=env:SHOP_WORK_KEY")
    assert specport("add", *given, "--state-dir", "state").code == 0
    listed = specport_json("tools", shop, "--json", "--state-dir", "state")
    assert "added@work.things.listThings" in {tool["address"] for tool in listed}
    text = json.dumps({"spec": (Path("shop") / "openapi.json").read_text(), "name": "added@home"})
    assert specport("call", "openapi.addSource", text, "--source", shop, "--state-dir", "state").code == 1


def test_doctor_and_install_know_accounts(specport: Run, specport_json: Json, shop: str) -> None:
    """Each account's credentials are checked, and an assistant starts the same accounts."""
    found = json.loads(specport("doctor", shop, "shop@work", "--offline", "--json", "--no-state").out)["checks"]
    told = {
        check["subject"]: check["message"]
        for check in found
        if check["name"] == "credential" and "KEY" in check["message"]
    }
    assert told == {"shop": "env:SHOP_KEY is set, for key", "shop@work": "env:SHOP_WORK_KEY is set, for key"}
    given = ("--credential", "bearer_auth=env:WORK_TOKEN", "--no-state", "--print")
    entry = json.loads(specport("install", "claude-code", "digitalocean@work", *given).out)["mcpServers"]["specport"]
    assert entry["args"][-4:] == ["digitalocean@work", "--credential", "bearer_auth=env:WORK_TOKEN", "--no-state"]
    assert list(entry["env"]) == ["WORK_TOKEN"]
