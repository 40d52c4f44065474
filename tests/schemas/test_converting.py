"""OpenAPI schemas as JSON Schema 2020-12: what each version writes differently, and what is left out."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from small_documents import body_schema, catalog_of, document, messages, query, taking, tool_of


def accepts(schema: Any, value: Any) -> bool:
    return jsonschema_rs.Draft202012Validator(schema).is_valid(value)


def converted(schema: Any, version: str = "3.0.3", **components: Any) -> Any:
    return body_schema(schema, version=version, components={"schemas": components})


def warnings(schema: Any, version: str = "3.1.0") -> str:
    return messages(catalog_of(document({"/a": {"post": taking(schema)}}, version=version)))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"type": "string", "nullable": True, "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"type": "string", "nullable": True, "enum": [None]}, {"type": ["string", "null"], "enum": [None]}),
        ({"nullable": True, "enum": ["a"]}, {"enum": ["a", None]}),
        ({"nullable": True}, {}),
        ({"type": "integer", "minimum": 3, "exclusiveMinimum": True}, {"type": "integer", "exclusiveMinimum": 3}),
        ({"type": "integer", "maximum": 3, "exclusiveMaximum": True}, {"type": "integer", "exclusiveMaximum": 3}),
        ({"type": "integer", "minimum": 3, "exclusiveMinimum": False}, {"type": "integer", "minimum": 3}),
        ({"type": "integer", "exclusiveMinimum": True}, {"type": "integer"}),
        ({"type": "integer", "exclusiveMinimum": 3}, {"type": "integer", "exclusiveMinimum": 3}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"type": "array", "nullable": True}, {"type": ["array", "null"], "items": {}}),
        (
            {"type": "string", "example": "x", "examples": ["x"], "x-go": 1, "xml": {}, "externalDocs": {"url": "x"}},
            {"type": "string"},
        ),
        (
            {"type": "string", "format": "date", "default": "x", "title": "T"},
            {"type": "string", "format": "date", "default": "x", "title": "T"},
        ),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"type": "object", "additionalProperties": False}, {"type": "object", "additionalProperties": False}),
        ({"type": "object", "required": ["a", "a"]}, {"type": "object", "required": ["a"]}),
        ({"type": "string", "discriminator": {"propertyName": "a"}}, {"type": "string"}),
    ],
)  # fmt: skip
def test_a_3_0_schema_is_said_in_json_schema(given: Any, expected: Any) -> None:
    """nullable, boolean bounds, arrays without items, what explains nothing; every number and text else is kept."""
    assert converted(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
        ({"type": ["string", "string"]}, {"type": "string"}),
        ({"type": "string", "nullable": True}, {"type": "string"}),
        ({"exclusiveMinimum": 3}, {"exclusiveMinimum": 3}),
        ({"const": None}, {"const": None}),
        (
            {"type": "array", "prefixItems": [{"type": "string"}]},
            {"type": "array", "prefixItems": [{"type": "string"}], "items": {}},
        ),
        ({"type": ["array", "null"]}, {"type": ["array", "null"], "items": {}}),
        ({"if": {"minimum": 1}, "then": {"maximum": 9}}, {"if": {"minimum": 1}, "then": {"maximum": 9}}),
        ({"dependentRequired": {"a": ["b", "b"]}}, {"dependentRequired": {"a": ["b"]}}),
        ({"patternProperties": {"^x": {"type": "integer"}}}, {"patternProperties": {"^x": {"type": "integer"}}}),
        (
            {"anyOf": [{"minimum": 1}], "oneOf": [{"minimum": 2}]},
            {"anyOf": [{"minimum": 1}], "allOf": [{"anyOf": [{"minimum": 2}]}]},
        ),
    ],
)  # fmt: skip
def test_a_3_1_schema_is_kept_as_it_is(given: Any, expected: Any) -> None:
    """3.1 is JSON Schema already; `nullable` means nothing there."""
    assert converted(given, "3.1.0") == expected


@pytest.mark.parametrize("schema", [True, None, {}])
def test_a_schema_that_allows_anything_allows_anything(schema: Any) -> None:
    """`true`, `{}` and no schema at all."""
    assert converted(schema, "3.1.0") == {}


def test_a_schema_that_allows_nothing_allows_nothing() -> None:
    """`false` as a property's schema stays false."""
    assert converted({"properties": {"a": False}}, "3.1.0") == {"properties": {"a": False}}


@pytest.mark.parametrize("key", ["allOf", "anyOf", "oneOf"])
def test_nullable_beside_a_combination_allows_null(key: str) -> None:
    """OAS 3.0.3 says that it means nothing there; documents mean it, and a null that cannot be sent is worse."""
    schema = converted(
        {key: [{"$ref": "#/components/schemas/S"}], "nullable": True, "description": "Text"}, S={"type": "string"}
    )
    assert schema["description"] == "Text"
    assert [accepts(schema, value) for value in ("a", None, 1)] == [True, True, False]


