"""References: following them inside one document, and putting several files together first.

`References` follows local references (`#/...`) by walking the pointer, through other references where one stands in
the way, to the canonical place; nothing is copied or inlined, so recursion costs nothing. `assemble` is the only
user of jsonref: it puts the files that a document refers to into it, under a loader that decides what may be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast
from urllib.parse import unquote, urldefrag, urljoin

import jsonref

from specport.documents.anchors import pointers_by_name
from specport.documents.model import JsonObject, Target
from specport.documents.pointers import children, join, split, split_fragment
from specport.errors import DocumentError, SpecportError

MAX_HOPS = 64
"""Longest chain of references followed to one value."""

MAX_FILES = 1_000
"""Most other files that one document may be put together from."""

_MAX_INDEX_DIGITS = 9

GATHERED = "x-specport-gathered"
"""Top-level member under which other files are put."""

_replace_refs = cast("Callable[..., object]", jsonref.replace_refs)  # pyright: ignore[reportUnknownMemberType]

Loader = Callable[[str], object]
"""URI without fragment -> the JSON value of that file; raises DocumentError or SourceError to refuse."""


class References:
    """Follows the local references of one document; answers are remembered by reference text."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._known: dict[str, Target] = {}
        self._named: dict[str, str] | None = None

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
        """The way from the root that a reference describes, be it a pointer, an `$anchor` or an `$id`."""
        file, _, fragment = reference.partition("#")
        if not file and unquote(fragment)[:1] in ("", "/"):
            return split_fragment(fragment)
        if self._named is None:
            self._named = pointers_by_name(self._root)
        if reference in self._named:
            return split(self._named[reference])
        if file in self._named and fragment.startswith("/"):
            return (*split(self._named[file]), *split_fragment(fragment))
        if not file:
            raise DocumentError(f"the reference {reference!r} is no JSON Pointer and names no `$anchor`")
        raise DocumentError(
            f"the reference {reference!r} points outside the document, to what cannot be read or is not allowed"
        )


def reference_of(node: object) -> str | None:
    """The `$ref` text of a Reference Object, else None."""
    if isinstance(node, dict):
        reference = cast("JsonObject", node).get("$ref")
        if isinstance(reference, str):
            return reference
    return None


def _circle(reference: str) -> DocumentError:
    return DocumentError(f"the reference {reference!r} leads in a circle or over {MAX_HOPS} hops")


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


def refuse(uri: str) -> object:
    """The default loader: no file but the document itself is read."""
    raise DocumentError(f"a reference to another file, {uri!r}, is not allowed")


def assemble(root: JsonObject, uri: str, load: Loader) -> JsonObject:
    """The document with every file that its references lead to put under `GATHERED`, all references made local.

    A document without such references is returned as it is. `load` is asked once per file; where it refuses, the
    reference stays and becomes a problem of the operation that needs it.
    """
    return _Gathering(uri, load).whole(root) if _has_outside_reference(root) else root


class _Gathering:
    """Files put together: jsonref finds the references in each, `load` says what may be read."""

    def __init__(self, uri: str, load: Loader) -> None:
        self._uri = urldefrag(uri)[0]
        self._load = load
        self._names: dict[str, str | None] = {}
        self._waiting: list[tuple[str, str, object]] = []

    def whole(self, root: JsonObject) -> JsonObject:
        """The document and, under `GATHERED`, each file by its name here."""
        together = cast("JsonObject", self._localized(root, self._uri))
        gathered: dict[str, object] = {}
        while self._waiting:
            name, file, value = self._waiting.pop()
            gathered[name] = self._localized(value, file)
        return {**together, GATHERED: gathered}

    def _localized(self, value: object, file: str) -> object:
        return self._copy(_replace_refs(value, base_uri=file, loader=refuse, merge_props=False), file)

    def _copy(self, value: object, file: str) -> object:
        """The view that jsonref gives of a file as plain values; it is never asked to resolve anything."""
        if type(value) is jsonref.JsonRef:
            return self._reference(cast("JsonObject", value.__reference__), file)
        if isinstance(value, dict):
            return {key: self._copy(item, file) for key, item in cast("JsonObject", value).items()}
        if isinstance(value, list):
            return [self._copy(item, file) for item in cast("list[object]", value)]
        return value

    def _reference(self, reference: JsonObject, file: str) -> JsonObject:
        copied = {key: self._copy(item, file) for key, item in reference.items()}
        target, fragment = urldefrag(urljoin(file, cast("str", reference["$ref"])))
        place = self._place(target)
        if place is None:
            return copied
        is_pointer = unquote(fragment)[:1] in ("", "/")  # an `$anchor` is found wherever it stands
        return {**copied, "$ref": f"#{place if is_pointer else ''}{fragment}"}

    def _place(self, file: str) -> str | None:
        """Where a file is found in the whole; None when it may not, or cannot, be read."""
        if file == self._uri:
            return ""
        if file not in self._names:
            self._names[file] = self._gathered(file)
        name = self._names[file]
        return None if name is None else f"/{GATHERED}/{name}"

    def _gathered(self, file: str) -> str | None:
        if len(self._names) >= MAX_FILES:
            raise DocumentError(f"refers to more than {MAX_FILES} other files")
        try:
            value = self._load(file)
        except SpecportError:
            return None
        stem = re.sub(r"[^A-Za-z0-9_-]+", "_", file.rpartition("/")[2].partition(".")[0]) or "file"
        name, number = stem, 2
        while name in self._names.values():
            name, number = f"{stem}_{number}", number + 1
        self._waiting.append((name, file, value))
        return name


def _has_outside_reference(root: JsonObject) -> bool:
    waiting: list[object] = [root]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        reference = reference_of(node)
        if reference is not None and not reference.startswith("#"):
            return True
        for value in children(node):
            if isinstance(value, dict | list) and value and id(cast("object", value)) not in seen:
                seen.add(id(cast("object", value)))
                waiting.append(cast("object", value))
    return False
