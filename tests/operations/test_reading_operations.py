"""What is read of each operation: parameters, bodies, servers, security; and what a broken one costs."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from small_documents import catalog_of, document, messages, path_parameter, query, taking, tool_of
from specport.catalog.codec import decode_catalog, encode_catalog
from specport.catalog.model import Binding
from specport.documents.load import load_document
from specport.documents.refs import References
from specport.operations.model import OAuthFlow, Operations
from specport.operations.read import read_operations


def bindings(*parameters: Any, path: str = "/things", item: Any = None, **rest: Any) -> list[Binding]:
    paths = {path: {**(item or {}), "get": {"parameters": list(parameters)}}}
    catalog = catalog_of(document(paths, **rest))
    assert catalog.tools, messages(catalog)
    assert catalog.tools[0].route
    return list(catalog.tools[0].route.bindings)


def operations_of(described: dict[str, Any]) -> Operations:
    root = load_document(orjson.dumps(described), "small")
    return read_operations(root, "small", References(root.root))


def test_an_operations_parameter_replaces_the_path_items() -> None:
    """Same name and place replaces, in the place of the first; same name elsewhere is another parameter."""
    shared = [query("a", {"type": "integer"}), path_parameter("id")]
    own = [query("a", required=True), {**query("id"), "in": "header"}]
    found = catalog_of(document({"/{id}": {"parameters": shared, "get": {"parameters": own}}})).tools[0]
    assert found.route
    assert [(each.wire_name, each.location) for each in found.route.bindings] == [
        ("a", "query"), ("id", "path"), ("id", "header"),
    ]  # fmt: skip
    assert found.input_schema["properties"]["a"] == {"type": "string"}
    assert found.input_schema["required"] == ["a", "id"]


@pytest.mark.parametrize("name", ["Accept", "content-type", "AUTHORIZATION"])
def test_headers_that_the_request_itself_owns_are_ignored(name: str) -> None:
    """OAS 3.1 section 4.8.12.2: these header parameters shall be ignored; a query parameter of that name is not."""
    header = {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
    assert [(each.wire_name, each.location) for each in bindings(header, query(name))] == [(name, "query")]


def test_a_header_name_that_could_say_something_else_is_never_sent() -> None:
    """A line break in a name would be another header: optional ones are left out, required ones the operation."""
    evil = {"name": "X-A: 1\r\nAuthorization", "in": "header", "schema": {}}
    catalog = catalog_of(
        document({"/a": {"get": {"parameters": [evil]}}, "/b": {"get": {"parameters": [{**evil, "required": True}]}}})
    )
    assert [tool.address for tool in catalog.tools] == ["a.getA"]
    assert catalog.tools[0].input_schema["properties"] == {}
    assert [problem.severity for problem in catalog.problems] == ["warning", "error"]


def test_path_parameters_and_the_path_must_agree() -> None:
    """A name that nothing fills leaves the operation out; a parameter without a place is only ignored."""
    catalog = catalog_of(
        document({
            "/a/{id}": {"get": {}},
            "/b/{id}": {"get": {"parameters": [path_parameter("id"), path_parameter("other")]}},
        })
    )  # fmt: skip
    assert [list(tool.input_schema["properties"]) for tool in catalog.tools] == [["id"]]
    assert (
        "error /paths/~1a~1{id}/get GET /a/{id} is left out: the path needs {id}, which no parameter declares"
        in messages(catalog)
    )
    assert "warning" in messages(catalog)


def test_styles_have_the_defaults_of_their_place() -> None:
    """OAS 3.1 section 4.8.12.2: form explodes, the others do not; what is written is kept."""
    found = bindings(
        path_parameter("id"), query("q"), {**query("h"), "in": "header"}, {**query("c"), "in": "cookie"},
        query("d", style="deepObject"), query("f", explode=False, allowReserved=True),
        query("s", style="spaceDelimited", explode=True),
        path="/{id}",
    )  # fmt: skip
    assert [(each.wire_name, each.style, each.explode, each.allow_reserved) for each in found] == [
        ("id", "simple", False, False), ("q", "form", True, False), ("h", "simple", False, False),
        ("c", "form", True, False), ("d", "deepObject", False, False), ("f", "form", False, True),
        ("s", "spaceDelimited", True, False),
    ]  # fmt: skip


def test_a_parameter_may_have_content_instead_of_a_style() -> None:
    """`content` gives the schema and the media type; it may be a reference too."""
    content = {"application/json": {"$ref": "#/components/mediaTypes/Filter"}}
    parameter = {"name": "filter", "in": "query", "content": content}
    media = {"Filter": {"schema": {"type": "object"}}}
    tool = tool_of({"parameters": [parameter]}, components={"mediaTypes": media})
    assert tool.input_schema["properties"]["filter"] == {"type": "object"}
    assert tool.route
    assert tool.route.bindings[0].content_type == "application/json"


@pytest.mark.parametrize(
    ("parameter", "reason"),
    [
        ("text", "a parameter is not an object"),
        ({"in": "query"}, "a parameter has no name"),
        ({"name": 5, "in": "query"}, "a parameter has no name"),
        ({"name": "a"}, "the parameter 'a' is `in: None`, which is no place"),
        ({"name": "a", "in": "body"}, "`in: body`, which is no place"),
        ({"name": "a", "in": ["query"]}, "which is no place"),
        ({"name": "a", "in": "query", "schema": 5}, "a schema is not an object"),
    ],
)  # fmt: skip
def test_a_broken_parameter_leaves_its_operation_out(parameter: Any, reason: str) -> None:
    """The problem points at the parameter; the other operations load."""
    catalog = catalog_of(document({"/a": {"get": {"parameters": [parameter]}}, "/b": {"get": {}}}))
    assert [tool.address for tool in catalog.tools] == ["b.getB"]
    assert reason in catalog.problems[0].message
    assert catalog.problems[0].pointer.startswith("/paths/~1a/get/parameters/0")


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (5, "the path item is not an object"),
        ({"get": []}, "the operation is not an object"),
        ({"get": {"parameters": {}}}, "`parameters` is not an array"),
        ({"parameters": 5, "get": {}}, "`parameters` is not an array"),
        ({"post": {"requestBody": 5}}, "the request body is not an object"),
        ({"post": taking("text")}, "a schema is not an object"),
    ],
)  # fmt: skip
def test_a_broken_operation_is_a_problem_and_the_others_load(item: Any, reason: str) -> None:
    """One error with a pointer into the path."""
    catalog = catalog_of(document({"/a": item, "/b": {"get": {}}}))
    assert [tool.address for tool in catalog.tools] == ["b.getB"]
    assert [problem.severity for problem in catalog.problems] == ["error"]
    assert catalog.problems[0].pointer.startswith("/paths/~1a")
    assert reason in catalog.problems[0].message


def test_bodies_without_a_usable_media_type_are_not_offered() -> None:
    """No content: a warning; no body at all, or null: nothing to say; a media type with a line break: ignored."""
    bodies = [{"content": {}}, {}, None, {"content": {"text/plain\r\nX: y": {}, "application/json": {}}}]
    catalog = catalog_of(document({f"/{n}": {"post": {"requestBody": body}} for n, body in enumerate(bodies)}))
    offered = [list(tool.input_schema["properties"]) for tool in catalog.tools]
    assert offered == [[], [], [], ["body"]]
    assert [problem.severity for problem in catalog.problems] == ["warning"] * 3


def test_all_methods_of_a_path_item_are_operations() -> None:
    """The eight of OAS 3.1; other members of a path item are not."""
    methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]
    item: dict[str, Any] = {method: {} for method in methods}
    found = operations_of(document({"/a": {**item, "summary": "S", "x-any": {}, "query": {}}, "x-b": {"get": {}}}))
    assert [each.key.method.lower() for each in found.operations] == methods
    assert {each.summary for each in found.operations} == {"S"}


def test_a_path_without_a_slash_gets_one_and_a_fragment_is_kept_as_a_name_only() -> None:
    """A missing slash is a warning; what follows `#` tells operations apart and is never sent."""
    catalog = catalog_of(document({"a": {"get": {}}, "/b#one": {"get": {}}, "/b#two": {"get": {}}}))
    assert len(catalog.tools) == 3
    assert "'a' does not start with a slash" in messages(catalog)


def test_servers_are_urls_with_their_variables_filled() -> None:
    """OAS 3.1 section 4.8.6: defaults go into the template; the operation's own servers come before the path's."""
    server = {
        "url": "https://{region}.example.com/{base}",
        "variables": {"region": {"default": "eu"}, "base": {"default": "v2"}},
    }
    item = {
        "servers": [{"url": "https://path.example.com"}],
        "get": {},
        "post": {"servers": [{"url": "https://op.example.com"}]},
    }
    found = operations_of(document({"/a": item, "/b": {"get": {}}}, servers=[server, {"description": "no URL"}, 5]))
    assert found.servers == ("https://eu.example.com/v2",)
    assert {each.key.method + each.key.path: each.servers for each in found.operations} == {
        "GET/a": ("https://path.example.com",), "POST/a": ("https://op.example.com",), "GET/b": (),
    }  # fmt: skip


def test_security_is_a_choice_of_sets_of_schemes() -> None:
    """The operation's list replaces the document's; an empty one, or an empty set, needs nothing."""
    schemes = {
        "token": {"type": "http", "scheme": "Bearer"}, "key": {"type": "apiKey", "in": "query", "name": "api_key"},
        "gone": {"$ref": "#/nowhere"}, "odd": 5,
    }  # fmt: skip
    found = operations_of(
        document(
            {"/a": {"get": {}, "put": {"security": []}, "post": {"security": [{"token": [], "key": []}, {}, 5]}}},
            components={"securitySchemes": schemes}, security=[{"token": []}],
        )
    )  # fmt: skip
    assert {each.key.method: each.security for each in found.operations} == {
        "GET": (("token",),), "PUT": (), "POST": (("token", "key"), ()),
    }  # fmt: skip
    facts = {name: (each.kind, each.scheme, each.location, each.parameter) for name, each in found.schemes.items()}
    assert facts == {"token": ("http", "bearer", "", ""), "key": ("apiKey", "", "query", "api_key")}


def test_the_flows_of_oauth_are_read_and_survive_the_cache() -> None:
    """OAS 3.1 section 4.8.28: URLs and scopes of each flow; what is no text is nothing."""
    flows = {
        "authorizationCode": {
            "authorizationUrl": " https://login.test/a ", "tokenUrl": "https://login.test/t", "refreshUrl": "/r",
            "scopes": {"read": "Look", "write": "Change"},
        },
        "clientCredentials": {"tokenUrl": ["odd"], "scopes": 5}, "implicit": None, "x-own": {},
    }  # fmt: skip
    schemes = {"o": {"type": "oauth2", "flows": flows}, "k": {"type": "apiKey", "flows": flows}}
    catalog = catalog_of(document({"/a": {"get": {}}}, components={"securitySchemes": schemes}))
    expected = (
        OAuthFlow("authorizationCode", "https://login.test/a", "https://login.test/t", "/r", ("read", "write")),
        OAuthFlow("clientCredentials"), OAuthFlow("implicit"),
    )  # fmt: skip
    assert (catalog.schemes["o"].flows, catalog.schemes["k"].flows) == (expected, ())
    decoded = decode_catalog(encode_catalog(catalog))
    assert decoded
    assert decoded.schemes == catalog.schemes


def test_odd_values_in_descriptive_fields_are_read_as_text() -> None:
    """`version: 1.0` is a number to YAML; tags that are no text are passed over."""
    found = operations_of(
        {
            **document({"/a": {"get": {"tags": [5, "T", None], "operationId": 7, "summary": None}}}),
            "info": {"title": 5, "version": 1.5},
        }
    )
    assert (found.title, found.version) == ("5", "1.5")
    assert (found.operations[0].tags, found.operations[0].operation_id) == (("T",), "7")


def test_what_breaks_two_operations_is_told_of_each() -> None:
    """A broken parameter of the path is one place, but each operation that is left out is named."""
    catalog = catalog_of(document({"/a": {"parameters": [{"in": "query"}], "get": {}, "put": {}}}))
    assert catalog.tools == ()
    assert messages(catalog).split("\n") == [
        "error /paths/~1a/parameters/0 GET /a is left out: a parameter has no name",
        "error /paths/~1a/parameters/0 PUT /a is left out: a parameter has no name",
    ]
