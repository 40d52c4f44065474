"""How a tool is called, in one line of a notation like TypeScript's, for lists in which a schema is too long.

`droplets.dropletsList(tag_name?: string, per_page?: integer)`: required arguments first, `?` after the name of an
optional one, `T[]` an array, `{[key]: T}` an object of any names, `"a"|"b"` one of these. `...` stands for more, which
`tools.describe` shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import orjson

from specport.catalog.model import Tool
from specport.schemas.keywords import definition
from specport.schemas.model import JsonSchema

MAX_SIGNATURE = 320
"""Characters of a signature; members of objects give way first, then optional arguments."""

MAX_CHOICES = 8
"""Most values of an enum, or kinds of value, that are named."""

MAX_DEFAULT = 20
"""Characters of a default that is shown."""

_DETAILS = ((3, True), (2, True), (1, True), (2, False), (1, False), (0, True))
"""From most to least: levels of objects that are spelled out, and whether with what is optional in them."""

_MAX_PARTS = 200
"""Schemas looked at for one type."""

_MAX_COMPOSED = 32
"""Parts of one `allOf` that are put together."""

MAX_ANSWER = 1_200
"""Characters of the type of what a tool answers."""


@dataclass(frozen=True, slots=True)
class Notation:
    """How types and arguments are spelled.

    `kinds` are the names of types that are not JSON Schema's own, `many` is an array; `optional` is an argument that
    may be left out.
    """

    kinds: Mapping[str, str] = field(default_factory=dict[str, str])
    many: str = "{}[]"
    optional: str = "{name}?: {type}"

    def kind(self, name: str) -> str:
        """The name of a type."""
        return self.kinds.get(name, name)


TYPESCRIPT = Notation()
PYTHON = Notation(
    kinds={"string": "str", "integer": "int", "number": "float", "boolean": "bool", "object": "dict", "null": "None"},
    many="list[{}]",
    optional="{name}: {type} = {default}",
)


def signature_of(tool: Tool, limit: int = MAX_SIGNATURE) -> str:
    """The signature of a tool by its address, of at most `limit` characters where its required arguments allow."""
    return f"{tool.address}({arguments_of(tool.input_schema, limit - len(tool.address) - 2)})"


def arguments_of(schema: JsonSchema, limit: int, notation: Notation = TYPESCRIPT) -> str:
    """The arguments of an input schema with as many levels as fit, then without optional ones at the end."""
    shown: list[tuple[str, bool]] = []
    for depth, is_whole in _DETAILS:
        shown = list(_Writer(schema, depth, notation, is_whole=is_whole).members(schema))
        text = ", ".join(member for member, _ in shown)
        if len(text) <= limit:
            return text
    kept = [member for member, is_required in shown if is_required]
    used = sum(len(member) + 2 for member in kept) + len("...")
    for member, is_required in shown:
        if not is_required and used + len(member) + 2 <= limit:
            used += len(member) + 2
            kept.append(member)
    return ", ".join(kept if len(kept) == len(shown) else [*kept, "..."])


def type_of(schema: JsonSchema, limit: int, notation: Notation = TYPESCRIPT) -> str:
    """The type that a schema describes, with as many levels as fit `limit` characters."""
    text = ""
    for depth, is_whole in _DETAILS:
        text = _Writer(schema, depth, notation, is_whole=is_whole).type_of(schema)
        if len(text) <= limit:
            return text
    return text[: max(0, limit - 3)] + "..."


class _Writer:
    """Writes the types of one schema, objects down to `depth`; not `is_whole`: only what is required in them."""

    def __init__(self, root: JsonSchema, depth: int, notation: Notation, *, is_whole: bool) -> None:
        self._notation = notation
        self._definitions = cast("Mapping[str, JsonSchema]", root.get("$defs", {}))
        self._depth = depth
        self._is_whole = is_whole
        self._left = _MAX_PARTS

    def members(self, schema: JsonSchema, depth: int = 0) -> Iterator[tuple[str, bool]]:
        """Each property as `name: type`, and whether it is required; those first."""
        properties, required = self._properties(schema)
        for name in sorted(properties, key=lambda name: name not in required):
            is_required = name in required
            spelled = "{name}: {type}" if is_required else self._notation.optional if depth == 0 else "{name}?: {type}"
            kind, default = self.type_of(properties[name], depth), _default(properties[name])
            yield spelled.format(name=_key(name), type=kind, default=default), is_required

    def type_of(self, schema: object, depth: int = 0) -> str:
        """The type of one schema."""
        self._left -= 1
        if not isinstance(schema, dict) or self._left < 0:
            return "any"
        part = cast("JsonSchema", schema)
        target = self._target(part)
        if target is not None:
            return self.type_of(target, depth + 1) if depth <= self._depth else "{...}"
        if "const" in part:
            return _literal(part["const"])
        if "enum" in part:
            return _one_of([_literal(value) for value in cast("Sequence[object]", part["enum"])])
        return self._composed(part, depth)

    def _composed(self, part: JsonSchema, depth: int) -> str:
        """The type of a schema that is no reference and no enum."""
        properties, _ = self._properties(part)
        for union in ("anyOf", "oneOf"):
            if union in part and not properties:
                branches = cast("Sequence[object]", part[union])
                return _one_of([self.type_of(branch, depth) for branch in branches[: MAX_CHOICES + 1]])
        if "allOf" in part and not properties:
            branches = cast("Sequence[object]", part["allOf"])
            types = dict.fromkeys(self.type_of(branch, depth) for branch in branches)
            return " & ".join(each for each in types if each != "any") or "any"
        kinds = part.get("type", "object" if properties else "any")
        names = cast("Sequence[str]", kinds) if isinstance(kinds, list) else [cast("str", kinds)]
        return _one_of([self._kind(kind, part, depth) for kind in names])

    def _kind(self, kind: str, part: JsonSchema, depth: int) -> str:
        if kind == "array":
            item = self.type_of(part.get("items"), depth)
            many = self._notation.many
            return many.format(f"({item})" if _is_composed(item) and many.startswith("{}") else item)
        if kind != "object":
            return self._notation.kind(kind)
        if not self._properties(part)[0]:
            extra = part.get("additionalProperties")
            is_schema = isinstance(extra, dict)
            return (
                f"{{[key]: {self.type_of(cast('JsonSchema', extra), depth + 1)}}}"
                if is_schema
                else self._notation.kind(kind)
            )
        if depth >= self._depth:
            return "{...}"
        members = list(self.members(part, depth + 1))
        kept = [member for member, is_required in members if is_required or self._is_whole]
        return f"{{{', '.join(kept if len(kept) == len(members) else [*kept, '...'])}}}"

    def _properties(self, part: JsonSchema) -> tuple[Mapping[str, object], frozenset[str]]:
        """The properties of an object and of all that it is composed of by `allOf`, and which are required."""
        properties: dict[str, object] = {}
        required: set[str] = set()
        waiting: list[JsonSchema] = [part]
        for _ in range(_MAX_COMPOSED):
            if not waiting:
                break
            each = waiting.pop(0)
            target = self._target(each)
            if target is not None:
                waiting.append(target)
                continue
            properties = {**cast("Mapping[str, object]", each.get("properties", {})), **properties}
            required.update(cast("Sequence[str]", each.get("required", ())))
            branches = cast("Sequence[object]", each.get("allOf", ()))
            waiting += [cast("JsonSchema", branch) for branch in branches if isinstance(branch, dict)]
        return properties, frozenset(required)

    def _target(self, part: JsonSchema) -> JsonSchema | None:
        """What a schema refers to, if it does."""
        reference = part.get("$ref")
        return self._definitions.get(definition(reference)) if isinstance(reference, str) else None


def _is_composed(text: str) -> bool:
    """Whether a type is a union or an intersection, rather than an object or list that holds one."""
    depth = 0
    for char in text:
        depth += (char in "{([") - (char in "})]")
        if depth == 0 and char in "|&":
            return True
    return False


def _one_of(types: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(types))
    return "|".join([*distinct[:MAX_CHOICES], "..."] if len(distinct) > MAX_CHOICES else distinct)


def _literal(value: object) -> str:
    return orjson.dumps(value).decode()


def _default(schema: object) -> str:
    """A default as Python, `...` where there is none or a long one."""
    default = cast("JsonSchema", schema).get("default") if isinstance(schema, dict) else None
    is_plain = isinstance(default, str | int | float) and len(str(default)) <= MAX_DEFAULT
    return repr(default) if is_plain else "..."


def _key(name: str) -> str:
    return name if name.isidentifier() else _literal(name)
