"""Parts of a document with URIs of their own: `$id`, `$anchor`, `$dynamicAnchor`, `$self`, and references to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from small_documents import catalog_of, catalog_of_file, document, messages, query, taking
from specport.documents.assembly import assemble
from specport.documents.identifiers import joined
from specport.documents.model import Document
from specport.documents.upgrade import dialect_of

TREE = "https://schemas.example.com/tree"


def taken(schema: Any, schemas: dict[str, Any], **rest: Any) -> Any:
    """What one operation with this query parameter takes for it."""
    paths = {"/a": {"get": {"parameters": [query("q", schema)]}}}
    catalog = catalog_of(document(paths, components={"schemas": schemas}, **rest))
    assert messages(catalog) == ""
    (tool,) = catalog.tools
    return tool.input_schema["properties"]["q"]


@pytest.mark.parametrize(
    "reference",
    [
        TREE,
        f"{TREE}#",
        f"{TREE}#/$defs/name",
        f"{TREE}#name",
        "#/components/schemas/Tree/$defs/name",
        "#/components/schemas/Tree/%24defs/name",
        "https://schemas.example.com/leaf",
    ],
)
def test_a_schema_is_found_by_its_identifier(reference: str) -> None:
    """`$id` as it is and with a pointer or an anchor after it; an `$id` inside is resolved against the one around."""
    word = {"type": "string", "maxLength": 3}
    schemas = {
        "Tree": {"$id": TREE, **word, "$defs": {"name": {"$anchor": "name", **word}, "leaf": {"$id": "leaf", **word}}},
    }
    assert taken({"$ref": reference}, schemas) == word


@pytest.mark.parametrize("reference", ["#/$defs/name", "#name", "tree#/$defs/name", "/tree#name"])
def test_inside_an_identified_schema_references_start_there(reference: str) -> None:
    """`#/$defs/name` under an `$id` is not `#/$defs/name` of the document."""
    inner = {"$anchor": "name", "type": "string"}
    schemas = {"Tree": {"$id": TREE, "type": "array", "items": {"$ref": reference}, "$defs": {"name": inner}}}
    assert taken({"$ref": "#/components/schemas/Tree"}, schemas)["items"] == {"type": "string"}


def test_identifiers_that_are_no_location() -> None:
    """A URN has no path to resolve against; fragments still belong to it."""
    schemas = {"Tree": {"$id": "urn:example:tree", "items": {"$ref": "#/$defs/n"}, "$defs": {"n": {"type": "integer"}}}}
    assert taken({"$ref": "urn:example:tree"}, schemas)["items"] == {"type": "integer"}


def test_pointers_from_the_root_are_taken_under_an_identifier_too() -> None:
    """Documents in use give schemas an `$id` and refer on to `#/components/...`, which the standard would not find."""
    schemas = {"Tree": {"$id": TREE, "items": {"$ref": "#/components/schemas/Name"}}, "Name": {"type": "string"}}
    assert taken({"$ref": "#/components/schemas/Tree"}, schemas)["items"] == {"type": "string"}


def test_a_dynamic_reference_leads_to_the_anchor_of_that_name() -> None:
    """Without dynamic scopes it is recursion like any other."""
    tree = {
        "$id": TREE, "$dynamicAnchor": "node", "type": "object",
        "properties": {"children": {"type": "array", "items": {"$dynamicRef": "#node"}}},
    }  # fmt: skip
    catalog = catalog_of(document({"/a": {"post": taking({"$ref": TREE})}}, components={"schemas": {"Tree": tree}}))
    assert messages(catalog) == ""
    shown = catalog.tools[0].input_schema
    assert shown["$defs"]["Tree"]["properties"]["children"]["items"] == {"$ref": "#/$defs/Tree"}  # type: ignore[index]


@pytest.mark.parametrize("identifier", ["http://[", "", "#", 5, None, "http://[x"])
def test_an_identifier_that_is_none_changes_nothing(identifier: object) -> None:
    """What is no URI opens no resource, and stops nothing."""
    schemas = {"Tree": {"$id": identifier, "items": {"$ref": "#/components/schemas/Name"}}, "Name": {"type": "string"}}
    assert taken({"$ref": "#/components/schemas/Tree"}, schemas)["items"] == {"type": "string"}


def test_before_3_1_identifiers_are_no_keywords() -> None:
    """In OpenAPI 3.0 `$id` means nothing, so pointers go on from the root."""
    schemas = {"Tree": {"$id": TREE, "items": {"$ref": "#/components/schemas/Name"}}, "Name": {"type": "string"}}
    assert taken({"$ref": "#/components/schemas/Tree"}, schemas, version="3.0.3")["items"] == {"type": "string"}


def test_a_document_may_be_referred_to_by_what_it_calls_itself() -> None:
    """`$self` of OpenAPI 3.2: absolute, relative and local references are the same."""
    whole = "https://example.com/apis/trees.yaml"
    for reference in (f"{whole}#/components/schemas/Name", "trees.yaml#/components/schemas/Name"):
        name = taken({"$ref": reference}, {"Name": {"type": "string"}}, version="3.2.0", **{"$self": whole})
        assert name == {"type": "string"}


def test_files_beside_a_document_that_names_itself_are_read_beside_it(tmp_path: Path) -> None:
    """`$self` is where references are resolved; the files are where the document was found."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "main.yaml").write_text(
        "openapi: 3.2.0\n$self: https://example.com/apis/main.yaml\ninfo: {title: Parts, version: '1'}\n"
        "paths: {/a: {get: {parameters: [{$ref: 'parts/p.yaml#/Page'}]}}}\n"
    )
    (tmp_path / "parts/p.yaml").write_text("Page: {name: page, in: query, schema: {$ref: '../sizes.yaml#/Size'}}\n")
    (tmp_path / "sizes.yaml").write_text("Size: {type: integer}\n")
    catalog = catalog_of_file(tmp_path / "main.yaml")
    assert messages(catalog) == ""
    assert catalog.tools[0].input_schema["properties"] == {"page": {"type": "integer"}}


