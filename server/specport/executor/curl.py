"""A request as the curl command that would send it, for `--dry-run`."""

from __future__ import annotations

import shlex

from specport.executor.auth import SHELL
from specport.requests.model import PreparedRequest

MAX_SHOWN_BODY = 20_000
"""Characters of a body that are printed."""


def as_curl(request: PreparedRequest) -> str:
    """One command, a part to a line. Pasted into a shell it sends this request and does nothing else."""
    flags = "--head" if request.method == "HEAD" else f"-X {request.method}"
    flags += " --globoff" if any(char in request.url for char in "[]{}") else ""
    parts = [f"curl {flags} {_quoted(request.url)}"]
    parts += [f"-H {_quoted(f'{name}: {value}')}" for name, value in request.headers]
    if request.content is not None:
        body = request.content.decode("utf-8", "replace")
        shown = body if len(body) <= MAX_SHOWN_BODY else f"{body[:MAX_SHOWN_BODY]}..."
        parts.append(f"--data-raw {shlex.quote(shown)}")
    return " \\\n  ".join(parts)


def _quoted(text: str) -> str:
    """Single quotes; double ones where the shell is to put a credential in, and nothing else is to be expanded."""
    pieces = text.split(SHELL)
    if len(pieces) == 1:
        return shlex.quote(text)
    return f'"{"".join(piece if index % 2 else _inert(piece) for index, piece in enumerate(pieces))}"'


def _inert(text: str) -> str:
    """Text for between double quotes that a shell leaves as it is, an exclamation mark in bash included."""
    for char in '\\"$`':
        text = text.replace(char, f"\\{char}")
    return text.replace("!", "\"'!'\"")
