"""The command line as other tools and people use it: listings, one tool, calls, sources of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from end_to_end.loopback import Done, Reply, Upstream, document, operation
from specport.surfaces.cli import main
from specport.surfaces.cli.main import app

Run = Callable[..., Done]
Json = Callable[..., Any]


COMMANDS = (
    "serve", "tools", "preview", "add", "remove", "sources", "describe", "search", "call", "install", "doctor", "demo",
    "lint", "login", "logout", "presets", "refresh", "show", "configure", "rename", "enable", "disable",
)  # fmt: skip


def test_the_tools_are_the_reference_listing(specport_json: Json, test_data: Path) -> None:
    """`tools --json` gives DigitalOcean's 292 addresses in order, with method and path; built-in tools have none."""
    reference = json.loads((test_data / "digitalocean_listing.json").read_text())
    wanted = [(tool["name"], tool["method"], tool["path"]) for tool in reference["tools"]]
    wanted += [(name, None, None) for name in reference["builtins"]]
    listed = specport_json("tools", "--json", "--no-state")
    assert [(tool["address"], tool["method"], tool["path"]) for tool in listed] == wanted
    assert len(listed) == 292


def test_an_integer_of_any_size_is_sent_as_it_was_given(specport: Run) -> None:
    """In arguments, and in JSON that is given as a text."""
    large = "123456789012345678901234567890"
    for body in (f'{{"name": "x", "n": {large}}}', json.dumps(f'{{"name": "x", "n": {large}}}')):
        spec = ("--spec", "things.json", "--base-url", "https://x.test", "--no-state")
        done = specport("call", "things.createThing", f'{{"body": {body}}}', "--dry-run", *spec)
        assert f'{{"name":"x","n":{large}}}' in done.out, done


def test_the_published_document_gives_the_same_listing(specport_json: Json, test_data: Path) -> None:
    """The same addresses from the document as DigitalOcean publishes it."""
    spec = str(test_data / "specs" / "digitalocean.json")
    own = specport_json("tools", "--json", "--no-state")
    published = specport_json("tools", "--json", "--no-state", "--spec", spec)
    facts = ("address", "name", "method", "path", "read_only", "destructive")
    assert [[tool[fact] for fact in facts] for tool in published] == [[tool[fact] for fact in facts] for tool in own]


def test_each_listed_tool_has_the_promised_members(specport_json: Json) -> None:
    """Other tools rely on these: address, name, method, path, description, read_only, destructive. More may follow."""
    listed = specport_json("tools", "--spec", "things.json", "--json", "--no-state")
    assert listed[1] == {
        "address": "things.deleteThing", "name": "things_deleteThing", "method": "DELETE", "path": "/things/{id}",
        "description": "DELETE /things/{id}", "read_only": False, "destructive": True,
        "needs_approval": False,
    }  # fmt: skip
    assert {frozenset(tool) for tool in listed} == {frozenset(listed[1])}


def test_tools_for_people_are_a_line_each(specport: Run) -> None:
    """Address, method and path; the count does not get into a pipe."""
    done = specport("tools", "--spec", "things.json", "--no-state")
    assert len(done.out.splitlines()) == 7
    assert done.out.splitlines()[0].split() == ["things.createThing", "POST", "/things"]
    assert done.err == "7 tools\n"


