"""The small documents of `tests/documents`: each shows one thing that once went wrong, or must never go wrong.

`valid`: every operation becomes a tool. `broken`: refused, or all of it problems, with the words given here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from small_documents import catalog_of_file, messages, request_of
from specport.catalog.model import Catalog
from specport.errors import DocumentError

FOLDER = Path(__file__).resolve().parents[1] / "documents"


def properties(catalog: Catalog) -> Any:
    """The arguments of the only tool."""
    (tool,) = catalog.tools
    return tool.input_schema["properties"]


def takes(catalog: Catalog, body: Any) -> bool:
    """Whether the only tool's body may be this."""
    (tool,) = catalog.tools
    return jsonschema_rs.Draft202012Validator(dict(tool.input_schema)).is_valid({"body": body})


VALID: dict[str, Callable[[Catalog], bool]] = {
    "read_only_behind_all_of.yaml": lambda made: list(properties(made)["body"]["properties"]) == ["name"],
    "required_two_parents_up.yaml": lambda made: takes(made, {"name": "x"}) and not takes(made, {}),
    "reference_with_an_extension.yaml": lambda made: properties(made) == {"page": {"type": "integer"}},
    "percent_in_a_name.yaml": lambda made: properties(made) == {"q": {"type": "integer"}},
    "recursive_array_in_a_wide_body.yaml": lambda made: "Rows" in made.tools[0].input_schema["$defs"],
    "names_of_any_script_said_twice.yaml": lambda made: list(made.tools[0].input_schema["$defs"]) == ["stra_e"],
    "reference_below_not.yaml": lambda made: "Tree" in made.tools[0].listed_schema["$defs"],
    "dollar_top_before_top.yaml": lambda made: list(properties(made)) == ["top_query", "top"],
    "closed_schema_with_siblings.yaml": lambda made: takes(made, {"a": "x"}) and not takes(made, {"b": "x"}),
    "identifier_that_is_a_reference.yaml": lambda made: properties(made) == {"a": {"type": "integer"}},
    "anchors.yaml": lambda made: properties(made) == {"a": {"type": "integer"}, "b": {"type": "string"}},
    "nullable_without_a_type.yaml": lambda made: takes(made, {"whole": None, "choice": None, "size": 4, "twice": "x"}),
    "number_beyond_doubles.yaml": lambda made: properties(made) == {"q": {"type": "number", "default": "-1e999"}},
    "text_that_is_no_markup.yaml": lambda made: made.tools[0].description == "Use <template> when a<b && c>d.",
    "cookie_that_allows_reserved.yaml": lambda made: (
        ("Cookie", "c=a%3Bb") in request_of(made.tools[0], {"c": "a;b"}).headers
    ),
    "accept_that_is_listed.yaml": lambda made: (
        request_of(made.tools[0], {}).headers == (("Accept", "application/json"),)
    ),
    "flag_that_is_empty.yaml": lambda made: request_of(made.tools[0], {"acl": ""}).url.endswith("/things?acl="),
    "method_in_small_letters.yaml": lambda made: request_of(made.tools[0], {}).method == "Notify",
    "array_of_json_parts.yaml": lambda made: request_of(made.tools[0], {"body": {"a": [1, 2]}}).content == b"a=1&a=2",
    "property_called_ref.yaml": lambda made: takes(made, {"$ref": "#/a"}) and not takes(made, {"$ref": "#/too/long"}),
    "headers_of_the_message.yaml": lambda made: list(properties(made)) == ["User-Agent", "body"],
    "file_with_a_style.yaml": lambda made: (
        b"\0\1\2" in (request_of(made.tools[0], {"body": {"file": "data:;base64,AAEC"}}).content or b"")
    ),
    "header_in_two_spellings.yaml": lambda made: properties(made) == {"x-trace": {"type": "integer"}},
    "items_that_refer_to_anything.yaml": lambda made: properties(made) == {"body": {"type": "array", "items": {}}},
    "members_called_by_numbers.yaml": lambda made: request_of(made.tools[0], {"1": "7"}).url.endswith("?1=7"),
    "null_body.yaml": lambda made: properties(made) == {},
    "schema_that_allows_anything.yaml": lambda made: properties(made) == {"body": {}},
    "tuple.yaml": lambda made: properties(made)["body"]["items"] == {},
    "tuple_that_ends.yaml": lambda made: (
        properties(made)["body"]["items"] == {} and takes(made, [1, 2]) and not takes(made, [1, 2, 3])
    ),
    "xml_described_as_an_object.yaml": lambda made: (
        request_of(made.tools[0], {"body": "<a/>"}).content == b"<a/>" and not takes(made, {"a": 1})
    ),
    "range_with_a_suffix.yaml": lambda made: (
        ("Content-Type", "application/json") in request_of(made.tools[0], {"body": {}}).headers
    ),
    "whole_number_in_a_path.yaml": lambda made: request_of(made.tools[0], {"id": 7.0}).url.endswith("/7"),
    "server_variables_that_multiply.yaml": lambda made: made.servers == ("https://api.example.com/{b}{b}",),
    "hints_at_every_level.yaml": lambda made: (
        [tool.address for tool in made.tools] == ["checkout.placeOrder", "orders.find", "orders.getStatus"]
    ),
    "hints_that_are_wrong.yaml": lambda made: (
        [tool.address for tool in made.tools if tool.needs_approval] == ["orders.list"] and len(made.problems) == 9
    ),
    "patterns_that_are_large.yaml": lambda made: len(made.tools) == 1,
    "one_address_twice.yaml": lambda made: [len(tool.wire_name) for tool in made.tools] == [9, 18],
    "several_files/main.yaml": lambda made: "owner" in made.tools[0].input_schema["$defs"]["Thing"]["properties"],
}

