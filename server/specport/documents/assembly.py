"""Putting the files of a document together, with every reference made a plain pointer into the whole.

This is the only user of jsonref, which finds the Reference Objects of a file; nothing is ever read through it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast
from urllib.parse import quote, unquote

import jsonref

from specport.documents.identifiers import REFERENCES, anchors_of, base_inside, base_of, joined, located
from specport.documents.load import parse
from specport.documents.model import Dialect, Document, File, JsonObject, Missing, Target
from specport.documents.pointers import CONTAINERS, children, split_fragment
from specport.errors import DocumentError

GATHERED = "x-specport-gathered"
"""Top-level member under which other files are put."""

_FRAGMENT = "/~!$&'()*+,;=:@"
_replace_refs = cast("Callable[..., object]", jsonref.replace_refs)  # pyright: ignore[reportUnknownMemberType]


def assemble(document: Document, files: tuple[File, ...], unread: Mapping[str, str]) -> Document:
    """The document with its other files put under `GATHERED`, all references made local pointers.

    A document of one file with nothing but local pointers is returned as it is. References to a file that is not there
    become absolute; they are a problem of the operation that needs them, which says why (`unread`, by URI).
    """
    if not files and _has_only_pointers(document):
        return document
    assembly = Assembly(document)
    for file in files:
        assembly.add(file)
    return assembly.whole(unread)


class Assembly:
    """The files of one document while they are gathered."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._has_identifiers = document.dialect.ref_siblings
        self._keywords = REFERENCES if self._has_identifiers else REFERENCES[:1]
        self._base = base_of(document.root, document.uri)
        self._files: dict[str, tuple[str, object]] = {}
        self._resources: dict[str, Target] = {}
        self._wanted: dict[str, None] = {}
        self._enter(self._base, "", document.root)

    def add(self, file: File) -> None:
        """Take in a file that was referred to. Raises DocumentError when it is neither JSON nor YAML."""
        value = parse(file.data, self._document.bounds)
        name = self._name(file.uri)
        self._files[name] = (base_of(value, file.uri), value)
        self._resources.setdefault(file.uri, Target(f"/{GATHERED}/{name}", value))
        self._enter(self._files[name][0], f"/{GATHERED}/{name}", value)

    def missing(self) -> list[Missing]:
        """The files referred to so far that are not here, in the order of their references."""
        wanted = [uri for uri in self._wanted if uri not in self._resources]
        return [Missing(uri, self._retrieved(uri)) for uri in wanted]

    def whole(self, unread: Mapping[str, str]) -> Document:
        """The document and, under `GATHERED`, each file by its name here."""
        root = cast("JsonObject", self._localized(_viewed(self._document.root), self._base, self._base))
        gathered = {name: self._localized(_viewed(value), uri, uri) for name, (uri, value) in self._files.items()}
        return replace(self._document, root={**root, GATHERED: gathered} if gathered else root, unread=unread)

    def _enter(self, uri: str, pointer: str, value: object) -> None:
        """Note what a file has a URI for, and what it refers to."""
        self._resources.setdefault(uri, Target(pointer, value))
        for node, place, base in located(value, pointer, uri, has_identifiers=self._has_identifiers):
            if self._has_identifiers:
                self._resources.setdefault(base, Target(place, node))
                for anchor in anchors_of(node):
                    self._resources.setdefault(f"{base}#{anchor}", Target(place, node))
            for keyword in self._keywords:
                reference = node.get(keyword)
                if isinstance(reference, str) and not reference.startswith("#"):
                    target = joined(base, reference)
                    if target is not None:
                        self._wanted[target.partition("#")[0]] = None

    def _localized(self, value: object, base: str, file: str) -> object:
        """A jsonref view of a file as plain values, its references made pointers into the whole."""
        if type(value) is jsonref.JsonRef:
            value = cast("JsonObject", value.__reference__)
        if isinstance(value, dict):
            members = cast("JsonObject", value)
            inner = base_inside(members, base) if self._has_identifiers else base
            copied = {key: self._localized(item, inner, file) for key, item in members.items()}
            for keyword in self._keywords:
                reference = members.get(keyword)
                if type(reference) is str:  # and no proxy, which would look up what it stands for
                    del copied[keyword]
                    copied.setdefault("$ref", self._local(reference, inner, file))
            return copied
        if isinstance(value, list):
            return [self._localized(item, base, file) for item in cast("list[object]", value)]
        return value

    def _local(self, reference: str, base: str, file: str) -> str:
        """A reference as a pointer into the whole, or as an absolute URI when it leads to no file that is here.

        Documents in use give schemas an `$id` and go on to write pointers from the file's root; those are taken too.
        """
        places = [place for start in dict.fromkeys((base, file)) if (place := self._place(reference, start))]
        if not places:
            return reference if reference.startswith("#") else joined(base, reference) or reference
        resource, rest = next((place for place in places if _leads_somewhere(*place)), places[0])
        return f"#{quote(resource.pointer, safe=_FRAGMENT)}{rest}"

    def _place(self, reference: str, base: str) -> tuple[Target, str] | None:
        """What a reference names, and the pointer that goes on from there."""
        target = joined(base, reference)
        if target is None:
            return None
        uri, _, fragment = target.partition("#")
        if unquote(fragment)[:1] not in ("", "/"):
            anchored = self._resources.get(target)
            return (anchored, "") if anchored else None
        resource = self._resources.get(uri)
        return (resource, fragment) if resource else None

    def _retrieved(self, uri: str) -> str:
        """Where a file is read: one that is beside what the document calls itself is beside where it came from."""
        came_from = base_of({}, self._document.uri)
        folder = self._base.rpartition("/")[0] + "/"
        if self._base == came_from or not uri.startswith(folder):
            return uri
        return joined(came_from, uri.removeprefix(folder)) or uri

    def _name(self, uri: str) -> str:
        stem = re.sub(r"[^A-Za-z0-9_-]+", "_", uri.rpartition("/")[2].partition(".")[0]) or "file"
        name, number = stem, 2
        while name in self._files:
            name, number = f"{stem}_{number}", number + 1
        return name


