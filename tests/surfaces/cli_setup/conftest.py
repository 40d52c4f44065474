"""`specport` run in this process, with a home and a project of its own."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from specport.surfaces.cli.main import main


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one; nothing of the machine's own settings is seen."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name, value in {"HOME": "home", "XDG_CONFIG_HOME": "home/.config", "XDG_STATE_HOME": "home/state"}.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.delenv("APPDATA", raising=False)
    for name in ("DIGITALOCEAN_TOKEN", "SPECPORT_STATE_DIR", "SPECPORT_NO_STATE", "SPECPORT_SANDBOX"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def run(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run the command line; the script that it is started as is an executable `specport` in a folder of its own."""
    script = tmp_path / "bin" / "specport"
    script.parent.mkdir()
    script.write_text(f"#!{sys.executable}\nfrom specport.surfaces.cli.main import main\nmain()\n")
    script.chmod(0o755)

    def call(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", [str(script), *arguments])
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        captured = capsys.readouterr()
        return Ran(int(str(code or 0)), captured.out, captured.err)

    yield call
    gc.enable()
