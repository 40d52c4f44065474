"""The life of an added source on the command line: shown, configured, refreshed, renamed, switched off, removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from end_to_end.loopback import Done, document, operation, parameter

Run = Callable[..., Done]
Json = Callable[..., Any]

KEY = {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}}


def orders(
    *, states: tuple[str, ...] = ("open", "done"), server: str = "https://shop.example.com/v1"
) -> dict[str, Any]:
    """A shop's document, as a version of it."""
    listing = operation("listOrders", "Orders", parameters=[parameter("state", "query", {"enum": list(states)})])
    return json.loads(
        document({"/orders": {"get": listing}}, servers=[{"url": server}], components=KEY, security=[{"key": []}])
    )


@pytest.fixture
def shop(specport: Run, home: Path) -> Callable[[dict[str, Any]], None]:
    """Writes a version of the document; the first one is added."""

    def write(version: dict[str, Any]) -> None:
        (home / "shop.json").write_text(json.dumps(version))

    write(orders())
    assert specport("add", "shop.json", "--name", "shop").code == 0
    return write


def newer() -> dict[str, Any]:
    """A version with another state and a new operation."""
    version = orders(states=("open", "lost"))
    version["paths"]["/refunds"] = {"post": operation("refund", "Refunds")}
    return version


def test_a_refresh_says_what_changed_and_what_waits(specport: Run, shop: Callable[[dict[str, Any]], None]) -> None:
    """A line each, and the command that accepts what is new."""
    assert specport("refresh", "shop").out == "shop: unchanged\n"
    shop(newer())
    *told, accept = specport("refresh", "shop").out.splitlines()
    assert told == [
        "shop: 1 tool added, 1 changed",
        "  + shop.refunds.refund POST /refunds",
        "  ~ shop.orders.listOrders: query state enum +lost -done",
    ]
    assert accept.startswith("1 tool waits to be accepted: specport refresh shop --accept --only ")
    assert "1 waiting" in specport("sources").out
    assert specport("show", "shop").out.splitlines()[-2:] == [
        "waiting      1 new tool to be accepted: `specport refresh shop` tells how",
        "             POST /refunds",
    ]
    assert "waits to be accepted" in specport("call", "shop.refunds.refund", "--dry-run").err
    assert specport(*accept.split()[-5:]).out.splitlines() == [
        "shop: 1 tool accepted", "  + shop.refunds.refund",
    ]  # fmt: skip
    assert specport("call", "shop.refunds.refund", "--dry-run").code == 0


def test_a_version_that_is_not_taken_fails_the_command(
    specport: Run, specport_json: Json, shop: Callable[[dict[str, Any]], None]
) -> None:
    """It says why and how to take it all the same; as JSON, too. The other sources are refreshed all the same."""
    shop(orders(server="https://elsewhere.example.org"))
    assert specport("add", "things.json", "--name", "things", "--base-url", "https://t.example.com").code == 0
    refused = specport("refresh", "shop", "things", "nonesuch")
    assert refused.code == 1
    assert "calls would go to https://elsewhere.example.org, where none went before: shop.orders" in refused.out
    assert "Take it as it is: specport refresh shop --accept --only " in refused.out
    assert "things: unchanged" in refused.out
    assert "nonesuch: there is no source 'nonesuch'. There are: shop, things" in refused.err
    found = json.loads(specport("refresh", "shop", "nonesuch", "--json").out)
    assert [each["status"] for each in found] == ["not taken", "failed"]
    assert specport("refresh", "shop", "--accept").code == 0
    assert specport_json("show", "shop", "--json")["facts"]["base_url"] == "https://elsewhere.example.org"


def test_only_the_version_that_was_looked_at_is_accepted(specport: Run, shop: Callable[[dict[str, Any]], None]) -> None:
    """A document that changes once more between the look and the yes is another one: nothing of it is taken."""
    shop(newer())
    accept = specport("refresh", "shop").out.split()[-5:]
    shop(newer() | {"servers": [{"url": "https://elsewhere.example.org"}]})
    refused = specport(*accept)
    assert refused.code == 1
    assert f"shop: the document of shop is not version {accept[-1]} but " in refused.err
    assert "`specport refresh shop` tells what that one changes" in refused.err
    assert "1 waiting" in specport("sources").out
    shop(newer())
    assert "1 tool accepted" in specport(*accept).out
    assert specport("refresh", "--all", "--only", accept[-1]).code == 2


