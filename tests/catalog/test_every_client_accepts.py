"""Schemas that every client accepts: nothing that specport makes of a document is refused for its shape.

Only OpenAI's strict mode depends on more than specport's own work.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from small_documents import catalog_of, catalog_of_file, catalog_of_large_file, document, taking
from specport.catalog.lint import lint
from specport.catalog.lint_model import Client, Finding, Severity
from specport.catalog.model import Catalog

DOCUMENTS = Path(__file__).resolve().parents[1] / "documents" / "valid"
CLIENTS = tuple(client for client in Client if client is not Client.OPENAI_STRICT)

TUPLE = {"type": "array", "prefixItems": [{"type": "array"}], "items": False}

AWKWARD: dict[str, Any] = {
    "union": {"oneOf": [{"type": "object", "properties": {"a": {"type": "array"}}}, {"type": ["array", "null"]}]},
    "intersection": {"allOf": [{"type": "array"}, {"not": {"type": "array"}}]},
    "array of arrays": {"type": "array", "items": {"type": "array", "items": {"type": "array"}}},
    "map of arrays": {"type": "object", "additionalProperties": {"type": "array"}, "patternProperties": {"^x": TUPLE}},
    "tuple": TUPLE,
    "any of several types": {"type": ["string", "array", "object"]},
    "recursive": {"$ref": "#/components/schemas/Tree"},
    "strange keys": {
        "type": "object",
        "properties": {"@type": {}, "$top": True, "filter[x]": {"type": "array"}, "": {}},
    },
    "boolean": True,
    "nothing fits": False,
    "conditions": {"if": {"type": "array"}, "then": {"type": "array", "contains": {"type": "array"}}, "else": True},
}
TREE = {"type": "object", "properties": {"kids": {"type": "array"}, "next": {"$ref": "#/components/schemas/Tree"}}}


def refused(catalog: Catalog) -> list[Finding]:
    """What a client would refuse of a server called `specport`, or show by a cut name."""
    findings = lint(catalog.tools, server_name="specport", clients=CLIENTS)
    return [found for found in findings if found.severity is Severity.ERROR or found.rule == "name-in-full"]


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_an_awkward_body_becomes_a_schema_that_every_client_accepts(name: str, version: str) -> None:
    """Unions, tuples, maps, recursion and strange keys stay inside `body`, every array says what its items are."""
    schemas = {"components": {"schemas": {"Tree": TREE}}}
    catalog = catalog_of(document({"/t": {"post": taking(AWKWARD[name])}}, version=version, **schemas))
    assert len(catalog.tools) == 1
    assert refused(catalog) == []


def test_awkward_names_become_arguments_and_tools_that_every_client_accepts() -> None:
    """Parameter names of any characters and length, operationIds of any script, all of them twice."""
    names = ["filter[x]", "$top", "@type", " ", "ü", "a" * 100, "a" * 101, "x-y", "x.y"]
    parameters = [{"name": name, "in": "query", "schema": {"type": "array"}} for name in names]
    paths = {
        f"/p{number}": {
            "get": {"operationId": operation, "tags": [operation], "parameters": parameters, "responses": {}}
        }
        for number, operation in enumerate([*names, *(name.upper() for name in names), "1", "日本", "a.b/c"])
    }
    catalog = catalog_of(document(paths))
    assert len(catalog.tools) == len(paths)
    assert refused(catalog) == []


@pytest.mark.parametrize("name", sorted(str(file.relative_to(DOCUMENTS)) for file in DOCUMENTS.rglob("*.yaml")))
def test_every_small_document_is_accepted(name: str) -> None:
    """Each of them once went wrong in some way."""
    if name != "several_files/parts.yaml":
        assert refused(catalog_of_file(DOCUMENTS / name)) == []


def test_digitalocean_is_accepted_by_every_client(test_data: Path) -> None:
    """All 290 operations, as listed and in full."""
    assert refused(catalog_of_large_file(test_data / "specs" / "digitalocean.json")) == []
