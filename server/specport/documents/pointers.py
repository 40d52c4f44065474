"""JSON Pointer (RFC 6901) in its two spellings: plain, and as a percent-encoded URI fragment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast
from urllib.parse import unquote


def split_fragment(fragment: str) -> tuple[str, ...]:
    """Tokens of a pointer in a URI fragment: percent-decoded first (RFC 6901 section 6). ValueError if it is none."""
    return split(unquote(fragment))


def split(pointer: str) -> tuple[str, ...]:
    """Tokens of a plain pointer, `~1` and `~0` decoded (RFC 6901 section 4). ValueError if it is none."""
    if pointer == "":
        return ()
    if not pointer.startswith("/"):
        raise ValueError(f"not a JSON Pointer: {pointer!r}")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/"))


def join(tokens: tuple[str, ...]) -> str:
    """The plain pointer of these tokens."""
    return "".join(f"/{escape(token)}" for token in tokens)


def escape(token: str) -> str:
    """One token with `~` and `/` escaped."""
    return token.replace("~", "~0").replace("/", "~1")


def child(pointer: str, *tokens: str | int) -> str:
    """The pointer extended by tokens."""
    for token in tokens:
        pointer = f"{pointer}/{escape(str(token))}"
    return pointer


CONTAINERS = frozenset({dict, list})
"""The types of JSON values that others are in."""


def children(value: object) -> Iterable[object]:
    """What stands one token below a JSON value: an object's or array's members, nothing for a plain value."""
    if isinstance(value, dict):
        return cast("dict[str, object]", value).values()
    return cast("list[object]", value) if isinstance(value, list) else ()