def test_credentials_and_limits_can_be_given_later(specport: Run, shop: Callable[[dict[str, Any]], None]) -> None:
    """By reference; the answer says where they may go, and a refresh keeps them."""
    done = specport("configure", "shop", "--credential", "key=env:SHOP_KEY", "--limit", "100/60s")
    assert done.out == "shop: configured; credentials may go to https://shop.example.com\n"
    shop(newer())
    specport("refresh", "shop")
    shown = specport("show", "shop").out
    assert "key from env:SHOP_KEY" in shown
    assert "100 in 60 s" in shown
    assert "$SHOP_KEY" in specport("call", "shop.orders.listOrders", "--dry-run").out
    assert specport("configure", "shop").code == 2
    assert specport("configure", "shop", "--credential", "key=s3cret").err == (
        "specport: a credential must be a reference: env:NAME, file:PATH, keyring:SERVICE/NAME, header:NAME. Put the "
        "value in an environment variable and name that\n"
    )


def test_another_name_is_another_prefix(specport: Run, shop: Callable[[dict[str, Any]], None]) -> None:
    """Names that are taken, bundled or none are refused."""
    specport("configure", "shop", "--credential", "key=env:SHOP_KEY")
    assert specport("rename", "shop", "store").out == "shop is store now; its tools start with store.\n"
    assert "$SHOP_KEY" in specport("call", "store.orders.listOrders", "--dry-run").out
    assert "there is no source 'shop'" in specport("rename", "shop", "other").err
    for name, said in (("digitalocean", "bundled"), ("Store!", "no source name"), ("store@work", "another account")):
        assert said in specport("rename", "store", name).err
    specport("add", "things.json", "--name", "things", "--base-url", "https://t.example.com")
    assert "the name 'things' is taken" in specport("rename", "store", "things").err


def test_a_disabled_source_has_no_tools_and_is_kept(
    specport: Run, specport_json: Json, shop: Callable[[dict[str, Any]], None]
) -> None:
    """It is listed, its name stays taken, and it comes back as it was."""
    specport("configure", "shop", "--credential", "key=env:SHOP_KEY")
    assert specport("disable", "shop").out == "shop: disabled\n"
    assert specport("disable", "shop").out == "shop: was disabled already\n"
    assert specport_json("sources", "--json")[-1] | {"uri": ""} == {
        "name": "shop", "title": "", "uri": "", "base_url": "", "origin": "operator", "tools": 0, "problems": 0,
        "preset": "", "held": 0, "enabled": False,
    }  # fmt: skip
    assert "there is no tool" in specport("call", "shop.orders.listOrders").err
    assert "specport enable shop" in specport("add", "shop.json", "--name", "shop").err
    assert "is disabled" in specport("refresh", "shop").err
    assert specport("enable", "shop").out == "shop: enabled\n"
    assert specport("enable", "shop").out == "shop: was enabled already\n"
    assert "$SHOP_KEY" in specport("call", "shop.orders.listOrders", "--dry-run").out
    specport("disable", "shop")
    assert specport("remove", "shop").out == "shop: removed\n"


def test_each_change_is_in_the_audit_log(specport: Run, shop: Callable[[dict[str, Any]], None], home: Path) -> None:
    """Who did it, and how much changed."""
    shop(newer())
    for arguments in (
        ("refresh", "shop"), ("refresh", "shop", "--accept"), ("configure", "shop", "--limit", "9/s"),
        ("rename", "shop", "store"), ("disable", "store"), ("enable", "store"), ("remove", "store"),
    ):  # fmt: skip
        assert specport(*arguments, "--audit", "audit.jsonl").code == 0
    lines = [json.loads(line) for line in (home / "audit.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == [
        "refresh", "refresh", "configure", "rename", "disable", "enable", "remove",
    ]  # fmt: skip
    assert {line["transport"] for line in lines} == {"cli"}
    assert (lines[0]["added"], lines[0]["changed"], lines[0]["accepted"]) == (1, 1, False)
    assert lines[1]["accepted"] is True


def test_what_is_named_wrongly_is_one_line(specport: Run, home: Path) -> None:
    """No source of that name; neither names nor --all."""
    assert specport("show", "nonesuch").err == "specport: there is no source 'nonesuch'. There are: digitalocean\n"
    assert "is bundled" in specport("remove", "digitalocean").err
    assert specport("refresh").code == 2
    assert specport("refresh", "--all").out == ""
    assert "write 30m, 6h or 1d" in specport("serve", "--refresh-every", "5s").err
