"""A document as it is written, with its references followed wherever they lead. Shares nothing with specport."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import yaml

Json: TypeAlias = Any  # documents are read as they come; comparing them is the check

MAX_HOPS = 60
ENTRIES = ("openapi.yaml", "openapi.json", "swagger.yaml", "swagger.json")
_LITERAL = frozenset({"example", "examples", "default", "enum", "const"})
_NAMES = frozenset({"properties", "patternProperties", "$defs", "definitions", "schemas", "parameters", "responses"})


class Dangling(Exception):
    """A reference that leads nowhere."""


_DATE, _BOOLEAN = "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool"


class _TextLoader(yaml.CSafeLoader):
    """YAML 1.2 as OpenAPI wants it: no dates, no `on` and `no`."""


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != _DATE and not (tag == _BOOLEAN and first in "nNyYoO")]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read(path: Path) -> Json:
    """JSON or YAML, all keys texts."""
    return _texts(yaml.load(path.read_text(encoding="utf-8"), _TextLoader) if path.suffix != ".json" else _json(path))


def _json(path: Path) -> Json:
    import json

    return json.loads(path.read_text(encoding="utf-8"))


def _texts(node: Json) -> Json:
    if isinstance(node, dict):
        return {str(key): _texts(value) for key, value in node.items()}
    return [_texts(item) for item in node] if isinstance(node, list) else node


class Documents:
    """The document at `path` (a file, or a folder with an openapi or swagger file) and what it refers to."""

    def __init__(self, path: Path) -> None:
        found = [path] if path.is_file() else [path / name for name in ENTRIES if (path / name).is_file()]
        self.entry = found[0].resolve()
        self._known: dict[str, Json] = {}
        raw = read(self.entry)
        self.version = str(raw.get("openapi") or raw.get("swagger"))[:3]
        self.root = self._add(self.entry.as_uri(), raw)

    @property
    def has_modern_schemas(self) -> bool:
        """Whether schemas are JSON Schema 2020-12, in which what stands beside a reference counts."""
        return self.version >= "3.1"

    def follow(self, node: Json) -> Json:
        """What a node stands for, through any number of references."""
        for _ in range(MAX_HOPS):
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
                return node
            node = self.at(node["$ref"])
        raise Dangling("a circle of references")

    def at(self, reference: str) -> Json:
        """What stands at an absolute reference."""
        base, fragment = urldefrag(reference)
        root = self._document(base)
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            return self._known[f"{base}#{fragment}"]
        node = root
        for token in fragment.split("/")[1:]:
            key = token.replace("~1", "/").replace("~0", "~")
            node = self.follow(node) if not (isinstance(node, dict) and key in node) else node
            try:
                node = node[int(key)] if isinstance(node, list) else node[key]
            except (KeyError, IndexError, ValueError, TypeError) as error:
                raise Dangling(reference) from error
        return node

    def _document(self, base: str) -> Json:
        if base not in self._known:
            if urlsplit(base).scheme != "file":
                raise Dangling(base)
            self._add(base, read(Path(unquote(urlsplit(base).path))))
        return self._known[base]

    def _add(self, uri: str, raw: Json) -> Json:
        own = raw.get("$self") if isinstance(raw, dict) else None
        base = urljoin(uri, own) if isinstance(own, str) else uri
        placed = self._placed(raw, base)
        self._known[uri] = self._known[base] = placed
        return placed

    def _placed(self, node: Json, base: str, *, is_names: bool = False) -> Json:
        """A copy with absolute references; what has an `$id` or `$anchor` is kept under that."""
        if isinstance(node, list):
            return [self._placed(item, base) for item in node]
        if not isinstance(node, dict):
            return node
        identity = None if is_names or not self.has_modern_schemas else node.get("$id")
        inner = urljoin(base, identity) if isinstance(identity, str) else base
        copy = dict(self._members(node, inner, is_names=is_names))
        if isinstance(identity, str):
            self._known[urldefrag(inner)[0]] = copy
        anchor = node.get("$anchor")
        if isinstance(anchor, str) and not is_names:
            self._known[f"{urldefrag(inner)[0]}#{anchor}"] = copy
        return copy

    def _members(self, node: Mapping[str, Json], base: str, *, is_names: bool) -> Iterator[tuple[str, Json]]:
        for key, value in node.items():
            if not is_names and (key in _LITERAL or key.startswith("x-")):
                yield key, value
            elif not is_names and key == "$ref" and isinstance(value, str):
                yield key, urljoin(base, value)
            else:
                yield key, self._placed(value, base, is_names=not is_names and key in _NAMES)
