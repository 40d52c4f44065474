"""The complete schema: every name, type, choice and limit of the checked one in few words, and the same values fit."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearby_values import Nearby
from specport.schemas.complete import complete
from specport.schemas.lean import lean

LONG = "The one thing that nobody could guess from its name, told at length. And more of it. "


def root(definitions: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    whole = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**whole, "$defs": definitions} if definitions else whole


def arguments(schema: dict[str, Any]) -> Any:
    return complete(schema, "")["properties"]


def test_what_differs_in_words_alone_is_said_once() -> None:
    """Parts that a document describes anew in each place are one part, and keep their first description."""
    members = {"host": {"type": "string", "format": "hostname"}, "port": {"type": "integer", "maximum": 65535}}
    first, second = ({"type": "object", "description": text, "properties": members} for text in ("Where from.", ""))
    shown = complete(root(source=first, target=second), "")
    assert shown["properties"] == {"source": {"$ref": "#/$defs/source"}, "target": {"$ref": "#/$defs/source"}}
    assert shown["$defs"] == {"source": {"type": "object", "properties": members, "description": "Where from."}}


def test_what_is_said_once_needs_no_name() -> None:
    """A definition that is used once, or is as short as its name, stands where it is used."""
    definitions = {"id": {"type": "integer"}, "once": {"type": "object", "properties": {"a": {"$ref": "#/$defs/id"}}}}
    shown = complete(root(definitions, b={"$ref": "#/$defs/id"}, c={"$ref": "#/$defs/once"}), "")
    assert "$defs" not in shown
    assert shown["properties"] == {
        "b": {"type": "integer"}, "c": {"type": "object", "properties": {"a": {"type": "integer"}}},
    }  # fmt: skip


def test_names_of_definitions_are_short() -> None:
    """The last words of a long one; two that would be called the same are told apart."""
    part = {"type": "object", "properties": {"next": {"$ref": "#/$defs/io_example_pkg_api_v1_ObjectMeta"}}}
    other = {"type": "object", "properties": {"prev": {"$ref": "#/$defs/io_example_pkg_api_v2_ObjectMeta"}}}
    definitions = {"io_example_pkg_api_v1_ObjectMeta": part, "io_example_pkg_api_v2_ObjectMeta": other}
    shown = complete(root(definitions, a={"$ref": "#/$defs/io_example_pkg_api_v1_ObjectMeta"},
                          b={"$ref": "#/$defs/io_example_pkg_api_v2_ObjectMeta"}), "")  # fmt: skip
    assert list(shown["$defs"]) == ["api_v1_ObjectMeta", "api_v2_ObjectMeta"]  # type: ignore[call-overload]


def test_a_reference_beside_other_keywords_keeps_both() -> None:
    """As in OpenAPI 3.1."""
    definitions = {"size": {"type": "integer", "maximum": 10}}
    schema = root(definitions, a={"$ref": "#/$defs/size", "minimum": 3}, b={"$ref": "#/$defs/size"})
    fits = jsonschema_rs.Draft202012Validator(dict(complete(schema, "")))
    assert [fits.is_valid({"a": number}) for number in (2, 3, 11)] == [False, True, False]


@pytest.mark.parametrize("anything", [True, False])
def test_a_definition_that_is_no_object_stays_what_it_is(anything: bool) -> None:
    """`true` fits everything, `false` nothing, beside other keywords too."""
    schema = root({"any": anything}, a={"$ref": "#/$defs/any"}, b={"$ref": "#/$defs/any", "maximum": 3})
    fits = jsonschema_rs.Draft202012Validator(dict(complete(schema, "")))
    assert fits.is_valid({"a": 1}) is anything
    assert fits.is_valid({"b": 1}) is anything
    assert not fits.is_valid({"b": 4})


def test_chains_of_any_length_are_read() -> None:
    """Thousands of definitions that lead to each other, and one that leads to itself by way of all."""
    chain = {f"d{n}": {"properties": {"next": {"$ref": f"#/$defs/d{n + 1}"}, "a": {"maximum": n}}} for n in range(3000)}
    chain["d3000"] = {"type": "object", "properties": {"again": {"$ref": "#/$defs/d0"}}}
    shown = complete(root(chain, start={"$ref": "#/$defs/d0"}), "")
    assert json.dumps(shown).count('"maximum"') == 3000
    orjson.dumps(shown)


def test_descriptions_take_a_small_share() -> None:
    """They are shortened, those inside an argument first; one that says a name or a limit again is left out."""
    size = {"type": "integer", "maximum": 9, "default": 2, "description": "The size: 2 or 9."}
    kind = {"type": "string", "description": LONG}
    shown = arguments(root(size=size, kind={**kind, "enum": ["choice", "another choice", "a third one"]}))
    assert "description" not in shown["size"]
    assert shown["kind"]["description"] == "The one thing that nobody could guess from its..."
    inside = arguments(
        root(body={"type": "object", "description": "What to make.", "properties": {"a": kind, "b": kind}})
    )
    assert inside["body"]["description"] == "What to make."
    assert "nobody could" not in json.dumps(inside)


names = st.sampled_from(["alpha", "beta", "gamma"])
bounds = st.sampled_from([
    {"type": "integer"}, {"type": "integer", "minimum": 1, "maxLength": 3}, {"type": ["string", "null"]},
    {"enum": ["a", 1, None]}, {"type": "number", "maximum": 2}, {}, {"type": "boolean", "title": "Title"}, {"const": 1},
    {"type": "string", "minLength": 0, "pattern": "^a?$", "description": "Words."}, {"not": {"type": "integer"}},
])  # fmt: skip
references = st.sampled_from([{"$ref": f"#/$defs/{name}"} for name in ("one", "two")])
schemas = st.recursive(
    st.one_of(bounds, references),
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            {"properties": st.dictionaries(names, inner, max_size=3)},
            optional={
                "type": st.just("object"),
                "required": st.lists(names, unique=True, max_size=2),
                "additionalProperties": st.one_of(st.booleans(), inner),
                "unevaluatedProperties": st.booleans(),
                "allOf": st.lists(inner, min_size=1, max_size=2),
                "description": st.just("An object."),
            },
        ),
        st.fixed_dictionaries(
            {}, optional={key: st.lists(inner, min_size=1, max_size=3) for key in ("allOf", "anyOf", "oneOf")}
        ),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={"maxItems": st.just(1)}),
        st.tuples(references, bounds).map(lambda pair: {**pair[0], **pair[1]}),
    ),
    max_leaves=10,
)
objects = st.dictionaries(names, schemas, max_size=3).map(lambda members: {"type": "object", "properties": members})


@given(schemas, objects, objects, st.integers(0, 10_000))
@settings(max_examples=300)
def test_the_same_values_fit(argument: dict[str, Any], one: dict[str, Any], two: dict[str, Any], seed: int) -> None:
    """Random schemas, recursive ones too, and values that fit them or nearly do; a lean schema takes no less."""
    schema = root({"one": one, "two": two}, a=argument, b={"$ref": "#/$defs/one"}, c=argument)
    shown = complete(schema, "")
    outlined = lean(schema, 300, "")
    jsonschema_rs.meta.validate({**shown, "$schema": "https://json-schema.org/draft/2020-12/schema"})
    checks, fits, may_fit = (jsonschema_rs.Draft202012Validator(dict(each)) for each in (schema, shown, outlined))
    nearby = Nearby(schema, seed)
    for _ in range(5):
        value = nearby.value()
        assert fits.is_valid(value) == checks.is_valid(value)
        assert may_fit.is_valid(value) or not checks.is_valid(value)


@given(schemas, objects)
def test_no_name_is_left_out(argument: dict[str, Any], one: dict[str, Any]) -> None:
    """Whatever its place."""
    shown = json.dumps(complete(root({"one": one, "two": {}}, a=argument, b={"$ref": "#/$defs/one"}), ""))
    named = {name for schema in (argument, one) for name in json.loads(json.dumps(schema)).get("properties", {})}
    assert all(f'"{name}"' in shown for name in named)
