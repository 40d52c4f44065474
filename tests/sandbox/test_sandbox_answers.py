"""What answers are made of."""

from __future__ import annotations

import csv
import io
from typing import Any

import jsonschema_rs
import pytest
import yaml
from sandbox_rooms import OpenRoom, answers

pytestmark = pytest.mark.anyio


async def answer(room: OpenRoom, operation: dict[str, Any], **rest: Any) -> Any:
    """The JSON that an operation answers."""
    async with room({"/x": {"get": operation}}, **rest) as client:
        response = await client.get("/x")
        assert response.status_code == 200, response.text
        return response.json()


async def test_the_examples_of_the_media_type_come_first(room: OpenRoom) -> None:
    """Media-level examples, references followed, go before those of the schema."""
    schema = {"type": "object", "example": {"from": "schema"}}
    examples = {"components": {"examples": {"One": {"value": {"from": "media"}}}}}
    assert await answer(room, answers(schema, example={"from": "media"})) == {"from": "media"}
    reference = {"one": {"$ref": "#/components/examples/One"}}
    assert await answer(room, answers(schema, examples=reference), **examples) == {"from": "media"}
    assert await answer(room, answers(schema)) == {"from": "schema"}


async def test_an_example_that_does_not_fit_gives_way_to_a_value_that_does(room: OpenRoom) -> None:
    """Published documents are full of stale examples."""
    schema = {"type": "object", "properties": {"n": {"type": "integer", "example": "five"}}, "required": ["n"]}
    assert await answer(room, answers(schema, example={"n": None})) == {"n": 1}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "examples": ["a", "b"], "default": "c"}, "a"),
        ({"type": "string", "default": "c"}, "c"),
        ({"const": 7}, 7),
        ({"enum": ["x", "y"]}, "x"),
        ({"type": "integer", "minimum": 10, "multipleOf": 4}, 12),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
        ({"type": "string", "format": "ipv4"}, "192.0.2.10"),
        ({"type": ["string", "null"], "maxLength": 3}, "exa"),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 2]),
        ({"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": True, "minItems": 3}, ["a", "b", "c"]),
        ({"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]}, {"a": 1, "b": 2}),
        ({"type": "object", "required": ["free"], "additionalProperties": {"type": "boolean"}}, {"free": False}),
    ],
)
async def test_values_follow_the_schema(room: OpenRoom, schema: dict[str, Any], value: object) -> None:
    """Samples, then constants, then what type, format and bounds allow."""
    assert await answer(room, answers(schema)) == value


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^do:(droplet|volume):[0-9]+$"},
        {"type": "string", "pattern": "^[A-Z]{3}-\\d{4,6}$"},
        {"type": "string", "pattern": "^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$"},
        {"type": "string", "pattern": "^[^a-z]+@[a-z]+\\.(com|org)$", "minLength": 12},
        {"type": "string", "format": "uuid", "pattern": "^[0-9a-f-]{36}$"},
        {
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        },
        {"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}},
        {"type": "object", "properties": {"when": {"type": "string", "format": "date-time"}}, "required": ["when"]},
        {"anyOf": [{"type": "null"}, {"type": "string", "minLength": 40}]},
    ],
)
async def test_made_values_are_valid(room: OpenRoom, schema: dict[str, Any]) -> None:
    """The value satisfies its own schema, formats included."""
    value = await answer(room, answers(schema))
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    assert validator.is_valid(value), value


async def test_recursion_ends_where_a_member_is_optional(room: OpenRoom) -> None:
    """A node is made once; below it the optional children stay out and required arrays are empty."""
    node = {"$ref": "#/components/schemas/Node"}
    properties = {"name": {"type": "string"}, "parent": node, "children": {"type": "array", "items": node}}
    schemas = {"schemas": {"Node": {"type": "object", "properties": properties, "required": ["name", "children"]}}}
    assert await answer(room, answers(node), components=schemas) == {"name": "example-name", "children": []}


async def test_endless_schemas_still_get_an_answer(room: OpenRoom) -> None:
    """A schema that nothing finite satisfies is cut off, not followed."""
    endless = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Endless"}}, "required": ["next"]}
    circle = {"allOf": [{"$ref": "#/components/schemas/Circle"}]}
    schemas = {"schemas": {"Endless": endless, "Circle": circle}}
    assert "next" in await answer(room, answers({"$ref": "#/components/schemas/Endless"}), components=schemas)
    await answer(room, answers({"$ref": "#/components/schemas/Circle"}), components=schemas)


async def test_write_only_members_are_not_answered(room: OpenRoom) -> None:
    """A password goes in and never comes out."""
    properties = {"user": {"const": "u"}, "password": {"type": "string", "writeOnly": True}}
    schema = {"type": "object", "properties": properties, "required": ["user", "password"]}
    assert await answer(room, answers(schema)) == {"user": "u"}


async def test_the_same_request_gets_the_same_answer(room: OpenRoom) -> None:
    """Nothing is random."""
    properties = {name: {"type": "string", "format": "uuid"} for name in "abc"}
    operation = answers({"type": "object", "properties": properties})
    assert await answer(room, operation) == await answer(room, operation)


async def test_the_lowest_declared_success_status_is_answered(room: OpenRoom) -> None:
    """202 before 204; 204 has no body; errors are never the answer."""
    responses = {"404": {"description": "no"}, "204": {"description": "none"}, "202": {"description": "soon"}}
    async with room({"/a": {"get": {"responses": responses}}, "/b": {"get": answers({}, status="204")}}) as client:
        assert (await client.get("/a")).status_code == 202
        empty = await client.get("/b")
    assert (empty.status_code, empty.content) == (204, b"")


async def test_other_media_types_get_a_fitting_body(room: OpenRoom) -> None:
    """A table, a document that starts like a PDF, YAML that loads."""
    text = {"type": "string"}
    paths = {
        f"/{kind}": {"get": answers(text, media=kind)} for kind in ("text/csv", "application/pdf", "application/yaml")
    }
    async with room(paths) as client:
        table, pdf, document = [await client.get(path) for path in paths]
    assert len(list(csv.reader(io.StringIO(table.text)))) == 2
    assert table.headers["content-type"].startswith("text/csv")
    assert pdf.content.startswith(b"%PDF-")
    assert isinstance(yaml.safe_load(document.text), dict)


async def test_accept_chooses_among_the_declared_media_types(room: OpenRoom) -> None:
    """JSON unless something else that is declared is asked for by name."""
    content = {"text/csv": {"schema": {"type": "string"}}, "application/json": {"schema": {"const": 1}}}
    responses = {"200": {"description": "done", "content": content}}
    async with room({"/x": {"get": {"responses": responses}}}) as client:
        assert (await client.get("/x")).json() == 1
        assert (await client.get("/x", headers={"Accept": "text/csv"})).headers["content-type"].startswith("text/csv")


async def test_older_dialects_are_understood(room: OpenRoom) -> None:
    """3.0: `nullable`, boolean exclusive bounds, and `$ref` whose siblings do not count."""
    number = {"type": "integer", "minimum": 5, "exclusiveMinimum": True}
    properties = {
        "n": number,
        "s": {"$ref": "#/components/schemas/S", "example": "ignored"},
        "z": {"type": "string", "nullable": True},
    }
    schema = {"type": "object", "properties": properties, "required": ["n", "s"]}
    value = await answer(
        room, answers(schema), openapi="3.0.3", components={"schemas": {"S": {"enum": ["s"], "type": "string"}}}
    )
    assert value == {"n": 6, "s": "s", "z": "example-z"}
