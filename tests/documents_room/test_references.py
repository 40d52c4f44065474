"""References inside one document: any JSON Pointer, through other references, and what leads nowhere."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from small_documents import (
    body_schema,
    catalog_of,
    document,
    messages,
    path_parameter,
    query,
    request_of,
    taking,
    tool_of,
)


def offered(*parameters: dict[str, Any], **rest: Any) -> dict[str, Any]:
    """The properties that an operation with these parameters offers."""
    return dict(tool_of({"parameters": list(parameters)}, **rest).input_schema["properties"])


def test_a_parameter_is_found_through_several_hops() -> None:
    """A reference to a reference to a reference, the middle one inside another operation."""
    catalog = catalog_of(
        document(
            {
                "/a/{id}": {"get": {"parameters": [{"$ref": "#/paths/~1b~1{id}/get/parameters/0"}]}},
                "/b/{id}": {"get": {"parameters": [{"$ref": "#/components/parameters/One"}]}},
            },
            components={
                "parameters": {"One": {"$ref": "#/components/parameters/Two"}, "Two": path_parameter("id")},
            },
        )
    )
    assert messages(catalog) == ""
    assert [list(tool.input_schema["properties"]) for tool in catalog.tools] == [["id"], ["id"]]


@pytest.mark.parametrize(
    "pointer",
    [
        "#/paths/~1v2~1a~1{id}/get/parameters/0",
        "#/paths/~1v2~1a~1%7Bid%7D/get/parameters/0",
        "#%2Fpaths%2F~1v2~1a~1%7Bid%7D%2Fget/parameters/0",
    ],
)  # fmt: skip
def test_a_pointer_may_be_percent_encoded(pointer: str) -> None:
    """RFC 6901 section 6: in a URI fragment the pointer is percent-encoded, and tolerably not at all."""
    catalog = catalog_of(
        document(
            {
                "/v2/a/{id}": {"get": {"parameters": [path_parameter("id")]}},
                "/v2/b/{id}": {"get": {"parameters": [{"$ref": pointer}]}},
            }
        )
    )
    assert [list(tool.input_schema["properties"]) for tool in catalog.tools] == [["id"], ["id"]]


def test_tilde_slash_and_percent_in_names_are_told_apart() -> None:
    """`~1` is a slash, `~0` a tilde, `~01` a tilde and a one; a percent sign in a name is `%25` in a reference."""
    names = {"a/b": "slash", "a~b": "tilde", "a~1b": "both", "50%25": "percent", "": "empty", "a b": "space"}
    parameters = {key: query(name) for key, name in names.items()}
    references = ["a~1b", "a~0b", "a~01b", "50%2525", "", "a%20b"]
    found = offered(
        *({"$ref": f"#/components/parameters/{name}"} for name in references), components={"parameters": parameters}
    )
    assert list(found) == list(names.values())


def test_names_that_look_encoded_stay_as_they_are_over_several_hops() -> None:
    """The canonical place of a target is no URI fragment: `%41` in a name is not the letter A."""
    schema = body_schema(
        {"$ref": "#/components/schemas/One"},
        components={
            "schemas": {
                "One": {"$ref": "#/components/schemas/%2541/properties/x"},
                "%41": {
                    "properties": {"x": {"$ref": "#/components/schemas/%2541/$defs/%2542"}},
                    "$defs": {"%42": {"type": "integer"}},
                },
            }
        },
    )  # fmt: skip
    assert schema == {"type": "integer"}


def test_a_schema_may_be_a_part_of_another_operations_body() -> None:
    """A pointer into an inline schema, through a referenced body on the way."""
    catalog = catalog_of(
        document(
            {
                "/a": {"post": {"requestBody": {"$ref": "#/components/requestBodies/A"}}},
                "/b": {
                    "post": taking({
                        "$ref": "#/paths/~1a/post/requestBody/content/application~1json/schema/allOf/1/properties/size",
                    }),
                },
            },
            components={
                "requestBodies": {
                    "A": {"content": {"application/json": {"schema": {
                        "allOf": [{"type": "object"}, {"properties": {"size": {"type": "integer", "minimum": 3}}}],
                    }}}},
                },
            },
        )
    )  # fmt: skip
    assert messages(catalog) == ""
    assert catalog.tools[1].input_schema["properties"]["body"] == {"type": "integer", "minimum": 3}


def test_path_items_and_media_types_may_be_references() -> None:
    """A path item is looked up like anything else, with its own parameters."""
    catalog = catalog_of(
        document(
            {"/a/{id}": {"$ref": "#/components/pathItems/Thing"}},
            components={"pathItems": {"Thing": {"parameters": [path_parameter("id")], "get": {}, "delete": {}}}},
        )
    )
    assert [(tool.route and tool.route.method, list(tool.input_schema["properties"])) for tool in catalog.tools] == [
        ("DELETE", ["id"]), ("GET", ["id"]),
    ]  # fmt: skip


def test_what_stands_beside_a_reference_to_a_parameter_does_not_hide_it() -> None:
    """An extension beside a component's `$ref` is no parameter of its own."""
    components = {"parameters": {"A": {"$ref": "#/components/parameters/B", "x-internal": True}, "B": query("b")}}
    assert list(offered({"$ref": "#/components/parameters/A"}, components=components)) == ["b"]


