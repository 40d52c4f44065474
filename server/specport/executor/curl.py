"""A request as the curl command that would send it, for `--dry-run`."""

from __future__ import annotations

import base64
import shlex

from specport.executor.auth.placing import SHELL
from specport.requests.model import PreparedRequest

MAX_SHOWN_BODY = 20_000
"""Characters of a body that are printed."""


def as_curl(request: PreparedRequest) -> str:
    """One command, a part to a line. Pasted into a shell it sends this request and does nothing else."""
    flags = "--head" if request.method == "HEAD" else f"-X {request.method}"
    flags += " --globoff" if any(char in request.url for char in "[]{}") else ""
    parts = [f"curl {flags} {_quoted(request.url)}"]
    parts += [f"-H {_quoted(f'{name}: {value}')}" for name, value in request.headers]
    text = _text(request.content or b"")
    if text is None:
        encoded = base64.b64encode(request.content or b"").decode()
        parts[0] = f"printf %s {_cut(encoded)} | base64 -d | {parts[0]}"
        parts.append("--data-binary @-")
    elif request.content is not None:
        parts.append(f"--data-raw {shlex.quote(_cut(text))}")
    return " \\\n  ".join(parts)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_BODY else f"{text[:MAX_SHOWN_BODY]}..."


def _text(content: bytes) -> str | None:
    """A body as text; None for one that no word of a shell can hold."""
    try:
        return None if b"\0" in content else content.decode()
    except UnicodeDecodeError:
        return None


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
