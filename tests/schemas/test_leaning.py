"""The listed schema: fewer bytes, every argument, and every name either spelled out, in an outline, or visibly cut."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from small_documents import catalog_of, document, taking
from specport.catalog.model import Shape
from specport.schemas.lean import MAX_LEAST, lean

LONG = "First sentence of some length. Second sentence, which says more than the first. Third one. " * 3


def wide(depth: int, width: int) -> dict[str, Any]:
    """An object schema of `width` members at each of `depth` levels."""
    if depth == 0:
        return {"type": "string", "description": LONG}
    members = {f"level{depth}_{n}": wide(depth - 1, width) for n in range(width)}
    return {"type": "object", "properties": members, "required": [f"level{depth}_0"]}


def root(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)[:1], "additionalProperties": False}


def names_in(schema: Any) -> set[str]:
    """Names of members at every depth."""
    found: set[str] = set()
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("properties", "patternProperties") and isinstance(value, dict):
                found |= set(value) | {name for part in value.values() for name in names_in(part)}
            elif key not in ("enum", "default", "const"):
                found |= names_in(value)
    elif isinstance(schema, list):
        found = {name for part in schema for name in names_in(part)}
    return found


MAP_OF_OBJECTS = {
    "type": "object", "additionalProperties": {"type": "object", "properties": {"alpha": {"type": "string"}}},
}  # fmt: skip
"""What a single branch of a union once lost."""


def is_cut(schema: Any) -> bool:
    return "..." in json.dumps(schema)


@pytest.mark.parametrize("more", [{}, {"allOf": [{"not": {"const": 7}}]}])
def test_two_unions_beside_each_other_refuse_nothing_that_fits(more: dict[str, Any]) -> None:
    """Their branches overlap once limits are not told: of `oneOf` several may fit then, whatever `anyOf` says."""
    branches = [{"type": "integer", "multipleOf": 7}, {"type": "integer", "multipleOf": 5}]
    schema = root(count={"anyOf": branches, "oneOf": branches, **more}, text={"type": "string", "description": LONG})
    shown = lean(schema, 200, "")
    assert "multipleOf" not in json.dumps(shown)
    assert jsonschema_rs.Draft202012Validator(dict(schema)).is_valid({"count": 14})
    assert jsonschema_rs.Draft202012Validator(dict(shown)).is_valid({"count": 14})


@pytest.mark.parametrize("budget", [5000, 2000, 1000, 500, 200, 1])
def test_names_are_spelled_out_or_outlined_at_any_budget(budget: int) -> None:
    """Less room means fewer words, then outlines; a name that is nowhere is one behind `...`."""
    schema = root(id={"type": "string", "description": LONG}, body=wide(3, 4))
    shown = lean(schema, budget, "things.thingsCreate")
    missing = {name for name in names_in(schema) if not re.search(rf"\b{name}\b", json.dumps(shown))}
    assert not missing or is_cut(shown)
    assert list(shown["properties"]) == ["id", "body"]  # type: ignore[call-overload]
    assert shown["required"] == ["id"]
    assert "additionalProperties" not in shown
    jsonschema_rs.meta.validate({**shown, "$schema": "https://json-schema.org/draft/2020-12/schema"})


@pytest.mark.parametrize("width", [100, 2_000])
def test_a_body_of_many_objects_is_named_in_bounded_bytes(width: int) -> None:
    """Each member gets a short outline, or all of them one that ends visibly."""
    members = {f"part{n}": wide(2, 12) for n in range(width)}
    shown = lean(root(body={"type": "object", "properties": members}), 450, "")
    assert len(orjson.dumps(shown)) <= MAX_LEAST
    assert "part0" in json.dumps(shown)
    assert "..." in json.dumps(shown)


def test_a_schema_that_fits_keeps_its_words_and_structure() -> None:
    """Only descriptions are shortened where there is room."""
    size = {"type": "integer", "maximum": 5, "default": 2, "description": "How many at once."}
    shown = lean(root(size={**size, "minimum": 1, "format": "int32", "title": "Size"}), 500, "things.thingsCreate")
    assert shown == {"type": "object", "properties": {"size": size}, "required": ["size"]}


def test_an_outline_names_requiredness_types_choices_and_rows() -> None:
    """`*` is required, `[]` an array, a type is named unless it is text, choices are listed."""
    member = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"}, "size": {"type": "integer"}, "kind": {"enum": ["a", "b"]},
            "git": {"properties": {"branch": {"type": "string"}}},
            "tags": {"type": "array", "items": {"type": "string"}},
            "ports": {"type": "array", "items": {"properties": {"port": {"type": "integer"}}}},
            "labels": {"additionalProperties": {"properties": {"value": {"type": "string"}}}},
        },
    }  # fmt: skip
    told = "{name*, size: integer, kind: a|b, git{branch}, tags[], ports[]{port: integer}, labels{<key>{value}}}"
    assert outlined(member) == {"type": "object", "description": told}


def outlined(thing: dict[str, Any]) -> dict[str, Any]:
    """How a required member of a body is shown where there is room for nothing."""
    body = {"type": "object", "properties": {"thing": thing}, "required": ["thing"]}
    return lean(root(body=body), 1, "")["properties"]["body"]["properties"]["thing"]  # type: ignore[index]


def test_a_union_of_an_object_and_an_array_shows_both() -> None:
    """What each branch brings is named."""
    branches = [{"properties": {"a": {}}}, {"type": "array", "items": {"properties": {"b": {}}}}]
    schema = {
        **root(body={"properties": {"thing": {"anyOf": [*branches, {"$ref": "#/$defs/c"}]}}}),
        "$defs": {"c": {"properties": {"c": {}}}},
    }
    assert lean(schema, 1, "")["properties"]["body"]["description"] == "{thing{a, c} or []{b}}"  # type: ignore[index]


def test_what_is_required_is_spelled_out_and_the_rest_of_a_body_is_outlined() -> None:
    """Required members keep their types; the others are named, with what a branch of a union asks for."""
    text = {"type": "string"}
    members = {"name": text, "size": {"type": "integer"}, "url": text, "file": text, "note": text}
    branches = [{"required": ["name", "url"]}, {"required": ["name", "file"]}]
    body = {"type": "object", "properties": members, "oneOf": branches}
    assert lean(root(body=body), 1, "")["properties"]["body"] == {  # type: ignore[index]
        "type": "object",
        "properties": {"name": text},
        "required": ["name"],
        "description": "optional: {url, file, size: integer, note} with url or file",
    }


def test_members_of_a_body_in_parts_are_those_of_one_body() -> None:
    """`allOf`, references and all; a part that closes itself does not hide what another brings."""
    parts = [
        {"$ref": "#/$defs/base"},
        {"properties": {"b": {"type": "integer"}}, "required": ["b"], "additionalProperties": False},
    ]
    base = {"type": "object", "properties": {"a": {"type": "string"}}}
    shown = lean({**root(body={"allOf": parts}), "$defs": {"base": base}}, 400, "")
    assert shown["properties"]["body"] == {  # type: ignore[index]
        "type": "object",
        "properties": {"b": {"type": "integer"}, "a": {"type": "string"}},
        "required": ["b"],
    }


def test_a_member_that_differs_by_branch_is_either() -> None:
    """Nothing that one branch takes is refused by what is shown."""
    branches = [
        {"type": "object", "properties": {"kind": {"enum": [kind]}, "x": {}}, "required": ["kind"]} for kind in "ab"
    ]
    kind = lean(root(body={"anyOf": branches}), 1, "")["properties"]["body"]["properties"]["kind"]  # type: ignore[index]
    assert kind == {"anyOf": [{"enum": ["a"]}, {"enum": ["b"]}]}


def test_branches_that_only_limits_tell_apart_stay_open() -> None:
    """What fits one of them is not refused by both once the limits are gone, nor by keywords about neighbours."""
    branches = [{"type": "integer", "maximum": 5}, {"type": "integer", "minimum": 6}]
    thing = {"properties": {}, "additionalProperties": {}, "unevaluatedProperties": False}
    schema = root(size={"oneOf": branches}, thing=thing, **{f"other_{number}": {} for number in range(40)})
    for budget in (1, 700, 10_000):
        fits = jsonschema_rs.Draft202012Validator(dict(lean(schema, budget, "")))
        assert fits.is_valid({"size": 7, "thing": {"any": 1}})


def test_a_long_choice_is_told_in_part() -> None:
    """By its first ones, with `...`, as a text rather than an `enum` that would refuse the others."""
    choice = {"type": "string", "enum": [f"choice-{n}" for n in range(90)]}
    shown = lean(root(kind=choice), 300, "")["properties"]["kind"]  # type: ignore[index]
    assert shown["type"] == "string"
    assert shown["description"].startswith("choice-0|choice-1|")
    assert shown["description"].endswith("|...")


def test_optional_arguments_are_the_first_to_lose_their_descriptions() -> None:
    """Where there are many; what is required keeps its own."""
    text = {"type": "string", "description": "Something that cannot be guessed."}
    shown = lean(root(needed=text, **{f"optional_{n}": text for n in range(20)}), 300, "")["properties"]
    assert [name for name, part in shown.items() if "description" in part] == ["needed"]  # type: ignore[attr-defined]


def test_outlines_that_go_too_deep_or_too_long_are_visibly_cut() -> None:
    """Nothing ends silently."""
    deep: dict[str, Any] = {"type": "string"}
    for n in range(12):
        deep = {"properties": {f"p{n}": deep}}
    for body in (deep, wide(2, 30)):
        shown = outlined(body)
        assert is_cut(shown)
        assert len(orjson.dumps(shown)) < 1200


def test_an_array_stub_still_has_items() -> None:
    """Clients refuse an array without `items`, a nullable one too."""
    for kind in ("array", ["array", "null"]):
        rows = {"type": kind, "items": {"properties": {"a": {"type": "string"}}}}
        assert outlined(rows) == {"type": kind, "items": {}, "description": "[]{a}"}


@pytest.mark.parametrize(
    "key", ["not", "contains", "propertyNames", "if", "unevaluatedProperties", "additionalProperties"]
)
def test_no_reference_is_left_without_its_definition(key: str) -> None:
    """Whatever keyword holds the reference."""
    schema = {**root(body={key: {"$ref": "#/$defs/d"}}), "$defs": {"d": {"const": 1}, "unused": {"const": 2}}}
    for budget in (1, 500):
        shown = lean(schema, budget, "")
        assert "#/$defs/d" not in json.dumps(shown) or shown["$defs"] == {"d": {"const": 1}}


def test_a_description_that_says_nothing_new_is_left_out() -> None:
    """Words of the address and the name are not said again; an outline always is."""
    schema = root(droplet_id={"type": "integer", "description": "The unique identifier of the Droplet."},
                  size={"type": "string", "description": "Slug, at least 3 letters."})  # fmt: skip
    shown = lean(schema, 500, "droplets.dropletsGet")["properties"]
    assert shown == {
        "droplet_id": {"type": "integer"},
        "size": {"type": "string", "description": "Slug, at least 3 letters."},
    }


member_names = st.sampled_from(["alpha", "beta", "gamma", "delta", "epsilon"])
trees = st.recursive(
    st.fixed_dictionaries({"type": st.sampled_from(["string", "integer"])}),
    lambda inner: st.one_of(
        st.dictionaries(member_names, inner, min_size=1, max_size=3).map(lambda m: {"type": "object", "properties": m}),
        inner.map(lambda item: {"type": "array", "items": item}),
        st.lists(inner, min_size=1, max_size=2).map(lambda branches: {"anyOf": branches}),
        st.lists(inner, min_size=1, max_size=2).map(lambda branches: {"allOf": branches}),
        inner.map(lambda value: {"type": "object", "additionalProperties": value}),
    ),
    max_leaves=12,
)


@given(trees, st.integers(1, 700))
@example({"type": "array", "items": {"anyOf": [MAP_OF_OBJECTS]}}, 1)
@settings(max_examples=80, deadline=None)
def test_no_name_is_ever_lost_silently(tree: dict[str, Any], budget: int) -> None:
    """Random schemas at random budgets."""
    schema = root(one=tree, two=tree)
    shown = lean(schema, budget, "")
    text = json.dumps(shown)
    assert all(name in text for name in names_in(schema)) or is_cut(shown)
    assert list(shown["properties"]) == ["one", "two"]  # type: ignore[call-overload]
    jsonschema_rs.Draft202012Validator(dict(shown))


def test_the_budget_is_a_setting() -> None:
    """A tool's listed schema follows the shape it is built with; what is checked never changes."""
    described = document({"/a": {"post": taking(wide(3, 3))}})
    small, large = (catalog_of(described, shape=Shape(schema_budget=budget)).tools[0] for budget in (1, 100_000))
    assert len(orjson.dumps(small.listed_schema)) < len(orjson.dumps(large.listed_schema))
    assert small.input_schema == large.input_schema