def test_a_description_beside_a_reference_wins() -> None:
    """OAS 3.1 section 4.8.23, for parameters and for schemas, in 3.0 too, where it is only tolerated."""
    components = {
        "parameters": {"P": {**query("p"), "description": "General."}},
        "schemas": {"S": {"type": "string", "description": "Any text."}},
    }
    for version in ("3.0.3", "3.1.0"):
        found = offered(
            {"$ref": "#/components/parameters/P", "description": "Particular."},
            query("q", {"$ref": "#/components/schemas/S", "description": "This text."}),
            components=components, version=version,
        )  # fmt: skip
        assert found["p"]["description"] == "Particular."
        assert found["q"] == {"type": "string", "description": "This text."}


def test_keywords_beside_a_schemas_reference_count_from_3_1_on() -> None:
    """In 3.0 they are ignored (OAS 3.0 section 4.7.23.1), in 3.1 both hold."""
    components = {"schemas": {"S": {"type": "string", "maxLength": 5}}}
    schema = {"$ref": "#/components/schemas/S", "minLength": 2, "default": "abc"}
    assert body_schema(schema, components=components, version="3.0.0") == {"type": "string", "maxLength": 5}
    newer = body_schema(schema, components=components)
    assert newer["default"] == "abc"
    validator = jsonschema_rs.Draft202012Validator(newer)
    assert [validator.is_valid(value) for value in ("a", "ab", "abcdef")] == [False, True, False]


