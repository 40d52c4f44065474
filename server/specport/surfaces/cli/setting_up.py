"""What several commands share: how this very command is started again, and a console to write on."""

from __future__ import annotations

import shutil
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from specport.documents.text import printable

if TYPE_CHECKING:
    from rich.console import Console

    from specport.catalog.model import Catalog
    from specport.sources.model import Source

MIN_WIDTH = 30
"""Columns that a message has at least, however narrow the terminal is."""

_NAME = "specport"
_IN_PYTHON = "from specport.surfaces.cli.main import main; main()"


def own_command() -> list[str]:
    """The command that starts this specport, by absolute path: its script, or its Python where there is none.

    The path is not resolved further: a link such as pipx makes stays right after an upgrade.
    """
    given = Path(sys.argv[0])
    found = shutil.which(str(given.absolute())) if given.stem.lower() == _NAME else None
    found = found or shutil.which(_NAME, path=str(Path(sys.executable).parent))
    return [found] if found else [sys.executable, "-c", _IN_PYTHON]


def console() -> Console:
    """Colour on a terminal, plain text elsewhere; lines are as long as they are written."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def plural(count: int, noun: str) -> str:
    """`1 tool`, `292 tools`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def fitted(screen: Console, text: str, indent: str) -> list[str]:
    """The text, printable, in lines that fit beside the indent on a terminal; whole elsewhere."""
    text = printable(text)
    room = max(MIN_WIDTH, screen.width - len(indent)) if screen.is_terminal else len(text) + 1
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]


def length_of_time(seconds: float) -> str:
    """A measured time with two digits that mean something: `48 ms`, `9.9 s`."""
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"


def until_when(moment: float) -> str:
    """A moment in seconds since the epoch, such as the end of a token, in UTC; without an end: `without an end`."""
    if moment == float("inf"):
        return "without an end"
    return f"until {datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"


def innermost(error: BaseException) -> str:
    """What an error is about, or the first error in the groups of task groups around it."""
    if isinstance(error, BaseExceptionGroup):
        return innermost(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])
    return str(error) or type(error).__name__


def idle_credentials(source: Source, catalog: Catalog) -> str:
    """What to say where credentials are given for schemes that the document does not have; nothing else."""
    idle = [scheme for scheme in source.references if scheme not in catalog.schemes]
    if not idle:
        return ""
    known = f"it has {', '.join(catalog.schemes)}" if catalog.schemes else "an overlay may add one"
    return f"no credential goes as {', '.join(idle)}: the document has no such security scheme; {known}"
