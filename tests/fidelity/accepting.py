"""Whether a schema accepts a value, by the texts of JSON Schema and of the Schema Objects of OAS 2.0 and 3.0."""

from __future__ import annotations

import math
from typing import Any

from fidelity.patterns import is_matched
from fidelity.references import Documents, Json

TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
}  # fmt: skip
MAX_DEPTH = 60


class Acceptance:
    """Checks values against the schemas of one document. `in_request` leaves read-only members out of `required`."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._modern = documents.has_modern_schemas

    def __call__(self, node: Json, value: Any, depth: int = 0) -> bool:
        """Whether the schema accepts the value in a request."""
        if depth > MAX_DEPTH:
            return False
        if isinstance(node, bool) or node is None:
            return node is not False
        if isinstance(node.get("$ref"), str):
            target = self._documents.at(node["$ref"])
            beside = {key: each for key, each in node.items() if key != "$ref"} if self._modern else {}
            return self(target, value, depth + 1) and (not beside or self(beside, value, depth))
        if value is None and self._may_be_null(node):
            return True
        return (
            self._has_type(node, value)
            and self._is_listed(node, value)
            and self._combines(node, value, depth)
            and self._fits(node, value, depth)
        )

    def _may_be_null(self, node: Json) -> bool:
        nullable = node.get("nullable") is True and not self._modern and "type" in node
        return nullable and ("enum" not in node or None in node["enum"])

    def _has_type(self, node: Json, value: Any) -> bool:
        kinds = node.get("type")
        if kinds is None:
            return True
        return any(_is(kind, value) for kind in (kinds if isinstance(kinds, list) else [kinds]))

    def _is_listed(self, node: Json, value: Any) -> bool:
        if "const" in node and self._modern and not same(node["const"], value):
            return False
        return "enum" not in node or any(same(each, value) for each in node["enum"])

    def _combines(self, node: Json, value: Any, depth: int) -> bool:
        def held(key: str) -> list[bool]:
            return [self(part, value, depth + 1) for part in node.get(key, [])]

        if not all(held("allOf")) or ("anyOf" in node and not any(held("anyOf"))):
            return False
        fitting = held("oneOf").count(True)
        if "oneOf" in node and not (fitting == 1 or (fitting and "discriminator" in node)):  # it names the branch
            return False
        return "not" not in node or not self(node["not"], value, depth + 1)

    def _fits(self, node: Json, value: Any, depth: int) -> bool:
        if isinstance(value, str):
            return _text_fits(node, value)
        if isinstance(value, bool) or value is None:
            return True
        if isinstance(value, int | float):
            return _number_fits(node, value)
        return self._items_fit(node, value, depth) if isinstance(value, list) else self._members_fit(node, value, depth)

    def _items_fit(self, node: Json, value: list[Any], depth: int) -> bool:
        if not node.get("minItems", 0) <= len(value) <= node.get("maxItems", math.inf):
            return False
        if node.get("uniqueItems") and any(same(a, b) for i, a in enumerate(value) for b in value[:i]):
            return False
        first = node.get("prefixItems", []) if self._modern else []
        rest = node.get("items", True)
        schemas = [*first, *[rest] * max(0, len(value) - len(first))]
        held = all(self(schema, item, depth + 1) for schema, item in zip(schemas, value, strict=False))
        return held and ("contains" not in node or any(self(node["contains"], item, depth + 1) for item in value))

    def _members_fit(self, node: Json, value: dict[str, Any], depth: int) -> bool:
        described = node.get("properties", {})
        needed = [name for name in node.get("required", []) if not self.is_read_only(described.get(name))]
        if any(name not in value for name in needed) or not self._counts(node, value):
            return False
        patterns = node.get("patternProperties", {}) if self._modern else {}
        for name, item in value.items():
            matching = [schema for pattern, schema in patterns.items() if is_matched(pattern, name)]
            matching += [described[name]] if name in described else []
            checked = matching or [node.get("additionalProperties", True)]
            if not all(self(schema, item, depth + 1) for schema in checked):
                return False
        return all(self(node.get("propertyNames"), name, depth + 1) for name in value)

    def _counts(self, node: Json, value: dict[str, Any]) -> bool:
        if not node.get("minProperties", 0) <= len(value) <= node.get("maxProperties", math.inf):
            return False
        dependent = node.get("dependentRequired", {}) if self._modern else {}
        return all(name in value for key, names in dependent.items() if key in value for name in names)

    def is_read_only(self, node: Json, depth: int = 0) -> bool:
        """Whether a property says so itself, behind its reference or in its allOf."""
        if not isinstance(node, dict) or depth > 10:
            return False
        if "readOnly" in node and (self._modern or "$ref" not in node):
            return bool(node["readOnly"])
        found = self._documents.follow(node)
        if not isinstance(found, dict):
            return False
        return bool(found.get("readOnly")) or any(self.is_read_only(each, depth + 1) for each in found.get("allOf", []))


def _is(kind: str, value: Any) -> bool:
    if kind in {"integer", "number"}:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and (kind == "number" or float(value).is_integer())
    return isinstance(value, TYPES[kind]) if kind in TYPES else True


def _text_fits(node: Json, value: str) -> bool:
    if not node.get("minLength", 0) <= len(value) <= node.get("maxLength", math.inf):
        return False
    return "pattern" not in node or is_matched(node["pattern"], value)


def _number_fits(node: Json, value: float) -> bool:
    low, high = node.get("minimum", -math.inf), node.get("maximum", math.inf)
    over, under = node.get("exclusiveMinimum", False), node.get("exclusiveMaximum", False)
    if not isinstance(over, bool) and value <= over:
        return False
    if not isinstance(under, bool) and value >= under:
        return False
    above = value > low if over is True else value >= low
    below = value < high if under is True else value <= high
    step = node.get("multipleOf")
    return above and below and (not step or abs(value / step - round(value / step)) < 1e-9)


def same(left: Any, right: Any) -> bool:
    """Equality of JSON: 1 is 1.0, true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    return type(left) is type(right) and left == right if isinstance(left, str) else left == right