class _Nothing:
    """What every reference leads to as far as jsonref knows: it asks where a `$ref` holds another Reference Object."""

    def __getitem__(self, token: str) -> _Nothing:
        """Nothing either."""
        return self


def _viewed(value: object) -> object:
    """A file as jsonref sees it: each Reference Object a proxy, which nothing here lets look up anything.

    Raises DocumentError where a `$ref` holds a Reference Object whose text is no URI.
    """
    try:
        return _replace_refs(value, loader=_read_nothing, merge_props=False)
    except ValueError as error:
        raise DocumentError(f"a `$ref` holds a reference that is no URI: {error}") from error


def _read_nothing(_uri: str) -> object:
    return _Nothing()


def _leads_somewhere(resource: Target, rest: str) -> bool:
    """Whether the first step of a pointer exists; the others may go through further references."""
    tokens, value = split_fragment(rest), resource.value
    return not tokens or (isinstance(value, dict) and tokens[0] in cast("JsonObject", value))


def _has_only_pointers(document: Document) -> bool:
    """Whether every reference is a pointer from the document's root already, as in nearly every document."""
    waiting: list[object] = [document.root]
    seen: set[int] = set()
    refers = identifies = False
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            members = cast("JsonObject", node)
            refers = refers or isinstance(members.get("$ref"), str)
            identifies = identifies or (document.dialect.ref_siblings and isinstance(members.get("$id"), str))
            if (refers and identifies) or not _is_plain(members, document.dialect):
                return False
        for value in children(cast("object", node)):
            if type(value) in CONTAINERS and value and id(value) not in seen:
                seen.add(id(value))
                waiting.append(value)
    return True


def _is_plain(node: JsonObject, dialect: Dialect) -> bool:
    reference = node.get("$ref")
    if isinstance(reference, str) and not (reference.startswith("#") and unquote(reference[1:])[:1] in ("", "/")):
        return False
    return not (dialect.ref_siblings and isinstance(node.get("$dynamicRef"), str))
