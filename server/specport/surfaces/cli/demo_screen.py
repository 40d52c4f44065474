"""The transcript of `specport demo`: titles, rows in columns, facts, and a bar while something has to wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from specport.surfaces.cli.setting_up import length_of_time

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

    from specport.surfaces.cli.demo_session import Answer, Sent

_REFRESH = 0.1
_TOOL, _REQUEST, _STATUS, _TIME = 28, 33, 6, 9


class Screen:
    """Writes the transcript. Only on a terminal anything moves."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._steps = 0

    def line(self, text: str, style: str = "") -> None:
        """One line as it is."""
        self._console.print(Text(text, style=style))

    def step(self, title: str, about: str) -> None:
        """The head of the next step."""
        self._steps += 1
        self._console.print()
        self._console.print(Text.assemble((f"{self._steps} {title}", "bold"), "  ", (about, "dim")))

    def call(self, answer: Answer, fact: str = "") -> None:
        """One tool call, the request that it became, and what is worth knowing of the answer."""
        self.row(answer.tool, answer.sent, answer.seconds, failed=bool(answer.result.is_error))
        if fact:
            self.fact(fact)

    def row(self, name: str, sent: Sequence[Sent], seconds: float, *, failed: bool = False) -> None:
        """A name, the last of the requests, its status and the time that all of it took."""
        request = f"{sent[-1].method} {sent[-1].path}" if sent else ""
        status = str(sent[-1].status) if sent else "error" if failed else "ok"
        self._console.print(
            Text.assemble(
                f"  {name:<{_TOOL}}", (f"{request:<{_REQUEST}}", "cyan"), (f"{status:<{_STATUS}}", _colour(failed)),
                (f"{length_of_time(seconds):>{_TIME}}", "dim"),
            )
        )  # fmt: skip

    def fact(self, text: str) -> None:
        """A line below a row, cut to the width of the transcript."""
        width = _TOOL + _REQUEST + _STATUS + _TIME - 2
        self._console.print(Text(f"    {text if len(text) <= width else text[: width - 3] + '...'}", style="dim"))

    def failed(self, text: str) -> None:
        """What went wrong."""
        self._console.print(Text.assemble(("  failed  ", "bold red"), text))

    def busy(self, text: str) -> Status:
        """A spinner with a text, shown on terminals only, for as long as its block lasts or until it is stopped."""
        return self._console.status(Text(text, style="dim"))

    async def wait_for(self, task: asyncio.Task[Answer], name: str, *, since: float, about: float) -> Answer:
        """The task's answer; on a terminal a bar fills for the `about` seconds that it takes since then."""
        if not self._console.is_terminal:
            return await task
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (
            TextColumn(f"  {name:<{_TOOL}}"),
            BarColumn(_REQUEST - 2),
            TextColumn("[dim]{task.fields[left]}"),
        )
        with Progress(*columns, console=self._console, transient=True) as progress:
            bar = progress.add_task("", total=about, left="")
            while not task.done():
                passed = time.perf_counter() - since
                progress.update(bar, completed=passed, left=f"{max(0.0, about - passed):.0f} s to go")
                await asyncio.wait({task}, timeout=_REFRESH)
        return await task


def _colour(failed: bool) -> str:
    return "yellow" if failed else "green"
