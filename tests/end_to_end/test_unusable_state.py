"""A state folder that cannot be used: one clear line for every command, and nothing that waits or is half done."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from end_to_end.loopback import PATIENCE, SPECPORT, Cli, Done, Upstream

Run = Callable[..., Done]

COMMANDS: Sequence[tuple[str, ...]] = (
    ("serve",),
    ("tools",),
    ("sources",),
    ("add", "things.json", "--base-url", "https://things.example.com"),
    ("remove", "shop"),
    ("call", "things.listThings", "--spec", "things.json", "--base-url", "https://things.example.com"),
    ("login", "shop"),
    ("logout", "shop"),
)
AS_NOBODY_SPECIAL = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""Has root obey the permissions of files, as everybody else does."""


def _a_file_instead(state: Path) -> None:
    state.write_text("")


def _no_database(state: Path) -> None:
    state.mkdir()
    (state / "sources.sqlite").write_bytes(b"this is not a database, but long enough to be taken for one" * 20)


def _cut_short(state: Path) -> None:
    _no_database(state)
    (state / "sources.sqlite").write_bytes(b"SQLite format 3\x00" + bytes(5_000))


def _a_folder_instead(state: Path) -> None:
    (state / "sources.sqlite").mkdir(parents=True)


@pytest.mark.parametrize("spoil", [_a_file_instead, _no_database, _cut_short, _a_folder_instead])
def test_every_command_tells_in_one_line(specport: Run, home: Path, spoil: Callable[[Path], None]) -> None:
    """Which file it is, and what to try; the file is left as it is."""
    spoil(home / "state")
    before = {path: path.is_file() and path.read_bytes() for path in home.rglob("*")}
    for command in COMMANDS:
        done = specport(*command, "--state-dir", "state")
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1), done
        assert done.err.startswith(
            ("specport: cannot use the state file /", "specport: cannot make the state folder /")
        )
        assert done.err.endswith("Try another --state-dir, or --no-state\n")
    assert {path: path.is_file() and path.read_bytes() for path in home.rglob("*")} == before


@pytest.mark.parametrize("added_before", [False, True])
def test_a_full_disk_is_told_in_one_line(home: Path, added_before: bool) -> None:
    """Whether or not something is kept there already; what is, is there as soon as there is room."""
    cli = Cli(home)
    if added_before:
        assert add(cli).code == 0
    for command in COMMANDS[:1] + COMMANDS[3:4]:
        done = limited(cli, ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh"), *command, "--state-dir", "state")
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1), done
        assert done.err.startswith("specport: cannot use the state file /")
    listed = cli.run("sources", "--state-dir", "state")
    assert (listed.code, "things" in listed.out) == (0, added_before)
    assert added_before or add(cli).code == 0


def test_a_folder_that_may_not_be_written_is_told_in_one_line(home: Path) -> None:
    """As one of another user's, or a disk that is read only."""
    is_root = os.geteuid() == 0
    if is_root and not shutil.which(AS_NOBODY_SPECIAL[0]):
        pytest.skip("root may write everywhere, and there is no setpriv")
    cli = Cli(home)
    assert add(cli).code == 0
    paths = [home / "state", *(home / "state").rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    for command in COMMANDS[:1] + COMMANDS[3:4]:
        done = limited(cli, AS_NOBODY_SPECIAL if is_root else (), *command, "--state-dir", "state")
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1), done
        assert done.err.startswith("specport: cannot use the state file /")
    for path in paths:
        path.chmod(path.stat().st_mode | 0o200)


def test_limits_that_cannot_be_kept_stop_no_call(
    specport: Run, home: Path, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    """Each process keeps them alone, and says so in one line."""
    arguments = ("add", "things.json", "--base-url", upstream.url, "--limit", "100/60s", "--state-dir", "state")
    assert specport(*arguments).code == 0
    (home / "state" / "limits.sqlite").write_bytes(b"no database" * 500)
    done = specport("call", "things.things.listThings", "--state-dir", "state")
    assert (done.code, done.out.strip()) == (0, '{"ok":true}')
    [said] = caplog.messages
    assert said.startswith("limits are kept by this process alone, since /")


def add(cli: Cli) -> Done:
    """`specport add` of the document in the home folder."""
    return cli.run(*COMMANDS[3], "--state-dir", "state")


def limited(cli: Cli, limits: Sequence[str], *arguments: str) -> Done:
    """A command behind one that takes something from it."""
    done = subprocess.run(
        [*limits, SPECPORT, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        timeout=PATIENCE, cwd=cli.home, env=cli.environment({}),
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)
