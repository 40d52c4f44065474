"""Every value of the shared vectors arrives as OpenAPI says: parameters, bodies, and values that try to escape.

Rows that the specification leaves undefined are tests of their own.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from small_documents import BASE, catalog_of, document, request_of
from specport.catalog.model import Tool
from specport.errors import BadArguments
from specport.requests.model import PreparedRequest

REPOSITORY = Path(__file__).resolve().parents[2]
VERSIONS = {"3.0": "3.0.3", "3.1": "3.1.0", "3.2": "3.2.0"}


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
    """The tool of one operation, in a document of the row's version."""
    item = {method: operation}
    if method not in {"get", "put", "post", "delete", "patch", "query"}:
        item = {"additionalOperations": item}
    described = document({path: item}, version=VERSIONS.get(row["doc"], ""))
    if row["doc"] == "2.0":
        described = {**described, "swagger": "2.0"}
        del described["openapi"]
    catalog = catalog_of(described)
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
    if location in {"query", "querystring"}:
        return urlsplit(request.url).query
    header = "Cookie" if location == "cookie" else name
    return dict(request.headers).get(header, "")


def arrived(row: dict[str, Any]) -> str:
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


def body_tool(row: dict[str, Any]) -> Tool:
    """The tool of one operation that takes the row's body."""
    if row["doc"] == "2.0":
        return tool_with(row, swagger_operation(row), method=row["method"])
    media = {"schema": row["schema"], **({"encoding": row["encoding"]} if row["encoding"] else {})}
    operation = {"requestBody": {"required": row["required"], "content": {row["media"]: media}}}
    return tool_with(row, operation, method=row["method"])


def swagger_operation(row: dict[str, Any]) -> dict[str, Any]:
    """The same in Swagger 2.0, where the fields of a form are parameters."""
    if row["kind"] == "json":
        parameters = [{"name": "thing", "in": "body", "required": True, "schema": row["schema"]}]
    else:
        kinds = {"file": "file"} if row["kind"] == "multipart" else {}
        parameters = [{"name": name, "in": "formData", "type": kinds.get(name, "string")} for name in row["value"]]
    return {"consumes": [row["media"]], "parameters": parameters}


def parts_of(request: PreparedRequest) -> list[tuple[Any, Message]]:
    """Name and message of each part of a multipart body, read by the standard library."""
    head = f"Content-Type: {dict(request.headers)['Content-Type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + (request.content or b""))
    assert message.is_multipart()
    assert not message.defects
    return [(part.get_param("name", header="content-disposition"), part) for part in message.get_payload()]


def bodies(kind: str, *, optional: bool = False) -> list[Any]:
    return [
        pytest.param(row, id=row["id"])
        for row in rows("bodies")
        if (row["kind"] == "multipart") is (kind == "multipart") and row["optional"] is optional
    ]


def as_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def as_data_url(text: str) -> str:
    return f"data:text/plain;name=own.txt;base64,{as_base64(text)}"


def check_body(row: dict[str, Any], value: Any) -> None:
    request = request_of(body_tool(row), {} if row["kind"] == "none" else {"body": value})
    assert request.method == row["method"].upper()
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


@pytest.mark.parametrize("row", bodies("plain"))
def test_a_body_arrives_as_its_media_type_says(row: dict[str, Any]) -> None:
    """JSON by value, forms and texts by their bytes, nothing at all where no body is given."""
    check_body(row, row["value"])


@pytest.mark.parametrize("row", bodies("plain", optional=True))
def test_a_body_that_the_specification_leaves_open_is_written_in_a_known_way(row: dict[str, Any]) -> None:
    """Versions differ on these; one of their readings arrives."""
    check_body(row, row["value"])


@pytest.mark.parametrize("given", [as_base64, as_data_url])
@pytest.mark.parametrize("row", [row for row in bodies("plain") if "octet" in row.id])
def test_bytes_are_given_as_base64_or_as_a_data_url_too(row: dict[str, Any], given: Callable[[str], str]) -> None:
    """What arrives is what they stand for."""
    check_body(row, given(row["value"]))


def check_parts(row: dict[str, Any], value: Any) -> None:
    request = request_of(body_tool(row), {"body": value})
    assert dict(request.headers)["Content-Type"].startswith(f"{row['media']}; boundary=")
    parts = parts_of(request)
    assert [name for name, _ in parts] == [expected[0] for expected in row["expect"]]
    for (_, part), (name, expected, *content_type) in zip(parts, row["expect"], strict=True):
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if isinstance(expected, dict):
            assert (part.get_content_type(), json.loads(content)) == ("application/json", expected)
        else:
            assert content.decode() == expected
            assert part.get_content_type() in (content_type or ["text/plain", "application/octet-stream"])
        assert (part.get_filename() is not None) == name.startswith("file")


@pytest.mark.parametrize("row", bodies("multipart"))
def test_a_multipart_body_arrives_part_by_part(row: dict[str, Any]) -> None:
    """In order, each with its name, type and content; files have a file name and nothing else has."""
    check_parts(row, row["value"])


@pytest.mark.parametrize("row", bodies("multipart", optional=True))
def test_a_multipart_body_that_the_specification_leaves_open_is_written_in_a_known_way(row: dict[str, Any]) -> None:
    """Arrays of objects: a part to an object."""
    check_parts(row, row["value"])


@pytest.mark.parametrize("given", [as_base64, as_data_url])
@pytest.mark.parametrize("row", [row for row in bodies("multipart") if "file" in row.id])
def test_a_file_is_given_as_base64_or_as_a_data_url_too(row: dict[str, Any], given: Callable[[str], str]) -> None:
    """What arrives is what they stand for."""
    files = {
        name: [given(each) for each in value] if isinstance(value, list) else given(value)
        for name, value in row["value"].items()
        if name.startswith("file")
    }
    check_parts(row, {**row["value"], **files})


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
