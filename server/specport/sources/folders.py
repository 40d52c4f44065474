"""A folder of the operator's without a manifest -> the document in it that is the API, with the others as its parts."""

from __future__ import annotations

import re
from pathlib import Path

from specport.errors import SourceError

MAX_CANDIDATES = 200
"""Most files of a folder that are looked at."""

MAX_LOOKED_AT = 64 * 1024
"""Bytes of each; the member that makes a file an API stands first almost everywhere."""

MAX_PATH = 4_096
"""Longest path that may name a folder."""

_ROOT = re.compile(rb"""^(?:\s*\{\s*|[ \t]*)["']?(?:openapi|swagger)["']?\s*:""", re.MULTILINE)
_USUAL = ("openapi", "swagger", "index", "main", "api")


def root_document(folder: Path) -> Path:
    """The document in a folder that says which OpenAPI or Swagger version it has, of several the one with a usual name.

    Raises SourceError naming what could be meant where that is none, or not clear.
    """
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".json", ".yaml", ".yml"))
    found = [path for path in files[:MAX_CANDIDATES] if path.is_file() and _is_root(path)]
    usual = [path for path in found if path.stem.lower() in _USUAL]
    if len(found) == 1 or len(usual) == 1:
        return usual[0] if len(usual) == 1 else found[0]
    if not found:
        raise SourceError(f"{folder} has neither a source.toml nor an OpenAPI document", hint="Name the file itself")
    names = ", ".join(path.name for path in found[:5]) + (", ..." if len(found) > 5 else "")
    raise SourceError(
        f"{folder} has several OpenAPI documents: {names}", hint="Name one of them, or add each by itself"
    )


def _is_root(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return bool(_ROOT.search(file.read(MAX_LOOKED_AT)))
    except OSError:
        return False