def test_what_is_said_in_several_places_counts_once() -> None:
    """Arguments of one shape fit because the shape is said once; a budget of one byte less shows less of them."""
    inner = {"type": "object", "properties": {f"member_{n}": {"type": "integer", "maximum": n} for n in range(12)}}
    part = {"type": "object", "properties": {"inner": inner}}
    schema = root(**{f"argument_{n}": dict(part) for n in range(12)})
    whole = len(orjson.dumps(lean(schema, 100_000, "")))
    assert whole < len(orjson.dumps(schema)) / 3
    assert len(orjson.dumps(lean(schema, whole, ""))) == whole
    assert len(orjson.dumps(lean(schema, whole - 1, ""))) < whole


def test_what_is_inside_itself_in_many_ways_is_said_in_bounded_bytes() -> None:
    """Unions of references to each other, which could be spelled out for ever."""
    names_of_all = [f"d{number}" for number in range(12)]
    others = [{"allOf": [{"$ref": f"#/$defs/{name}"}]} for name in names_of_all]
    definitions = {
        name: {"type": "object", "required": [name], "properties": {name: {"anyOf": others}}, "oneOf": others}
        for name in names_of_all
    }
    shown = lean({**root(body={"$ref": "#/$defs/d0"}), "$defs": definitions}, 700, "")
    assert len(orjson.dumps(shown)) <= MAX_LEAST


def test_many_outlines_of_one_tool_take_a_bounded_work() -> None:
    """Beyond it what is inside is `...`, whose members are named nowhere."""
    inner = {"type": "object", "properties": {f"member_{number}": {"type": "string"} for number in range(2_000)}}
    members = {f"part_{number}": inner for number in range(40)}
    shown = lean({**root(body={"type": "object", "properties": members, "required": list(members)})}, 700, "")
    texts = [part["description"] for part in shown["$defs"].values()] if "$defs" in shown else []  # type: ignore[attr-defined]
    parts = shown["properties"]["body"]["properties"].values()  # type: ignore[index]
    texts += [part["description"] for part in parts if "description" in part]
    assert "{...}" in texts
    assert any("member_0" in text for text in texts)
