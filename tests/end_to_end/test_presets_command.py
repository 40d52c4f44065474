"""Presets on the command line: listed, added by name or with a copy, served, and marked in `specport sources`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from end_to_end.loopback import Done
from specport.errors import SourceError
from specport.sources.fetch import Fetched, FetchPolicy

Run = Callable[..., Done]
Json = Callable[..., Any]

STATE = ("--state-dir", "state")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No document can be fetched."""

    async def fetched(url: str, policy: FetchPolicy) -> Fetched:
        raise SourceError(f"cannot fetch {url}: no network")

    monkeypatch.setattr("specport.sources.specification.fetch", fetched)


def test_presets_are_listed_for_people_and_programs(specport: Run, specport_json: Json) -> None:
    """Two lines each: what it is and which variable it wants, then where calls go and where the document is."""
    done = specport("presets")
    assert (done.code, len(done.out.splitlines())) == (0, 2 * len(specport_json("presets", "--json")))
    lines = [line.split() for line in done.out.splitlines()]
    at = next(number for number, words in enumerate(lines) if words[0] == "figma")
    assert (lines[at][-1], lines[at + 1][0]) == ("FIGMA_TOKEN", "https://api.figma.com")
    [figma] = [preset for preset in specport_json("presets", "--json") if preset["name"] == "figma"]
    assert figma["credentials"] == {"PersonalAccessToken": "env:FIGMA_TOKEN"}
    assert figma["document"].startswith("https://")


def test_a_bare_name_is_the_preset_and_a_path_the_file(specport: Run, home: Path) -> None:
    """A file `figma` in the folder is written `./figma`."""
    (home / "figma").write_text((home / "things.json").read_text())
    done = specport("add", "figma", *STATE)
    assert done.code == 1
    assert done.err.startswith("specport: the document of figma cannot be had: cannot fetch https://")
    assert done.err.count("\n") == 1
    assert specport("add", "./figma", "--name", "mine", "--base-url", "https://a.example.com", *STATE).code == 0


def test_an_added_preset_is_marked_and_served_without_the_network(specport: Run, specport_json: Json) -> None:
    """From a copy where the network is away; `tools figma` then has it as the default source."""
    added = specport("add", "things.json", "--preset", "figma", *STATE)
    assert (added.code, added.out.splitlines()[1]) == (0, "Credentials come from env:FIGMA_TOKEN")
    sources = {source["name"]: source for source in specport_json("sources", "--json", *STATE)}
    assert sources["figma"]["preset"] == "figma"
    assert sources["figma"]["base_url"] == "https://api.figma.com"
    assert sources["digitalocean"]["preset"] == ""
    assert "preset    https://api.figma.com" in specport("sources", *STATE).out
    listed = specport_json("tools", "figma", "--json", *STATE)
    assert listed[0]["address"] == "things.createThing"
    shown = specport("call", "--source", "figma", "--dry-run", "things.listThings", "{}", *STATE)
    assert "https://api.figma.com/things" in shown.out


@pytest.mark.parametrize("command", [("tools", "figma"), ("serve", "figma"), ("preview", "figma")])
def test_a_preset_without_the_network_is_one_line(specport: Run, command: tuple[str, ...]) -> None:
    """The URL and what to try."""
    state = () if command[0] == "preview" else ("--no-state",)
    done = specport(*command, *state)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "https://raw.githubusercontent.com/figma/" in done.err
    assert "--preset figma" in done.err


def test_no_preset_of_a_name_is_told_with_the_list(specport: Run) -> None:
    """For a source, for a document, and for `--preset`."""
    assert "`specport presets` lists" in specport("add", "figmaa", *STATE).err
    assert "`specport presets` lists" in specport("tools", "figmaa", "--no-state").err
    assert "`specport presets` lists them" in specport("add", "things.json", "--preset", "figmaa", *STATE).err