def test_a_closed_schema_stays_closed_beside_siblings() -> None:
    """Properties beside a `$ref` do not open what `additionalProperties: false` closes: both schemas hold."""
    components = {"schemas": {"S": {"type": "object", "properties": {"a": {}}, "additionalProperties": False}}}
    schema = body_schema({"$ref": "#/components/schemas/S", "properties": {"b": {}}}, components=components)
    validator = jsonschema_rs.Draft202012Validator(schema)
    assert validator.is_valid({"a": 1})
    assert not validator.is_valid({"b": 1})


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("#/components/schemas/Missing", "points at nothing (no 'Missing' there)"),
        ("#/components/schemas/List/prefixItems/7", "points at nothing (no '7' there)"),
        ("#/components/schemas/List/prefixItems/-1", "points at nothing"),
        ("#/components/schemas/List/prefixItems/" + "9" * 5000, "points at nothing"),
        ("#/components/schemas/List/type/0", "points at nothing"),
        ("#/components/schemas/Loop", "leads in a circle"),
        ("#/components/schemas/Ping", "leads in a circle"),
        ("#/components/schemas/Ping/properties/x", "leads in a circle"),
        ("#nowhere", "is no JSON Pointer and names no `$anchor`"),
        ("other.yaml#/a", "points outside the document"),
        ("https://example.com/openapi.json#/a", "points outside the document"),
        ("file:///etc/passwd", "points outside the document"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_reference_that_leads_nowhere_leaves_one_operation_out(reference: str, reason: str) -> None:
    """The problem says which operation, where, and why; the others load. (The whole document is a place too.)"""
    catalog = catalog_of(
        document(
            {"/bad": {"post": taking({"$ref": reference})}, "/good": {"get": {}}},
            components={
                "schemas": {
                    "List": {"type": "array", "prefixItems": [{}]},
                    "Loop": {"$ref": "#/components/schemas/Loop"},
                    "Ping": {"$ref": "#/components/schemas/Pong"},
                    "Pong": {"$ref": "#/components/schemas/Ping"},
                },
            },
        )
    )
    paths = [tool.route.path for tool in catalog.tools if tool.route]
    if not reference:
        assert paths == ["/bad", "/good"]
        return
    assert paths == ["/good"]
    assert [problem.severity for problem in catalog.problems] == ["error"]
    assert reason in catalog.problems[0].message
    assert catalog.problems[0].pointer == "/paths/~1bad/post/requestBody/content/application~1json/schema"
    assert "POST /bad is left out" in catalog.problems[0].message


@pytest.mark.parametrize("where", ["parameters", "requestBody", "pathItem"])
def test_a_dangling_parameter_body_or_path_item_is_a_problem(where: str) -> None:
    """The same for what is no schema."""
    gone = {"$ref": "#/components/nothing/Here"}
    item: dict[str, Any] = {"get": {"parameters": [gone]}} if where == "parameters" else {"post": {"requestBody": gone}}
    catalog = catalog_of(document({"/bad": gone if where == "pathItem" else item, "/good": {"get": {}}}))
    assert [tool.route.path for tool in catalog.tools if tool.route] == ["/good"]
    assert "points at nothing (no 'components' there)" in messages(catalog)


def test_a_dangling_answer_is_only_a_warning() -> None:
    """An operation can be called whatever it answers."""
    catalog = catalog_of(document({"/a": {"get": {"responses": {"200": {"$ref": "#/components/responses/No"}}}}}))
    assert len(catalog.tools) == 1
    assert [problem.severity for problem in catalog.problems] == ["warning"]


def test_recursion_stays_a_definition() -> None:
    """A tree is described by `$defs` and `$ref`, and checked to any depth."""
    children = {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}
    members = {"name": {"type": "string"}, "children": children}
    tree = {"type": "object", "properties": members, "additionalProperties": False}
    tool = tool_of(taking({"$ref": "#/components/schemas/Tree"}), components={"schemas": {"Tree": tree}})
    assert list(tool.input_schema["$defs"]) == ["Tree"]
    assert request_of(tool, {"body": {"children": [{"children": [{"name": "leaf"}]}]}}).content
    validator = jsonschema_rs.Draft202012Validator(dict(tool.input_schema))
    assert not validator.is_valid({"body": {"children": [{"children": [{"nome": "leaf"}]}]}})


def test_two_schemas_that_need_each_other_are_both_kept() -> None:
    """a -> b -> a, met from either side."""
    schemas = {
        "A": {"type": "object", "properties": {"b": {"$ref": "#/components/schemas/B"}, "kind": {"const": "a"}}},
        "B": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}, "kind": {"const": "b"}}},
    }
    for start, good in (("A", {"kind": "a", "b": {"kind": "b", "a": {"kind": "a"}}}), ("B", {"a": {"b": {}}})):
        tool = tool_of(taking({"$ref": f"#/components/schemas/{start}"}), components={"schemas": schemas})
        validator = jsonschema_rs.Draft202012Validator(dict(tool.input_schema))
        assert validator.is_valid({"body": good})
        assert not validator.is_valid({"body": {"b": {"kind": "a"}, "a": {"kind": "b"}}})


def test_anchors_and_identifiers_name_schemas() -> None:
    """`$anchor` and `$id` (JSON Schema 2020-12 section 8.2) are ways to refer to a schema from 3.1 on."""
    components = {
        "schemas": {
            "Size": {"$anchor": "size", "type": "integer"},
            "Name": {"$id": "https://example.com/schemas/name", "type": "string", "$defs": {"Short": {"maxLength": 3}}},
            "Relative": {"$id": "https://example.com/schemas/", "$defs": {"Tag": {"$id": "tag", "const": "t"}}},
        }
    }
    for reference, expected in (
        ("#size", {"type": "integer"}),
        ("https://example.com/schemas/name", {"type": "string"}),
        ("https://example.com/schemas/name#/$defs/Short", {"maxLength": 3}),
        ("https://example.com/schemas/tag", {"const": "t"}),
    ):
        assert body_schema({"$ref": reference}, components=components) == expected
