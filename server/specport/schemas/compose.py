"""Fragments -> one self-contained JSON Schema: what is used once is inlined, the rest named once in `$defs`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import cast

import orjson

from specport.schemas.convert import SchemaConverter
from specport.schemas.model import Fragment, JsonSchema, Use

MAX_INLINE_DEPTH = 24
"""How many references deep targets are inlined before they are named instead."""

SMALL_TARGET = 80
"""Targets of at most this many JSON bytes cost less inlined than named."""

_STRUCTURE = frozenset({
    "components", "schemas", "paths", "properties", "items", "allOf", "anyOf", "oneOf", "content", "schema",
    "requestBody", "responses", "parameters", "additionalProperties", "not", "$defs", "definitions", "default",
    "get", "put", "post", "delete", "options", "head", "patch", "trace", "x-specport-gathered",
})  # fmt: skip
_ANNOTATIONS = frozenset({"title", "description", "default", "deprecated"})


def compose(root: Fragment, converter: SchemaConverter) -> JsonSchema:
    """The schema of `root` with nothing left to look up.

    Raises DocumentError when a reference in a target leads nowhere.
    """
    composition = _Composition(converter)
    composition.count(root)
    schema = composition.expand(root, 0)
    definitions: dict[str, object] = {}
    while composition.waiting:
        pointer = composition.waiting.pop(0)
        definitions[composition.names[pointer]] = composition.expand(converter.target(pointer), 0)
    plain = cast("dict[str, object]", schema) if isinstance(schema, dict) else {} if schema else {"not": {}}
    return {**plain, "$defs": definitions} if definitions else plain


class _Composition:
    """How often each target is used in one schema, and the names given to those that are kept apart."""

    def __init__(self, converter: SchemaConverter) -> None:
        self._converter = converter
        self._uses: Counter[str] = Counter()
        self._small: dict[str, bool] = {}
        self.names: dict[str, str] = {}
        self.waiting: list[str] = []

    def count(self, root: Fragment) -> None:
        """Count the uses of every target that `root` reaches; each target's own uses count once."""
        fragments: list[object] = [root]
        while fragments:
            for use in _uses(fragments.pop()):
                self._uses[use.pointer] += 1
                if self._uses[use.pointer] == 1:
                    fragments.append(self._converter.target(use.pointer))

    def expand(self, node: object, depth: int) -> object:
        if isinstance(node, Use):
            return self._expand_use(node, depth)
        if isinstance(node, dict):
            return {key: self.expand(value, depth) for key, value in cast("dict[str, object]", node).items()}
        if isinstance(node, list):
            return [self.expand(item, depth) for item in cast("list[object]", node)]
        return node

    def _expand_use(self, use: Use, depth: int) -> object:
        siblings = cast("dict[str, object]", self.expand(use.siblings, depth))
        if not self._is_inlined(use.pointer, depth):
            return {"$ref": f"#/$defs/{self._name(use.pointer)}", **siblings}
        target = self.expand(self._converter.target(use.pointer), depth + 1)
        if not siblings:
            return target
        if isinstance(target, dict) and not (siblings.keys() & target.keys() - _ANNOTATIONS):
            return {**cast("dict[str, object]", target), **siblings}
        return {"allOf": [target], **siblings}

    def _is_inlined(self, pointer: str, depth: int) -> bool:
        if depth >= MAX_INLINE_DEPTH or pointer in self.names:
            return False
        return self._uses[pointer] == 1 or self._is_small(pointer)

    def _is_small(self, pointer: str) -> bool:
        if pointer not in self._small:
            target = self._converter.target(pointer)
            simple = next(_uses(target), None) is None
            self._small[pointer] = simple and len(orjson.dumps(target)) <= SMALL_TARGET
        return self._small[pointer]

    def _name(self, pointer: str) -> str:
        if pointer not in self.names:
            base = definition_name(pointer)
            taken = set(self.names.values())
            name, number = base, 2
            while name in taken:
                name, number = f"{base}_{number}", number + 1
            self.names[pointer] = name
            self.waiting.append(pointer)
        return self.names[pointer]


def definition_name(pointer: str) -> str:
    """A short name for the schema at a pointer: its last token that says what it is rather than where."""
    for token in reversed(pointer.split("/")):
        if token in _STRUCTURE or token.isdigit() or ("~1" in token and not token.startswith("~1")):
            continue
        words = re.findall(r"[A-Za-z0-9]+", re.sub(r"~1\{[^{}]*\}|~[01]", " ", token))
        if words:
            return (words[-1] if "~1" in token else "_".join(words))[:48]
    return "schema"


def _uses(fragment: object) -> Iterator[Use]:
    waiting = [fragment]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Use):
            yield node
            waiting.append(node.siblings)
        elif isinstance(node, dict):
            waiting.extend(cast("dict[str, object]", node).values())
        elif isinstance(node, list):
            waiting.extend(cast("list[object]", node))
