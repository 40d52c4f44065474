"""What gives a part of a document a URI of its own: `$self`, `$id`, `$anchor` (JSON Schema 2020-12 section 8.2).

A reference is resolved against the nearest `$id` around it, else against its file (RFC 3986 section 5.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast
from urllib.parse import urljoin, urlsplit

from specport.documents.model import JsonObject
from specport.documents.pointers import child

REFERENCES = ("$ref", "$dynamicRef")
"""Keywords whose value is a URI reference. Without dynamic scopes the second leads where the first does."""

_ANCHORS = ("$anchor", "$dynamicAnchor")

_WHOLE = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9_./~-]*\Z")
"""A URI of which nothing can be changed by joining it to another."""


class Located(NamedTuple):
    """An object of a file: its pointer, and the URI that references inside it are resolved against."""

    node: JsonObject
    pointer: str
    base: str


def located(value: object, pointer: str, base: str, *, has_identifiers: bool) -> Iterator[Located]:
    """Every object of a file whose root stands at `pointer`, in document order."""
    waiting: list[tuple[object, str, str]] = [(value, pointer, base)]
    while waiting:
        node, pointer, base = waiting.pop()
        inside: list[tuple[object, str, str]]
        if isinstance(node, dict):
            members = cast("JsonObject", node)
            base = base_inside(members, base) if has_identifiers else base
            yield Located(members, pointer, base)
            inside = [(item, child(pointer, key), base) for key, item in members.items()]
        else:
            items = cast("list[object]", node)
            inside = [(item, child(pointer, index), base) for index, item in enumerate(items)]
        waiting += [entry for entry in reversed(inside) if isinstance(entry[0], dict | list)]


def base_inside(node: JsonObject, base: str) -> str:
    """The base of what is inside an object: its own `$id` where it has one."""
    identifier = node.get("$id")
    if type(identifier) is not str or not identifier:  # a jsonref proxy would look up what it stands for
        return base
    return (joined(base, identifier) or base).rstrip("#")


def anchors_of(node: JsonObject) -> list[str]:
    """The plain-name fragments by which references may call an object."""
    return [name for keyword in _ANCHORS if isinstance(name := node.get(keyword), str)]


def base_of(root: object, uri: str) -> str:
    """The URI of a file: what it says of itself (`$self`, OAS 3.2 section 4.1.2.2), else where it came from."""
    retrieved = Path(uri).as_uri() if "://" not in uri and Path(uri).is_absolute() else uri
    itself = cast("JsonObject", root).get("$self") if isinstance(root, dict) else None
    own = joined(retrieved, itself) if isinstance(itself, str) else None
    return (own or retrieved).partition("#")[0]


def joined(base: str, reference: str) -> str | None:
    """A reference as an absolute URI (RFC 3986 section 5.2), or None when it is none."""
    if reference.startswith("#"):  # `urljoin` forgets a base such as `urn:example`
        return base.partition("#")[0] + reference
    if _WHOLE.match(reference):
        return reference
    try:
        urlsplit(reference)
        return urljoin(base, reference)
    except ValueError:
        return None
