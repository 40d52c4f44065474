"""What commands print: texts from documents and APIs never act on a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
import typer

from specport.documents.text import printable

if TYPE_CHECKING:
    from specport.catalog.model import Catalog

_DOUBTFUL = re.compile("[^\x00-\x7e]")
"""What JSON may hold as it is; below, it escapes controls."""


def say(text: str, *, err: bool = False, bold: bool = False) -> None:
    """Text of one or more lines on stdout or stderr."""
    typer.secho(printable(text), err=err, bold=bold)


def say_json(facts: object) -> None:
    """JSON for programs, on stdout; a string in it reads back as it was."""
    typer.echo(_DOUBTFUL.sub(_shown, orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode()))


def say_problems(catalogs: Iterable[Catalog]) -> None:
    """On stderr a line for each document that something is wrong in, and one for each filter that fits nothing."""
    from specport.catalog.filters import idle_filters  # `--help` needs no catalog
    from specport.catalog.report import summary

    for catalog in catalogs:
        idle = idle_filters(catalog.problems)
        rest = replace(catalog, problems=tuple(problem for problem in catalog.problems if problem not in idle))
        for problem in idle:
            say(f"{catalog.source}: {problem.message}", err=True)
        if rest.problems:
            say(f"{catalog.source}: {summary(rest)}; see `specport doctor`", err=True)


def _shown(found: re.Match[str]) -> str:
    return found[0] if printable(found[0]) == found[0] else json.dumps(found[0])[1:-1]
