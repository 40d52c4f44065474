"""How a run ended -> what a model reads: what was printed, the value, or the error with the lines that led to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from specport.code.model import MISSING, MODULES, Fault, Turn, Wanted
from specport.code.run import Run
from specport.code.values import as_json
from specport.documents.text import one_line
from specport.results.model import Answer, ToolResult
from specport.results.windows import MAX_TEXT

MAX_LINE = 160
"""Characters shown of a line of code."""

MAX_MESSAGE = 4_000
"""Characters of what an error says."""

MAX_NAMED_CALLS = 5
"""Most calls named of those that were not made."""

NOTHING = "Nothing was printed, and neither the last expression nor `result` has a value."
"""The answer to code that says nothing."""

_HINTS: Mapping[str, str] = {
    "ModuleNotFoundError": f"There are {MODULES}",
    "NotImplementedError": f"Not in this Python: {MISSING}",
    "MAX_COMPUTING": "Compute less, or in several runs",
    "MAX_MEMORY": "Hold less at once: ask for smaller pages, keep only what is needed of each",
    "MAX_CALLS": "Split the work into several runs",
    "MAX_PRINTED": "Print less, such as a summary",
    "MAX_WAITING": "Split the work into several runs",
}


def told(code: str, run: Run, turn: Turn) -> ToolResult:
    """The result of a run that has ended."""
    fault = turn.fault or _forgotten(run)
    if fault is None:
        return _value(run.printed, turn.value)
    lines = [*_printed(run), *_what(code.split("\n"), fault), *_done(run)]
    return ToolResult(text="\n".join(lines), is_error=True)


def _value(printed: str, value: object) -> ToolResult:
    """What was printed, then the value as JSON: all of it, of which a model is shown what there is room for."""
    if not printed and value is None:
        return ToolResult(text=NOTHING)
    if not printed:
        structured = cast("Mapping[str, object]", value) if isinstance(value, dict) else None
        whole = cast("object", value)
        return ToolResult(text=as_json(whole), structured=structured, answer=Answer(whole))
    text = printed if value is None else f"{printed.rstrip()}\n{as_json(value)}"
    return ToolResult(text=text, answer=Answer(text, is_json=False, media_type="text/plain"))


def _printed(run: Run) -> list[str]:
    """The start of what was printed before an error."""
    printed = run.printed.rstrip()
    if len(printed) <= MAX_TEXT // 2:
        return [printed] if printed else []
    return [printed[: MAX_TEXT // 2], f"({len(printed) - MAX_TEXT // 2:,} more characters were printed)"]


def _what(code: list[str], fault: Fault) -> list[str]:
    """The error, the line that it is on, and the lines that led there."""
    message = fault.message if len(fault.message) <= MAX_MESSAGE else f"{fault.message[:MAX_MESSAGE]}..."
    said = f"{message} ({fault.kind})" if fault.is_limit else f"{fault.kind}: {message}".removesuffix(": ")
    said = ". ".join(filter(None, (said, _HINTS.get(fault.kind, ""))))
    if not fault.lines:
        return [said]
    *way, last = fault.lines
    place = f"line {last} or after" if fault.is_after else f"line {last}"
    return [f"{place}: {said}", *_shown(code, last), *(f"called in line {line}" for line in reversed(way))]


def _shown(code: list[str], line: int) -> list[str]:
    return [f"    {one_line(code[line - 1], MAX_LINE)}"] if 0 < line <= len(code) else []


def _done(run: Run) -> list[str]:
    """What has happened all the same, which is not undone."""
    lines = [f"Calls made before that: {run.made or 'none'}."]
    if run.broken_off:
        lines.append(f"Broken off, so it is not known what they did: {_named(run.broken_off)}.")
    if run.unmade:
        lines.append(f"Not awaited, so not made: {_named(run.unmade)}.")
    return lines


def _named(calls: list[Wanted]) -> str:
    shown = [f"{each.address} (line {each.line})" if each.line else each.address for each in calls[:MAX_NAMED_CALLS]]
    return ", ".join(shown) + (f" and {len(calls) - len(shown)} more" if len(calls) > len(shown) else "")


def _forgotten(run: Run) -> Fault | None:
    """Code that ends without having waited for a call has most likely forgotten `await`."""
    if not run.unmade:
        return None
    first = run.unmade[0]
    return Fault(
        "RuntimeError", f"{first.address} was never awaited: write await before it", (first.line,) if first.line else ()
    )
