"""`[[policy]]` entries, in a manifest or in the operator's own file -> Rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from specport.catalog.globs import ADDRESS_GLOB
from specport.documents.load import read_file
from specport.errors import SourceError
from specport.policy.model import Action, Rule
from specport.sources.written import Strict, checked

_METHOD = re.compile(r"[!#$%&'*+.^`|~\w-]+\Z", re.ASCII)
"""A token of RFC 9110 section 5.6.2."""


def _glob(text: str) -> str:
    if not ADDRESS_GLOB.match(text):
        raise ValueError(f"{text[:100]!r} is no pattern of addresses such as 'billing.*': letters, digits, . - _ @ * ?")
    return text


def _method(text: str) -> str:
    if not _METHOD.match(text):
        raise ValueError(f"{text[:100]!r} is no HTTP method")
    return text.upper()


def _some(values: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if values is not None and not values:
        raise ValueError("an empty list fits nothing; leave the key out to fit everything")
    return values


Globs = Annotated[tuple[Annotated[str, AfterValidator(_glob)], ...] | None, AfterValidator(_some)]
Methods = Annotated[tuple[Annotated[str, AfterValidator(_method)], ...] | None, AfterValidator(_some)]
Tags = Annotated[tuple[Annotated[str, Field(min_length=1)], ...] | None, AfterValidator(_some)]


class PolicyEntry(Strict):
    """`[[policy]]`: what becomes of the tools that fit everything it names; the first entry that fits decides."""

    action: Action
    tools: Globs = None
    methods: Methods = None
    tags: Tags = None
    reason: str = Field(default="", max_length=500)


class PolicyFile(Strict):
    """The whole of a `--policy` file."""

    policy: tuple[PolicyEntry, ...] = Field(min_length=1)


def rules_of(entries: Sequence[PolicyEntry], where: str) -> tuple[Rule, ...]:
    """The rules of some entries, in their order, each knowing where it stands."""
    return tuple(
        Rule(
            action=entry.action,
            tools=entry.tools or (),
            methods=entry.methods or (),
            tags=entry.tags or (),
            reason=entry.reason,
            place=f"rule {number} of {where}",
        )
        for number, entry in enumerate(entries, 1)
    )


def read_policy(path: Path) -> tuple[Rule, ...]:
    """The rules in a file of the operator's. Raises SourceError naming the file and the first key that is wrong."""
    try:
        data = read_file(path)
    except SourceError as error:
        raise SourceError(f"--policy: {error.message}", hint=error.hint) from error
    return rules_of(checked(PolicyFile, data, str(path)).policy, path.name)
