"""One property per input by its own name, and the bindings that lead each back to the wire."""

from __future__ import annotations

import re
from typing import Any

import pytest

from small_documents import catalog_of, document, path_parameter, query, request_of, taking, tool_of
from specport.documents.text import MAX_DESCRIPTION

KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}\Z")


def arguments_of(*parameters: dict[str, Any], body: Any = None, **rest: Any) -> dict[tuple[str, str], str]:
    """The argument of each parameter by its name and place."""
    path = "".join(f"/{{{each['name']}}}" for each in parameters if each["in"] == "path") or "/"
    tool = tool_of({"parameters": list(parameters), **(body or {})}, path=path, **rest)
    assert tool.route
    return {(each.wire_name, each.location): each.argument for each in tool.route.bindings}


def header(name: str, **rest: Any) -> dict[str, Any]:
    return {**query(name, **rest), "in": "header"}


def cookie(name: str, **rest: Any) -> dict[str, Any]:
    return {**query(name, **rest), "in": "cookie"}


def test_the_same_name_in_several_places_is_several_arguments() -> None:
    """The first keeps the name, the later ones say where they go."""
    found = arguments_of(path_parameter("id"), query("id"), header("id"), cookie("id"))
    assert list(found.values()) == ["id", "id_query", "id_header", "id_cookie"]


def test_a_name_that_stands_in_the_document_is_never_given_to_another() -> None:
    """A parameter really called `id_query` keeps its name though the second `id` would like it."""
    found = arguments_of(path_parameter("id"), query("id"), query("id_query"))
    assert found["id_query", "query"] == "id_query"
    assert found["id", "query"] not in ("id", "id_query")
    assert found["id", "query"].startswith("id_")


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("filter[name]", "filter_name"), ("$top", "top"), ("ids[]", "ids"), ("first name", "first_name"),
        ("❤", "parameter"), ("a.b-c_D9", "a.b-c_D9"), ("größe", "gr_e"), ("./jcr:content", "._jcr_content"),
        ("x" * 70, "x" * 64), ("self", "self"),
    ],
)  # fmt: skip
def test_an_argument_has_a_name_that_clients_take(name: str, argument: str) -> None:
    """Illegal characters become one underscore; on the wire the name is the document's."""
    parameter = query(name)
    assert arguments_of(parameter) == {(name, "query"): argument}
    request = request_of(tool_of({"parameters": [parameter]}), {argument: "v"})
    assert request.url.partition("?")[2].endswith("=v")


def test_names_that_become_equal_are_told_apart() -> None:
    """`$top` never takes `top` from the parameter of that name, wherever it stands; three of a kind are three."""
    found = arguments_of(query("$top"), query("top"), query("@top"), query("[top]"))
    assert found["top", "query"] == "top"
    assert found["$top", "query"] == "top_query"
    assert len(set(found.values())) == 4
    assert all(KEY.match(argument) for argument in found.values())
    long = arguments_of(query("y" * 80), query("y" * 81), query("y" * 82))
    assert len(set(long.values())) == 3
    assert all(KEY.match(argument) for argument in long.values())


def test_a_key_that_hides_whose_it_is_says_so() -> None:
    """Where the document says nothing of a parameter, `monitor_query` would be anybody's guess."""
    said = {**query("id"), "description": "Which one"}
    tool = tool_of(
        {"parameters": [path_parameter("id"), said, query("tag"), query("tag[]"), query("a[b]")]}, path="/{id}"
    )
    described = {name: schema.get("description") for name, schema in tool.input_schema["properties"].items()}
    assert described == {
        "id": None, "id_query": "Which one", "tag": None, "tag_query": "`tag[]` of the query", "a_b": None,
    }  # fmt: skip


def test_a_parameter_called_body_steps_aside_for_the_body() -> None:
    """`body` is the body; the parameter says where it goes. Without a body it keeps its name."""
    assert arguments_of(query("body"), body=taking({"type": "object"})) == {("body", "query"): "body_query"}
    assert arguments_of(query("body")) == {("body", "query"): "body"}


