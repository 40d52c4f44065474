"""A schema in few bytes, for calling from rather than checking: short descriptions, deep parts as an outline.

Nothing is hidden: where a part is not spelled out its members are named in its description (`outline`), and what is
left out there shows as `...`. What every call must give is named to the second level below the arguments. Validation
always uses the full schema, which accepts no more than this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import orjson

from specport.schemas.keywords import ONE_SCHEMA, SCHEMA_LISTS, SCHEMA_MAPS, definition
from specport.schemas.model import JsonSchema
from specport.schemas.outline import Held, Member, Outliner
from specport.schemas.plain import plain, types_of
from specport.schemas.prose import adds_nothing, choices_in, shortened, words
from specport.schemas.share import share

WORTH_SHARING = 64
"""Smallest JSON size, in bytes, of a part that is worth a name in a list."""


@dataclass(frozen=True, slots=True)
class Detail:
    """How much of a schema is spelled out.

    `outer_text`/`inner_text`: characters of a description of an argument / of what is inside one (0: none);
    `limits`: keywords such as `maximum` and `pattern`; `choices`: characters of an `enum`;
    `depth`: levels of nested members before an outline takes over; `outline`: its length in characters;
    `folded`: the optional members of a body are an outline, too; `optional_text`: optional arguments are described.
    """

    outer_text: int
    inner_text: int
    choices: int
    depth: int
    outline: int
    limits: bool = False
    folded: bool = False
    optional_text: bool = True


DETAILS = (
    Detail(outer_text=80, inner_text=60, choices=300, depth=20, outline=0, limits=True),
    Detail(outer_text=60, inner_text=0, choices=300, depth=20, outline=0, limits=True),
    Detail(outer_text=60, inner_text=0, choices=160, depth=20, outline=0),
    Detail(outer_text=50, inner_text=0, choices=80, depth=1, outline=200),
    Detail(outer_text=50, inner_text=0, choices=80, depth=1, outline=300, folded=True),
)
"""From most to least; the first that fits the budget is shown."""

LEAST = (
    Detail(outer_text=50, inner_text=0, choices=80, depth=1, outline=300, folded=True, optional_text=False),
    Detail(outer_text=50, inner_text=0, choices=80, depth=1, outline=100, folded=True, optional_text=False),
    Detail(outer_text=50, inner_text=0, choices=80, depth=0, outline=2_000, optional_text=False),
)
"""What is shown where nothing fits: the first that takes no more than MAX_LEAST, else the last."""

MAX_LEAST = 48_000
"""Bytes over which less is said of bodies, whatever the budget. The arguments themselves stay."""

MAX_PARTS = 2_000
"""Parts that are spelled out: more fit no budget, unless nearly all are equal. Beyond, parts of `allOf` stay apart."""

_LIMITS = frozenset({
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
    "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "minContains", "maxContains",
})  # fmt: skip
_USUAL = frozenset({("minimum", 0), ("minimum", 1), ("minLength", 1)})
"""Limits that nobody breaks: counts and numbers of pages are positive, texts are not empty."""

_CLOSING = frozenset({"additionalProperties", "unevaluatedProperties", "unevaluatedItems"})
"""Keywords that look at their neighbours, of which some are left out."""

_LEAST_BYTES = len('"":{},')
"""What a member takes beside its name."""

_LONGEST_DEFAULT = 24
"""Bytes of a default that is shown."""

_STORED = frozenset({"int32", "int64", "float", "double", "byte", "binary", "uuid"})
"""Formats that say how a value is stored, which is not for a caller to know: ids come from other answers."""


def lean(schema: JsonSchema, budget: int, context: str) -> JsonSchema:
    """The input schema with as much detail as fits `budget` bytes of JSON, or MAX_LEAST; arguments always stay.

    `context` is text shown beside the schema, such as the tool's address: a description that adds nothing to it and
    to the argument's name is left out.
    """
    known = words(context)
    if _bytes_of_arguments(schema) > budget:
        return _least(schema, known)
    for detail in DETAILS[:-1]:
        shown = _within(schema, detail, known, budget)
        if shown is not None:
            return shown
    least = _least(schema, known)
    shown = _within(schema, DETAILS[-1], known, budget) if len(orjson.dumps(least)) < budget else None
    return least if shown is None else shown


def _within(schema: JsonSchema, detail: Detail, known: frozenset[str], budget: int) -> JsonSchema | None:
    """The schema at a level of detail, if that fits."""
    try:
        shown = share(_Rewriting(schema, detail, known, budget).whole(), WORTH_SHARING)
    except _OverBudgetError:
        return None
    return shown if len(orjson.dumps(shown)) <= budget else None


def _least(schema: JsonSchema, known: frozenset[str]) -> JsonSchema:
    """The schema as it is shown where nothing fits."""
    for detail in LEAST[:-1]:
        shown = share(_Rewriting(schema, detail, known, None).whole(), WORTH_SHARING)
        if len(orjson.dumps(shown)) <= MAX_LEAST:
            return shown
    return share(_Rewriting(schema, LEAST[-1], known, None).whole(), WORTH_SHARING)


def _bytes_of_arguments(schema: JsonSchema) -> int:
    """What names and types of all arguments take at least."""
    arguments = cast("JsonSchema", schema.get("properties", {}))
    types = (cast("JsonSchema", part).get("type") for part in arguments.values() if isinstance(part, dict))
    return len(orjson.dumps(list(arguments))) + sum(
        len('{"type":"",}') + len(kind) for kind in types if isinstance(kind, str)
    )


def _open(key: str, schema: JsonSchema) -> str:
    """`anyOf` for `oneOf`, as branches that are told in fewer words may overlap; beside another `anyOf` not yet."""
    return "anyOf" if key == "oneOf" and "anyOf" not in schema else key


def _either(members: Sequence[Member]) -> object:
    """What a member may be, given what it is in each branch."""
    choices = [schema for index, (schema, _) in enumerate(members) if (schema, _) not in members[:index]]
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


class _OverBudgetError(Exception):
    """What is said already takes more than the budget, however much of it is shared."""


class _Rewriting:
    """Rewrites one schema at one level of detail, and gives up once that cannot fit the budget any more.

    What a large schema says in too many bytes would take milliseconds to say, and seconds for a page of tools.
    """

    def __init__(self, schema: JsonSchema, detail: Detail, known: frozenset[str], budget: int | None) -> None:
        self._schema = schema
        self._known = known
        self._definitions = cast("Mapping[str, JsonSchema]", schema.get("$defs", {}))
        self._outliner = Outliner(self._definitions)
        self._detail = detail
        self._needed: dict[str, None] = {}
        self._left = budget
        self._said: set[str] = set()
        self._parts = 0
        self._within: frozenset[str] = frozenset()

    def whole(self) -> JsonSchema:
        """The root with its arguments, and the definitions that what is left still refers to."""
        left_out = ("properties", "$defs", "additionalProperties")
        root = {key: value for key, value in self._schema.items() if key not in left_out}
        arguments = cast("Mapping[str, object]", self._schema.get("properties", {}))
        root["properties"] = {name: self._argument(name, argument) for name, argument in arguments.items()}
        shown: dict[str, object] = {}
        while missing := [name for name in self._needed if name not in shown]:
            shown.update({name: self._part(self._definitions[name], 1) for name in missing})
        return {**root, "$defs": shown} if shown else root

    def _say(self, texts: Iterable[str]) -> None:
        """Take texts that will stand in the result, equal ones perhaps once, off the budget."""
        for text in texts:
            if self._left is not None and text not in self._said:
                self._said.add(text)
                self._left -= len(text) + _LEAST_BYTES
                if self._left < 0:
                    raise _OverBudgetError

    def _argument(self, name: str, schema: object) -> object:
        part = self._part(schema, 0)
        if not isinstance(part, dict):
            return part
        shown = cast("dict[str, object]", part)
        if "format" in shown and str(shown["format"]) in words(name):
            del shown["format"]
        text = str(shown.get("description", ""))
        if not ("{" in text or "|" in text) and not self._is_worth_saying(name, text, cast("JsonSchema", schema)):
            shown.pop("description", None)
        return shown

    def _is_worth_saying(self, name: str, text: str, schema: JsonSchema) -> bool:
        is_described = self._detail.optional_text or name in cast("list[str]", self._schema.get("required", []))
        return is_described and not adds_nothing(name, text, self._known, schema)

    def _part(self, node: object, depth: int) -> object:
        if not isinstance(node, dict):
            return node
        within = self._within
        part = self._plain_part(cast("JsonSchema", node), depth)
        self._within = within
        return part

    def _plain_part(self, node: JsonSchema, depth: int) -> JsonSchema:
        schema = self._joined(node)
        if depth >= self._detail.depth and self._outliner.has_members(schema):
            stub = self._stub(schema)
            if "description" in stub:
                return stub
        held = self._outliner.held(schema) if self._detail.folded and depth == 0 else None
        if held:
            return self._folded(schema, held)
        reference = schema.get("$ref")
        if isinstance(reference, str):
            self._needed[definition(reference)] = None
        shown = dict(self._members(schema, depth))
        if "oneOf" in shown:  # beside `anyOf`
            shown["allOf"] = [*cast("list[object]", shown.get("allOf", [])), {"anyOf": shown.pop("oneOf")}]
        return self._with_choices(schema, shown)

    def _joined(self, node: JsonSchema) -> JsonSchema:
        """A part in its plainest form. What it refers to is joined with it, but never inside itself."""
        self._parts += 1
        if self._parts > MAX_PARTS:
            if self._left is not None:
                raise _OverBudgetError
            return plain(node)
        before, followed = self._within, set[str]()

        def follow(reference: str) -> JsonSchema:
            followed.add(reference)
            return self._definitions[definition(reference)]

        schema = plain(node, follow, before)
        self._within = before | followed if followed else before
        return schema

    def _members(self, schema: JsonSchema, depth: int) -> Iterator[tuple[str, object]]:
        for key, value in schema.items():
            if key == "description":
                text = shortened(str(value), self._detail.inner_text if depth else self._detail.outer_text)
                if text:
                    yield key, text
            elif key in SCHEMA_MAPS:
                inside = depth if key == "dependentSchemas" else depth + 1
                self._say(cast("JsonSchema", value))
                yield key, {name: self._part(part, inside) for name, part in cast("JsonSchema", value).items()}
            elif key in SCHEMA_LISTS:
                yield _open(key, schema), [self._part(part, depth) for part in cast("list[object]", value)]
            elif key in ONE_SCHEMA:
                if key not in _CLOSING or (key == "additionalProperties" and value not in (True, False, {})):
                    yield key, self._part(value, depth)
            elif self._is_shown(key, value):
                yield key, value

    def _is_shown(self, key: str, value: object) -> bool:
        if key in _LIMITS:
            return self._detail.limits and (key, value) not in _USUAL
        if key == "default":
            return bool(value) and value != 1 and len(orjson.dumps(value)) <= _LONGEST_DEFAULT
        return not (key == "format" and value in _STORED)

    def _with_choices(self, schema: JsonSchema, shown: dict[str, object]) -> dict[str, object]:
        """With the first choices in the description where an `enum` is too long."""
        choices = schema.get("enum")
        if not isinstance(choices, list) or len(orjson.dumps(choices)) <= self._detail.choices:
            return shown
        del shown["enum"]
        said = choices_in(cast("list[object]", choices), self._detail.choices)
        text = f"{shown.get('description', '')} {said}".strip()
        self._say([text])
        return {**shown, "description": text}

    def _folded(self, schema: JsonSchema, held: Held) -> JsonSchema:
        """A body of whose members only the required ones are spelled out, the others being an outline."""
        shown = {name: self._part(_either(held.members[name]), 1) for name in held.members if name in held.required}
        shown |= {name: {} for name in sorted(held.required) if name not in shown}
        rest = {name: members for name, members in held.members.items() if name not in shown}
        folded: dict[str, object] = {"type": schema["type"]} if "type" in schema else {}
        if "type" not in schema and held.kinds:
            folded["type"] = sorted(held.kinds) if len(held.kinds) > 1 else "object"
        if rest:
            outlined = self._outliner.outline_of(rest, held.alternatives, self._detail.outline)
            folded["description"] = f"optional: {outlined}" if shown else outlined
        return {**folded, "properties": shown, "required": list(shown)} if shown else folded

    def _stub(self, schema: JsonSchema) -> JsonSchema:
        kinds = types_of(schema)
        kind = schema.get("type") or ("array" if "items" in schema else None)
        stub: dict[str, object] = {"type": kind} if kind else {}
        if "array" in kinds or kind == "array":
            stub["items"] = {}
        text = self._outliner.outline(schema, self._detail.outline)
        self._say([text] if "{" in text else [])
        return {**stub, "description": text} if text else stub
