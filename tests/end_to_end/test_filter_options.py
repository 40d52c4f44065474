"""Filters where people and assistants give them: options, the environment, a manifest, `openapi.addSource`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError

from end_to_end.loopback import SPECPORT, Cli, Done, things
from specport.app import App, Settings
from specport.catalog.model import Filters
from specport.sources.model import Origin, Source
from specport.surfaces.mcp.server import McpServer

Run = Callable[..., Done]
Json = Callable[..., Any]

GIVEN = ("--spec", "things.json", "--no-state")


@pytest.fixture
def home(home: Path) -> Path:
    """With one operation of the things API being deprecated."""
    document = json.loads(things())
    document["paths"]["/things/{id}"]["put"]["deprecated"] = True
    (home / "things.json").write_text(json.dumps(document))
    return home


def addresses(listed: Any) -> list[str]:
    """Of the tools that are not built in, without the group that all have."""
    return [tool["address"].replace("things.", "", 1) for tool in listed if tool["method"]]


def shop(home: Path, filters: str) -> None:
    """A folder with the things API and these filters in its manifest."""
    folder = home / "shop"
    folder.mkdir()
    (folder / "openapi.json").write_text((home / "things.json").read_text())
    (folder / "source.toml").write_text(f'name = "shop"\ndocument = "openapi.json"\n[filters]\n{filters}\n')


def test_tools_lists_what_filters_leave(specport_json: Json) -> None:
    """Any inclusion is enough, any exclusion too much; the deprecated ones are marked, or not there."""
    listed = specport_json("tools", "--json", *GIVEN)
    described = {tool["address"]: tool["description"] for tool in listed}
    assert described["things.replaceThing"] == "Deprecated. PUT /things/{id}"
    shown = specport_json("tools", "--json", *GIVEN, "--no-deprecated")
    assert addresses(shown) == ["createThing", "deleteThing", "getThing", "listThings"]
    filters = ("--include", "GET /things*", "--include", "*.create*", "--exclude", "*.list*")
    assert addresses(specport_json("tools", "--json", *GIVEN, *filters)) == ["createThing", "getThing"]


def test_filters_may_come_from_the_environment(specport_json: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    """Separated by spaces, which no filter needs."""
    monkeypatch.setenv("SPECPORT_INCLUDE", "GET/things* PUT")
    monkeypatch.setenv("SPECPORT_EXCLUDE", "*.list*")
    assert addresses(specport_json("tools", "--json", *GIVEN)) == ["getThing", "replaceThing"]
    monkeypatch.setenv("SPECPORT_NO_DEPRECATED", "1")
    assert addresses(specport_json("tools", "--json", *GIVEN)) == ["getThing"]


@pytest.mark.anyio
async def test_what_a_server_leaves_out_can_neither_be_seen_nor_called(home: Path) -> None:
    """The rest is called as ever, in the sandbox too; the log says which filter does nothing."""
    given = ["serve", *GIVEN, "--sandbox", "--include", "GET", "--exclude", "*.list*", "--exclude", "TRACE"]
    parameters = StdioServerParameters(command=SPECPORT, args=given, cwd=home, env=Cli(home).environment({}))
    with (home / "log").open("w") as log:
        async with Client(stdio_client(parameters, log)) as client:
            listed = [tool.title for tool in (await client.list_tools()).tools]
            called = await client.call_tool("things_getThing", {"id": 1})
            with pytest.raises(MCPError, match="there is no tool 'things_listThings'"):
                await client.call_tool("things_listThings", {})
    assert listed == ["things.getThing", "openapi.previewSpec", "openapi.addSource"]
    assert not called.is_error
    assert "things: warning at filters: exclude 'TRACE' fits no operation" in (home / "log").read_text()


@pytest.mark.parametrize("command", ["tools", "serve", "preview", "add", "lint", "doctor", "install"])
def test_what_is_no_filter_stops_every_command(specport: Run, command: str) -> None:
    """A wrong use, with how filters are written."""
    given = {"preview": ("things.json",), "add": ("things.json",), "install": ("cursor",)}.get(command, GIVEN)
    for option in ("--include", "--exclude"):
        done = specport(command, *given, option, "Things")
        assert (done.code, done.out) == (2, "")
        assert "'Things' is no filter: write tag:NAME, /path*, METHOD, 'METHOD /path*', or a glob" in done.err


def test_a_filter_that_fits_nothing_is_told_where_it_was_typed(specport: Run) -> None:
    """By name, with the nearest; `add` has nothing to add then, and says why."""
    shown = specport("tools", *GIVEN, "--include", "tag:Thigns", "--exclude", "TRACE")
    assert shown.err.splitlines() == [
        "2 tools",
        "things: include 'tag:Thigns' fits no operation; nearest: Things",
        "things: exclude 'TRACE' fits no operation",
    ]
    assert "warning at filters: exclude 'TRACE' fits" in specport("preview", "things.json", "--exclude", "TRACE").out
    given = ("things.json", "--state-dir", "state", "--base-url", "https://things.example.com")
    added = specport("add", *given, "--include", "thing.*")
    assert added.code == 1
    assert added.err.strip().endswith("is left to add. include 'thing.*' fits no operation; nearest: things.*")
    assert "warning at filters: exclude 'TRACE' fits no" in specport("add", *given, "--exclude", "TRACE").err
    doctored = specport("doctor", *GIVEN, "--offline", "--exclude", "TRACE")
    assert "exclude 'TRACE' fits no operation" in doctored.out


def test_an_added_source_keeps_its_filters_and_has_no_others(specport: Run, specport_json: Json) -> None:
    """What is added is filtered once and for all; options of a later command are about what that command names."""
    state = ("--state-dir", "state")
    given = ("things.json", "--base-url", "https://things.example.com", "--name", "kept", *state)
    assert specport("add", *given, "--tag", "Things", "--exclude", "DELETE", "--no-deprecated").code == 0
    assert specport("add", *given, "--tag", "Things", "--exclude", "DELETE", "--no-deprecated").code == 0
    refused = specport("add", *given)
    assert (refused.code, "with another base URL, filters" in refused.err) == (1, True)
    listed = specport_json("tools", "--json", "--spec", "things.json", *state, "--include", "DELETE")
    assert addresses(listed) == ["kept.createThing", "kept.getThing", "kept.listThings", "deleteThing"]


def test_a_manifest_has_filters_that_a_command_line_narrows(specport_json: Json, home: Path) -> None:
    """Its exclusions stay; what the command line includes goes in place of what the manifest does."""
    shop(home, 'include = ["GET", "PUT", "DELETE"]\nexclude = ["*.list*"]\ndeprecated = false')
    given = ("tools", "shop", "--no-state", "--json")
    assert addresses(specport_json(*given)) == ["deleteThing", "getThing"]
    assert addresses(specport_json(*given, "--exclude", "DELETE")) == ["getThing"]
    assert addresses(specport_json(*given, "--include", "/things")) == ["createThing"]


def test_a_preview_counts_what_filters_leave(specport_json: Json) -> None:
    """What adding with the same filters would bring."""
    found = specport_json("preview", "things.json", "--json", "--include", "/things/*", "--exclude", "DELETE")
    assert (found["operations"], found["destructive"], found["problem_count"]) == (2, 0, 0)


def test_lint_and_install_take_filters_too(specport: Run, specport_json: Json) -> None:
    """One looks at what is left; the other writes them into the client's file."""
    assert specport_json("lint", *GIVEN, "--include", "tag:things", "--exclude", "GET", "--json")["tools"] == 5
    filters = ("--include", "tag:SSH Keys", "--include", "GET", "--exclude", "*.keys*", "--no-deprecated")
    entry = json.loads(specport("install", "claude-code", "--no-state", "--print", *filters).out)
    assert entry["mcpServers"]["specport"]["args"][1:] == ["digitalocean", *filters, "--no-state"]


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_an_assistant_previews_and_adds_with_filters(era: str) -> None:
    """The answer names what is left; what is no filter, or leaves nothing, is an error that helps."""
    source = Source("own", "own.json", things().encode(), Origin.OPERATOR, filters=Filters(include=("*.list*",)))
    given = {"spec": things(), "base_url": "https://things.example.com", "include": ["/things/*"], "exclude": ["PUT"]}
    async with App.open([source], Settings()) as app, Client(McpServer(app).lowlevel, mode=era) as client:
        previewed = await client.call_tool("openapi_previewSpec", given)
        added = await client.call_tool("openapi_addSource", given)
        wrong = await client.call_tool("openapi_addSource", {**given, "name": "b", "include": ["things"]})
        nothing = await client.call_tool("openapi_addSource", {**given, "name": "b", "include": ["thing.*"]})
        listed = [tool.title for tool in (await client.list_tools()).tools]
    assert "Operations: 2, of which 1 only read, 1 destroy" in str(previewed.content)
    assert " --include '/things/*' --exclude PUT" in str(previewed.content)
    assert added.structured_content is not None
    assert added.structured_content["addresses"] == ["things.things.deleteThing", "things.things.getThing"]
    assert listed[:3] == ["things.listThings", "things.things.deleteThing", "things.things.getThing"]
    assert (wrong.is_error, "'things' is no filter: write tag:NAME" in str(wrong.content)) == (True, True)
    assert (nothing.is_error, "nearest: things.*" in str(nothing.content)) == (True, True)
