"""What rules look at: one listed tool, and functions that name every place where it is not as a client wants it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

import jsonschema_rs

from specport.documents.pointers import child
from specport.schemas.keywords import ONE_SCHEMA, SCHEMA_LISTS, SCHEMA_MAPS, definition

JsonSchema: TypeAlias = Mapping[str, object]
Node: TypeAlias = tuple[str, JsonSchema]
Places: TypeAlias = Iterator[str]

_DRAFT_7 = "http://json-schema.org/draft-07/schema#"
_2020_12 = "https://json-schema.org/draft/2020-12/schema"
_MAPS = (*SCHEMA_MAPS, "$defs")
_VSCODE_PREFIX = 18
"""Characters that VS Code keeps for `mcp_<server>_`."""


@dataclass(frozen=True)
class Entry:
    """One tool as a client gets it, in a server that the client's configuration calls `server_name`."""

    name: str
    description: str
    schema: JsonSchema
    server_name: str

    @functools.cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every subschema with its pointer, the root first."""
        return tuple(_nodes(self.schema))


Check: TypeAlias = Callable[[Entry], Places]


def _nodes(root: JsonSchema) -> Iterator[Node]:
    waiting: list[tuple[str, object]] = [("", root)]
    while waiting:
        pointer, value = waiting.pop()
        if not isinstance(value, dict):
            continue
        schema = cast("JsonSchema", value)
        yield pointer, schema
        inside = [(child(pointer, key), schema[key]) for key in ONE_SCHEMA if key in schema]
        for key in SCHEMA_LISTS:
            branches = enumerate(cast("list[object]", schema.get(key, [])))
            inside += [(child(child(pointer, key), index), branch) for index, branch in branches]
        for key in _MAPS:
            members = cast("JsonSchema", schema.get(key, {})).items()
            inside += [(child(child(pointer, key), name), member) for name, member in members]
        waiting += reversed(inside)


def name_matches(pattern: str) -> Check:
    """The name is not as the pattern wants it."""
    compiled = re.compile(pattern)

    def check(entry: Entry) -> Places:
        if not compiled.fullmatch(entry.name):
            yield entry.name

    return check


def prefixed_within(prefix: str, limit: int) -> Check:
    """The name with what a client puts before it (`{server}` standing for the server) is longer than it allows."""

    def check(entry: Entry) -> Places:
        before = prefix.format(server=entry.server_name)
        size = len(before) + len(entry.name)
        if size > limit:
            yield f"{before} + {entry.name} ({size} characters)"

    return check


def vscode_name(server_name: str, name: str) -> str:
    """The identifier that VS Code gives a tool, before it is cut (`McpToolName` and `McpPrefixGenerator`)."""
    server = re.sub(r"[^a-z0-9_.-]+", "_", server_name.lower())[: _VSCODE_PREFIX - len("mcp__")]
    return f"mcp_{server}_{re.sub('[^a-zA-Z0-9_-]', '_', name)}"


def vscode_name_within(limit: int) -> Check:
    """VS Code's identifier of the tool is longer than it keeps."""

    def check(entry: Entry) -> Places:
        whole = vscode_name(entry.server_name, entry.name)
        if len(whole) > limit:
            yield f"{whole} ({len(whole)} characters)"

    return check


def described_within(limit: int) -> Check:
    """The description is longer than a client takes."""

    def check(entry: Entry) -> Places:
        if len(entry.description) > limit:
            yield f"description ({len(entry.description):,} characters)"

    return check


def root_is_object(entry: Entry) -> Places:
    """The root says `type: object`."""
    if entry.schema.get("type") != "object":
        yield "/type"


def root_without(*keywords: str) -> Check:
    """Keywords that a client does not take at the root."""

    def check(entry: Entry) -> Places:
        return (child("", key) for key in keywords if key in entry.schema)

    return check


def valid_draft_7() -> Check:
    """The schema is valid against the metaschema of draft 7."""
    return _valid(jsonschema_rs.Draft7Validator({"$ref": _DRAFT_7}, validate_formats=False))


def valid_2020_12() -> Check:
    """The schema is valid against the metaschema of 2020-12."""
    return _valid(jsonschema_rs.Draft202012Validator({"$ref": _2020_12}, validate_formats=False))


def _valid(metaschema: jsonschema_rs.Draft7Validator | jsonschema_rs.Draft202012Validator) -> Check:
    """Keywords are checked, formats (such as that of `pattern`) are not, as in the clients."""

    def check(entry: Entry) -> Places:
        for error in metaschema.iter_errors(entry.schema):
            yield "".join(child("", part) for part in error.instance_path) or "/"

    return check


def root_keys_match(pattern: str) -> Check:
    """Property keys of the root, which are the arguments."""
    compiled = re.compile(pattern)

    def check(entry: Entry) -> Places:
        for key in cast("JsonSchema", entry.schema.get("properties", {})):
            if not compiled.fullmatch(key):
                yield child("/properties", key)

    return check


def inner_keys_match(pattern: str) -> Check:
    """Property keys below the root."""
    compiled = re.compile(pattern)

    def check(entry: Entry) -> Places:
        for pointer, schema in entry.nodes[1:]:
            for key in cast("JsonSchema", schema.get("properties", {})):
                if not compiled.fullmatch(key):
                    yield child(child(pointer, "properties"), key)

    return check


