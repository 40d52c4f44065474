"""Overlays from the command line and from a manifest: what is listed, called, previewed, kept and refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from end_to_end.loopback import Done, Upstream, operation, parameter

Run = Callable[..., Done]
Json = Callable[..., Any]

LISTED = ["things.createThing", "things.deleteThing", "things.getThing", "things.listThings", "things.replaceThing"]
WITHOUT_DELETE = {"target": "$.paths['/things/{id}'].delete", "remove": True}


def write(path: Path, *actions: Any, version: str = "1.0.0") -> None:
    """An overlay of these actions."""
    path.write_text(json.dumps({"overlay": version, "info": {"title": "Fix", "version": "1"}, "actions": actions}))


def addresses(listed: Any) -> list[str]:
    """Of the tools that are not built in."""
    return [tool["address"] for tool in listed if tool["method"]]


def test_overlays_change_what_is_listed(specport_json: Json, home: Path) -> None:
    """Operations are removed, added and changed, by several overlays in the order in which they are named."""
    write(home / "less.json", {"target": "$.paths.*[?@.operationId != 'getThing' && @.operationId]", "remove": True})
    write(
        home / "more.json",
        {"target": "$.paths['/things']", "update": {"post": operation("makeThing", "Made"), "get": {"x": 1}}},
        {"target": "$.paths..[?@.operationId == 'getThing']", "update": {"summary": "One thing"}},
    )
    given = ("tools", "--json", "--no-state", "--spec", "things.json")
    assert addresses(specport_json(*given)) == LISTED
    listed = specport_json(*given, "--overlay", "less.json", "--overlay", "more.json")
    assert {tool["address"]: tool["description"].splitlines()[0] for tool in listed if tool["method"]} == {
        "made.makeThing": "POST /things",
        "things.getThing": "One thing",
        "things.getThings": "GET /things",
    }
    assert addresses(specport_json(*given, "--overlay", "more.json", "--overlay", "less.json")) == ["things.getThing"]


def test_an_overlay_may_come_from_the_environment(
    specport_json: Json, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`SPECPORT_OVERLAY`, like every option."""
    write(home / "fix.json", WITHOUT_DELETE)
    monkeypatch.setenv("SPECPORT_OVERLAY", "fix.json")
    listed = specport_json("tools", "--json", "--no-state", "--spec", "things.json")
    assert "things.deleteThing" not in addresses(listed)


def test_a_call_is_what_the_overlay_made_of_it(specport: Run, home: Path, upstream: Upstream) -> None:
    """A parameter that the document forgot is offered, checked and sent; `describe` and `search` know of it."""
    (home / "fix.yaml").write_text(
        "overlay: 1.1.0\ninfo: {title: Fix, version: 1.0.0}\nactions:\n"
        "- target: $.paths['/things'].get.parameters\n"
        "  update: {name: colour, in: query, schema: {enum: [red, blue]}}\n"
        "- target: $.paths['/things'].get.operationId\n"
        "  update: findThings\n"
    )
    given = ("--spec", "things.json", "--overlay", "fix.yaml", "--no-state")
    to = ("--base-url", upstream.url)
    assert specport("call", "things.findThings", '{"colour": "red", "page": 2}', *given, *to).code == 0
    assert [asked.target for asked in upstream.take()] == ["/things?page=2&colour=red"]
    refused = specport("call", "things.findThings", '{"colour": "green"}', *given, *to)
    assert refused.code == 1
    assert "colour" in refused.err
    assert '"blue"' in specport("describe", "things.findThings", *given).out
    assert "things.findThings" in specport("search", "find things", *given).out


def test_a_preview_reports_every_action_without_effect(specport: Run, specport_json: Json, home: Path) -> None:
    """A warning with the overlay's file, the action's number and its target, for programs and for people."""
    write(
        home / "stale.json",
        {"target": "$.paths['/gone'].get", "remove": True},
        WITHOUT_DELETE,
        {"target": "$.info.title", "update": "Other"},
    )
    facts = specport_json("preview", "things.json", "--overlay", "stale.json", "--json")
    file = home / "stale.json"
    assert facts["operations"] == 4
    assert facts["problems"] == [
        {
            "source": "things",
            "severity": "warning",
            "pointer": "",
            "message": f"action 1 of {file} matches nothing: $.paths['/gone'].get",
        },
        {
            "source": "things",
            "severity": "warning",
            "pointer": "/info/title",
            "message": f"action 3 of {file} is left out, as Overlay 1.0 updates no plain values but the object around "
            "them: $.info.title",
        },
    ]
    shown = specport("preview", "things.json", "--overlay", "stale.json").out
    assert f"action 1 of {file} matches nothing: $.paths['/gone'].get" in shown
    assert "action" not in specport("preview", "things.json").out


