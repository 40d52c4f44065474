"""Frozen values of `changes`: what a newer catalog has more, less and otherwise, as facts and as bounded lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specport.catalog.model import Tool
from specport.documents.text import one_line
from specport.operations.model import SecurityScheme

MAX_LINE = 500
"""Characters of one line."""

MAX_SHOWN = 8
"""Most differences of one tool in a line; `Changed.lines` has more."""

MAX_NAMED = 3
"""Most tools named in a line that says the same of several."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A tool that both catalogs have, and what is different in the newer one: short sentences, never none."""

    old: Tool
    new: Tool
    lines: tuple[str, ...]

    @property
    def only_words(self) -> bool:
        """Whether nothing but descriptions is different."""
        return all(line.startswith("description") for line in self.lines)


@dataclass(frozen=True, slots=True)
class SchemeChanged:
    """A security scheme that both catalogs have, as it was and as it is, and what is different."""

    old: SecurityScheme
    new: SecurityScheme
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed from one catalog of a source to another, each in listing order or by name.

    `servers_added`: URLs that calls may go to now, of the document or of an operation, and that the older catalog has
    nowhere; `servers_removed` the other way round.
    """

    added: tuple[Tool, ...] = ()
    removed: tuple[Tool, ...] = ()
    changed: tuple[Changed, ...] = ()
    schemes_added: tuple[SecurityScheme, ...] = ()
    schemes_removed: tuple[SecurityScheme, ...] = ()
    schemes_changed: tuple[SchemeChanged, ...] = ()
    servers_added: tuple[str, ...] = ()
    servers_removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Changes()

    @property
    def summary(self) -> str:
        """`2 tools added, 1 removed, 3 changed`; "no changes" where there are none."""
        counts = [(len(self.added), "added"), (len(self.removed), "removed"), (len(self.changed), "changed")]
        said = [f"{count:,} {what}" for count, what in counts if count]
        if said:
            number, _, rest = said[0].partition(" ")
            said[0] = f"{number} tool{'s' if number != '1' else ''} {rest}"
        around = (*self.schemes_added, *self.schemes_removed, *self.schemes_changed)
        if around:
            said.append(f"{len(around):,} security scheme{'s' if len(around) > 1 else ''} changed")
        if self.servers_added or self.servers_removed:
            said.append("other servers")
        return ", ".join(said) or "no changes"

    def lines(self, limit: int) -> list[str]:
        """At most `limit` lines, a tool or several of the same changes each, then how many tools are not named.

        Servers and security schemes come first; added, removed and changed tools share what they leave, those where
        only words changed last.
        """
        around = _around(self)
        kinds = [
            [(1, f"+ {_named(tool)}") for tool in self.added],
            [(1, f"- {_named(tool)}") for tool in self.removed],
            _grouped(self.changed),
        ]
        shares = _shares([len(kind) for kind in kinds], limit - len(around[:limit]))
        shown = [line for kind, share in zip(kinds, shares, strict=True) for _, line in kind[:share]]
        left = [sum(size for size, _ in kind[share:]) for kind, share in zip(kinds, shares, strict=True)]
        rest = [f"{n:,} more {word}" for n, word in zip(left, ("added", "removed", "changed"), strict=True) if n]
        if len(around) > limit:
            rest.insert(0, f"{len(around) - limit:,} more of servers and security schemes")
        lines = [one_line(line, MAX_LINE) for line in (*around[:limit], *shown)]
        return [*lines, f"and {', '.join(rest)}"] if rest else lines


def _around(changes: Changes) -> list[str]:
    """What is not of one tool."""
    return [
        *(f"+ server {url}" for url in changes.servers_added),
        *(f"- server {url}" for url in changes.servers_removed),
        *(f"+ security scheme {scheme.name} ({scheme.kind})" for scheme in changes.schemes_added),
        *(f"- security scheme {scheme.name} ({scheme.kind})" for scheme in changes.schemes_removed),
        *(f"~ security scheme {each.new.name}: {_some(each.lines)}" for each in changes.schemes_changed),
    ]


def _named(tool: Tool) -> str:
    """`droplets.dropletsBackups POST /v2/droplets/{id}/backups`."""
    return f"{tool.address} {tool.route.method} {tool.route.path}" if tool.route else tool.address


def _grouped(changed: Sequence[Changed]) -> list[tuple[int, str]]:
    """A line for all tools with the same changes, at the place of the first, and how many they are; words last."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for each in sorted(changed, key=lambda each: each.only_words):
        groups.setdefault(each.lines, []).append(each.new.address)
    lines: list[tuple[int, str]] = []
    for said, names in groups.items():
        more = f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
        lines.append((len(names), f"~ {', '.join(names[:MAX_NAMED])}{more}: {_some(said)}"))
    return lines


def _some(lines: Sequence[str]) -> str:
    more = f", and {len(lines) - MAX_SHOWN:,} more" if len(lines) > MAX_SHOWN else ""
    return f"{', '.join(lines[:MAX_SHOWN])}{more}"


def _shares(wanted: Sequence[int], total: int) -> list[int]:
    """So many of each, together at most `total`, none getting less than another unless it wants no more."""
    shares = [0] * len(wanted)
    for _ in range(min(total, sum(wanted))):
        fewest = min((share, index) for index, share in enumerate(shares) if share < wanted[index])
        shares[fewest[1]] += 1
    return shares
