"""A schema in fewer bytes, for showing rather than checking: short descriptions, deep parts as an outline.

Nothing is hidden: where a part is not spelled out its members are named in its description, such as
`{name*, size: integer, kind: a|b, git{branch}, tags[]}` (`*`: required, `[]`: array, `<key>`: any name, no type: text,
`...`: more). Validation always uses the full schema.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import orjson

from specport.schemas.keywords import ONE_SCHEMA, SCHEMA_LISTS, SCHEMA_MAPS
from specport.schemas.model import JsonSchema
from specport.schemas.share import share

_UNIONS = ("allOf", "anyOf", "oneOf")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"(])|\n\s*\n")
_INHABITED = frozenset({"properties", "patternProperties", "prefixItems", *_UNIONS})
_MAX_OUTLINE_DEPTH = 6
_MAX_LOOKS = 64
_MAX_STEPS = 2_000
"""Schemas visited for one outline; far more names than its length takes."""


@dataclass(frozen=True, slots=True)
class Detail:
    """How much of a schema is spelled out.

    `outer_text`/`inner_text`: characters of a description of an argument / of what is inside one (0: none);
    `depth`: levels of nested members before an outline takes over; `outline`: its length in characters.
    """

    outer_text: int
    inner_text: int
    depth: int
    outline: int


DETAILS = (
    Detail(outer_text=80, inner_text=60, depth=20, outline=0),
    Detail(outer_text=60, inner_text=50, depth=20, outline=0),
    Detail(outer_text=60, inner_text=0, depth=20, outline=0),
    Detail(outer_text=60, inner_text=0, depth=3, outline=200),
    Detail(outer_text=60, inner_text=0, depth=2, outline=240),
    Detail(outer_text=50, inner_text=0, depth=1, outline=600),
)
"""From most to least; the first that fits the budget is shown."""

LEAST = (
    Detail(outer_text=50, inner_text=0, depth=1, outline=100),
    Detail(outer_text=50, inner_text=0, depth=0, outline=2_000),
)
"""What follows where even the last of these takes more than MAX_LEAST: bodies of hundreds of large members."""

MAX_LEAST = 48_000
"""Bytes over which less is said of bodies, whatever the budget. The arguments themselves, enums and all, stay."""

_FILLER_TEXT = """
a an and any are as at be been by can existing for from id identified identifier identifies identify identifying in
instance is it item itself managed name named new number numeric object of on or reference resource returned slug
specific specified specify string that the this to unique uniquely url use used uuid value which with you your
"""
_FILLER_WORDS = frozenset(word.rstrip("s") for word in _FILLER_TEXT.split())


def lean(schema: JsonSchema, budget: int, context: str) -> JsonSchema:
    """The input schema with as much detail as fits `budget` bytes of JSON, or MAX_LEAST; arguments always stay.

    `context` is text shown beside the schema, such as the tool's address: a description that adds nothing to it and
    to the argument's name is left out.
    """
    known = _words(context)
    for detail in DETAILS[:-1]:
        with contextlib.suppress(_OverBudgetError):
            shown = share(_Outliner(schema, detail, known, budget).whole())
            if len(orjson.dumps(shown)) <= budget:
                return shown
    for detail in (DETAILS[-1], *LEAST[:-1]):
        shown = share(_Outliner(schema, detail, known, None).whole())
        if len(orjson.dumps(shown)) <= MAX_LEAST:
            return shown
    return share(_Outliner(schema, LEAST[-1], known, None).whole())


class _OverBudgetError(Exception):
    """What is said already takes more than the budget, however much of it is shared."""


def _words(text: str) -> frozenset[str]:
    """The words of a text or identifier, singular and lower case."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text).lower()
    return frozenset(word.rstrip("s") for word in re.findall(r"[a-z0-9]+", spaced))


