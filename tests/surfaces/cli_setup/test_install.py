"""`specport install`: the entry that each client wants, put into its file without touching anything else."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

Json = Any  # files of other programs, compared as they are

DESKTOP = {
    "darwin": "../home/Library/Application Support/Claude",
    "win32": "../home/AppData/Roaming/Claude",
}.get(sys.platform, "../home/.config/Claude")
PLACES = {
    "claude-code": ".mcp.json",
    "claude-desktop": f"{DESKTOP}/claude_desktop_config.json",
    "cursor": ".cursor/mcp.json",
    "vscode": ".vscode/mcp.json",
}
SERVERS = {name: "servers" if name == "vscode" else "mcpServers" for name in PLACES}
TOKENS = {
    "claude-code": "${DIGITALOCEAN_TOKEN:-}",
    "claude-desktop": "put the value of DIGITALOCEAN_TOKEN here",
    "cursor": "${env:DIGITALOCEAN_TOKEN}",
    "vscode": "${input:digitalocean-token}",
}
every_client = pytest.mark.parametrize("client", list(PLACES))


def held(project: Path, client: str) -> Json:
    return json.loads((project / PLACES[client]).read_text())


@every_client
def test_a_new_file_starts_this_very_command(run, project, tmp_path, client) -> None:
    """The command is absolute, the source is named, the credential is a reference in the client's own syntax."""
    ran = run("install", client)
    entry = held(project, client)[SERVERS[client]]["specport"]
    assert ran.code == 0, ran.err
    assert entry["command"] == str(tmp_path / "bin" / "specport")
    assert entry["args"] == ["serve", "digitalocean"]
    assert entry["env"] == {"DIGITALOCEAN_TOKEN": TOKENS[client]}
    assert entry.get("type") == (None if client == "claude-desktop" else "stdio")
    assert "added to" in ran.out
    assert [line.partition(" ")[0] for line in ran.out.splitlines()[1:]] == ["Next:"]


@every_client
def test_what_is_printed_is_what_would_be_written(run, project, client) -> None:
    """--print puts JSON and nothing else on stdout, and touches no file."""
    printed = json.loads(run("install", client, "--print").out)
    assert not (project / PLACES[client]).exists()
    run("install", client)
    assert printed == held(project, client)


@every_client
def test_other_servers_and_unknown_members_stay(run, project, client) -> None:
    """Whatever else a file holds is still there, in its order and with its indentation."""
    path = project / PLACES[client]
    path.parent.mkdir(parents=True, exist_ok=True)
    before = {"theme": "dark", SERVERS[client]: {"other": {"command": "x"}}, "big": 12345678901234567890123, "é": None}
    path.write_text(json.dumps(before, indent="\t", ensure_ascii=False))
    path.chmod(0o640)
    assert run("install", client).code == 0
    after = held(project, client)
    assert after[SERVERS[client]].pop("specport")
    after.pop("inputs", None)
    assert after == before
    assert list(after) == list(before)
    assert path.read_text().splitlines()[1].startswith('\t"theme"')
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in path.parent.iterdir() if each.name.startswith(f".{path.name}.")] == []


@every_client
def test_a_second_time_changes_nothing(run, project, client) -> None:
    """Installing again leaves the file byte for byte as it is and says so."""
    run("install", client)
    path = project / PLACES[client]
    first = (path.read_bytes(), path.stat().st_mtime_ns)
    ran = run("install", client)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == first
    assert "is already in" in ran.out


@every_client
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{\n  // mine\n  "servers": {}\n}', "not plain JSON"),
        ('{"servers": {},}', "not plain JSON"),
        ("[1]", "does not hold a JSON object"),
        ('{"servers": [], "mcpServers": "no"}', "holds something unexpected"),
        ("\xff\xfe", "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_merged_is_left_alone(run, project, client, text, reason) -> None:
    """Comments, broken JSON and other kinds of content are refused, and --print is pointed to."""
    path = project / PLACES[client]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("latin-1"))
    ran = run("install", client)
    assert ran.code == 1
    assert reason in ran.err
    assert "--print" in ran.err
    assert path.read_bytes() == text.encode("latin-1")


@every_client
def test_an_empty_file_counts_as_none(run, project, client) -> None:
    """Clients leave empty files behind."""
    path = project / PLACES[client]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n")
    assert run("install", client).code == 0
    assert "specport" in held(project, client)[SERVERS[client]]


def test_what_a_person_put_in_the_entry_stays(run, project) -> None:
    """A token pasted into Claude Desktop's file and members of a person's own survive a change of options."""
    run("install", "claude-desktop")
    path = project / PLACES["claude-desktop"]
    value = held(project, "claude-desktop")
    value["mcpServers"]["specport"] |= {"env": {"DIGITALOCEAN_TOKEN": "pasted", "MORE": "1"}, "disabled": True}
    path.write_text(json.dumps(value))
    ran = run("install", "claude-desktop", "--read-only")
    entry = held(project, "claude-desktop")["mcpServers"]["specport"]
    assert "updated in" in ran.out
    assert "put the value" not in ran.out
    assert entry["env"] == {"DIGITALOCEAN_TOKEN": "pasted", "MORE": "1"}
    assert entry["disabled"] is True
    assert entry["args"] == ["serve", "digitalocean", "--read-only"]


def test_no_value_of_a_credential_is_ever_written(run, project, monkeypatch) -> None:
    """A token that is set in the environment appears in no file and no output."""
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "dop_v1_secret")
    for client, place in PLACES.items():
        ran = run("install", client)
        assert "dop_v1_secret" not in ran.out + ran.err + (project / place).read_text()


