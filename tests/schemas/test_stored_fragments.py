"""Schemas that wait as text until they are asked for say the same as the document."""

from __future__ import annotations

from typing import Any

import pytest

from small_documents import body_schema, catalog_of, document, taking

NOT = 30
"""Levels around the deep schema in the operation that nests it."""


def nested(levels: int, innermost: dict[str, Any]) -> dict[str, Any]:
    """A schema so many levels deep."""
    schema = innermost
    for _ in range(levels):
        schema = {"not": schema}
    return schema


def nullable(levels: int) -> dict[str, Any]:
    """A schema that is twice as many levels deep in a document of OpenAPI 3.0, and twice that without `nullable`."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"nullable": True, "allOf": [schema]}
    return schema


def test_a_property_called_place_is_no_reference() -> None:
    """References are kept as text under that name; a document may use it where it likes."""
    place = {"type": "object", "properties": {"place": {"type": "string", "default": "here"}}}
    said: dict[str, Any] = {
        "properties": {"place": {"$ref": "#/components/schemas/Place", "description": "Where."}},
        "default": {"place": ["#/components/schemas/Place", []]},
        "enum": [{"place": 1}],
    }
    shown = body_schema({"type": "object", **said}, components={"schemas": {"Place": place}})
    assert shown == {"type": "object", **said, "properties": {"place": {**place, "description": "Where."}}}


def test_what_stands_beside_a_reference_is_kept_with_the_references_in_it() -> None:
    """Two hops inside siblings, and a reference back to the whole."""
    schemas = {
        "Tree": {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/Tree", "not": LEAF}}},
        "Leaf": {"type": "integer", "maximum": 3},
    }
    shown = body_schema({"$ref": "#/components/schemas/Tree"}, components={"schemas": schemas})
    assert shown["$defs"]["Tree"]["properties"]["left"] == {
        "$ref": "#/$defs/Tree", "not": {"type": "integer", "maximum": 3},
    }  # fmt: skip


LEAF = {"$ref": "#/components/schemas/Leaf"}


@pytest.mark.parametrize("order", [["plain", "nested"], ["nested", "plain"]])
def test_a_schema_too_deep_in_one_place_is_told_there_only(order: list[str]) -> None:
    """Whether it is too deep depends on what is around it, not on which operation comes first."""
    schemas = {"Deep": nullable(36)}
    deep = {"$ref": "#/components/schemas/Deep"}
    bodies = {"plain": deep, "nested": nested(NOT, deep)}
    made = catalog_of(
        document(
            {f"/{name}": {"put": taking(bodies[name])} for name in order},
            version="3.0.3", components={"schemas": schemas},
        )
    )  # fmt: skip
    assert [tool.route and tool.route.path for tool in made.tools] == ["/plain"]
    assert made.tools[0].input_schema["properties"]
    [problem] = made.problems
    assert problem.message.startswith("PUT /nested is left out: a schema is nested more than 160 levels deep")


def test_a_schema_that_leads_to_a_broken_one_is_told_for_every_operation() -> None:
    """However far away the broken one is, and although schemas are made only when they are asked for."""
    schemas = {
        "Far": {"type": "object", "properties": {"near": {"$ref": "#/components/schemas/Near"}}},
        "Near": {"type": "array", "items": {"$ref": "#/components/schemas/Broken"}},
        "Broken": {"type": "object", "properties": {"a": 7}},
        "Fine": {"type": "string"},
    }
    bodies = {name: {"$ref": f"#/components/schemas/{name}"} for name in schemas}
    made = catalog_of(
        document({f"/{name}": {"put": taking(body)} for name, body in bodies.items()}, components={"schemas": schemas})
    )
    assert [tool.route and tool.route.path for tool in made.tools] == ["/Fine"]
    assert [(problem.pointer, problem.message) for problem in made.problems] == [
        ("/components/schemas/Broken/properties/a", f"PUT /{name} is left out: a schema is not an object")
        for name in ("Far", "Near", "Broken")
    ]