def test_one_of_is_any_of_in_requests_only() -> None:
    """Published branches overlap: a value that fits two of them is good enough to send."""
    schema = converted({"oneOf": [{"type": "integer"}, {"minimum": 3}]})
    assert accepts(schema, 5)


@pytest.mark.parametrize(
    ("given", "expected", "warning"),
    [
        ({"type": "string", "pattern": "(["}, {"type": "string"}, "/pattern `pattern: ([` is not valid"),
        ({"type": "string", "pattern": 5}, {"type": "string"}, "/pattern `pattern: 5`"),
        ({"type": "any"}, {}, "/type `type: any` is not a JSON type"),
        ({"type": ["string", "file"]}, {"type": "string"}, "/type `type: ['string', 'file']`"),
        ({"type": {"a": 1}}, {}, "/type"),
        ({"minLength": -1}, {}, "/minLength `minLength: -1`"),
        ({"minLength": "3"}, {}, "/minLength"),
        ({"maximum": True}, {}, "/maximum"),
        ({"exclusiveMinimum": True, "minimum": 1}, {"minimum": 1}, "/exclusiveMinimum"),
        ({"multipleOf": 0}, {}, "/multipleOf"),
        ({"enum": []}, {}, "/enum"),
        ({"enum": "a"}, {}, "/enum"),
        ({"allOf": {}}, {}, "/allOf `allOf` is not an array of schemas"),
        ({"anyOf": []}, {}, "/anyOf"),
        ({"properties": ["a"]}, {}, "/properties `properties` is not an object"),
        ({"description": 5, "title": ["a"]}, {}, "/description"),
        ({"required": True}, {}, ""),
        ({"required": ["a", 5]}, {}, ""),
    ],
)  # fmt: skip
def test_a_keyword_that_cannot_stand_is_left_out_with_a_warning(given: Any, expected: Any, warning: str) -> None:
    """A bad pattern costs the pattern, not the tool; the warning has the keyword's pointer."""
    assert converted(given, "3.1.0") == expected
    assert warning in warnings(given)
    assert "error" not in warnings(given)


def test_a_pattern_for_names_that_cannot_stand_refuses_nothing() -> None:
    """The others stand, and names that it may have been for are not refused."""
    given = {"patternProperties": {"([": {}, "^x": {"type": "integer"}}, "additionalProperties": False}
    assert converted(given, "3.1.0") == {"patternProperties": {"^x": {"type": "integer"}}}
    assert "/patternProperties/([ `([` is not valid and is ignored" in warnings(given)


@pytest.mark.parametrize(
    "schema", ["string", 5, ["a"], {"items": "string"}, {"properties": {"a": 5}}, {"anyOf": ["a"]}]
)
def test_what_is_no_schema_leaves_the_operation_out(schema: Any) -> None:
    """Never an empty schema in its place."""
    catalog = catalog_of(document({"/a": {"post": taking(schema)}, "/b": {"get": {}}}))
    assert [tool.route.path for tool in catalog.tools if tool.route] == ["/b"]
    assert "a schema is not an object" in messages(catalog)


@pytest.mark.parametrize("pattern", [r"^(a+)+$", r"^(?=(a+)+$)b", r"(x+x+)+y"])
def test_a_costly_pattern_is_harmless(pattern: str) -> None:
    """Patterns that hang other engines are decided at once, or not at all."""
    schema = converted({"type": "string", "pattern": pattern}, "3.1.0")
    assert not accepts(schema, "a" * 5000 + "!")


SCHEMAS = "#/components/schemas"
READ_ONLY = {"type": "string", "readOnly": True}


@pytest.mark.parametrize(
    ("schema", "components"),
    [
        ({"properties": {"id": READ_ONLY, "name": {}}, "required": ["id", "name"]}, {}),
        ({"properties": {"id": {"$ref": f"{SCHEMAS}/T"}, "name": {}}, "required": ["id", "name"]}, {"T": READ_ONLY}),
        (
            {
                "properties": {"id": {"allOf": [{"$ref": f"{SCHEMAS}/T"}, {"readOnly": True}]}, "name": {}},
                "required": ["id", "name"],
            },
            {"T": {"type": "string"}},
        ),
        (
            {
                "properties": {"id": {"allOf": [{"allOf": [{"$ref": f"{SCHEMAS}/T"}]}]}, "name": {}},
                "required": ["id", "name"],
            },
            {"T": READ_ONLY},
        ),
        (
            {"allOf": [{"required": ["id", "name"]}, {"properties": {"id": READ_ONLY, "name": {}}}]},
            {},
        ),
        (
            {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"id": READ_ONLY, "name": {}}}]},
            {"Base": {"type": "object", "required": ["id", "name"]}},
        ),
        (
            {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"id": READ_ONLY, "name": {}}}]},
            {"Base": {"allOf": [{"$ref": "#/components/schemas/Root"}]}, "Root": {"required": ["name", "id"]}},
        ),
        (
            {"allOf": [{"$ref": "#/components/schemas/Base"}], "required": ["id", "name"]},
            {"Base": {"properties": {"id": READ_ONLY, "name": {}}, "required": ["id"]}},
        ),
    ],
    ids=[
        "itself", "behind a reference", "part of allOf", "deep in allOf", "allOf siblings", "base asks for it",
        "root asks for it", "base hides it",
    ],
)  # fmt: skip
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_a_read_only_property_is_neither_offered_nor_asked_for(schema: Any, components: Any, version: str) -> None:
    """In a request a read-only property is no property, wherever that is said; `name` stays required."""
    shown = converted({"type": "object", **schema}, version, **components)
    assert "id" not in str(shown)
    assert accepts(shown, {"name": "x"})
    assert not accepts(shown, {})