def test_a_schema_of_another_file_is_found_by_its_identifier(tmp_path: Path) -> None:
    """Once a file is read, whatever it gives an `$id` may be called by that from every other file."""
    (tmp_path / "main.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: Parts, version: '1'}\npaths:\n  /a:\n    get:\n      parameters:\n"
        "        - {name: a, in: query, schema: {$ref: 'sizes.json#/Size'}}\n"
        "        - {name: b, in: query, schema: {$ref: 'https://schemas.example.com/name'}}\n"
    )
    (tmp_path / "sizes.json").write_text(
        '{"Size": {"type": "integer"}, "Name": {"$id": "https://schemas.example.com/name", "type": "string"}}'
    )
    catalog = catalog_of_file(tmp_path / "main.yaml")
    assert messages(catalog) == ""
    assert catalog.tools[0].input_schema["properties"] == {"a": {"type": "integer"}, "b": {"type": "string"}}


def test_identifiers_that_nothing_refers_to_leave_a_document_as_it_is() -> None:
    """What references are resolved against is no question where there are none; a copy of it all would be the cost."""
    schemas: Any = {"Leaf": {"$id": f"{TREE}/leaf", "type": "string"}}
    whole = Document("small", dialect_of({"openapi": "3.1.0"}), document({"/a": {}}, components={"schemas": schemas}))
    assert assemble(whole, (), {}) is whole
    schemas["Other"] = {"$ref": f"{TREE}/leaf"}
    assert assemble(whole, (), {}).root["components"]["schemas"]["Other"] == {"$ref": "#/components/schemas/Leaf"}


@pytest.mark.parametrize("base", ["https://schemas.example.com/tree", "http://a.test/b?c", "urn:example", "small", ""])
@pytest.mark.parametrize(
    "reference",
    [
        "https://schemas.example.com/leaf", "http://a.test:8080/", "http://a.test/b/../c", "http://a.test/./b",
        "http://a.test/", "http://a.test", "HTTP://a.test/b", "http://a.test//b", "http://a.test/b;c", "http:/a",
        "http://a.test/b#c", "http://a.test/ü",
    ],
)  # fmt: skip
def test_a_whole_uri_is_joined_as_any_other(base: str, reference: str) -> None:
    """Whether it is seen at once that nothing of it changes, or not."""
    assert joined(base, reference) == urljoin(base, reference)
