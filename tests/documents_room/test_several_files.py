"""A document in several files: a local folder may hold its parts, and nothing outside that folder is ever read."""

from __future__ import annotations

from pathlib import Path

import pytest

from small_documents import catalog_of_file, messages
from specport.catalog.model import Catalog, Shape
from specport.sources.fetch import FetchPolicy
from specport.sources.model import Origin
from specport.sources.read import open_source
from specport.sources.specification import Specification, read_specification

pytestmark = pytest.mark.anyio

MAIN = """
openapi: 3.1.0
info: {title: Parts, version: "1"}
paths:
  /things/{id}: {$ref: "paths/thing.yaml#/item"}
  /local:
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Local"}}}}
components:
  schemas:
    Local: {type: object, properties: {thing: {$ref: "schemas.json#/Thing"}}}
"""
THING = """
item:
  parameters: [{$ref: "../parameters.yaml#/Id"}]
  put: {requestBody: {content: {application/json: {schema: {$ref: "../schemas.json#/Thing"}}}}}
"""
PARAMETERS = (
    "Id: {name: id, in: path, required: true, schema: {$ref: '#/IdSchema'}}\nIdSchema: {type: string, maxLength: 8}\n"
)
SCHEMAS = """{
  "Thing": {"type": "object", "properties": {
    "name": {"type": "string"}, "parts": {"type": "array", "items": {"$ref": "#/Thing"}},
    "owner": {"$ref": "main.yaml#/components/schemas/Local"}
  }}
}"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "inside"
    (inside / "paths").mkdir(parents=True)
    for name, text in (
        ("main.yaml", MAIN), ("paths/thing.yaml", THING), ("parameters.yaml", PARAMETERS), ("schemas.json", SCHEMAS),
    ):  # fmt: skip
        (inside / name).write_text(text)
    (tmp_path / "secret.yaml").write_text("Thing: {type: string, const: secret}\n")
    return inside


def opened(folder: Path) -> Catalog:
    return catalog_of_file(folder / "main.yaml")


def test_the_parts_of_a_document_are_put_together(folder: Path) -> None:
    """Path items, parameters and schemas from other files, which refer to each other and back to the main one."""
    catalog = opened(folder)
    assert messages(catalog) == ""
    local, put = catalog.tools
    assert put.input_schema["properties"]["id"] == {"type": "string", "maxLength": 8}
    assert put.input_schema["required"] == ["id"]
    thing = put.input_schema["$defs"]["Thing"]["properties"]
    assert thing["parts"] == {"type": "array", "items": {"$ref": "#/$defs/Thing"}}
    assert thing["owner"]["properties"]["thing"] == {"$ref": "#/$defs/Thing"}
    assert "Thing" in local.input_schema["$defs"]


@pytest.mark.parametrize("keyword", ['"$ref"', '"\\u0024ref"', '"$\\x72ef"', "? $ref\n  "])
def test_a_reference_to_another_file_is_found_however_it_is_written(folder: Path, keyword: str) -> None:
    """The bytes are looked through before they are read, and a `$ref` may be written in other ways."""
    text = MAIN.replace('{$ref: "paths/thing.yaml#/item"}', f'{{{keyword}: "paths/thing.yaml#/item"}}')
    (folder / "main.yaml").write_text(text)
    catalog = opened(folder)
    assert messages(catalog) == ""
    assert [tool.route.method for tool in catalog.tools if tool.route] == ["POST", "PUT"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../secret.yaml", "it is outside the document's folder"),
        ("link.yaml", "it is outside the document's folder"),
        ("%2e%2e/secret.yaml", "it is outside the document's folder"),
        ("file:///etc/hostname", "it is outside the document's folder"),
        ("file://server/share.yaml", "a file refers only to files below its own folder"),
        ("missing.yaml", "No such file"),
        ("paths", "is a folder, not a document"),
        ("https://example.com/a.yaml", "a file refers only to files below its own folder"),
        ("http://[", "points outside the document"),
    ],
)
def test_nothing_outside_the_folder_is_read(folder: Path, name: str, reason: str) -> None:
    """A path that climbs out, a link that leads out, another scheme: the operation is a problem, the rest is there."""
    (folder / "link.yaml").symlink_to(folder.parent / "secret.yaml")
    text = (folder / "main.yaml").read_text().replace("paths:\n", "paths:\n  /good: {get: {}}\n")
    (folder / "main.yaml").write_text(text.replace("schemas.json#/Thing", f"{name}#/Thing"))
    catalog = opened(folder)
    assert [tool.route.path for tool in catalog.tools if tool.route] == ["/good"]
    assert reason in messages(catalog)
    assert "points outside the document" in messages(catalog)


async def test_a_document_from_a_tool_call_reads_no_file(folder: Path) -> None:
    """What an assistant brings in never reaches the disk, even when it knows a path."""
    text = MAIN.replace("schemas.json", (folder / "schemas.json").as_uri())
    source = await read_specification(Specification(text, name="small"), FetchPolicy(), Origin.TOOL)
    catalog = open_source(source, Shape(), None).catalog
    assert catalog.tools == ()
    assert "a document given as text, or by a tool, has no folder" in messages(catalog)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("schemas.json", '{"Thing": '), ("schemas.json", '{"Thing": {"$ref": "schemas.json#/Thing"}}'),
        ("schemas.json", "[" * 5000), ("parameters.yaml", "Id: 5"),
    ],
    ids=["broken", "circle of files", "deep", "not a parameter"],
)  # fmt: skip
def test_a_broken_part_is_a_problem_of_what_needs_it(folder: Path, name: str, text: str) -> None:
    """A file that cannot be read or refers to itself leaves out only the operations that use it."""
    (folder / name).write_text(text)
    main = (folder / "main.yaml").read_text()
    (folder / "main.yaml").write_text(main.replace("paths:\n", "paths:\n  /good: {get: {}}\n"))
    catalog = opened(folder)
    assert "/good" in [tool.route.path for tool in catalog.tools if tool.route]
    assert any(problem.severity == "error" for problem in catalog.problems)


def test_a_chain_through_many_files_is_bounded(folder: Path) -> None:
    """Two thousand hops from file to file end in a problem, not in a recursion error."""
    lines = [f"S{n}: {{$ref: 'b.yaml#/S{n + 1}'}}" for n in range(2000)]
    for name in ("a.yaml", "b.yaml"):
        (folder / name).write_text("\n".join(lines) + "\nS2000: {type: string}\n")
    text = (folder / "main.yaml").read_text()
    (folder / "main.yaml").write_text(text.replace("schemas.json#/Thing", "a.yaml#/S0"))
    assert any(problem.severity == "error" for problem in opened(folder).problems)
