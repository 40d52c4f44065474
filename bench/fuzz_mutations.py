"""Documents changed at random: members dropped, renamed, swapped, spliced, turned into references; bytes damaged."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeAlias

import yaml

Json: TypeAlias = Any  # anything may become anything
Slot: TypeAlias = tuple[Json, Any]
"""A container, and the key or index of a value in it."""

MAX_CHANGES = 6
DEEPEST = 600
"""Levels that one mutation wraps around a value."""

ODD_TEXTS = (
    "", " ", "/", "..", "../..", "#", "#/", "#/paths", "{", "{}", "{a}", "a{b}c{", "%", "%2e%2e", "\x00", "\n",
    "\r\nX: y", "\ud7ff", "ü漢😀", "\u202e", "null", "true", "1", "~", "~1", "$ref", "__proto__", "a" * 70,
    "a" * 5_000, "x-", "body", "content_type", "application/json", "*/*", "multipart/form-data", "text/\x01",
    "^(a+)+$", "(", "[", "\\", "date-time", "^",
)  # fmt: skip
ODD_NUMBERS = (
    0,
    -1,
    1,
    2**31,
    2**53 + 1,
    2**63,
    2**64,
    -(2**63) - 1,
    10**30,
    10**400,
    1e308,
    -1e308,
    5e-324,
    0.1,
    1.0,
    -0.0,
    200,
)
VERSIONS = ("2.0", "3.0.0", "3.0.3", "3.1.0", "3.2.0", "3.1", "3", "1.2", 3.1, None)
KEYWORDS = (
    "$ref", "$id", "$anchor", "$defs", "$dynamicRef", "$dynamicAnchor", "$self", "type", "items", "prefixItems",
    "properties", "required", "enum", "const", "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
    "additionalProperties", "patternProperties", "propertyNames", "dependentRequired", "dependentSchemas",
    "unevaluatedProperties", "contains", "minContains", "minimum", "maximum", "exclusiveMinimum", "multipleOf",
    "minLength", "maxLength", "pattern", "format", "nullable", "readOnly", "writeOnly", "default",
    "discriminator", "contentEncoding", "contentMediaType", "contentSchema", "description", "title",
    "deprecated", "in", "name", "style", "explode", "allowReserved", "content", "schema", "itemSchema",
    "encoding", "contentType", "headers", "requestBody", "parameters", "responses", "servers", "url",
    "variables", "security", "tags", "operationId", "summary", "consumes", "produces", "schemes", "host",
    "basePath", "collectionFormat", "get", "post", "query", "additionalOperations", "paths", "components",
    "securitySchemes", "scheme", "parent", "x-nullable",
)  # fmt: skip
TYPES = (
    "object", "array", "string", "number", "integer", "boolean", "null", "file", "any", ["string", "null"], [],
    ["object", "array"],
)  # fmt: skip


class Mutator:
    """Changes documents; `others` are where spliced parts come from."""

    def __init__(self, random: Random, others: Sequence[Json]) -> None:
        self._random = random
        self._others = others
        self._ways: tuple[Callable[[Json, Slot], None], ...] = (
            self._drop, self._swap, self._rename, self._splice, self._share, self._refer, self._number, self._text,
            self._keyword, self._keyword, self._keyword, self._type, self._wrap, self._repeat, self._deepen,
            self._version,
        )  # fmt: skip

    def changed(self, document: Json) -> Json:
        """A copy with some changes; containers may be shared in it."""
        root = {"": copy.deepcopy(document)}
        for _ in range(self._random.randint(1, MAX_CHANGES)):
            if not isinstance(root[""], dict | list):
                break
            self._random.choice(self._ways)(root[""], self._slot(root[""]))
        return root[""]

    def value(self) -> Json:
        """Something small of any type."""
        return self._random.choice([
            None, True, False, [], {}, [[]], [None], {"": None}, {"a": 1}, "text", self._random.choice(ODD_TEXTS),
            self._random.choice(ODD_NUMBERS), {"type": self._random.choice(TYPES)}, ["a", "a"], [1, {}], {"$ref": "#"},
        ])  # fmt: skip

    def _slot(self, root: Json) -> Slot:
        """A place: near the root as likely as anywhere."""
        if self._random.random() < 0.4:
            return self._random.choice(slots(root) or [(root, None)])
        found: Slot = (root, None)
        node = root
        while isinstance(node, dict | list) and node and (found[1] is None or self._random.random() < 0.9):
            key = self._random.choice(list(node)) if isinstance(node, dict) else self._random.randrange(len(node))
            found, node = (node, key), node[key]
        return found

    def _drop(self, _root: Json, slot: Slot) -> None:
        if slot[1] is not None:
            del slot[0][slot[1]]

    def _swap(self, _root: Json, slot: Slot) -> None:
        self._put(slot, self.value())

    def _rename(self, _root: Json, slot: Slot) -> None:
        holder, key = slot
        if isinstance(holder, dict) and key is not None:
            name = self._random.choice([*ODD_TEXTS, *KEYWORDS, f"{key} ", str(key).upper(), f"x-{key}", f"/{key}"])
            items = [(name if old == key else old, value) for old, value in holder.items()]
            holder.clear()
            holder.update(items)

    def _splice(self, root: Json, slot: Slot) -> None:
        source = self._random.choice([root, *self._others])
        holder, key = self._random.choice(slots(source) or [([None], 0)])
        self._put(slot, copy.deepcopy(holder[key]))

    def _share(self, root: Json, slot: Slot) -> None:
        """The same container in two places, as a YAML alias makes it; one inside itself is no JSON and left alone."""
        holder, key = self._random.choice(slots(root) or [([None], 0)])
        if slot[1] is not None and not _reaches(holder[key], slot[0]):
            self._put(slot, holder[key])

    def _refer(self, root: Json, slot: Slot) -> None:
        pointers = list(_pointers(root))
        target = self._random.choice([*pointers[:3], self._random.choice(pointers), self._random.choice(ODD_TEXTS)])
        forms = [f"#{target}", f"#{target}/{self._random.choice(KEYWORDS)}", str(target), f"other.json#{target}"]
        reference: Json = {"$ref": self._random.choice([forms[0], forms[0], forms[0], *forms, 5, None])}
        if self._random.random() < 0.3:
            reference[self._random.choice(KEYWORDS)] = self.value()
        self._put(slot, reference)

    def _number(self, _root: Json, slot: Slot) -> None:
        self._put(slot, self._random.choice(ODD_NUMBERS))

    def _text(self, _root: Json, slot: Slot) -> None:
        self._put(slot, self._random.choice(ODD_TEXTS))

    def _keyword(self, root: Json, slot: Slot) -> None:
        node = slot[0][slot[1]] if slot[1] is not None else root
        holder = node if isinstance(node, dict) else slot[0]
        if isinstance(holder, dict):
            source = self._random.choice([root, *self._others])
            taken, key = self._random.choice(slots(source) or [([None], 0)])
            value = copy.deepcopy(taken[key]) if self._random.random() < 0.3 else self.value()
            holder[self._random.choice(KEYWORDS)] = value

    def _type(self, root: Json, slot: Slot) -> None:
        node = slot[0][slot[1]] if slot[1] is not None else root
        if isinstance(node, dict):
            node["type"] = self._random.choice(TYPES)

    def _wrap(self, _root: Json, slot: Slot) -> None:
        if slot[1] is not None:
            value = slot[0][slot[1]]
            key = self._random.choice(KEYWORDS)
            self._put(slot, self._random.choice([[value], [value, value], {key: value}, {key: [value]}]))

    def _repeat(self, root: Json, slot: Slot) -> None:
        node = slot[0][slot[1]] if slot[1] is not None else root
        if isinstance(node, list) and 0 < len(node) < 100:
            node.extend(copy.deepcopy(node) * self._random.choice([1, 1, 10]))

    def _deepen(self, _root: Json, slot: Slot) -> None:
        key = self._random.choice(["items", "not", "additionalProperties", "allOf", "anyOf", "properties", "schema"])
        for _ in range(self._random.choice([3, 60, 170, 260, DEEPEST])):
            if slot[1] is None:
                return
            inner = slot[0][slot[1]]
            held = [inner] if key.endswith("Of") else {"a": inner} if key == "properties" else inner
            slot[0][slot[1]] = {key: held}

    def _version(self, root: Json, _slot: Slot) -> None:
        if isinstance(root, dict):
            root.pop("swagger", None)
            root.pop("openapi", None)
            root[self._random.choice(["openapi", "openapi", "swagger"])] = self._random.choice(VERSIONS)

    def _put(self, slot: Slot, value: Json) -> None:
        if slot[1] is not None:
            slot[0][slot[1]] = value


def slots(root: Json) -> list[Slot]:
    """Every place below the root, those of shared containers once."""
    found: list[Slot] = []
    waiting = [root]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict | list) and id(node) not in seen:
            seen.add(id(node))
            keys = list(node) if isinstance(node, dict) else range(len(node))
            found += [(node, key) for key in keys]
            waiting += [node[key] for key in keys]
    return found


def _pointers(root: Json) -> Sequence[str]:
    found: list[str] = []
    waiting = [(root, "")]
    seen: set[int] = set()
    while waiting:
        node, pointer = waiting.pop(0)
        found.append(pointer)
        if isinstance(node, dict | list) and id(node) not in seen:
            seen.add(id(node))
            pairs = node.items() if isinstance(node, dict) else enumerate(node)
            waiting += [(value, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}") for key, value in pairs]
    return found


def _reaches(node: Json, wanted: Json) -> bool:
    return node is wanted or any(holder[key] is wanted for holder, key in slots(node))


def written(document: Json, random: Random) -> bytes:
    """The document as bytes: JSON, or YAML in one of its forms; sometimes damaged, sometimes in another encoding."""
    try:
        text = _text_of(document, random)
    except (RecursionError, ValueError, yaml.YAMLError):
        text = "{}"
    encoding = random.choice(["utf-8"] * 12 + ["utf-8-sig", "utf-16", "utf-32", "latin-1"])
    data = text.encode(encoding, errors="replace")
    if random.random() < 0.12:
        data = _damaged(data, random)
    return data


def _text_of(document: Json, random: Random) -> str:
    form = random.random()
    if form < 0.6:
        return json.dumps(document, ensure_ascii=random.random() < 0.5)
    style = random.choice([None, True, False])
    dumper = yaml.CSafeDumper
    return yaml.dump(
        document, Dumper=dumper, default_flow_style=style, allow_unicode=random.random() < 0.5, sort_keys=False
    )


def _damaged(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) + 1)
    way = random.randrange(4)
    if way == 0:
        return data[:at]
    if way == 1:
        return data[:at] + random.randbytes(random.choice([1, 4])) + data[at:]
    if way == 2:
        odd = random.choice(
            [b"\t", b"\x00", b"---\n", b"&a ", b"*a", b"<<: ", b"!!binary ", b"? ", b"\xff", b"}", b"1e999", b"NaN"]
        )
        return data[:at] + odd + data[at:]
    end = min(len(data), at + random.choice([1, 20, 2_000]))
    return data[:at] + data[end:]
