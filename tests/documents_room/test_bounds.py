"""How large a document may be: what a tool call brings is held to less than what the operator names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from small_documents import catalog_of, document, taking
from specport.documents.bounds import OPERATOR, TOOL, Bound, Bounds, check_values
from specport.documents.load import load_document
from specport.errors import DocumentError
from specport.schemas.compose import MAX_TARGETS
from specport.sources.model import Origin

VALID = Path(__file__).parents[1] / "documents" / "valid"
SMALL = Bounds(
    Bound("SIZE", 10_000), Bound("VALUES", 20), Bound("OPERATIONS", 3), Bound("PARTS", 5), Bound("COMPARED", 9),
    Bound("SCHEMA", 9), Bound("PATTERNS", 9),
)  # fmt: skip


def sentence(data: bytes, bounds: Bounds = SMALL) -> str:
    """What is said of a document."""
    try:
        load_document(data, "api", bounds=bounds)
    except DocumentError as error:
        return str(error)
    return ""


def values(number: int) -> dict[str, Any]:
    """A document with about as many values."""
    return {**document({"/a": {"get": {}}}), "x-many": [0] * number}


def test_too_many_values_are_refused_before_they_are_made() -> None:
    """In JSON and in YAML, by the name of the limit."""
    assert sentence(json.dumps(values(5)).encode()) == ""
    assert "values; the limit is 20 (VALUES)" in sentence(json.dumps(values(30)).encode())
    assert "values; the limit is 20 (VALUES)" in sentence(json.dumps(values(30)).encode("utf-16"))
    yaml = "openapi: 3.1.0\npaths: {/a: {get: {}}}\nx:\n" + "- &a 0\n" * 60
    assert "has more than 20 values (VALUES) at line" in sentence(yaml.encode())


def test_commas_and_braces_in_texts_are_no_values() -> None:
    """However quotes and backslashes stand in them."""
    text = {"a": "[,,,{,," * 50, 'b",[': "\\", "c\\": '\\",,,,', "d": ["\\\\", '"', "\\,"]}
    check_values(json.dumps(text).encode(), Bound("VALUES", 9))
    with pytest.raises(DocumentError, match="has 8 values"):
        check_values(json.dumps(text).encode(), Bound("VALUES", 7))


def test_a_tool_call_may_bring_less_than_the_operator() -> None:
    """The same document is a catalog for one and a sentence for the other, which says who may add it."""
    many = document({f"/p{n}": {"get": {}} for n in range(TOOL.operations.most + 1)})
    assert len(catalog_of(many, origin=Origin.OPERATOR).tools) == TOOL.operations.most + 1
    with pytest.raises(DocumentError) as caught:
        catalog_of(many, origin=Origin.TOOL)
    assert str(caught.value) == (
        "small: has 10,001 operations; the limit is 10,000 (MAX_TOOL_OPERATIONS). The operator can add it: specport add"
    )


def test_a_few_lists_that_many_operations_share_are_counted_as_often() -> None:
    """Forty kilobytes would become millions of parameters, or of servers."""
    lists = {
        "parameters": [{"name": f"q{n}", "in": "query", "schema": {}} for n in range(1_000)],
        "servers": [{"url": f"http://api{n}.test"} for n in range(1_000)],
    }
    for name, listed in lists.items():
        paths = {f"/p{n}": {"$ref": "#/x-shared"} for n in range(300)}
        shared = document(paths, **{"x-shared": {name: listed, "get": {}}})
        with pytest.raises(DocumentError, match=r"its operations; the limit is 50,000 \(MAX_TOOL_PARTS\)"):
            catalog_of(shared, origin=Origin.TOOL)


def test_every_bound_of_a_tool_call_is_under_the_operators() -> None:
    """Whatever they are set to."""
    for name in ("size", "values", "operations", "parts", "schema", "patterns"):
        assert getattr(TOOL, name).most < getattr(OPERATOR, name).most
        assert getattr(TOOL, name).name != getattr(OPERATOR, name).name


def test_server_variables_that_hold_one_another_are_filled_in_once() -> None:
    """Each default has ten of the next variable: a thousand million characters of a document of a kilobyte."""
    catalog = catalog_of((VALID / "server_variables_that_multiply.yaml").read_bytes())
    [tool] = catalog.tools
    assert catalog.servers == ("https://api.example.com/{b}{b}",)
    assert tool.route
    assert tool.route.servers == ()
    [problem] = catalog.problems
    assert problem.pointer == "/paths/~1a/get/servers/0"
    assert problem.message == "a URL of over 2,000 characters is ignored (MAX_SERVER_URL)"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "text", [json.dumps(document({"/things": {"get": {}}})), "openapi: 3.1.0\npaths: {/a: {get: {}}}"]
)
def test_an_encoding_without_a_mark_is_known_by_its_zeros(encoding: str, text: str) -> None:
    """The first character of JSON and of YAML is ASCII (YAML 1.2 section 5.2)."""
    assert len(catalog_of(text.encode(encoding)).tools) == 1


def test_an_operation_that_takes_too_much_is_left_out_and_the_others_stay() -> None:
    """By the values of its schema, with all that it refers to."""
    wide = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(15_000)}}
    schemas = {
        f"S{n}": {"properties": {f"p{m}": {"$ref": f"#/components/schemas/S{m}"} for m in range(230)}}
        for n in range(230)
    }
    paths = {
        "/wide": {"post": taking({"properties": {"a": wide, "b": {"properties": wide["properties"]}}})},
        "/round": {"post": taking({"$ref": "#/components/schemas/S0"})},
        "/good": {"post": taking({"$ref": "#/components/schemas/Small"})},
    }
    catalog = catalog_of(
        document(paths, components={"schemas": {**schemas, "Small": {"type": "string"}}}), origin=Origin.TOOL
    )
    assert [tool.route and tool.route.path for tool in catalog.tools] == ["/good"]
    assert [problem.message.partition(": ")[2][-63:] for problem in catalog.problems] == [
        "values in one schema; the limit is 50,000 (MAX_TOOL_SCHEMA_VALUES)"[-63:]
    ] * 2


def test_a_schema_of_too_many_others_is_left_out() -> None:
    """Compiling it takes time by their square."""
    chain = {f"S{n}": {"items": {"$ref": f"#/components/schemas/S{n + 1}"}} for n in range(MAX_TARGETS + 1)}
    schemas = {**chain, f"S{MAX_TARGETS + 1}": {"type": "string"}}
    catalog = catalog_of(
        document({"/a": {"post": taking({"$ref": "#/components/schemas/S0"})}}, components={"schemas": schemas})
    )
    assert [problem.message for problem in catalog.problems] == [
        "POST /a is left out: a schema is made of more than 5,000 others (MAX_TARGETS)"
    ]


def test_operations_that_each_take_everything_are_told_to_be_fewer() -> None:
    """Listing them would look through all of it for each."""
    members = {f"p{n}": {"type": "string"} for n in range(1_000)}
    paths = {f"/p{n}": {"post": taking({"$ref": "#/components/schemas/A"})} for n in range(400)}
    described = document(paths, components={"schemas": {"A": {"properties": members}}})
    assert len(catalog_of(described, origin=Origin.OPERATOR).tools) == 400
    with pytest.raises(DocumentError, match=r"the limit is 600,000 \(MAX_TOOL_LISTED_VALUES\)\. Take fewer operations"):
        catalog_of(described, origin=Origin.TOOL)


def test_patterns_that_compile_to_too_much_are_left_out_and_the_tool_stays() -> None:
    """Seven lines that would compile to thirty megabytes; the first ones are used."""
    data = (VALID / "patterns_that_are_large.yaml").read_bytes()
    [tool] = catalog_of(data).tools
    assert str(tool.input_schema).count("pattern") == 7
    catalog = catalog_of(data, origin=Origin.TOOL)
    [tool] = catalog.tools
    used = str(tool.input_schema).count("pattern")
    assert 3 <= used < 7
    assert {problem.message.partition("` ")[2] for problem in catalog.problems} == {
        "makes the document's patterns take over 16,777,216 bytes (MAX_TOOL_PATTERNS) and is ignored"
    }
    assert len(catalog.problems) == 7 - used


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("((((a{1,90}){1,90}){1,9}){1,9}){9}", "is not valid"),
        (r"(?=[a-z]{1,4000}x)" * 300, "is not valid"),
        ("a" * 100_001, "has over 100,000 characters (MAX_PATTERN)"),
    ],
)
def test_a_pattern_that_is_too_large_by_itself_is_left_out(pattern: str, fault: str) -> None:
    """And nothing else: the good one stays."""
    properties = {"good": {"pattern": "^a$"}, "bad": {"pattern": pattern}}
    catalog = catalog_of(document({"/a": {"post": taking({"properties": properties})}}))
    [problem] = catalog.problems
    assert problem.message.endswith(f"` {fault} and is ignored")
    assert "'pattern': '^a$'" in str(catalog.tools[0].input_schema)


def test_patterns_that_cannot_be_used_are_not_looked_at_without_end() -> None:
    """Finding out that one is too large takes time, too."""
    named = {f"p{n}": {"pattern": f"((((a{{1,90}}){{1,90}}){{1,9}}){{1,9}}){{{n + 1}}}"} for n in range(500)}
    catalog = catalog_of(document({"/a": {"post": taking({"properties": named})}}), origin=Origin.TOOL)
    assert catalog.problems[0].message.endswith("` is not valid and is ignored")
    assert catalog.problems[-1].message.endswith("(MAX_TOOL_PATTERNS) and is ignored")
    assert len(catalog.problems) == 500