def test_a_reference_with_properties_beside_it_hides_what_they_hide() -> None:
    """In 3.1 keywords beside `$ref` count, a read-only property there too."""
    schema = {"$ref": "#/components/schemas/Base", "properties": {"id": READ_ONLY}}
    shown = converted(schema, "3.1.0", Base={"type": "object", "required": ["id", "name"]})
    assert accepts(shown, {"name": "x"})
    assert not accepts(shown, {"id": "x"})


def test_a_shared_schema_asks_for_what_its_use_does_not_hide() -> None:
    """The same component elsewhere still requires the name."""
    base = {"$ref": f"{SCHEMAS}/Base"}
    hiding = {"allOf": [base, {"properties": {"id": READ_ONLY}}]}
    text = {"type": "string", "description": "x" * 200}
    shown = converted(
        {"type": "object", "properties": {"one": hiding, "two": base, "three": base}},
        Base={"type": "object", "required": ["id"], "properties": {"text": text}},
    )
    assert accepts(shown, {"one": {}, "two": {"id": 1}, "three": {"id": 1}})
    assert not accepts(shown, {"two": {}})


def test_what_stands_beside_a_reference_outweighs_what_it_refers_to() -> None:
    """`readOnly: false` beside a `$ref` to something read-only makes it a property of the request."""
    property_of = {"$ref": "#/components/schemas/Id", "readOnly": False}
    shown = converted({"properties": {"id": property_of}}, "3.1.0", Id=READ_ONLY)
    assert list(shown["properties"]) == ["id"]


def test_write_only_properties_stay_in_requests() -> None:
    """A password is sent, even if never answered."""
    assert list(converted({"properties": {"password": {"writeOnly": True}}})["properties"]) == ["password"]


def test_names_of_properties_are_never_taken_for_keywords() -> None:
    """Properties called `type`, `$ref`, `properties`, `required`, `readOnly` are properties."""
    names = ["type", "properties", "required", "items", "allOf", "readOnly", "enum", "$ref", "description", "default"]
    schema = converted({"type": "object", "properties": {name: {"type": "string"} for name in names}})
    assert schema == {"type": "object", "properties": {name: {"type": "string"} for name in names}}


def test_values_are_never_taken_for_schemas() -> None:
    """An object in `enum`, `const` or `default` is kept to the letter, `$ref` and `readOnly` in it included."""
    value = {"$ref": "#/nowhere", "readOnly": True, "nullable": True, "x-a": 1, "properties": {"a": {"$ref": 5}}}
    schema = {"enum": [value], "const": value, "default": value}
    assert converted(schema, "3.1.0") == schema


def test_the_same_document_gives_the_same_schemas_every_time() -> None:
    """No order depends on hashing."""
    members = {f"q{n}": {"type": "string", "maxLength": n} for n in range(9)}
    body = taking({"properties": {f"p{n}": {"$ref": f"{SCHEMAS}/S"} for n in range(9)}})
    described = document({"/a": {"post": body}}, components={"schemas": {"S": {"properties": members}}})
    assert catalog_of(described) == catalog_of(described)
    assert catalog_of(described).digest == catalog_of(described).digest


def test_small_schemas_are_inlined_and_large_ones_named_once() -> None:
    """What costs less than its name is written out; the rest is said once under a readable name."""
    large = {"type": "object", "properties": {f"property_{n}": {"type": "string"} for n in range(9)}}
    small = {"type": "string", "maxLength": 3}
    body = {"properties": {"c": {"$ref": f"{SCHEMAS}/LargeOne"}, "d": {"$ref": f"{SCHEMAS}/LargeOne"}}}
    parameters = [query(name, {"$ref": f"{SCHEMAS}/Small"}) for name in "ab"]
    components = {"schemas": {"Small": small, "LargeOne": large}}
    shown = tool_of({"parameters": parameters, **taking(body)}, components=components).input_schema
    assert shown["properties"]["a"] == shown["properties"]["b"] == small
    assert shown["$defs"] == {"LargeOne": large}
    assert shown["properties"]["body"]["properties"]["d"] == {"$ref": "#/$defs/LargeOne"}
