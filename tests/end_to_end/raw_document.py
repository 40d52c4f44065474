"""The published document read by test code alone: what each operation asks for, and values that it accepts.

Nothing of specport is used here, so that a mistake in its reading cannot repeat itself in what is expected of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
MAX_HOPS = 50
IGNORED = {("header", "accept"), ("header", "content-type"), ("header", "authorization")}
"""Parameters that mean nothing (OAS 3.0 section 4.7.12.1)."""

PLAIN = "a b/ü&=?#%+'\"{}"
"""A string with everything that has a meaning in a URL or in JSON."""

BY_FORMAT = {
    "uuid": "4de7ac8b-495b-4884-9a69-1050c6793cd6",
    "date-time": "2023-01-31T23:59:59Z",
    "ipv4": "192.0.2.7",
    "hostname": "www.example.com",
    "url": "https://example.com/a?b=c",
    "cidr": "192.0.2.0/24",
}
CANDIDATES = (
    "abc", "a-b", "web-01", "example.com", "do:droplet:123", "KEA", "DROP,CREATE", "192.0.2.7", "A_B",
    BY_FORMAT["uuid"], "owner/repository", "x", "sub.example.com",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expected:
    """One operation with arguments, and the request that they must make."""

    method: str
    path: str
    arguments: Mapping[str, Any]
    target_path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: Any
    is_secured: bool


class RawDocument:
    """The document as JSON, its references followed wherever they lead."""

    def __init__(self, path: Path) -> None:
        self.root = json.loads(path.read_text())

    def follow(self, node: Any) -> Any:
        """What a node refers to, through any number of hops."""
        for _ in range(MAX_HOPS):
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
                return node
            node = self._at(node["$ref"])
        raise AssertionError(f"more than {MAX_HOPS} hops: {node}")

    def _at(self, reference: str) -> Any:
        value = self.root
        for token in unquote(reference).removeprefix("#/").split("/"):
            key = token.replace("~1", "/").replace("~0", "~")
            value = self.follow(value)
            value = value[int(key)] if isinstance(value, list) else value[key]
        return value

    def expectations(self, *, everything: bool) -> Iterator[Expected]:
        """Each operation once, with only what it requires or with all that it takes."""
        for path, raw in self.root["paths"].items():
            item = self.follow(raw)
            for method in METHODS:
                if method in item:
                    yield self._expected(path, method, item, item[method], everything)

    def _expected(self, path: str, method: str, item: Any, operation: Any, everything: bool) -> Expected:
        given = [self.follow(each) for each in [*item.get("parameters", []), *operation.get("parameters", [])]]
        parameters = {(each["name"], each["in"]): each for each in given}
        arguments: dict[str, Any] = {}
        query: list[tuple[str, str]] = []
        headers: dict[str, str] = {}
        target = path
        for (name, place), each in parameters.items():
            if not (everything or each.get("required")) or (place, name.lower()) in IGNORED:
                continue
            value = arguments[name] = self.value(each["schema"], everything)
            text = value if isinstance(value, str) else json.dumps(value)
            if place == "path":
                target = target.replace(f"{{{name}}}", quote(text, safe=""))
            elif place == "query":
                query.append((name, text))
            else:
                headers[name.lower()] = text
        body = self.follow(operation.get("requestBody", {}))
        sends = bool(body) and (everything or body.get("required", False))
        if sends:
            arguments["body"] = self.value(body["content"]["application/json"]["schema"], everything)
        secured = bool(operation.get("security", self.root.get("security")))
        return Expected(
            method.upper(),
            path,
            arguments,
            target,
            tuple(query),
            headers,
            arguments.get("body") if sends else None,
            secured,
        )

    def value(self, schema: Any, everything: bool) -> Any:
        """A value that the schema accepts: required members or all of them, the first branch of a choice."""
        schema = self._merged(self.follow(schema))
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type") or (
            "object" if "properties" in schema else "array" if "items" in schema else "string"
        )
        if kind == "object":
            return self._object(schema, everything)
        if kind == "array":
            return [self.value(schema.get("items", {}), everything)] * max(1, schema.get("minItems", 0))
        if kind == "boolean":
            return True
        if kind in {"integer", "number"}:
            return _number(schema, kind)
        return _string(schema)

    def _object(self, schema: Any, everything: bool) -> dict[str, Any]:
        described, required = schema.get("properties", {}), schema.get("required", [])
        members: dict[str, Any] = {name: PLAIN for name in required if name not in described}
        for name, each in described.items():
            wanted = everything or name in required
            if wanted and not self._merged(self.follow(each)).get("readOnly"):
                members[name] = self.value(each, everything)
        extra = schema.get("additionalProperties")
        if everything and isinstance(extra, dict) and not members:
            members["extra"] = self.value(extra, everything)
        return members

    def _merged(self, schema: Any) -> dict[str, Any]:
        """The schema with its `allOf` and the first branch of its choices put into one."""
        merged = {key: value for key, value in schema.items() if key not in {"allOf", "anyOf", "oneOf"}}
        parts = [*schema.get("allOf", []), *schema.get("anyOf", [])[:1], *schema.get("oneOf", [])[:1]]
        for part in parts:
            inner = self._merged(self.follow(part))
            for key, value in inner.items():
                if key == "properties":
                    merged[key] = {**value, **merged.get(key, {})}
                elif key == "required":
                    merged[key] = [*merged.get(key, []), *value]
                else:
                    merged.setdefault(key, value)
        return merged


def _number(schema: Any, kind: str) -> int | float:
    low = schema.get("minimum", 1)
    low += 1 if schema.get("exclusiveMinimum") is True else 0
    value = min(max(low, 7), schema.get("maximum", low + 7))
    return (
        value if kind == "integer" else float(value) + (0.5 if value + 0.5 <= schema.get("maximum", value + 1) else 0)
    )


def _string(schema: Any) -> str:
    pattern, least, most = schema.get("pattern"), schema.get("minLength", 0), schema.get("maxLength", 10_000)
    choices = [BY_FORMAT.get(schema.get("format", ""), PLAIN), *CANDIDATES, "x" * least, str(schema.get("example", ""))]
    for text in choices:
        if least <= len(text) <= most and (pattern is None or re.search(pattern, text)):
            return text
    raise AssertionError(f"no string for {schema}")
