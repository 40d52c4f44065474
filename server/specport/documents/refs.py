"""References: following them inside one document, whose files `assembly` has put together.

A pointer (`#/...`) is walked, through other references where one stands in the way, to the canonical place; nothing is
copied or inlined, so recursion costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast
from urllib.parse import unquote

from specport.documents.model import JsonObject, Target
from specport.documents.pointers import join, split, split_fragment
from specport.errors import DocumentError

MAX_HOPS = 64
"""Longest chain of references followed to one value."""

_MAX_INDEX_DIGITS = 9


class References:
    """Follows the local references of one document; answers are remembered by reference text."""

    def __init__(self, root: JsonObject, unread: Mapping[str, str] | None = None) -> None:
        """`unread` says why files that references name are not part of the document, by URI."""
        self._root = root
        self._unread = unread or {}
        self._known: dict[str, Target] = {}

    def resolve(self, reference: str) -> Target:
        """Where `reference` leads once every hop is taken; a schema that says more beside its `$ref` is no hop.

        Raises DocumentError when it points outside the document, at nothing, or only at itself.
        """
        return self._resolve(reference, MAX_HOPS)

    def follow(self, node: object, pointer: str) -> Target:
        """`node` itself at `pointer`, or what it refers to when it is a Reference Object.

        For all but schemas: what stands beside a `$ref` never replaces what it refers to.
        """
        target = Target(pointer, node)
        for _ in range(MAX_HOPS):
            reference = reference_of(target.value)
            if reference is None:
                return target
            target = self.resolve(reference)
        raise _circle(reference_of(node) or "")

    def _resolve(self, reference: str, hops: int) -> Target:
        if hops <= 0:
            raise _circle(reference)
        known = self._known.get(reference)
        if known is None:
            known = self._known[reference] = self._walk(reference, hops - 1)
        return known

    def _walk(self, reference: str, hops: int) -> Target:
        value: object = self._root
        canonical: list[str] = []
        for token in self._tokens(reference):
            while (inner := reference_of(value)) is not None and token not in cast("JsonObject", value):
                hops -= 1
                target = self._resolve(inner, hops)
                value, canonical = target.value, list(split(target.pointer))
            value = _step(value, token, reference)
            canonical.append(token)
        inner = reference_of(value)
        if inner is None or _says_more(cast("JsonObject", value)):
            return Target(join(tuple(canonical)), value)
        return self._resolve(inner, hops)

    def _tokens(self, reference: str) -> tuple[str, ...]:
        """The way from the root that a reference describes."""
        file, _, fragment = reference.partition("#")
        if file:
            reason = self._unread.get(file, "references to other files are not followed here")
            raise DocumentError(f"the reference {reference!r} points outside the document: {reason}")
        if unquote(fragment)[:1] not in ("", "/"):
            raise DocumentError(f"the reference {reference!r} is no JSON Pointer and names no `$anchor`")
        return split_fragment(fragment)


def reference_of(node: object) -> str | None:
    """The `$ref` text of a Reference Object, else None."""
    if isinstance(node, dict):
        reference = cast("JsonObject", node).get("$ref")
        if isinstance(reference, str):
            return reference
    return None


def _circle(reference: str) -> DocumentError:
    return DocumentError(f"the reference {reference!r} leads in a circle or over {MAX_HOPS} hops (MAX_HOPS)")


def _says_more(node: JsonObject) -> bool:
    """Whether keywords beside `$ref` say more than a description; then the place itself is the target."""
    return any(key not in ("$ref", "description", "summary") for key in node)


def _step(value: object, token: str, reference: str) -> object:
    if isinstance(value, dict) and token in value:
        return cast("JsonObject", value)[token]
    if isinstance(value, list) and token.isascii() and token.isdigit() and len(token) <= _MAX_INDEX_DIGITS:
        items = cast("list[object]", value)
        if int(token) < len(items):
            return items[int(token)]
    raise DocumentError(f"the reference {reference!r} points at nothing (no {token!r} there)")
