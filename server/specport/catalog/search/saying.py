"""Tool -> the text that a model reads for what the tool means: short, since what is most of it is not what is asked."""

from __future__ import annotations

from specport.catalog.model import Tool
from specport.catalog.search.entries import segments_of
from specport.catalog.search.words import words_of

MAX_SUMMARY = 300
"""Characters of a summary that are read."""


def saying_of(tool: Tool) -> str:
    """Its summary, and the words of its name, its path and its group."""
    *groups, leaf = tool.address.split(".")
    path = segments_of(tool.route) if tool.route else []
    names = (" ".join(words_of(name)) for name in (leaf, " ".join(path), " ".join(groups[-1:])))
    summary = (tool.summary or tool.description)[:MAX_SUMMARY]
    return ". ".join(filter(None, (summary, *names)))