def test_vs_code_asks_for_the_token_and_keeps_its_other_inputs(run, project) -> None:
    """The token becomes an input of its own, once; an input of that id is left as it is."""
    path = project / ".vscode" / "mcp.json"
    path.parent.mkdir()
    mine = [{"type": "promptString", "id": "mine", "description": "x"}]
    path.write_text(json.dumps({"inputs": mine}))
    run("install", "vscode")
    inputs = held(project, "vscode")["inputs"]
    assert inputs[0] == mine[0]
    assert [(each["id"], each["type"], each["password"]) for each in inputs[1:]] == [
        ("digitalocean-token", "promptString", True)
    ]
    run("install", "vscode", "--name", "second")
    assert held(project, "vscode")["inputs"] == inputs


def test_cursor_has_a_file_for_all_projects(run, project, tmp_path) -> None:
    """--global is Cursor's own file; another client has none that is specport's to write."""
    assert run("install", "cursor", "--global").code == 0
    assert (tmp_path / "home" / ".cursor" / "mcp.json").exists()
    assert not (project / ".cursor").exists()
    assert run("install", "claude-code", "--global").code == 2


def test_options_of_the_server_come_along(run, project, tmp_path) -> None:
    """Folders and the state folder are given by absolute path, since clients start servers anywhere."""
    folder = project / "shop"
    folder.mkdir()
    (folder / "source.toml").write_text(
        'name = "shop"\ndocument = "openapi.yaml"\n[auth]\nkey = "env:SHOP_KEY"\nother = "file:~/secret"\n'
    )
    (folder / "openapi.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\nservers: [{url: https://shop.example}]\n"
        "paths: {/a: {get: {operationId: listA, responses: {'200': {description: ok}}}}}\n"
    )
    run("install", "claude-code", "digitalocean", "shop", "--sandbox", "--state-dir", "state", "--name", "a")
    run("install", "claude-code", "shop", "--no-state", "--name", "b")
    entries = held(project, "claude-code")["mcpServers"]
    state = str(project / "state")
    assert entries["a"]["args"] == ["serve", "digitalocean", str(folder), "--sandbox", "--state-dir", state]
    assert "env" not in entries["a"]
    assert entries["b"]["args"] == ["serve", str(folder), "--no-state"]
    assert entries["b"]["env"] == {"SHOP_KEY": "${SHOP_KEY:-}"}


def test_sources_added_before_need_their_variables_too(run, project, monkeypatch) -> None:
    """Every later server has the added sources, so the client must pass on what they take."""
    (project / "shop.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\nservers: [{url: https://shop.example}]\n"
        "paths: {/a: {get: {operationId: listA, responses: {'200': {description: ok}}}}}\n"
    )
    assert run("add", "shop.yaml", "--credential", "key=env:SHOP_KEY").code == 0
    run("install", "cursor")
    env = held(project, "cursor")["mcpServers"]["specport"]["env"]
    assert env == {"DIGITALOCEAN_TOKEN": "${env:DIGITALOCEAN_TOKEN}", "SHOP_KEY": "${env:SHOP_KEY}"}


def test_a_source_that_is_not_there_is_not_installed(run, project) -> None:
    """The error is the one that starting the server would give."""
    ran = run("install", "claude-code", "nosuch")
    assert ran.code == 1
    assert "there is no source 'nosuch'" in ran.err
    assert not (project / ".mcp.json").exists()


def test_a_linked_file_stays_a_link(run, project, tmp_path) -> None:
    """People keep such files elsewhere and link to them."""
    target = tmp_path / "dotfiles.json"
    target.write_text("{}")
    (project / ".mcp.json").symlink_to(target)
    run("install", "claude-code")
    assert (project / ".mcp.json").is_symlink()
    assert "specport" in json.loads(target.read_text())["mcpServers"]
