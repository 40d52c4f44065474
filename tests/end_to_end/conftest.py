"""The command line run in this process: as quick as a function call, and all of `main` included."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from end_to_end.loopback import Done, things
from specport.surfaces.cli.main import main

Run = Callable[..., Done]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working and home folder of commands, with a document in it and nothing of the tester's environment."""
    for name in os.environ:
        if name.startswith(("SPECPORT_", "DIGITALOCEAN_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "things.json").write_text(things())
    return tmp_path


@pytest.fixture
def specport(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`specport ARGUMENTS`: its exit code and what it printed."""

    def run(*arguments: str, stdin: str = "") -> Done:
        monkeypatch.setattr("sys.argv", ["specport", *arguments])
        monkeypatch.setattr("sys.stdin", StringIO(stdin))
        capsys.readouterr()
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        else:
            code = 0
        finally:
            gc.enable()
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return run


@pytest.fixture
def specport_json(specport: Run) -> Callable[..., Any]:
    """The JSON that a command prints, which must succeed and print nothing else."""

    def run(*arguments: str) -> Any:
        done = specport(*arguments)
        assert (done.code, done.err) == (0, "")
        return json.loads(done.out)

    return run
