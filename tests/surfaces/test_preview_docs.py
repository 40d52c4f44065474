"""`docs/preview.md` shows what `specport preview` prints now."""

from __future__ import annotations

import io
import re

import anyio
from rich.console import Console

from generated_tables import DOCS, check_table
from specport.app import App
from specport.settings import Settings
from specport.sources.model import Origin
from specport.sources.preview.dangers import DESTROYING
from specport.sources.specification import Specification
from specport.surfaces.cli.preview_screen import show

DOCUMENT = "tool_specs/digitalocean/openapi.yaml"
WIDTH = 100


def shown() -> str:
    """The preview of the bundled document on a terminal of WIDTH columns."""
    path = DOCS.parent / DOCUMENT

    async def preview() -> str:
        async with App.open([], Settings()) as app:
            found = await app.preview(Specification(str(path)), Origin.OPERATOR)
        screen = Console(
            file=io.StringIO(), width=WIDTH, force_terminal=True, color_system=None, highlight=False, soft_wrap=True
        )
        show(screen, found)
        return screen.file.getvalue()  # type: ignore[attr-defined]

    return anyio.run(preview).replace(str(path), DOCUMENT)


def test_the_page_shows_what_is_printed() -> None:
    """`UPDATE_SNAPSHOTS=1` writes it anew; a change of it is reviewed."""
    check_table("preview.md", "preview", f"```\n$ specport preview {DOCUMENT}\n{shown()}```\n")


def test_the_page_names_every_word_that_destroys() -> None:
    """All of them, in one sentence."""
    page = (DOCS / "preview.md").read_text()
    said = re.search(r"one of the words ([a-z,\s]+) begins", page)
    assert said
    assert set(re.split(r",\s+", said[1])) == DESTROYING