def test_several_media_types_are_a_choice() -> None:
    """`content_type` names what is sent, the first by default; the body fits any of them."""
    content = {
        "application/json": {"schema": {"type": "object"}}, "text/plain": {"schema": {"type": "string"}},
        "application/merge-patch+json": {"schema": {"type": "object"}},
    }  # fmt: skip
    tool = tool_of({"parameters": [query("content_type")], "requestBody": {"content": content}})
    properties = tool.input_schema["properties"]
    assert properties["content_type"] == {"type": "string", "enum": list(content), "default": "application/json"}
    assert properties["body"] == {"anyOf": [{"type": "object"}, {"type": "string"}]}
    assert list(properties) == ["content_type_query", "body", "content_type"]
    assert "required" not in tool.input_schema
    chosen = request_of(tool, {"body": "text", "content_type": "text/plain", "content_type_query": "q"})
    assert (chosen.content, dict(chosen.headers)["Content-Type"]) == (b"text", "text/plain")
    assert dict(request_of(tool, {"body": {}}).headers)["Content-Type"] == "application/json"


def test_the_root_is_a_plain_closed_object() -> None:
    """Whatever the body is, the root has no union, and unknown arguments are refused."""
    tool = tool_of(taking({"oneOf": [{"type": "string"}, {"type": "integer"}]}))
    assert set(tool.input_schema) == {"type", "properties", "required", "additionalProperties"}
    assert tool.input_schema["additionalProperties"] is False
    assert tool.input_schema["required"] == ["body"]


def test_an_operation_without_inputs_takes_none() -> None:
    """An empty object, and still closed."""
    assert tool_of({}).input_schema == {"type": "object", "properties": {}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("scheme", "owned"),
    [
        ({"type": "apiKey", "in": "query", "name": "api_key"}, query("api_key")),
        ({"type": "apiKey", "in": "header", "name": "X-Api-Key"}, header("x-api-key")),
        ({"type": "apiKey", "in": "cookie", "name": "session"}, cookie("session")),
    ],
)  # fmt: skip
def test_what_authentication_sends_is_not_asked_for(scheme: dict[str, Any], owned: dict[str, Any]) -> None:
    """A key declared both as a scheme and as a required parameter is the executor's to fill."""
    tool = tool_of(
        {"parameters": [{**owned, "required": True}, query("q")]}, components={"securitySchemes": {"key": scheme}}
    )
    assert list(tool.input_schema["properties"]) == ["q"]
    assert "required" not in tool.input_schema
    assert list(tool_of({"parameters": [owned]}).input_schema["properties"]) == [owned["name"]]


def test_a_tool_that_nothing_describes_says_its_method_and_path_in_bounds() -> None:
    """However long the path is, and whatever stands in it."""
    made = catalog_of(document({"/a": {"get": {}}, f"/{'b' * 5_000}": {"get": {}}, "/c\u202e": {"get": {}}}))
    first, long, turned = (tool.description for tool in made.tools)
    assert first == "GET /a"
    assert len(long) == MAX_DESCRIPTION
    assert turned.isprintable()


def test_descriptions_of_parameters_and_bodies_win_over_their_schemas() -> None:
    """The holder's words are the more particular ones."""
    schema = {"$ref": "#/components/schemas/S"}
    tool = tool_of(
        {
            "parameters": [query("q", schema, description="Of the <b>parameter</b>.", deprecated=True)],
            "requestBody": {"description": "Of the body.", "content": {"application/json": {"schema": schema}}},
        },
        components={"schemas": {"S": {"type": "string", "description": "Of the schema."}}},
    )
    assert tool.input_schema["properties"] == {
        "q": {"type": "string", "description": "Of the parameter.", "deprecated": True},
        "body": {"type": "string", "description": "Of the body."},
    }


@pytest.mark.parametrize("schema", [True, None, {}])
def test_an_input_without_a_schema_takes_anything(schema: Any) -> None:
    """Said as an object, which every client reads."""
    tool = tool_of({"parameters": [{"name": "q", "in": "query", "schema": schema}]})
    assert tool.input_schema["properties"] == {"q": {}}


def test_hints_follow_the_method() -> None:
    """RFC 9110 section 9.2: safe methods read, DELETE destroys, PUT and DELETE may be repeated."""
    methods = ["get", "head", "options", "put", "patch", "post", "delete"]
    made = catalog_of(document({"/a": {method: {"operationId": method} for method in methods}}))
    hints = {tool.address.rpartition(".")[2]: tool.hints for tool in made.tools}
    assert {name for name in methods if hints[name].read_only} == {"get", "head", "options"}
    assert {name for name in methods if hints[name].destructive} == {"delete"}
    assert {name for name in methods if hints[name].idempotent} == {"get", "head", "options", "put", "delete"}
