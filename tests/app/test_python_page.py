"""`docs/python.md`: its example runs, and it names what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import specport
from specport.app import App

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"


def test_the_example_runs_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    """Against the sandbox: tools, an answer, an error that says what to try."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    exec(compile(code, str(PAGE), "exec"), {"__name__": "example"})
    counted, answer, error = capsys.readouterr().out.splitlines()
    assert counted == "292 tools"
    assert "'total'" in answer
    assert error.startswith("/per_page")


def test_every_method_of_the_table_is_there() -> None:
    """A method that is renamed takes its row along."""
    rows = [line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`(?:App\.)?(\w+)", row)]
    assert [name for name in named if not hasattr(App, name) and name != "on_change"] == []


def test_what_the_package_offers_is_there() -> None:
    """Each name of `__all__`, and a plain error for any other."""
    for name in specport.__all__:
        assert getattr(specport, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Nonesuch'"):
        _ = specport.Nonesuch
