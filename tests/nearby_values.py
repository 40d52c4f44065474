"""Values that fit a schema or nearly do, the same in every run."""

from __future__ import annotations

import random
from typing import Any, TypeAlias

Json: TypeAlias = Any  # schemas and values are read as they come; comparing what is made of them is the check

DEEPEST = 7
ODD = 0.06
"""How often a value is of another type than its schema says."""

_TEXTS = ("", "a", "nyc1", "2020-01-01", "https://a.example", "1")


class Nearby:
    """Makes values for one schema, whose `$defs` it follows."""

    def __init__(self, root: Json, seed: int) -> None:
        self._root = root
        self._random = random.Random(seed)

    def value(self, schema: Json | None = None, depth: int = 0) -> Json:
        """A value for the schema, by default the whole one."""
        schema = self._followed(self._root if schema is None else schema)
        if not isinstance(schema, dict) or depth > DEEPEST:
            return self._random.choice((None, 1, "a", {}, []))
        if "enum" in schema and self._random.random() > ODD:
            return self._random.choice(schema["enum"])
        parts = [self.value(part, depth + 1) for part in schema.get("allOf", ())]
        parts += [
            self.value(self._random.choice(schema[key]), depth + 1) for key in ("anyOf", "oneOf") if key in schema
        ]
        own = self._typed(schema, depth)
        if parts and all(isinstance(part, dict) for part in parts):
            return {
                key: value for part in (own if isinstance(own, dict) else {}, *parts) for key, value in part.items()
            }
        return parts[0] if parts else own

    def _followed(self, schema: Json) -> Json:
        for _ in range(DEEPEST):
            if not isinstance(schema, dict) or "$ref" not in schema:
                break
            target = self._root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**target, **rest} if isinstance(target, dict) else target
        return schema

    def _typed(self, schema: Json, depth: int) -> Json:
        pick = self._random.choice
        kinds = schema.get("type", "object" if "properties" in schema else "string")
        kind = kinds if isinstance(kinds, str) else pick(kinds)
        if self._random.random() < ODD:
            kind = pick(("string", "integer", "object", "array", "null", "boolean"))
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return [self.value(schema.get("items", {}), depth + 1) for _ in range(pick((0, 1, 1, 2)))]
        if kind == "string":
            length = int(min(pick((3, schema.get("minLength", 2), schema.get("maxLength", 5))), 300))
            return pick((*_TEXTS, "a" * length))
        if kind in ("integer", "number"):
            return pick((0, 1, -1, 10**6, schema.get("minimum", 1), schema.get("maximum", 3)))
        return pick((True, False)) if kind == "boolean" else None

    def _object(self, schema: Json, depth: int) -> Json:
        chance = self._random.random
        required = schema.get("required", ())
        members = {
            name: self.value(part, depth + 1)
            for name, part in schema.get("properties", {}).items()
            if chance() < (0.97 if name in required else 0.3)
        }
        members |= {name: "x" for name in required if name not in members and chance() < 0.9}
        others = schema.get("additionalProperties")
        if isinstance(others, dict):
            members["other"] = self.value(others, depth + 1)
        return members if chance() > ODD else {**members, "unknown": 1}
