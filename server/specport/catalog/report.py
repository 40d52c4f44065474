"""What is wrong in a source's document, in words for a log, a terminal and a model: a line each, and bounded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from specport.catalog.model import Catalog
from specport.documents.model import LEFT_OUT, Problem, Severity
from specport.documents.text import one_line

MAX_REPORTED = 5
"""Most problems of one source in a log."""

MAX_PROBLEMS = 50
"""Most problems of one source given as facts, errors first; `problems_left` says how many more there are."""

MAX_POINTER = 200
MAX_MESSAGE = 400
"""Characters of a problem's place and sentence that are shown; the JSON of `doctor` and `preview` has all of them."""


def by_severity(problems: Sequence[Problem]) -> list[Problem]:
    """What left something out first, otherwise in document order: a bound cuts warnings before errors."""
    return sorted(problems, key=lambda problem: problem.severity is not Severity.ERROR)


def reason_of(problem: Problem) -> str:
    """Its sentence without the operation that it is about, so that the same reason is the same text."""
    _, is_split, reason = problem.message.partition(LEFT_OUT)
    return reason if is_split else problem.message


def summary(catalog: Catalog) -> str:
    """`3 of 120 operations were left out, 2 warnings`; nothing where nothing is wrong."""
    left_out = sum(problem.severity is Severity.ERROR for problem in catalog.problems)
    warnings = len(catalog.problems) - left_out
    parts: list[str] = []
    if left_out:
        total = len(catalog.tools) + left_out
        parts.append(f"{left_out:,} of {total:,} operations {'was' if left_out == 1 else 'were'} left out")
    if warnings:
        parts.append(f"{warnings:,} warning{'s' if warnings > 1 else ''}")
    return ", ".join(parts)


def report(catalog: Catalog, say: Callable[[str], object]) -> None:
    """Say in one line what is wrong in a source's document, where something is, then the first problems."""
    if catalog.problems:
        say(f"{catalog.source}: {summary(catalog)}; see `specport doctor`")
        for line in problem_lines(catalog.problems, MAX_REPORTED):
            say(f"{catalog.source}: {line}")


def problem_lines(problems: Sequence[Problem], limit: int, *, count: int | None = None) -> list[str]:
    """The first `limit` problems, errors before warnings, a line each, and how many more of `count` there are."""
    lines = [f"{problem.severity} at {problem_line(problem)}" for problem in by_severity(problems)[:limit]]
    left = (len(problems) if count is None else count) - len(lines)
    return [*lines, f"and {left:,} more"] if left else lines


def problem_line(problem: Problem) -> str:
    """Place and sentence in one line of at most MAX_POINTER and MAX_MESSAGE characters."""
    pointer = one_line(problem.pointer, MAX_POINTER) or "the root"
    return f"{pointer}: {one_line(problem.message, MAX_MESSAGE)}"
