"""Signatures: a tool and its arguments in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from small_documents import catalog_of_file, catalog_of_large_file, query, taking, tool_of
from specport.catalog.signatures import MAX_SIGNATURE, arguments_of, signature_of, type_of

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}


def object_of(required: list[str] | None = None, **members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members, **({"required": required} if required else {})}


def test_required_arguments_come_first_and_optional_ones_are_marked() -> None:
    tool = tool_of({"parameters": [query("page", NUMBER), {**query("name", TEXT), "required": True}]}, method="get")
    assert signature_of(tool) == f"{tool.address}(name: string, page?: integer)"


def test_a_body_is_spelled_out() -> None:
    body = object_of(["name"], size={"enum": ["s", "m"]}, name=TEXT, tags={"type": "array", "items": TEXT})
    tool = tool_of(taking(body))
    assert signature_of(tool) == f'{tool.address}(body: {{name: string, size?: "s"|"m", tags?: string[]}})'


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        (True, "any"),
        ({}, "any"),
        ({"const": "on"}, '"on"'),
        ({"type": ["string", "null"]}, "string|null"),
        ({"type": "array", "items": {}}, "any[]"),
        ({"type": "array", "items": {"type": ["string", "integer"]}}, "(string|integer)[]"),
        ({"type": "array", "items": object_of(a={"enum": [1, 2]})}, "{a?: 1|2}[]"),
        ({"type": "object"}, "object"),
        ({"type": "object", "additionalProperties": NUMBER}, "{[key]: integer}"),
        ({"anyOf": [TEXT, TEXT, NUMBER]}, "string|integer"),
        ({"allOf": [object_of(["a"], a=TEXT), object_of(b=NUMBER)]}, "{a: string, b?: integer}"),
        ({"allOf": [TEXT, {}]}, "string"),
        ({"enum": list(range(12))}, "0|1|2|3|4|5|6|7|..."),
        (object_of(**{"not a name": TEXT}), '{"not a name"?: string}'),
        ({"$ref": "#/$defs/A", "$defs": {"A": object_of(next={"$ref": "#/$defs/A"})}}, "{next?: {...}}"),
    ],
)
def test_every_kind_of_schema_has_a_type(schema: Any, written: str) -> None:
    """The notation is the one that models know from TypeScript; what refers to itself ends in `{...}`."""
    assert arguments_of({"properties": {"x": schema}, "$defs": schema.get("$defs", {})} if schema is not True else {
        "properties": {"x": True}
    }, 500) == f"x?: {written}"  # fmt: skip


def test_what_is_too_long_loses_optional_members_before_required_arguments() -> None:
    """A large body keeps the names that it needs; then optional arguments go, never required ones."""
    many = {f"option_{number}": TEXT for number in range(40)}
    body = object_of(["name"], name=TEXT, **many)
    large = {"properties": {"body": body, "page": NUMBER}, "required": ["body"]}
    assert arguments_of(large, 60) == "body: {name: string, ...}, page?: integer"
    wide = {"properties": {"id": TEXT, **many}, "required": ["id"]}
    assert arguments_of(wide, 60) == "id: string, option_0?: string, option_1?: string, ..."
    assert type_of(body, 30) == "{name: string, ...}"


def test_every_signature_of_a_large_api_names_its_required_arguments(corpus: Path) -> None:
    """Stripe and GitHub: within bounds, in one line, each required argument by name."""
    for name in ("stripe.com", "github.com"):
        for tool in catalog_of_large_file(corpus / f"{name}.json").tools:
            written = signature_of(tool)
            required: Any = tool.input_schema.get("required", [])
            assert "\n" not in written
            assert all(argument in written for argument in required), written
            assert len(written) <= MAX_SIGNATURE or len(required) > 4, written


def test_signatures_of_the_documents_of_the_tests_are_made() -> None:
    """Whatever a document says, a signature comes of it."""
    for path in sorted((Path(__file__).parents[1] / "documents" / "valid").glob("*.json")):
        for tool in catalog_of_file(path).tools:
            assert signature_of(tool).startswith(f"{tool.address}(")
