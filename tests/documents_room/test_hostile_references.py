"""References that go in circles, too far or too deep: every document ends in tools and problems, in bounded time."""

from __future__ import annotations

import time
from typing import Any

import jsonschema_rs
import pytest

from small_documents import catalog_of, document, taking, tool_of
from specport.documents.refs import MAX_HOPS, References
from specport.errors import DocumentError


@pytest.mark.parametrize(
    "schemas",
    [
        {"A": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}},
        {"A": {"allOf": [{"$ref": "#/components/schemas/A"}]}},
        {"A": {
            "allOf": [{"$ref": "#/components/schemas/A"}],
            "required": ["id"], "properties": {"id": {"readOnly": True}},
        }},
        {"A": {"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]}},
        {"A": {"$ref": "#/components/schemas/B", "title": "a"}, "B": {"$ref": "#/components/schemas/A", "title": "b"}},
        {"A": {"additionalProperties": {"$ref": "#/components/schemas/A"}}},
        {"A": {"not": {"$ref": "#/components/schemas/A"}}},
    ],
    ids=["items", "allOf", "allOf with hidden names", "anyOf", "two references", "additionalProperties", "not"],
)  # fmt: skip
def test_odd_circles_end(schemas: dict[str, Any]) -> None:
    """Whatever refers to itself is described and listed in bounded time and size."""
    wide = {"type": "object", "properties": {f"property_{n}": {"$ref": "#/components/schemas/A"} for n in range(40)}}
    tool = tool_of(taking(wide), components={"schemas": schemas})
    for shown in (tool.input_schema, tool.listed_schema):
        jsonschema_rs.Draft202012Validator(dict(shown))
        assert len(str(shown)) < 20_000


def test_references_that_double_at_every_hop_are_followed_once() -> None:
    """Each of sixty schemas takes two looks at the one before: 2^60 steps if nothing were kept."""
    schemas: dict[str, Any] = {"L0": {"p": {"p": {"type": "integer"}}}}
    for n in range(1, 61):
        before = f"#/components/schemas/L{n - 1}/p"
        schemas[f"L{n}"] = {"p": {"$ref": before}} if n % 2 else {"p": {"p": {"$ref": f"{before}/p"}}}
    began = time.process_time()
    root = document({}, components={"schemas": schemas})
    assert References(root).resolve("#/components/schemas/L60/p/p").value == {"type": "integer"}
    assert time.process_time() - began < 1


def test_a_chain_of_references_has_a_longest_length() -> None:
    """MAX_HOPS hops are followed, one more is a circle or as good as one."""
    schemas = {f"S{n}": {"$ref": f"#/components/schemas/S{n + 1}"} for n in range(MAX_HOPS)}
    root = document({}, components={"schemas": {**schemas, f"S{MAX_HOPS}": {"type": "string"}}})
    assert References(root).resolve("#/components/schemas/S1").value == {"type": "string"}
    with pytest.raises(DocumentError, match="leads in a circle or over 64 hops"):
        References(root).resolve("#/components/schemas/S0")


@pytest.mark.parametrize("nested", ["items", "allOf", "properties", "not", "additionalProperties"])
@pytest.mark.parametrize("levels", [20, 45])
def test_deep_schemas_are_converted_or_left_out_with_a_problem(nested: str, levels: int) -> None:
    """Within the document's depth limit nothing ends in a recursion error."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {nested: [schema] if nested == "allOf" else {"p": schema} if nested == "properties" else schema}
    tool = tool_of(taking(schema))
    jsonschema_rs.Draft202012Validator(dict(tool.input_schema))


def test_schemas_deep_through_references_are_bounded() -> None:
    """Forty definitions of forty levels, each inside the one before, are more than any reader takes at once."""
    schemas: dict[str, Any] = {}
    for n in range(40):
        schema: dict[str, Any] = {"$ref": f"#/components/schemas/S{n + 1}"}
        for _ in range(40):
            schema = {"items": schema}
        schemas[f"S{n}"] = schema
    schemas["S40"] = {"type": "string"}
    tool = tool_of(taking({"$ref": "#/components/schemas/S0"}), components={"schemas": schemas})
    jsonschema_rs.Draft202012Validator(dict(tool.input_schema))
    assert tool.input_schema["$defs"]


def test_inheritance_that_never_ends_is_a_problem() -> None:
    """A chain of seven hundred `allOf` parents that all ask for a hidden property does not end the process."""
    schemas: dict[str, Any] = {
        f"S{n}": {"required": ["id"], "allOf": [{"$ref": f"#/components/schemas/S{n + 1}"}]} for n in range(700)
    }
    schemas["S700"] = {"properties": {"id": {"type": "string", "readOnly": True}}, "required": ["id"]}
    paths = {"/a": {"post": taking({"$ref": "#/components/schemas/S0"})}, "/b": {"get": {}}}
    catalog = catalog_of(document(paths, components={"schemas": schemas}))
    assert catalog.tools[-1].route
    assert catalog.tools[-1].route.path == "/b"
