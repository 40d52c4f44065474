"""What `specport preview` shows: a label before each thing there is to say, in lines as wide as the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from specport.sources.preview.model import Preview
from specport.sources.preview.text import Line, Reader, headline, lines_of
from specport.surfaces.cli.setting_up import fitted

if TYPE_CHECKING:
    from rich.console import Console

_INDENT = " " * 16


def show(screen: Console, preview: Preview) -> None:
    """The preview for a person."""
    for line in fitted(screen, headline(preview), ""):
        screen.print(Text(line, style="bold"))
    for line in lines_of(preview, Reader.PERSON):
        _show_line(screen, line)


def _show_line(screen: Console, line: Line) -> None:
    """A command is not broken into lines, so that it can be copied."""
    label = f"{line.label:<{len(_INDENT) - 1}} "
    texts = [*(fitted(screen, line.text, _INDENT) if line.text else []), line.command]
    for number, text in enumerate(filter(None, texts)):
        screen.print(Text.assemble(_INDENT if number else (label, "bold"), text))
    for item in line.items:
        for number, part in enumerate(fitted(screen, item, f"{_INDENT}  ")):
            screen.print(Text(f"{_INDENT}{'  ' if number else '- '}{part}"))
