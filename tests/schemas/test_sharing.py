"""Saying equal parts once changes nothing about what a schema accepts."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from specport.schemas.share import WORTH_SHARING, share

NAMES = ("a", "b", "größe", "x/y", "$defs", "items", "default")
LONG = "A text that is long enough for a part that holds it to be worth sharing, said more than once. " * 2

INSTANCES: list[Any] = [
    None, True, False, 0, 1, -1, 1.5, "", "a", "bbb", [], ["a"], [1, "a"], [[]], [{"a": 1}], {}, {"a": 1}, {"a": "a"},
    {"b": {"a": None}}, {"größe": "bbb", "x/y": 1}, {"items": [1]}, {"default": {"a": {"b": 1}}}, {"a": [1], "b": []},
    {"a": {"a": {"a": {}}}}, {"$defs": "a"}, [{"b": [{"a": "a"}]}, 1],
]  # fmt: skip
PLAIN: list[Any] = [
    {"type": "string", "description": LONG}, {"type": "integer", "minimum": 0, "description": LONG}, {"maxLength": 2},
    {"type": "object", "required": ["a"], "default": {"description": LONG, "enum": [LONG]}},
    {"enum": [1, "a", {"a": 1}]},
    {"type": ["array", "null"], "description": LONG},
    {"const": {"properties": {"a": LONG}}}, True, {"$ref": "#/$defs/d"},
]  # fmt: skip


def holding(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Schemas that hold some of these parts."""
    members = st.dictionaries(st.sampled_from(NAMES), parts, min_size=1, max_size=3)
    lists = st.lists(parts, min_size=1, max_size=2)
    return st.one_of(
        members.map(lambda each: {"type": "object", "properties": each, "description": LONG}),
        members.map(lambda each: {"patternProperties": each}),
        lists.map(lambda each: {"anyOf": each}),
        lists.map(lambda each: {"allOf": each}),
        lists.map(lambda each: {"prefixItems": each, "items": each[0]}),
        parts.map(lambda each: {"additionalProperties": each}),
        parts.map(lambda each: {"not": each}),
    )


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Any]:
    """A schema in which few different parts stand in many places, some of them in `$defs`."""
    plain = st.sampled_from(PLAIN)
    few = st.sampled_from([*PLAIN, *draw(st.lists(holding(plain), min_size=2, max_size=3))])
    parts = [draw(holding(few)) for _ in range(3)]
    return {"properties": dict(zip("abc", parts, strict=True)), "allOf": [draw(holding(few))],
            "$defs": {"d": draw(holding(st.sampled_from(PLAIN[:-1]))), "a": draw(holding(few))}}  # fmt: skip


@given(schemas())
@settings(max_examples=50, deadline=None)
def test_sharing_keeps_what_a_schema_accepts(schema: dict[str, Any]) -> None:
    """Random schemas that repeat themselves accept the same values before and after."""
    copied = json.loads(json.dumps(schema))
    shared = share(schema)
    assert schema == copied, "the given schema is left as it was"
    before, after = (jsonschema_rs.Draft202012Validator(dict(each)) for each in (schema, shared))
    for instance in INSTANCES:
        assert before.is_valid(instance) == after.is_valid(instance)
    assert len(json.dumps(shared)) <= len(json.dumps(schema)) + 200


def test_what_is_said_twice_is_said_once() -> None:
    """A part of some size in two places moves to `$defs` under the name of its first place."""
    part = {"type": "object", "properties": {"name": {"type": "string", "description": LONG}}}
    shared = share({"properties": {"größe": part, "two": dict(part), "three": {"items": dict(part)}}})
    assert shared["$defs"] == {"gr__e": part}
    said = {"$ref": "#/$defs/gr__e"}
    assert shared["properties"] == {"größe": said, "two": said, "three": {"items": said}}


def test_small_or_single_parts_stay() -> None:
    """A name costs bytes too."""
    small = {"type": "string", "description": "x" * (WORTH_SHARING // 2)}
    large = {"type": "string", "description": "x" * 2 * WORTH_SHARING}
    schema = {"properties": {"a": small, "b": dict(small), "c": large}}
    assert share(schema) == schema


def test_equal_numbers_of_another_type_are_not_the_same_part() -> None:
    """1, 1.0 and true are equal in Python and different in a schema's text."""
    parts = [{"description": LONG, "const": value} for value in (1, True, 1.0)]
    shared = share({"prefixItems": parts})
    assert [type(part["const"]) for part in shared["prefixItems"]] == [int, bool, float]  # type: ignore[index]


def test_names_of_definitions_never_collide() -> None:
    """A part whose place has a taken name gets another."""
    part = {"type": "string", "description": LONG}
    shared = share({"properties": {"d": part, "e": dict(part)}, "$defs": {"d": {"type": "integer"}}})
    assert shared["$defs"] == {"d": {"type": "integer"}, "d_2": part}
