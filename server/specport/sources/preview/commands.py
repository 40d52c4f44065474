"""Commands that add what is previewed: as they are written, they can be copied into a shell."""

from __future__ import annotations

import re
import shlex

from specport.catalog.model import Filters
from specport.sources.model import Source
from specport.sources.presets import find_preset

MAX_ARGUMENT = 300
"""Characters of a URL or path that is written out in a command."""


def add_command(source: Source) -> str:
    """`specport add ...` with what the source was described by, its credentials aside."""
    options = [
        *(("--preset", source.preset) if source.preset and not _is_published(source) else ()),
        *(("--base-url", source.base_url) if source.base_url else ()),
        *_filter_options(source.filters),
        *_repeated("--overlay", [file.uri for file in source.overlays]),
    ]
    return " ".join(["specport add", _document(source), *map(argument, options)])


def options_of(filters: Filters) -> str:
    """Filters as the options of `specport add`."""
    return " ".join(map(argument, _filter_options(filters)))


def argument(text: str) -> str:
    """A text as one word of a shell, where it can be one; else what to put there."""
    is_writable = text.isprintable() and len(text) <= MAX_ARGUMENT
    return shlex.quote(text) if is_writable else "..."


def variable_name(*parts: str) -> str:
    """A name for an environment variable: `SHOP_API_KEY`."""
    name = "_".join(filter(None, (re.sub(r"[^A-Za-z0-9]+", "_", part).strip("_").upper() for part in parts)))
    return name if name[:1].isalpha() else f"_{name}"


def _document(source: Source) -> str:
    if source.preset and _is_published(source):
        return source.preset
    is_named = source.uri.startswith(("http://", "https://", "/")) and source.uri.isprintable()
    return argument(source.uri) if is_named and len(source.uri) <= MAX_ARGUMENT else "FILE"


def _is_published(source: Source) -> bool:
    manifest = find_preset(source.preset)
    return manifest is not None and manifest.document == source.uri


def _filter_options(filters: Filters) -> list[str]:
    return [
        *_repeated("--tag", filters.tags),
        *_repeated("--operation", filters.operations),
        *_repeated("--include", filters.include),
        *_repeated("--exclude", filters.exclude),
        *([] if filters.deprecated else ["--no-deprecated"]),
    ]


def _repeated(option: str, values: tuple[str, ...] | list[str]) -> list[str]:
    return [word for value in values for word in (option, value)]