def test_an_added_source_keeps_its_overlays(specport: Run, specport_json: Json, home: Path) -> None:
    """It is listed as it was added when neither file is there any more, and what has no effect was told."""
    write(home / "fix.json", WITHOUT_DELETE, {"target": "$.nothing", "remove": True})
    state = ("--state-dir", "state")
    given = ("add", "things.json", "--base-url", "https://things.example.com", *state)
    added = specport(*given, "--overlay", "fix.json")
    assert added.code == 0
    assert "4 tools" in added.out
    assert "matches nothing: $.nothing" in added.err
    again = specport(*given)
    assert again.code == 1
    assert "overlays" in again.err
    (home / "fix.json").unlink()
    (home / "things.json").unlink()
    kept = [address for address in addresses(specport_json("tools", "--json", *state)) if address.startswith("things.")]
    assert kept == [f"things.{address}" for address in LISTED if address != "things.deleteThing"]


def test_a_changed_overlay_counts_at_once(specport_json: Json, home: Path) -> None:
    """The catalog that is kept for a document is not the one that another overlay makes of it."""
    given = ("tools", "--json", "--spec", "things.json", "--state-dir", "state")
    write(home / "fix.json", WITHOUT_DELETE)
    assert len(addresses(specport_json(*given, "--overlay", "fix.json"))) == 4
    assert len(addresses(specport_json(*given, "--overlay", "fix.json"))) == 4
    write(home / "fix.json", {"target": "$.paths['/things']", "remove": True})
    assert len(addresses(specport_json(*given, "--overlay", "fix.json"))) == 3
    assert addresses(specport_json(*given)) == LISTED


def test_a_manifest_names_overlays_in_their_order(specport_json: Json, home: Path) -> None:
    """Beside its document; here the second removes what the first adds."""
    shop = home / "shop"
    shop.mkdir()
    (home / "things.json").rename(shop / "openapi.json")
    (shop / "source.toml").write_text(
        'name = "shop"\ndocument = "openapi.json"\noverlays = ["add.json", "remove.json"]\n'
        'base_url = "https://shop.example.com"\n'
    )
    new = {"/new": {"get": operation("getNew", "New", parameters=[parameter("a", "query", {})])}}
    write(shop / "add.json", {"target": "$.paths", "update": new})
    write(shop / "remove.json", {"target": "$.paths[?@.get.tags[?@ == 'New']]", "remove": True}, WITHOUT_DELETE)
    listed = addresses(specport_json("tools", "shop", "--json", "--no-state"))
    assert listed == [address for address in LISTED if address != "things.deleteThing"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(None, "cannot read", id="absent"),
        pytest.param("", "is empty", id="empty"),
        pytest.param("openapi: 3.1.0\npaths: {}", "is no overlay", id="a document"),
        pytest.param("overlay: 3.0.0\nactions: [{}]", "is of Overlay version '3.0.0'", id="version"),
        pytest.param("overlay: 1.0.0\nactions: [{target: paths}]", "action 1 whose `target`, 'paths'", id="path"),
        pytest.param("overlay: 1.0.0\nactions: [{target: $, remove: true}]", "action 1 of ", id="removes everything"),
        pytest.param("overlay: 1.0.0\nactions: [{target: $.paths, remove: true}]", "has no paths", id="no paths left"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["tools --spec", "preview", "add", "serve --spec"])
def test_a_bad_overlay_is_one_clear_line(
    specport: Run, home: Path, command: str, content: str | None, told: str
) -> None:
    """With every command that takes one: exit code 1, nothing listed or kept, the file named."""
    if content is not None:
        (home / "fix.yaml").write_text(content)
    done = specport(*command.split(), "things.json", "--overlay", "fix.yaml")
    assert (done.code, done.out) == (1, "")
    assert told in done.err
    assert done.err.count("\n") == 1
    assert "fix.yaml" in done.err or told == "has no paths"


@pytest.mark.parametrize("tool", ["openapi.previewSpec", "openapi.addSource"])
def test_an_assistant_names_no_overlay(specport: Run, home: Path, tool: str) -> None:
    """Which files are read and how documents change is the operator's to say."""
    write(home / "fix.json", WITHOUT_DELETE)
    given = {"spec": (home / "things.json").read_text(), "overlays": ["fix.json"]}
    done = specport("call", tool, json.dumps(given), "--no-state")
    assert (done.code, done.out) == (1, "")
    assert "overlays" in done.err


def test_an_overlay_may_refer_to_files_beside_the_document(specport_json: Json, home: Path) -> None:
    """What it adds is part of the document, wherever the overlay itself is kept."""
    (home / "elsewhere").mkdir()
    (home / "parts.json").write_text(json.dumps({"colour": parameter("colour", "query", {"enum": ["red"]})}))
    write(
        home / "elsewhere" / "fix.json",
        {"target": "$.paths['/things'].get.parameters", "update": {"$ref": "parts.json#/colour"}},
    )
    given = ("--spec", "things.json", "--no-state", "--json", "--overlay", "elsewhere/fix.json")
    described = specport_json("describe", "things.listThings", *given)
    assert described["input_schema"]["properties"]["colour"] == {"enum": ["red"]}