def test_settings_come_from_the_environment_too(specport_json: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    """`SPECPORT_*` for each option."""
    monkeypatch.setenv("SPECPORT_SPEC", "things.json")
    monkeypatch.setenv("SPECPORT_READ_ONLY", "1")
    monkeypatch.setenv("SPECPORT_NO_STATE", "true")
    listed = specport_json("tools", "--json")
    assert [tool["address"] for tool in listed] == ["things.getThing", "things.listThings", "openapi.previewSpec"]


def test_describe_shows_one_tool_whole(specport: Run, specport_json: Json) -> None:
    """The full input schema, the answer's schema, and either name finds it."""
    described = specport_json("describe", "droplets_dropletsGet", "--json", "--no-state")
    assert described["address"] == "droplets.dropletsGet"
    assert described["input_schema"]["required"] == ["droplet_id"]
    assert "droplet" in described["output_schema"]["properties"]
    shown = specport("describe", "droplets.dropletsGet", "--no-state")
    assert shown.code == 0
    assert "GET /v2/droplets/{droplet_id}" in shown.out
    assert '"droplet_id"' in shown.out
    builtin = specport("describe", "openapi.addSource", "--no-state")
    assert "built in" in builtin.out
    bare = specport("describe", "things.deleteThing", "--spec", "things.json", "--no-state")
    assert bare.out.count("DELETE /things/{id}") == 1, "what nothing is said of is named once"


def test_search_finds_tools_by_words(specport: Run, specport_json: Json) -> None:
    """The best first; nothing found is exit code 1 and one line."""
    found = specport_json("search", "delete a kubernetes cluster", "--json", "--no-state", "--limit", "5")
    assert len(found) == 5
    assert any("kubernetes" in tool["address"].casefold() for tool in found)
    shown = specport("search", "resize droplet", "--no-state")
    assert shown.code == 0
    assert shown.out.splitlines()[0].startswith("droplet")
    nothing = specport("search", "xyzzy", "--no-state")
    assert (nothing.code, nothing.out) == (1, "")
    assert nothing.err.count("\n") == 1


@pytest.mark.parametrize("words", ["", "\"'()*", "a OR b NOT", "x" * 5000, "droplet" * 300])
def test_search_takes_any_words(specport: Run, words: str) -> None:
    """Quotes, operators and the endless are words like any other."""
    assert specport("search", words, "--no-state").code in {0, 1}


def test_a_call_prints_the_answer(specport: Run, upstream: Upstream) -> None:
    """The JSON on stdout alone, arguments from the command line or from stdin."""
    given = ("--spec", "things.json", "--base-url", upstream.url, "--no-state")
    done = specport("call", "things.getThing", '{"id": 5}', *given)
    assert (done.code, json.loads(done.out), done.err) == (0, {"ok": True}, "")
    piped = specport("call", "things_createThing", "-", *given, stdin='{"body": {"name": "ü"}}')
    assert piped.code == 0
    assert [(asked.method, asked.target) for asked in upstream.take()] == [("GET", "/things/5"), ("POST", "/things")]


def test_notes_beside_an_answer_go_to_stderr(specport: Run, upstream: Upstream) -> None:
    """What is piped on is the answer, all of it."""
    answer = {"things": ["x" * 90] * 5000}
    link = {"link": f'<{upstream.url}/things?page=2>; rel="next"'}
    upstream.replies["/things"] = Reply(body=json.dumps(answer).encode(), headers=link)
    done = specport("call", "things.listThings", "--spec", "things.json", "--base-url", upstream.url, "--no-state")
    assert json.loads(done.out) == answer
    assert 'call again with {"page":2}' in done.err


def test_a_call_that_was_sent_again_says_so_beside_its_answer(specport: Run, upstream: Upstream) -> None:
    """On stderr, and only then: most calls are sent once and wait for nothing."""
    upstream.first["/things"] = [Reply(503, headers={"retry-after": "0"})]
    done = specport("call", "things.listThings", "--spec", "things.json", "--base-url", upstream.url, "--no-state")
    assert (done.code, json.loads(done.out), done.err) == (0, {"ok": True}, "2 requests were sent\n")


def test_a_dry_run_prints_curl_and_sends_nothing(specport: Run, upstream: Upstream) -> None:
    """With the credential as its variable, whether or not that is set."""
    done = specport(
        "call", "things.createThing", '{"body": {"name": "it\'s"}}', "--dry-run", "--spec", "things.json", "--no-state",
        "--base-url", upstream.url, "--credential", "token=env:THINGS_TOKEN",
    )  # fmt: skip
    assert done.code == 0
    assert done.out.startswith(f"curl -X POST {upstream.url}/things \\\n")
    assert '-H "Authorization: Bearer $THINGS_TOKEN"' in done.out
    assert """--data-raw '{"name":"it'"'"'s"}'""" in done.out
    assert upstream.take() == []


def test_a_preview_tells_programs_and_people_the_same(specport: Run, specport_json: Json) -> None:
    """As JSON for programs, in a dozen labelled lines for people, the last being the command that adds it."""
    facts = specport_json("preview", "things.json", "--json")
    assert (facts["title"], facts["operations"], facts["destructive"]) == ("Things", 5, 1)
    assert facts["security"][0]["set_with"].endswith("--credential token=env:THINGS_TOKEN")
    shown = specport("preview", "things.json")
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert lines[0].startswith("Things 1 (")
    assert lines[1] == "Operations      5, of which 2 only read, 1 destroy"
    assert lines[-1] == f"Add it          {facts['add_command']} --credential token=env:THINGS_TOKEN"
    assert specport_json("preview", "things.json", "--operation", "GET /things", "--json")["operations"] == 1


def test_a_source_is_added_listed_used_and_removed(
    specport: Run, specport_json: Json, upstream: Upstream, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole life of a source of one's own, in a state folder."""
    monkeypatch.setenv("THINGS_TOKEN", "tok_1234")
    state = ("--state-dir", str(home / "state"))
    added = specport_json(
        "add", "things.json", "--name", "shop", "--base-url", upstream.url, "--credential", "token=env:THINGS_TOKEN",
        "--tag", "Things", "--json", *state,
    )  # fmt: skip
    assert (added["source"], added["added"], len(added["addresses"])) == ("shop", True, 5)
    (home / "things.json").unlink()
    assert [source["name"] for source in specport_json("sources", "--json", *state)] == ["digitalocean", "shop"]
    assert "shop" in specport("sources", *state).out
    listed = {tool["address"] for tool in specport_json("tools", "--json", *state)}
    assert "shop.things.getThing" in listed
    assert len(listed) == 297
    assert specport("describe", "shop.things.getThing", *state).code == 0
    assert specport("call", "shop.things.getThing", '{"id": 1}', *state).code == 0
    [asked] = upstream.take()
    assert asked.header("authorization") == "Bearer tok_1234"
    assert "tok_1234" not in "".join(path.read_text("latin-1") for path in (home / "state").rglob("*.*"))
    assert specport("remove", "shop", *state).code == 0
    assert specport("remove", "shop", *state).code == 1
    assert len(specport_json("tools", "--json", *state)) == 292


def test_a_credential_for_a_scheme_that_the_document_has_not_is_told(specport: Run, home: Path) -> None:
    """When it is added and by the doctor: a name that is mistyped would only show when the API refuses calls."""
    told = "no credential goes as tokn: the document has no such security scheme; it has token"
    rest = ("--base-url", "https://x.test", "--credential", "tokn=env:THINGS_TOKEN")
    added = specport("add", "things.json", "--name", "shop", *rest, "--state-dir", str(home / "state"))
    assert (added.code, told in added.err) == (0, True)
    checked = specport("doctor", "--offline", "--spec", "things.json", *rest, "--no-state")
    assert told in " ".join(checked.out.split())


def test_an_added_source_keeps_the_limits_that_the_operator_gives(
    specport: Run, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever calls it later; several at once, and the one that is used up stands in the error."""
    monkeypatch.setenv("SPECPORT_STATE_DIR", "state")
    limits = ("--limit", "1000/h", "--limit", "2/d", "--limit", "10/0s")
    assert specport("add", "things.json", "--name", "shop", "--base-url", upstream.url, *limits).code == 0
    for _ in range(2):
        assert specport("call", "shop.things.listThings").code == 0
    refused = specport("call", "shop.things.listThings")
    assert refused.code == 1
    assert "the limit 2/d (2 in 86,400 s) is used up" in refused.err
    assert len(upstream.take()) == 2


def test_adding_again_says_that_nothing_changed(specport: Run) -> None:
    """Exit code 0 both times."""
    given = ("add", "things.json", "--base-url", "https://things.example.com", "--state-dir", "state")
    first, second = specport(*given), specport(*given)
    assert (first.code, second.code) == (0, 0)
    assert first.out.startswith("things: added, 5 tools, calls go to https://things.example.com")
    assert second.out.startswith("things: already there, unchanged, 5 tools")


def test_what_is_wrong_in_an_added_document_is_told(specport: Run, home: Path) -> None:
    """Left-out operations are named with their place, and the others are added."""
    broken = operation("broken", "G", parameters=[{"name": "x"}])
    text = document({"/a": {"get": operation("a", "G")}, "/b": {"get": broken}}, servers=[{"url": "https://x.test"}])
    (home / "half.json").write_text(text)
    done = specport("add", "half.json", "--state-dir", "state")
    assert done.code == 0
    assert "1 tools" in done.out or "1 tool" in done.out
    assert "/paths/~1b/get/parameters/0" in done.err


def commands() -> Iterator[tuple[str, str]]:
    """Those that are registered, each with the module that it stands in."""
    for command in app.registered_commands:
        function = command.callback
        assert function
        yield command.name or function.__name__, function.__module__.rpartition(".")[2]


def test_every_command_of_the_design_is_there(specport: Run) -> None:
    """The names other tools rely on, each found in its module when it is named alone."""
    specport("--help")
    assert dict(commands()) == main.COMMANDS
    assert set(main.COMMANDS) >= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_has_an_example(specport: Run, command: str) -> None:
    """Whoever asks for help sees a line to copy."""
    done = specport(command, "--help")
    assert done.code == 0
    assert f"Example: specport {command}" in " ".join(done.out.split())
    assert specport(command, "-h").out == done.out


def test_help_and_version_succeed(specport: Run) -> None:
    """On stdout, exit code 0; without any argument the help as well."""
    assert specport("--help").out.count("specport") >= 1
    assert specport("--version").out.startswith("specport 0.")
    assert specport("--help").code == specport("--version").code == specport().code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nonesuch"], "No such command 'nonesuch'"),
        (["tools", "--nonesuch"], "No such option: --nonesuch"),
        (["describe"], "Missing argument"),
        (["call"], "Missing argument"),
        (["serve", "--transport", "carrier-pigeon"], "_TRANSPORT'): 'carrier-pigeon' is not one of"),
        (["serve", "--port", "many"], "'--port'"),
        (["serve", "--port", "70000"], "'--port'"),
        (["search", "x", "--limit", "0"], "'--limit'"),
        *(
            (["add", "things.json", "--limit", text], "is no limit")
            for text in ("100", "0/60s", "5/w", "-1/s", "1/1e9s")
        ),
        (["tools", "--state-dir"], "--state-dir"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(specport: Run, arguments: list[str], told: str) -> None:
    """The line says what is wrong and which help to read."""
    done = specport(*arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert done.err.startswith("specport: ")
    assert done.err.count("\n") == 1
    assert "--help`" in done.err
