"""Fragments -> one self-contained JSON Schema: what is used once is inlined, the rest named once in `$defs`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import cast

import orjson

from specport.documents.model import JsonObject
from specport.errors import DocumentError
from specport.schemas.keywords import PLAIN
from specport.schemas.model import Fragment, JsonSchema, Place, Targets, Use

MAX_INLINE_DEPTH = 48
"""How many levels of JSON deep targets are inlined; deeper ones are named instead, which bounds all nesting."""

MAX_SCHEMA_DEPTH = 160
"""Most levels of JSON in one schema, which leaves room for readers that recurse (orjson stops at 254)."""

MAX_TARGETS = 5_000
"""Most places of a document that one schema may be made of: compiling takes time by their square."""

SMALL_TARGET = 80
"""Targets of at most this many JSON bytes cost less inlined than named."""

_STRUCTURE = frozenset({
    "components", "schemas", "paths", "properties", "items", "allOf", "anyOf", "oneOf", "content", "schema",
    "requestBody", "responses", "parameters", "additionalProperties", "not", "$defs", "definitions", "default",
    "get", "put", "post", "delete", "options", "head", "patch", "trace", "x-specport-gathered",
})  # fmt: skip
_ANNOTATIONS = frozenset({"title", "description", "default", "deprecated"})
_INDEPENDENT = frozenset({*PLAIN, "type", "required", "dependentRequired"} - {"minContains", "maxContains"})
"""Keywords that mean the same whatever stands beside them, so that a reference's siblings may join its target."""


def compose(root: Fragment, targets: Targets) -> JsonSchema:
    """The schema of `root` with nothing left to look up.

    Raises DocumentError when a reference in a target leads nowhere, or the result would be too deep.
    """
    composition = _Composition(targets)
    composition.count(root)
    schema = composition.expand(root, 0)
    definitions: dict[str, object] = {}
    while composition.waiting:
        place = composition.waiting.pop(0)
        definitions[composition.names[place]] = composition.expand(targets.target(place), 0)
    if not isinstance(schema, dict):
        return {} if schema else {"not": {}}
    plain = cast("dict[str, object]", schema)
    return {**plain, "$defs": definitions} if definitions else plain


def check_targets(number: int) -> None:
    """Raises DocumentError where a schema is made of too many others."""
    if number > MAX_TARGETS:
        raise DocumentError(f"a schema is made of more than {MAX_TARGETS:,} others (MAX_TARGETS)")


class _Composition:
    """How often each target is used in one schema, and the names given to those that are kept apart."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._uses: Counter[Place] = Counter()
        self._small: dict[Place, bool] = {}
        self.names: dict[Place, str] = {}
        self._taken: set[str] = set()
        self.waiting: list[Place] = []

    def count(self, root: Fragment) -> None:
        """Count the uses of every target that `root` reaches; each target's own uses count once."""
        fragments: list[object] = [root]
        while fragments:
            for use in uses_in(fragments.pop()):
                self._uses[use.place] += 1
                if self._uses[use.place] == 1:
                    fragments.append(self._targets.target(use.place))
            check_targets(len(self._uses))

    def expand(self, node: object, depth: int) -> object:
        """The node, `depth` levels below the root, with every `Use` inlined or named."""
        if depth > MAX_SCHEMA_DEPTH:
            raise DocumentError(f"a schema is nested more than {MAX_SCHEMA_DEPTH} levels deep (MAX_SCHEMA_DEPTH)")
        if isinstance(node, Use):
            return self._expand_use(node, depth)
        if isinstance(node, dict):
            return {key: self.expand(value, depth + 1) for key, value in cast("JsonObject", node).items()}
        if isinstance(node, list):
            return [self.expand(item, depth + 1) for item in cast("list[object]", node)]
        return node

    def _expand_use(self, use: Use, depth: int) -> object:
        siblings = cast("dict[str, object]", self.expand(use.siblings, depth))
        if not self._is_inlined(use.place, depth):
            return {"$ref": f"#/$defs/{self._name(use.place)}", **siblings}
        target = self.expand(self._targets.target(use.place), depth + 1)
        if not siblings:
            return target
        whole: dict[str, object] = {"allOf": [target]}
        if isinstance(target, dict) and siblings.keys() <= _INDEPENDENT - (target.keys() - _ANNOTATIONS):
            whole = cast("dict[str, object]", target)
        return {**whole, **siblings}

    def _is_inlined(self, place: Place, depth: int) -> bool:
        if depth >= MAX_INLINE_DEPTH or place in self.names:
            return False
        return self._uses[place] == 1 or self._is_small(place)

    def _is_small(self, place: Place) -> bool:
        if place not in self._small:
            target = self._targets.target(place)
            simple = next(uses_in(target), None) is None
            self._small[place] = simple and len(orjson.dumps(target)) <= SMALL_TARGET
        return self._small[place]

    def _name(self, place: Place) -> str:
        if place not in self.names:
            base = definition_name(place[0])
            name, number = base, 2
            while name in self._taken:
                name, number = f"{base}_{number}", number + 1
            self.names[place] = name
            self._taken.add(name)
            self.waiting.append(place)
        return self.names[place]


def definition_name(pointer: str) -> str:
    """A short name for the schema at a pointer: its last token that says what it is rather than where."""
    for token in reversed(pointer.split("/")):
        if token in _STRUCTURE or token.isdigit() or ("~1" in token and not token.startswith("~1")):
            continue
        words = re.findall(r"[A-Za-z0-9]+", re.sub(r"~1\{[^{}]*\}|~[01]", " ", token))
        if words:
            return (words[-1] if "~1" in token else "_".join(words))[:48]
    return "schema"


def uses_in(fragment: object) -> Iterator[Use]:
    """The uses in a fragment, those beside another one included."""
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
