"""The facts of a sweep as tables."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = Any  # facts come as they are
Facts: TypeAlias = Mapping[str, Json]

BYTES_PER_TOKEN = 4
"""The estimate that `specport preview` uses."""

CLASSES = (("up to 10 kB", 10_000), ("to 100 kB", 100_000), ("to 1 MB", 1_000_000), ("over 1 MB", 10**12))
COMMAND = "python bench/sweep.py --write"
HEAVIEST = 8


def findings_of(facts: Facts) -> list[str]:
    """One line for each finding."""
    return [
        f"{name}: {found['kind']}: {found['where']} {found['what']}"
        for name, each in facts.items()
        for found in each["findings"]
    ]


def summary(facts: Facts) -> str:
    """All tables."""
    return f"{_by_size(facts)}\n\n{_totals(facts)}\n\n{_largest(facts)}\n{_refused(facts)}\n{_left_out(facts)}"


def text_of(facts: Facts) -> str:
    """The same for the page, with the command that makes it."""
    return f"{summary(facts)}\nMade by `{COMMAND}`.\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    line = "|---|" + "---:|" * (len(head) - 1)
    return "\n".join(["| " + " | ".join(head) + " |", line, *("| " + " | ".join(row) + " |" for row in rows)])


def _by_size(facts: Facts) -> str:
    head = ["documents", "number", "operations", "processor seconds to the list: median", "95 %", "most", "MB at most",
            "tokens a tool: median", "95 %"]  # fmt: skip
    rows: list[list[str]] = []
    least = 0
    for label, most in CLASSES:
        rows.append(_class_row(label, [each for each in facts.values() if least < each["bytes"] <= most]))
        least = most
    return _table(head, [*rows, _class_row("**all**", list(facts.values()))])


def _class_row(label: str, every: Sequence[Json]) -> list[str]:
    opened = [each for each in every if each.get("tools")]
    seconds = [each["listed"] for each in opened] or [0.0]
    tokens = [each["list_bytes"] / each["tools"] / BYTES_PER_TOKEN for each in opened] or [0.0]
    return [
        label, f"{len(every):,}", f"{sum(each['operations'] for each in opened):,}",
        f"{statistics.median(seconds):.2f}", f"{_most(seconds, 0.95):.2f}", f"{max(seconds):.2f}",
        f"{max((each['megabytes'] for each in opened), default=0):,.0f}",
        f"{statistics.median(tokens):.0f}", f"{_most(tokens, 0.95):.0f}",
    ]  # fmt: skip


def _most(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def _totals(facts: Facts) -> str:
    opened = [each for each in facts.values() if "tools" in each]
    refused = [each for each in facts.values() if "refused" in each]

    def total(of: Callable[[Json], int]) -> str:
        return f"{sum(of(each) for each in opened):,}"

    rows = [
        ["documents that start", f"{len(opened):,}"],
        ["documents refused, and why that is right", f"{len(refused):,}"],
        ["operations by the independent count", total(lambda each: each["operations"])],
        ["tools", total(lambda each: each["tools"])],
        ["operations left out, each truly broken and reported", total(lambda each: len(each["left_out"]))],
        ["parameters, all offered", total(lambda each: each["counts"]["parameters"])],
        ["bodies, all offered", total(lambda each: each["counts"]["bodies"])],
        ["top-level members of bodies, all offered", total(lambda each: each["counts"]["names"])],
        ["tools that Claude, OpenAI, Gemini, VS Code or Cursor would refuse",
         total(lambda each: sum(each["figures"]["refused"].values()))],
        ["largest listed schema, bytes", f"{max((e['figures']['largest_listed'] for e in opened), default=0):,}"],
        ["largest full schema, bytes", f"{max((e['figures']['largest_checked'] for e in opened), default=0):,}"],
        ["keys below the top that are none of `^[a-zA-Z0-9_.-]{1,64}$`, kept as the API wants them",
         total(lambda each: each["figures"]["odd_keys"])],
        ["findings", f"{sum(each['finding_count'] for each in facts.values()):,}"],
    ]  # fmt: skip
    return _table(["of all documents", "number"], rows)


def _largest(facts: Facts) -> str:
    opened = {name: each for name, each in facts.items() if each.get("tools")}
    slow = sorted(opened, key=lambda name: -opened[name]["listed"])[:HEAVIEST]
    heavy = sorted(opened, key=lambda name: -opened[name]["list_bytes"])[:HEAVIEST]
    head = [
        "slowest and heaviest",
        "MB",
        "tools",
        "processor seconds to the tools",
        "to the whole list",
        "MB of memory",
        "tokens",
    ]
    rows = [_largest_row(name, opened[name]) for name in dict.fromkeys([*slow, *heavy])]
    return _table(head, rows)


def _largest_row(name: str, each: Json) -> list[str]:
    return [
        name, f"{each['bytes'] / 1e6:.1f}", f"{each['tools']:,}", f"{each['open']:.2f}", f"{each['listed']:.2f}",
        f"{each['megabytes']:,.0f}", f"{each['list_bytes'] / BYTES_PER_TOKEN:,.0f}",
    ]  # fmt: skip


def _refused(facts: Facts) -> str:
    rows = [[name, each["refused"], each["reason"] or "?"] for name, each in facts.items() if "refused" in each]
    return f"\n{_table(['refused', 'specport says', 'the independent reading says'], rows)}\n" if rows else ""


def _left_out(facts: Facts) -> str:
    rows = [
        [name, f"`{left['operation']}`", left["reason"]]
        for name, each in facts.items()
        for left in each.get("left_out", ())
    ]
    return f"\n{_table(['left out', 'operation', 'the independent reading says'], rows)}\n" if rows else ""
