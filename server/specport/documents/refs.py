"""References: following them inside one document, and putting several files together first.

`References` follows local references (`#/...`) by walking the pointer, through other references where one stands in
the way, to the canonical place; nothing is copied or inlined, so recursion costs nothing. `assemble` is the only
user of jsonref: it gathers what other files hold into the document, under a loader that decides what may be read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast
from urllib.parse import urldefrag, urljoin

import jsonref

from specport.documents.model import JsonObject, Target
from specport.documents.pointers import join, split_fragment
from specport.errors import DocumentError

MAX_HOPS = 64
"""Longest chain of references followed to one value."""

MAX_GATHERED = 10_000
"""Most values gathered from other files."""

GATHERED = "x-specport-gathered"
"""Top-level member under which values from other files are put."""

Loader = Callable[[str], object]
"""URI without fragment -> the JSON value of that file; raises DocumentError to refuse."""


class References:
    """Follows the local references of one document; answers are remembered by reference text."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._known: dict[str, Target] = {}

    def resolve(self, reference: str) -> Target:
        """Where `reference` leads once every hop is taken.

        Raises DocumentError when it points outside the document, at nothing, or only at itself.
        """
        known = self._known.get(reference)
        if known is None:
            known = self._known[reference] = self._walk(reference, hops=MAX_HOPS)
        return known

    def follow(self, node: object, pointer: str) -> Target:
        """`node` itself at `pointer`, or what it refers to when it is a Reference Object."""
        reference = reference_of(node)
        return Target(pointer, node) if reference is None else self.resolve(reference)

    def _walk(self, reference: str, *, hops: int) -> Target:
        if hops == 0:
            raise DocumentError(f"the reference {reference!r} leads in a circle or over {MAX_HOPS} hops")
        if not reference.startswith("#"):
            raise DocumentError(f"the reference {reference!r} points outside the document, which is not allowed")
        try:
            tokens = split_fragment(reference[1:])
        except ValueError as error:
            raise DocumentError(f"the reference {reference!r} is {error}") from error
        value: object = self._root
        canonical: tuple[str, ...] = ()
        for token in tokens:
            inner = reference_of(value)
            if inner is not None and token not in cast("JsonObject", value):
                target = self._walk(inner, hops=hops - 1)
                value, canonical = target.value, split_fragment(target.pointer)
            value = _step(value, token, reference)
            canonical = (*canonical, token)
        inner = reference_of(value)
        if inner is None or (isinstance(value, dict) and len(value) > 1 and _is_schema_with_siblings(value)):
            return Target(join(canonical), value)
        return self._walk(inner, hops=hops - 1)


def reference_of(node: object) -> str | None:
    """The `$ref` text of a Reference Object, else None."""
    if isinstance(node, dict):
        reference = cast("JsonObject", node).get("$ref")
        if isinstance(reference, str):
            return reference
    return None


def _is_schema_with_siblings(node: JsonObject) -> bool:
    """Whether keywords beside `$ref` say more than a description; then the place itself is the target."""
    return any(key not in ("$ref", "description", "summary") for key in node)


def _step(value: object, token: str, reference: str) -> object:
    if isinstance(value, dict) and token in value:
        return cast("JsonObject", value)[token]
    if isinstance(value, list) and token.isascii() and token.isdigit() and int(token) < len(value):
        return cast("list[object]", value)[int(token)]
    raise DocumentError(f"the reference {reference!r} points at nothing (no {token!r} there)")


def refuse(uri: str) -> object:
    """The default loader: no file but the document itself is read."""
    raise DocumentError(f"a reference to another file, {uri!r}, is not allowed")


def assemble(root: JsonObject, uri: str, load: Loader) -> JsonObject:
    """The document with every value that its references take from other files gathered under `GATHERED`.

    A document without such references is returned as it is. `load` is asked once per file; where it refuses, or a
    pointer leads nowhere, the reference stays and becomes a problem of the operation that needs it.
    """
    if not _has_outside_reference(root):
        return root
    gathering = _Gathering(uri, load)
    together = cast("dict[str, object]", gathering.copy(jsonref.replace_refs(  # type: ignore[no-untyped-call]
        dict(root), base_uri=uri, loader=gathering.load, lazy_load=True, merge_props=False)))  # fmt: skip
    gathering.finish()
    return {**together, GATHERED: gathering.gathered}


class _Gathering:
    """Turns jsonref's lazy view back into plain values, references to other files made local."""

    def __init__(self, uri: str, load: Loader) -> None:
        self._uri = uri
        self._load = load
        self._names: dict[str, str] = {}
        self._waiting: list[tuple[str, jsonref.JsonRef]] = []
        self.gathered: dict[str, object] = {}

    def load(self, uri: str) -> object:
        return self._load(uri)

    def copy(self, value: object) -> object:
        if type(value) is jsonref.JsonRef:
            return self._localized(value)
        if isinstance(value, dict):
            return {key: self.copy(item) for key, item in cast("JsonObject", value).items()}
        if isinstance(value, list):
            return [self.copy(item) for item in cast("list[object]", value)]
        return value

    def finish(self) -> None:
        """Copy what was found to be needed, until nothing new is."""
        while self._waiting:
            name, proxy = self._waiting.pop()
            self.gathered[name] = self._subject(proxy)

    def _subject(self, proxy: jsonref.JsonRef) -> object:
        try:
            return self.copy(proxy.__subject__)
        except jsonref.JsonRefError:
            return dict(proxy.__reference__)

    def _localized(self, proxy: jsonref.JsonRef) -> dict[str, object]:
        reference = cast("dict[str, object]", dict(proxy.__reference__))
        full = urljoin(proxy.base_uri, cast("str", reference["$ref"]))
        file, fragment = urldefrag(full)
        if file == urldefrag(self._uri)[0]:
            return {**reference, "$ref": f"#{fragment}"}
        if full not in self._names:
            if len(self._names) >= MAX_GATHERED:
                raise DocumentError(f"takes more than {MAX_GATHERED} values from other files")
            self._names[full] = f"{len(self._names)}"
            self._waiting.append((self._names[full], proxy))
        return {**reference, "$ref": f"#/{GATHERED}/{self._names[full]}"}


def _has_outside_reference(root: JsonObject) -> bool:
    waiting: list[object] = [root]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        reference = reference_of(node)
        if reference is not None and not reference.startswith("#"):
            return True
        children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        for value in cast("list[object]", children):
            if isinstance(value, dict | list) and value and id(value) not in seen:
                seen.add(id(value))
                waiting.append(value)
    return False
