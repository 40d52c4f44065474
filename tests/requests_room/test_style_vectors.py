"""Every value of the shared vectors arrives as OpenAPI says: parameters, bodies, and values that try to escape.

Rows of versions and media types that come later are skipped by name; rows that the specification leaves undefined are
tests of their own.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from small_documents import BASE, catalog_of, document, request_of
from specport.catalog.model import Tool
from specport.errors import BadArguments
from specport.requests.model import PreparedRequest

REPOSITORY = Path(__file__).resolve().parents[2]
LATER = {"2.0": "Swagger 2.0 comes with a later issue", "3.2": "OpenAPI 3.2 comes with a later issue"}


def rows(group: str) -> list[dict[str, Any]]:
    """The vectors of a group; none where the data is not there, which `test_data` reports."""
    named = os.environ.get("SPECPORT_TEST_DATA")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    file = folder / "style_vectors.json"
    return json.loads(file.read_text())[group] if file.exists() else []


def parameters(*, optional: bool) -> list[Any]:
    return [pytest.param(row, id=row["id"]) for row in rows("parameters") if row["optional"] is optional]


def test_the_vectors_are_there(test_data: Path) -> None:
    """Without them this file tests nothing, which must not pass unseen."""
    assert (test_data / "style_vectors.json").exists()
    assert [len(rows(group)) for group in ("parameters", "bodies", "injection")] == [158, 46, 15]


def tool_with(row: dict[str, Any], operation: dict[str, Any], *, method: str = "get", path: str = "/things") -> Tool:
    version = {"3.0": "3.0.3", "3.1": "3.1.0"}[row["doc"]]
    catalog = catalog_of(document({path: {method: operation}}, version=version))
    assert len(catalog.tools) == 1, catalog.problems
    return catalog.tools[0]


def sent(tool: Tool, **arguments: Any) -> PreparedRequest:
    """The request of a call that gives these values by wire name."""
    assert tool.route
    names = {binding.wire_name: binding.argument for binding in tool.route.bindings}
    return request_of(tool, {names.get(name, name): value for name, value in arguments.items()})


def on_the_wire(request: PreparedRequest, location: str, name: str) -> str:
    """The raw text of the part that a parameter goes to."""
    if location == "path":
        return urlsplit(request.url).path.removeprefix("/base/before/").removesuffix("/after")
    if location == "query":
        return urlsplit(request.url).query
    header = "Cookie" if location == "cookie" else name
    return dict(request.headers).get(header, "")


def arrived(row: dict[str, Any]) -> str:
    if row["doc"] in LATER:
        pytest.skip(LATER[row["doc"]])
    parameter = row["parameter"]
    path = f"/before/{{{parameter['name']}}}/after" if parameter["in"] == "path" else "/things"
    tool = tool_with(row, {"parameters": [parameter]}, path=path)
    request = sent(tool, **{parameter["name"]: row["value"]})
    assert request.url.startswith(f"{BASE}/")
    return on_the_wire(request, parameter["in"], parameter["name"])


@pytest.mark.parametrize("row", parameters(optional=False))
def test_a_parameter_is_written_in_its_style(row: dict[str, Any]) -> None:
    """The raw text on the wire is the expected one, or another that the vectors call valid."""
    assert arrived(row) in [*row["expect"], *row["accept"]]


@pytest.mark.parametrize("row", parameters(optional=True))
def test_a_parameter_that_the_specification_leaves_open_is_written_or_refused(row: dict[str, Any]) -> None:
    """Undefined rows: what is sent is one of the known readings; a value without a safe place is refused."""
    try:
        text = arrived(row)
    except BadArguments as error:
        assert error.pointer == f"/{row['parameter']['name']}"  # noqa: PT017
        assert row["id"] == "path-empty-label"
    else:
        assert text in [*row["expect"], *row["accept"]]


@pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in rows("bodies")])
def test_a_body_arrives_as_its_media_type_says(row: dict[str, Any]) -> None:
    """JSON by value, forms and texts by their bytes, nothing at all where no body is given."""
    if row["doc"] in LATER:
        pytest.skip(LATER[row["doc"]])
    if row["kind"] == "multipart" or row["encoding"]:
        pytest.skip("multipart and per-field encoding come with a later issue")
    operation = {"requestBody": {"required": row["required"], "content": {row["media"]: {"schema": row["schema"]}}}}
    tool = tool_with(row, operation, method=row["method"])
    is_binary = row["media"] == "application/octet-stream"  # bytes are base64 text in JSON arguments
    value = base64.b64encode(row["value"].encode()).decode() if is_binary else row["value"]
    request = request_of(tool, {} if row["kind"] == "none" else {"body": value})
    content_type = dict(request.headers).get("Content-Type")
    if row["kind"] == "none":
        assert (request.content, content_type) == (None, None)
        return
    assert content_type == row["media"]
    assert request.content is not None
    text = request.content.decode()
    if row["kind"] == "json":
        assert json.loads(text) == row["expect"]
    else:
        assert text in [row["expect"], *row["accept"]]


@pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in rows("injection")])
def test_a_value_never_leaves_its_place(row: dict[str, Any]) -> None:
    """Refused before anything is sent, or encoded so that host, path, query, headers and cookies stay what they are."""
    name = "X-Value" if row["in"] == "header" else "value"
    parameter = {"name": name, "in": row["in"], "required": row["in"] == "path", "schema": {"type": "string"}}
    path = "/before/{value}/after" if row["in"] == "path" else "/things"
    tool = tool_with(row, {"parameters": [parameter]}, path=path)
    try:
        request = sent(tool, **{name: row["value"]})
    except BadArguments as error:
        assert error.pointer == f"/{name}"  # noqa: PT017
        return
    parts = urlsplit(request.url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "api.example.com", "")
    assert all("\r" not in text and "\n" not in text and "\0" not in text for pair in request.headers for text in pair)
    assert {header for header, _ in request.headers} <= {"Accept", "Cookie", "X-Value"}
    if row["in"] == "path":
        segments = parts.path.split("/")
        assert segments[:3] + segments[4:] == ["", "base", "before", "after"]
        assert unquote(segments[3]) == row["value"]
        assert not parts.query
    elif row["in"] == "query":
        assert parts.query.count("=") == 1
        assert unquote(parts.query) == f"value={row['value']}"
    elif row["in"] == "cookie":
        assert ";" not in dict(request.headers)["Cookie"]
