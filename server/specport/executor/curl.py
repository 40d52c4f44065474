"""A request as the curl command that would send it, for `--dry-run`."""

from __future__ import annotations

import shlex

from specport.requests.model import PreparedRequest

MAX_SHOWN_BODY = 20_000
"""Characters of a body that are printed."""


def as_curl(request: PreparedRequest) -> str:
    """One command, a part to a line; credentials must already be shown as variables."""
    parts = [f"curl -X {request.method} {_quoted(request.url)}"]
    parts += [f"-H {_quoted(f'{name}: {value}')}" for name, value in request.headers]
    if request.content is not None:
        body = request.content.decode("utf-8", "replace")
        shown = body if len(body) <= MAX_SHOWN_BODY else f"{body[:MAX_SHOWN_BODY]}..."
        parts.append(f"--data-binary {shlex.quote(shown)}")
    return " \\\n  ".join(parts)


def _quoted(text: str) -> str:
    """Single quotes, but double ones where the shell is to put a credential in."""
    if "$" not in text or "'" in text:
        return shlex.quote(text)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`")
    return f'"{escaped}"'
