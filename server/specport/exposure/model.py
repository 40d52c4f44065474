"""How the tools of the sources are offered to a model, and the tools that this takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from specport.catalog.model import Form


class Expose(StrEnum):
    """What `tools/list` shows.

    `all`: every tool. `search`: tools that find, describe and call the others. `code`: one that runs Python which
    calls them. `auto`: all where they take at most AUTO_TOKENS, else as `search`.
    """

    ALL = "all"
    SEARCH = "search"
    CODE = "code"
    AUTO = "auto"


AUTO_TOKENS = 25_000
"""Tokens of a list, as a model sees it, from which on `auto` shows the search tools instead."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How tools are offered: which are listed, under dotted or portable names, and how much of their schemas.

    `manage`: with those that list, refresh and remove sources.
    """

    expose: Expose = Expose.ALL
    dotted: bool = False
    form: Form = Form.LEAN
    manage: bool = False
