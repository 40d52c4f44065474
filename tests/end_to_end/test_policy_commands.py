"""Policy on the command line: what is listed, what is refused, and how a call is approved."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from end_to_end.loopback import PATIENCE, SPECPORT, Cli, Upstream, things

RULES = """
[[policy]]
action = "deny"
tools = ["*.createThing"]
reason = "There are enough."
[[policy]]
action = "approve"
methods = ["DELETE"]
[[policy]]
action = "deny"
tools = ["thigns.*"]
"""


@pytest.fixture(scope="module")
def cli(cli: Cli) -> Cli:
    """With rules in its folder."""
    (cli.home / "team.toml").write_text(RULES)
    return cli


@pytest.fixture
def given(upstream: Upstream) -> list[str]:
    """What every call is given."""
    upstream.take()
    return ["--spec", "things.json", "--base-url", upstream.url, "--no-state"]


def test_tools_shows_the_effect_of_a_policy(cli: Cli) -> None:
    """Denied tools are counted, those that ask are marked, and a rule that fits nothing is told."""
    done = cli.run("tools", "--spec", "things.json", "--no-state", "--policy", "team.toml")
    assert "createThing" not in done.out
    [line] = [line for line in done.out.splitlines() if "deleteThing" in line]
    assert line.endswith("/things/{id}  (asks first)")
    assert done.err.splitlines() == [
        "6 tools, 1 need approval, 1 more are denied",
        "policy: rule 3 of team.toml (deny) fits no tool: tools thigns.*",
    ]
    facts = cli.json("tools", "--spec", "things.json", "--no-state", "--policy", "team.toml", "--json")
    assert [tool["address"] for tool in facts if tool["needs_approval"]] == ["things.deleteThing"]
    writes = cli.json("tools", "--spec", "things.json", "--no-state", "--approve", "writes", "--json")
    assert [tool["address"] for tool in writes if tool["needs_approval"]] == [
        "things.createThing", "things.deleteThing", "things.replaceThing", "openapi.addSource",
    ]  # fmt: skip


def test_rules_hold_for_every_account_of_a_source(cli: Cli) -> None:
    """A manifest's rules are the same for each; the operator's may name one."""
    folder = cli.home / "shop"
    folder.mkdir()
    (folder / "openapi.json").write_text(things())
    (folder / "source.toml").write_text(
        'name = "shop"\ndocument = "openapi.json"\n[accounts.work.auth]\ntoken = "env:WORK"\n'
        '[[policy]]\naction = "deny"\ntools = ["things.create*"]\n'
    )
    (cli.home / "work.toml").write_text('[[policy]]\naction = "deny"\ntools = ["shop@work.*.deleteThing"]\n')
    facts = cli.json("tools", "shop", "shop@work", "--no-state", "--policy", "work.toml", "--json")
    shown = [tool["address"] for tool in facts]
    assert not [address for address in shown if "create" in address]
    assert [address for address in shown if "delete" in address] == ["things.deleteThing"]


def test_a_policy_file_that_is_wrong_stops_every_command(cli: Cli) -> None:
    """Nothing is served under half a policy."""
    (cli.home / "wrong.toml").write_text('[[policy]]\naction = "deny"\ntoools = ["a.*"]\n')
    for command in (["serve"], ["tools"], ["call", "things.listThings"]):
        done = cli.run(*command, "--spec", "things.json", "--no-state", env={"SPECPORT_POLICY": "wrong.toml"})
        assert (done.code, done.out) == (1, "")
        assert done.err == "specport: wrong.toml: policy.0.toools: Extra inputs are not permitted\n"


def test_a_denied_call_is_refused_even_with_yes(cli: Cli, given: list[str], upstream: Upstream) -> None:
    """--yes approves; it is no way around a rule."""
    done = cli.run("call", "things.createThing", '{"body": {"name": "x"}}', *given, "--policy", "team.toml", "--yes")
    assert done.code == 1
    assert "is denied by rule 1 of team.toml: There are enough." in done.err
    assert upstream.take() == []


def test_without_a_terminal_a_call_is_approved_by_yes_alone(cli: Cli, given: list[str], upstream: Upstream) -> None:
    """What stands in a pipe is no answer."""
    call = ["call", "things.deleteThing", '{"id": 1}', *given, "--policy", "team.toml"]
    done = cli.run(*call, stdin="y\n")
    assert done.code == 1
    assert "needs a person's approval (rule 2 of team.toml); there is no terminal to ask on, and no --yes" in done.err
    assert upstream.take() == []
    assert cli.run(*call, "--dry-run").out.startswith("curl -X DELETE")
    assert upstream.take() == []
    done = cli.run(*call, "--yes")
    assert (done.code, done.out) == (0, '{"ok":true}\n')
    assert [asked.method for asked in upstream.take()] == ["DELETE"]


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("YES", 0), ("n", 1), ("", 1), ("yep", 1), ("\x04", 1)])
def test_on_a_terminal_the_person_is_asked(
    cli: Cli, given: list[str], upstream: Upstream, answer: str, code: int
) -> None:
    """The request and its arguments are shown; anything but a yes is a no."""
    terminal, end = pty.openpty()
    command = [SPECPORT, "call", "things.deleteThing", '{"id": 1}', *given, "--approve", "destructive"]
    with subprocess.Popen(
        command, stdin=end, stdout=subprocess.PIPE, stderr=end, cwd=cli.home, env=cli.environment({})
    ) as process:
        os.close(end)
        shown = b""
        while b"[y/N] " not in shown:
            shown += os.read(terminal, 4096)
        os.write(terminal, answer.encode() + (b"" if answer == "\x04" else b"\n"))
        assert process.stdout is not None
        printed = process.stdout.read()
        assert process.wait(PATIENCE) == code
    os.close(terminal)
    text = shown.decode().replace("\r\n", "\n")
    assert f'DELETE {upstream.url}/things/1\n\nArguments:\n{{\n  "id": 1\n}}\n' in text
    assert (printed == b'{"ok":true}\n', len(upstream.take())) == ((True, 1) if code == 0 else (False, 0))


def test_the_folder_holds_what_was_there(cli: Cli) -> None:
    """No command of these keeps anything."""
    assert {path.name for path in Path(cli.home).iterdir()} <= {
        "things.json", "shop", "team.toml", "work.toml", "wrong.toml",
    }  # fmt: skip