def types_of(schema: JsonSchema) -> list[str]:
    """The types that a schema names."""
    kind = schema.get("type")
    return [kind] if isinstance(kind, str) else cast("list[str]", kind or [])


def arrays_have_items(entry: Entry) -> Places:
    """Every array, also one among several types, says what is in it by a schema object."""
    for pointer, schema in entry.nodes:
        if "array" in types_of(schema) and not isinstance(schema.get("items"), dict):
            yield pointer


def without(*keywords: str) -> Check:
    """Keywords that a client refuses or does not heed, wherever they stand."""

    def check(entry: Entry) -> Places:
        for pointer, schema in entry.nodes:
            yield from (child(pointer, key) for key in keywords if key in schema)

    return check


def required_are_declared(entry: Entry) -> Places:
    """Names in `required` beside `properties` that do not have them."""
    for pointer, schema in entry.nodes:
        if "properties" in schema:
            declared = cast("JsonSchema", schema["properties"])
            for name in cast("list[str]", schema.get("required", [])):
                if name not in declared:
                    yield f"{child(pointer, 'required')}: {name}"


def choices_are_text(entry: Entry) -> Places:
    """An `enum` of anything but strings."""
    for pointer, schema in entry.nodes:
        if any(not isinstance(value, str) for value in cast("list[object]", schema.get("enum", []))):
            yield child(pointer, "enum")


def all_required(entry: Entry) -> Places:
    """Optional properties."""
    for pointer, schema in entry.nodes:
        required = frozenset(cast("list[str]", schema.get("required", [])))
        for name in cast("JsonSchema", schema.get("properties", {})):
            if name not in required:
                yield child(child(pointer, "properties"), name)


def objects_are_closed(entry: Entry) -> Places:
    """Objects that take members that are not declared."""
    for pointer, schema in entry.nodes:
        is_object = "object" in types_of(schema) or "properties" in schema
        if is_object and schema.get("additionalProperties") is not False:
            yield pointer or "/"


def everything_is_typed(entry: Entry) -> Places:
    """Schemas without `type` that are no reference, choice or union."""
    for pointer, schema in entry.nodes:
        if not {"type", "$ref", "anyOf", "enum", "const"} & schema.keys():
            yield pointer or "/"


def formats_among(*formats: str) -> Check:
    """A `format` that is not among the known ones."""

    def check(entry: Entry) -> Places:
        for pointer, schema in entry.nodes:
            if "format" in schema and schema["format"] not in formats:
                yield f"{child(pointer, 'format')}: {schema['format']}"

    return check


def size_within(*, properties: int, depth: int, choices: int, text: int) -> Check:
    """How many properties, levels of objects, choices and characters of names and choices a schema has."""

    def check(entry: Entry) -> Places:
        counts = _Size(entry)
        allowed = {"properties": properties, "levels": depth, "enum values": choices, "characters of names": text}
        for what, (count, most) in counts.beside(allowed):
            if count > most:
                yield f"{count:,} {what} (at most {most:,})"

    return check


class _Size:
    """The sizes that OpenAI's strict mode counts."""

    def __init__(self, entry: Entry) -> None:
        names: list[str] = []
        choices: list[object] = []
        for _, schema in entry.nodes:
            names += cast("JsonSchema", schema.get("properties", {}))
            choices += cast("list[object]", schema.get("enum", []))
        text = sum(len(part) for part in (*names, *choices, *self._definitions(entry)) if isinstance(part, str))
        self._counts = (len(names), max(map(self._levels, entry.nodes)), len(choices), text)

    @staticmethod
    def _definitions(entry: Entry) -> JsonSchema:
        return cast("JsonSchema", entry.schema.get("$defs", {}))

    @staticmethod
    def _levels(node: Node) -> int:
        pointer, schema = node
        return pointer.count("/properties/") + ("properties" in schema)

    def beside(self, allowed: Mapping[str, int]) -> Iterator[tuple[str, tuple[int, int]]]:
        """Each count with what is allowed, in the order of the counts."""
        for (what, most), count in zip(allowed.items(), self._counts, strict=True):
            yield what, (count, most)


def long_choices_within(*, more_than: int, text: int) -> Check:
    """An `enum` of more than so many strings whose characters together are too many."""

    def check(entry: Entry) -> Places:
        for pointer, schema in entry.nodes:
            choices = cast("list[object]", schema.get("enum", []))
            size = sum(len(choice) for choice in choices if isinstance(choice, str))
            if len(choices) > more_than and size > text:
                yield f"{child(pointer, 'enum')} ({size:,} characters)"

    return check


def no_recursion(entry: Entry) -> Places:
    """Definitions that lead back to themselves."""
    definitions = cast("Mapping[str, object]", entry.schema.get("$defs", {}))
    leads = {name: frozenset(_references(cast("JsonSchema", part))) for name, part in definitions.items()}
    for name in definitions:
        if name in _reached(name, leads):
            yield child("/$defs", name)


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        for _, part in _nodes(cast("JsonSchema", schema)):
            reference = part.get("$ref")
            if isinstance(reference, str):
                yield definition(reference)


def _reached(start: str, leads: Mapping[str, frozenset[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(leads.get(start, ()))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += leads.get(name, ())
    return reached