class _Outliner:
    """Rewrites one schema at one level of detail, and gives up once that cannot fit the budget any more.

    What a large schema says in too many bytes would take milliseconds to say, and seconds for a page of tools.
    """

    def __init__(self, schema: JsonSchema, detail: Detail, known: frozenset[str], budget: int | None) -> None:
        self._schema = schema
        self._known = known
        self._definitions = cast("Mapping[str, JsonSchema]", schema.get("$defs", {}))
        self._detail = detail
        self._needed: dict[str, None] = {}
        self._steps = 0
        self._left = budget
        self._said: set[str] = set()

    def _say(self, texts: Iterable[str]) -> None:
        """Take texts that will stand in the result, equal ones perhaps once, off the budget."""
        for text in texts:
            if self._left is not None and text not in self._said:
                self._said.add(text)
                self._left -= len(text) + 2
                if self._left < 0:
                    raise _OverBudgetError

    def whole(self) -> JsonSchema:
        """The root with its arguments, and the definitions that what is left still refers to."""
        root = {key: value for key, value in self._schema.items() if key not in ("properties", "$defs")}
        arguments = cast("Mapping[str, object]", self._schema.get("properties", {}))
        root["properties"] = {name: self._argument(name, argument) for name, argument in arguments.items()}
        shown: dict[str, object] = {}
        while missing := [name for name in self._needed if name not in shown]:
            shown.update({name: self._part(self._definitions[name], 1) for name in missing})
        return {**root, "$defs": shown} if shown else root

    def _argument(self, name: str, schema: object) -> object:
        part = self._part(schema, 0)
        if not isinstance(part, dict):
            return part
        shown = cast("dict[str, object]", part)
        if self._says_nothing_new(name, str(shown.get("description", ""))):
            shown.pop("description", None)
        return shown

    def _says_nothing_new(self, name: str, text: str) -> bool:
        return "{" not in text and _words(text) <= (_words(name) | self._known | _FILLER_WORDS)

    def _part(self, node: object, depth: int) -> object:
        if not isinstance(node, dict):
            return node
        schema = cast("JsonSchema", node)
        if depth >= self._detail.depth and self._has_members(schema):
            return self._stub(schema)
        reference = schema.get("$ref")
        if isinstance(reference, str):
            self._needed[_definition(reference)] = None
        return dict(self._members(schema, depth))

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
                yield key, [self._part(part, depth) for part in cast("list[object]", value)]
            elif key in ONE_SCHEMA:
                yield key, self._part(value, depth)
            elif key != "title" or self._detail.inner_text:
                yield key, value

    def _has_members(self, schema: JsonSchema) -> bool:
        """Whether there is anything inside a schema to name, however many references away (within _MAX_LOOKS)."""
        waiting: list[object] = [schema]
        looks = _MAX_LOOKS
        while waiting and looks:
            looks -= 1
            part = waiting.pop()
            if not isinstance(part, dict):
                continue
            part = cast("JsonSchema", part)
            if not _INHABITED.isdisjoint(part):
                return True
            waiting += [part[key] for key in ("items", "additionalProperties") if key in part]
            reference = part.get("$ref")
            if isinstance(reference, str):
                waiting.append(self._definitions[_definition(reference)])
        return False

    def _stub(self, schema: JsonSchema) -> JsonSchema:
        kind = schema.get("type") or ("array" if "items" in schema else None)
        stub: dict[str, object] = {"type": kind} if kind else {}
        if kind == "array" or (isinstance(kind, list) and "array" in kind):
            stub["items"] = {}
        self._steps = _MAX_STEPS
        text = _cut(self._outline(schema, 0, frozenset()), self._detail.outline)
        self._say([text] if "{" in text else [])
        return {**stub, "description": text} if text else stub

    def _outline(self, schema: JsonSchema, depth: int, within: frozenset[str]) -> str:
        """`{a*, b{c}}` for an object, the same with `[]` for an array of them, nothing for a plain value."""
        self._steps -= 1
        if depth > _MAX_OUTLINE_DEPTH or self._steps < 0:
            return "{...}" if self._has_members(schema) else ""
        names: dict[str, str] = {}
        required: set[object] = set()
        rows: list[str] = []
        for part, inside in self._parts(schema, within):
            required.update(cast("list[object]", part.get("required", [])))
            for name, member in self._named(part):
                names[name] = names.get(name) or self._member(member, depth, inside)
            for item in (part.get("items"), *cast("list[object]", part.get("prefixItems", []))):
                if isinstance(item, dict):
                    rows.append(f"[]{self._outline(cast('JsonSchema', item), depth, inside)}")
        if names:
            marked = (f"{name}{'*' if name in required else ''}{after}" for name, after in names.items())
            rows.insert(0, f"{{{', '.join(marked)}}}")
        return " or ".join(row for row in dict.fromkeys(rows) if row != "[]" or len(rows) == 1)

    def _named(self, schema: JsonSchema) -> Iterator[tuple[str, object]]:
        """The members of an object by name; those of any name as `<key>`, if there is something inside them."""
        yield from cast("JsonSchema", schema.get("properties", {})).items()
        patterns = cast("JsonSchema", schema.get("patternProperties", {})).values()
        for member in (*patterns, schema.get("additionalProperties")):
            if isinstance(member, dict) and self._has_members(cast("JsonSchema", member)):
                yield "<key>", cast("object", member)

    def _member(self, member: object, depth: int, within: frozenset[str]) -> str:
        """What follows a member's name: its own members, its choices, or its type when that is not text."""
        if not isinstance(member, dict):
            return ""
        schema = cast("JsonSchema", member)
        inner = self._outline(schema, depth + 1, within)
        if inner:
            return inner
        for part, _ in self._parts(schema, within):
            choices = part.get("enum")
            if isinstance(choices, list):
                return f": {'|'.join(str(choice) for choice in cast('list[object]', choices))}"
            kind = part.get("type")
            if isinstance(kind, str):
                return "" if kind in ("string", "object") else f": {kind}"
        return ""

    def _parts(self, schema: JsonSchema, within: frozenset[str]) -> Iterator[tuple[JsonSchema, frozenset[str]]]:
        """The schema and what its unions and references bring; a definition never appears inside itself."""
        waiting = [(schema, within)]
        while waiting and self._steps > 0:
            self._steps -= 1
            part, inside = waiting.pop()
            yield part, inside
            unions = (part.get(key, []) for key in reversed(_UNIONS))
            branches = [branch for union in unions for branch in reversed(cast("list[object]", union))]
            waiting += [(cast("JsonSchema", branch), inside) for branch in branches if isinstance(branch, dict)]
            reference = part.get("$ref")
            if isinstance(reference, str) and reference not in inside:
                waiting.append((self._definitions[_definition(reference)], inside | {reference}))


def _cut(outline: str, limit: int) -> str:
    """The outline up to `limit` characters, ended at a name and with `...` where something is left out."""
    if len(outline) <= limit:
        return outline
    kept = outline[:limit].rpartition(",")[0]
    return f"{kept}, ...}}" if kept else "{...}"


def _definition(reference: str) -> str:
    return reference.removeprefix("#/$defs/")


def shortened(text: str, limit: int) -> str:
    """Whole sentences up to `limit` characters, at least the first; a longer first one ends at a word with `...`."""
    if len(text) <= limit:
        return text
    if limit == 0:
        return ""
    kept = ""
    for sentence in _SENTENCE_END.split(text):
        flat = " ".join(sentence.split())
        if kept and len(kept) + 1 + len(flat) > limit:
            break
        kept = f"{kept} {flat}" if kept else flat
        if len(kept) > limit:
            return f"{kept[: limit - 3].rpartition(' ')[0].rstrip(',;:')}..."
    return kept
