"""Which operations destroy something by their method, and which may though their method does not say so."""

from __future__ import annotations

import re
from collections.abc import Iterable

from specport.catalog.model import Tool
from specport.catalog.naming import split_words
from specport.sources.preview.costs import tag_of
from specport.sources.preview.model import Dangers

DESTROYING = frozenset({
    "cancel", "clear", "delete", "destroy", "drop", "erase", "flush", "kill", "purge", "remove", "reset", "revoke",
    "terminate", "truncate", "uninstall", "wipe",
})  # fmt: skip
"""Words that say of an operation that something is gone afterwards."""

_SAID = DESTROYING | {f"{word}{ending}" for word in DESTROYING for ending in ("s", "es")}

_READ = 200
_FIRST_WORDS = 3
"""Words of a description that say what is done: `To delete a pet, ...`, `Permanently deletes ...`."""


def may_destroy(tool: Tool) -> bool:
    """Whether an operation that is no DELETE says that it destroys.

    A word of DESTROYING begins the last fixed segment of its path, or stands among the first words of its description
    (`deletes` too), or in its name. Of one that only reads by its method it must be the first word of the name or the
    description: `getDeleteStatus` reads.
    """
    if tool.route is None or tool.hints.destructive:
        return False
    named = split_words(tool.address.rpartition(".")[2])
    described = re.findall(r"[A-Za-z]+", tool.description[:_READ])[:_FIRST_WORDS]
    if tool.hints.read_only:
        named, described = named[:1], described[:1]
    named += _action(tool.route.path)
    return not DESTROYING.isdisjoint(map(str.lower, named)) or not _SAID.isdisjoint(map(str.lower, described))


def _action(path: str) -> list[str]:
    """The first word of the last segment that is no parameter."""
    fixed = [segment for segment in path.split("/") if segment and "{" not in segment]
    return split_words(fixed[-1])[:1] if fixed else []


def by_tag(tools: Iterable[Tool], limit: int) -> tuple[Dangers, ...]:
    """The tools by tag, those of most first, with the addresses of at most `limit` of them."""
    found: dict[str, list[str]] = {}
    for tool in tools:
        found.setdefault(tag_of(tool), []).append(tool.address)
    dangers: list[Dangers] = []
    for tag, addresses in sorted(found.items(), key=lambda each: (-len(each[1]), each[0])):
        if limit > 0:
            dangers.append(Dangers(tag, len(addresses), tuple(addresses[:limit])))
            limit -= len(addresses)
    return tuple(dangers)
