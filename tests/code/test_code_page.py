"""docs/code.md: its example is run, and gives what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from specport.app import App, Settings
from specport.code import model
from specport.exposure.model import Expose
from specport.sources.manifest import open_bundled

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "code.md").read_text()

pytestmark = pytest.mark.anyio


async def test_the_example_of_twenty_calls_answers_what_the_page_says(tmp_path: Path) -> None:
    """Against the sandbox, which keeps the API's limits: none is met."""
    example = re.search(r"```python\n(.*?)```\n\n```\n(.*?)```", PAGE, re.DOTALL)
    assert example
    log = tmp_path / "audit.jsonl"
    settings = Settings(sandbox=True, expose=Expose.CODE, audit=log)
    async with App.open([open_bundled("digitalocean")], settings) as app:
        result = await app.call("code.run", {"code": example[1]})
    assert result.text.strip() == example[2].strip()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    statuses = [line["status"] for line in lines if line.get("through") == "code.run"]
    assert len(statuses) == 20
    assert 429 not in statuses


def test_the_page_names_every_limit_and_its_value() -> None:
    """Seconds, counts and sizes as the table writes them."""
    rows = dict(re.findall(r"^\| `(MAX_\w+)` \| ([^|]*) \|", PAGE, re.MULTILINE))
    assert rows == {name: written(value) for name, value in vars(model).items() if name.startswith("MAX_")}


def written(value: float) -> str:
    if isinstance(value, float):
        return f"{value:g} s"
    for unit, name in ((1024 * 1024, "MiB"), (1024, "KiB")):
        if value % unit == 0:
            return f"{value // unit} {'Ki' if value == model.MAX_PRINTED else name}"
    return f"{value:,}"