BROKEN = {
    "html_page.yaml": "is HTML or XML, not an OpenAPI document. Use the address of the raw JSON or YAML (the page is",
    "sequences_for_a_terminal.yaml": "the path needs {id}, which no parameter declares",
    "reference_to_no_address.yaml": "a `$ref` holds a reference that is no URI",
    "two_documents.yaml": "holds several YAML documents at line 3, column 1",
    "unclosed.json": "is not valid JSON at line 2, column 66",
    "tabs.yaml": "is not valid YAML at line 3, column 1",
    "no_paths.yaml": "has no paths, so no operations",
    "package.json": "has no `openapi` version field (it has name, version, dependencies)",
    "version_four.yaml": "is OpenAPI version '4.0.0'; readable are 2.0, 3.0, 3.1, 3.2",
    "billion_laughs.yaml": "expands aliases to more than 1,000,000 values (MAX_ALIASED) at line",
    "deep_by_aliases.yaml": "is nested more than 100 levels deep (MAX_DEPTH) at line",
    "circle.yaml": "left out: the reference '#/components/parameters/Ping' leads in a circle",
    "circle_with_siblings.yaml": "leads in a circle or over 64 hops (MAX_HOPS)",
    "dangling.yaml": "the reference '#/components/schemas/Thing' points at nothing (no 'Thing' there)",
    "another_host.yaml": "the reference 'https://example.com/things.yaml' points outside the document",
    "header_that_is_two.yaml": "cannot be a header",
    "index_of_many_digits.yaml": "points at nothing",
    "path_without_its_parameter.yaml": "the path needs {id}, which no parameter declares",
}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    for inner in value if isinstance(value, list) else ():
        yield from references(inner)


@pytest.mark.parametrize("name", VALID)
def test_a_valid_document_becomes_tools(name: str) -> None:
    """No error among its problems, schemas that hold together, and what the document is there to show."""
    catalog = catalog_of_file(FOLDER / "valid" / name)
    assert not [problem for problem in catalog.problems if problem.severity == "error"]
    for tool in catalog.tools:
        for schema in (tool.input_schema, tool.listed_schema):
            jsonschema_rs.Draft202012Validator(dict(schema), offline=True)
            named = {reference.removeprefix("#/$defs/") for reference in references(schema)}
            assert named <= set(schema.get("$defs", {}))
            json.dumps(schema, allow_nan=False)
    assert VALID[name](catalog)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_says_what_is_wrong(name: str) -> None:
    """In one line; where only operations are broken, none of them is a tool and each is a problem."""
    try:
        catalog = catalog_of_file(FOLDER / "broken" / name)
    except DocumentError as error:
        text = str(error)
    else:
        assert catalog.tools == ()
        text = messages(catalog)
        assert not any("\n" in problem.message for problem in catalog.problems)
        text = text.replace("\n", " ")
    assert BROKEN[name] in text
    assert "\n" not in text


def test_every_document_of_the_folder_is_tried() -> None:
    """A document that no test reads shows nothing."""
    for folder, known in (("valid", VALID), ("broken", BROKEN)):
        there = {str(file.relative_to(FOLDER / folder)) for file in (FOLDER / folder).rglob("*") if file.is_file()}
        assert there - {"several_files/parts.yaml"} == set(known)
