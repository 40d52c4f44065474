"""Swagger 2.0 read into the same values as OpenAPI 3: what each of its own words becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from small_documents import messages, request_of
from specport.catalog.model import Shape, Tool
from specport.operations.model import Media, OAuthFlow
from specport.sources.model import Origin, Source
from specport.sources.read import Opened, open_source, read_document


def source(paths: dict[str, Any], *, uri: str = "small", **rest: Any) -> Source:
    root = {"swagger": "2.0", "info": {"title": "Small", "version": "1"}, "paths": paths, **rest}
    return Source(name="small", uri=uri, data=json.dumps(root).encode(), origin=Origin.OPERATOR)


def opened(paths: dict[str, Any], **rest: Any) -> Opened:
    return open_source(source(paths, **rest), Shape(), None)


def tool(operation: dict[str, Any], **rest: Any) -> Tool:
    found = opened({"/things": {"post": operation}}, **rest)
    assert len(found.catalog.tools) == 1, messages(found.catalog)
    return found.catalog.tools[0]


def media_of(operation: dict[str, Any], **rest: Any) -> list[Media]:
    _, operations, _ = read_document(source({"/things": {"post": operation}}, **rest))
    body = operations.operations[0].body
    return list(body.media) if body else []


def field(name: str, **rest: Any) -> dict[str, Any]:
    return {"name": name, "in": "formData", "type": "string", **rest}


def test_a_parameter_is_its_own_schema() -> None:
    """Type, format, bounds and items stand in the Parameter Object itself."""
    made = tool({
        "parameters": [
            {"name": "size", "in": "query", "type": "integer", "minimum": 1, "exclusiveMinimum": True},
            {"name": "kinds", "in": "query", "type": "array", "items": {"type": "string"}, "minItems": 1},
            {"name": "X-Key", "in": "header", "type": "string", "required": True, "description": "Which one."},
        ]
    })  # fmt: skip
    assert made.input_schema["properties"] == {
        "size": {"type": "integer", "exclusiveMinimum": 1},
        "kinds": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "X-Key": {"type": "string", "description": "Which one."},
    }
    assert made.input_schema["required"] == ["X-Key"]


@pytest.mark.parametrize(
    ("place", "collection", "style", "explode"),
    [
        ("query", None, "form", False), ("query", "csv", "form", False), ("query", "multi", "form", True),
        ("query", "ssv", "spaceDelimited", False), ("query", "pipes", "pipeDelimited", False),
        ("query", "tsv", "tabDelimited", False), ("path", None, "simple", False), ("header", "csv", "simple", False),
        ("path", "pipes", "pipeDelimited", False), ("header", "multi", "simple", False),
        ("query", ["csv"], "form", False),
    ],
)  # fmt: skip
def test_collection_formats_become_styles(place: str, collection: Any, style: str, explode: bool) -> None:
    """`multi` exists in query and formData only; csv is the default."""
    parameter = {"name": "ids", "in": place, "type": "array", "items": {"type": "string"}, "required": place == "path"}
    if collection is not None:
        parameter["collectionFormat"] = collection
    path = "/{ids}" if place == "path" else "/things"
    route = opened({path: {"get": {"parameters": [parameter]}}}).catalog.tools[0].route
    assert route
    assert [(each.style, each.explode) for each in route.bindings] == [(style, explode)]


def test_a_body_is_sent_as_what_the_operation_consumes() -> None:
    """Its own `consumes` replaces the document's; without any it is JSON. References lead into `definitions`."""
    thing = {"type": "object", "properties": {"name": {"type": "string", "x-nullable": True}}, "required": ["name"]}
    body = {"name": "anything", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Thing"}}
    rest = {"definitions": {"Thing": thing}, "consumes": ["application/xml", "application/vnd.thing+json"]}
    made = tool({"parameters": [body]}, **{**rest, "consumes": []})
    assert made.input_schema["properties"]["body"]["properties"] == {"name": {"type": ["string", "null"]}}
    assert made.input_schema["required"] == ["body"]
    assert request_of(made, {"body": {"name": None}}).content == b'{"name":null}'
    inherited = media_of({"parameters": [body]}, **rest)
    assert [media.content_type for media in inherited] == ["application/xml", "application/vnd.thing+json"]
    own = media_of({"parameters": [body], "consumes": ["application/json"]}, **rest)
    assert [media.content_type for media in own] == ["application/json"]


@pytest.mark.parametrize(
    ("fields", "consumes", "expected"),
    [
        ([field("a")], [], ["application/x-www-form-urlencoded"]),
        ([field("a")], ["application/json"], ["application/x-www-form-urlencoded"]),
        ([field("a")], ["multipart/form-data"], ["multipart/form-data"]),
        ([field("a", type="file")], [], ["multipart/form-data"]),
        ([field("a", type="file")], ["application/x-www-form-urlencoded"], ["multipart/form-data"]),
        ([field("a", type="file")], ["multipart/form-data", "application/json"], ["multipart/form-data"]),
    ],
)  # fmt: skip
def test_form_fields_become_one_body(fields: list[Any], consumes: list[str], expected: list[str]) -> None:
    """A file can only travel in parts, whatever the document says it consumes."""
    assert [media.content_type for media in media_of({"parameters": fields, "consumes": consumes})] == expected


def test_form_fields_keep_what_is_said_of_each() -> None:
    """Types, required names, descriptions, files as binary text, and the collection format as an encoding."""
    fields = [
        field("name", required=True, description="What it is called."),
        field("file", type="file"),
        field("tags", type="array", items={"type": "string"}, collectionFormat="multi"),
        field("ids", type="array", items={"type": "integer"}),
    ]
    made = tool({"parameters": fields, "consumes": ["multipart/form-data"]})
    body = made.input_schema["properties"]["body"]
    assert body["required"] == ["name"]
    assert body["properties"]["name"] == {"type": "string", "description": "What it is called."}
    assert body["properties"]["file"]["format"] == "binary"
    assert made.input_schema["required"] == ["body"]
    [media] = media_of({"parameters": fields})
    assert media.encoding == {
        "tags": {"style": "form", "explode": True}, "ids": {"style": "form", "explode": False},
    }  # fmt: skip


def test_shared_parameters_and_responses_are_followed() -> None:
    """Operation over path item by name and place, references into the document's own `parameters`."""
    page = {"name": "page", "in": "query", "type": "integer"}
    item = {
        "parameters": [{"$ref": "#/parameters/Page"}, {"name": "id", "in": "path", "required": True, "type": "string"}],
        "get": {
            "parameters": [{"name": "page", "in": "query", "type": "string"}],
            "responses": {"200": {"$ref": "#/responses/Fine"}},
            "produces": ["text/csv", "application/json"],
        },
    }
    fine = {"description": "fine", "schema": {"type": "object"}}
    [found] = opened({"/things/{id}": item}, parameters={"Page": page}, responses={"Fine": fine}).catalog.tools
    assert found.input_schema["properties"] == {"page": {"type": "string"}, "id": {"type": "string"}}
    assert found.route
    assert found.route.accept == ("text/csv", "application/json")


@pytest.mark.parametrize(
    ("rest", "uri", "expected"),
    [
        ({"host": "api.example.com", "basePath": "/v1", "schemes": ["http", "https", "wss"]}, "small", "https://api.example.com/v1"),
        ({"host": "api.example.com", "schemes": ["http"]}, "small", "http://api.example.com"),
        ({"host": "api.example.com:8443", "basePath": "/"}, "small", "https://api.example.com:8443"),
        ({"host": "api.example.com"}, "http://docs.example.com/a/swagger.json", "http://api.example.com"),
        ({"basePath": "/v1"}, "https://docs.example.com/a/swagger.json", "https://docs.example.com/v1"),
        ({}, "https://docs.example.com/a/swagger.json", "https://docs.example.com"),
        ({"host": 5, "basePath": None, "schemes": "https"}, "small", "https://5"),
    ],
)  # fmt: skip
def test_host_base_path_and_schemes_make_the_server(rest: dict[str, Any], uri: str, expected: str) -> None:
    """Https before http; what is missing comes from where the document was fetched."""
    assert opened({"/things": {"get": {}}}, uri=uri, **rest).base_url == expected


def test_an_operation_may_have_schemes_of_its_own() -> None:
    """They replace the document's for that operation."""
    paths = {"/a": {"get": {"schemes": ["http"]}, "put": {}}}
    tools = opened(paths, host="api.example.com", schemes=["https"]).catalog.tools
    assert [each.route.servers for each in tools if each.route] == [("http://api.example.com",), ()]


def test_security_definitions_are_schemes() -> None:
    """`basic` is HTTP Basic; API keys and OAuth 2.0 are what they are in OpenAPI 3."""
    definitions = {
        "basic": {"type": "basic"}, "key": {"type": "apiKey", "in": "query", "name": "key"},
        "oauth": {"type": "oauth2", "flow": "implicit", "authorizationUrl": "https://example.com/auth"},
        "machine": {"type": "oauth2", "flow": "application", "tokenUrl": "/token", "scopes": {"a": "", "x-b": ""}},
        "code": {"type": "oauth2", "flow": "accessCode", "authorizationUrl": "/a", "tokenUrl": 5, "scopes": None},
    }  # fmt: skip
    parameters = [{"name": "key", "in": "query", "type": "string", "required": True}]
    found = opened(
        {"/a": {"get": {"security": [{"basic": []}, {"key": [], "oauth": []}], "parameters": parameters}}},
        securityDefinitions=definitions,
    )
    assert {name: (scheme.kind, scheme.scheme) for name, scheme in found.catalog.schemes.items()} == {
        "basic": ("http", "basic"), "key": ("apiKey", ""), "oauth": ("oauth2", ""), "machine": ("oauth2", ""),
        "code": ("oauth2", ""),
    }  # fmt: skip
    flows = [flow for name in ("oauth", "machine", "code") for flow in found.catalog.schemes[name].flows]
    assert flows == [
        OAuthFlow("implicit", "https://example.com/auth"),
        OAuthFlow("clientCredentials", "", "/token", "", ("a", "x-b")),
        OAuthFlow("authorizationCode", "/a"),
    ]  # fmt: skip
    [one] = found.catalog.tools
    assert one.route
    assert one.route.security == (("basic",), ("key", "oauth"))
    assert one.input_schema["properties"] == {}


def test_what_swagger_does_not_allow_costs_one_operation() -> None:
    """A file in the query leaves its operation out; a body beside form fields leaves the fields out."""
    body = {"name": "b", "in": "body", "schema": {"type": "object"}}
    paths = {
        "/file": {"get": {"parameters": [{"name": "f", "in": "query", "type": "file"}]}},
        "/both": {"post": {"parameters": [field("a"), body]}},
        "/where": {"get": {"parameters": [{"name": "f", "in": "nowhere", "type": "string"}]}},
    }
    found = opened(paths).catalog
    assert [each.route.path for each in found.tools if each.route] == ["/both"]
    assert "error /paths/~1file/get/parameters/0 GET /file is left out: the file 'f' is not in formData" in messages(
        found
    )
    assert "warning /paths/~1both/post has a body and form fields" in messages(found)
    assert "`in: nowhere`, which is no place" in messages(found)
