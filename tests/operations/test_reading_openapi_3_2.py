"""What OpenAPI 3.2 adds: methods, whole query strings, sequences, tags under tags."""

from __future__ import annotations

from typing import Any

import pytest

from small_documents import catalog_of, document, messages, taking
from specport.catalog.model import Filters
from specport.operations.model import Location


def test_query_is_a_method_from_3_2_on() -> None:
    """It reads, may be repeated, and takes a body; before 3.2 the word means nothing there."""
    item = {"/things": {"query": taking({"type": "object"})}}
    [tool] = catalog_of(document(item, version="3.2.0")).tools
    assert tool.route
    assert (tool.route.method, tool.hints.read_only, "body" in tool.input_schema["properties"]) == ("QUERY", True, True)
    assert catalog_of(document({**item, "/a": {"get": {}}}, version="3.1.0")).tools[0].address == "a.getA"


def test_additional_operations_have_any_method() -> None:
    """As they are written; one that cannot be called, or stands beside already, is a problem."""
    more = {"COPY": {}, "x-Own": {}, "GET": {}, "CONNECT": {}, "A B": {}, "DELETE": {"operationId": "remove"}}
    catalog = catalog_of(document({"/things": {"get": {}, "additionalOperations": more}}, version="3.2.0"))
    methods = sorted(tool.route.method for tool in catalog.tools if tool.route)
    assert methods == ["COPY", "DELETE", "GET", "x-Own"]
    assert [tool.hints.read_only for tool in catalog.tools if tool.route and tool.route.method == "COPY"] == [False]
    assert "/paths/~1things/additionalOperations/GET GET /things is left out: it stands beside" in messages(catalog)
    assert "'CONNECT' is no method that can be called" in messages(catalog)
    assert "'A B' is no method that can be called" in messages(catalog)


def test_a_whole_query_string_has_a_media_type() -> None:
    """`in: querystring` is described by `content` and by nothing else."""
    form = {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}
    good = {"name": "all", "in": "querystring", "content": form}
    bad = {"name": "all", "in": "querystring", "schema": {"type": "object"}}
    catalog = catalog_of(
        document({"/a": {"get": {"parameters": [good]}}, "/b": {"get": {"parameters": [bad]}}}, version="3.2.0")
    )
    [tool] = catalog.tools
    assert tool.route
    [binding] = tool.route.bindings
    assert (binding.location, binding.content_type) == (Location.QUERYSTRING, "application/x-www-form-urlencoded")
    assert "in querystring has no `content`" in messages(catalog)


def test_a_sequence_is_an_array_of_its_items() -> None:
    """`itemSchema` describes each item of a sequential media type."""
    content = {"application/jsonl": {"itemSchema": {"type": "object", "properties": {"a": {"type": "integer"}}}}}
    operation = {"requestBody": {"content": content}}
    [tool] = catalog_of(document({"/a": {"post": operation}}, version="3.2.0")).tools
    body = tool.input_schema["properties"]["body"]
    assert (body["type"], body["items"]["properties"]) == ("array", {"a": {"type": "integer"}})


@pytest.mark.parametrize("wanted", ["animals", "Cats"])
def test_a_tag_brings_those_under_it(wanted: str) -> None:
    """A filter by tag takes the operations of tags below it too; a circle of tags ends."""
    tags: list[Any] = [
        {"name": "animals"}, {"name": "cats", "parent": "animals"}, {"name": "a", "parent": "b"},
        {"name": "b", "parent": "a"}, "odd", {"name": 5, "parent": "cats"},
    ]  # fmt: skip
    paths = {"/cats": {"get": {"tags": ["cats"]}}, "/a": {"get": {"tags": ["a"]}}, "/plants": {"get": {}}}
    catalog = catalog_of(document(paths, version="3.2.0", tags=tags), filters=Filters(tags=(wanted,)))
    assert [tool.address for tool in catalog.tools] == ["cats.getCats"]


def test_a_path_item_says_more_beside_its_reference() -> None:
    """What only stands beside the `$ref` counts; on what both say the referenced one wins."""
    shared = {"get": {"operationId": "shared"}, "parameters": [{"name": "a", "in": "query", "schema": {}}]}
    own = {
        "$ref": "#/components/pathItems/Shared", "get": {"operationId": "own"}, "put": {"operationId": "own"},
        "parameters": [{"name": "b", "in": "query", "schema": {}}],
    }  # fmt: skip
    catalog = catalog_of(document({"/a": own}, components={"pathItems": {"Shared": shared}}))
    found = {tool.address: list(tool.input_schema["properties"]) for tool in catalog.tools}
    assert found == {"a.shared": ["b", "a"], "a.own": ["b", "a"]}
