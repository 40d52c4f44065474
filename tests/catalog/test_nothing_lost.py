"""The DigitalOcean documents lose nothing: an independent walk counts what each operation takes.

The resolver and the walk here are written for this file alone and share nothing with specport; only the tools that
they are compared with come from there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import unquote

import pytest
import yaml

from small_documents import catalog_of_large_file
from specport.catalog.model import Tool

pytestmark = pytest.mark.xdist_group("digitalocean")

Json: TypeAlias = Any  # documents are read as they come; comparing them is the check
Names: TypeAlias = set[tuple[str, ...]]
Look: TypeAlias = Callable[[Json], Json]

REPOSITORY = Path(__file__).resolve().parents[2]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
FACTS = ("type", "enum", "format", "default", "minimum", "maximum", "pattern", "minLength", "maxLength", "minItems")
DEEPEST = 14


@pytest.fixture(scope="module", params=["published", "bundled"])
def pair(request: pytest.FixtureRequest) -> tuple[Json, dict[tuple[str, str], Tool]]:
    """A document as data, and the tools made of it by method and path."""
    if request.param == "published":
        file = Path(request.getfixturevalue("test_data")) / "specs" / "digitalocean.json"
        document = json.loads(file.read_text())
    else:
        file = REPOSITORY / "tool_specs" / "digitalocean" / "openapi.yaml"
        document = yaml.load(file.read_text(), yaml.CSafeLoader)
    tools = catalog_of_large_file(file).tools
    return document, {(tool.route.method.lower(), tool.route.path): tool for tool in tools if tool.route}


def looking(document: Json) -> Look:
    """A function that takes a node to what it stands for, however many references away.

    What stands beside a schema's reference counts, but for OpenAPI 3.0.
    """
    counts_siblings = not document.get("openapi", "3.1").startswith("3.0")

    def look(node: Json) -> Json:
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            beside = {key: value for key, value in node.items() if key not in ("$ref", "description", "example")}
            target = at(node["$ref"])
            node = {"allOf": [target, beside]} if beside and counts_siblings else target
        return node

    def at(reference: str) -> Json:
        place = document
        for token in unquote(reference).removeprefix("#").split("/")[1:]:
            place = look(place)
            key = token.replace("~1", "/").replace("~0", "~")
            place = place[int(key)] if isinstance(place, list) else place[key]
        return place

    return look


def operations(document: Json) -> Iterator[tuple[str, str, Json, Json]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item, item[method]


def declared(look: Look, item: Json, operation: Json) -> dict[tuple[str, str], Json]:
    """The parameters of an operation by name and place, the operation's over the path's."""
    listed = [look(each) for holder in (item, operation) for each in holder.get("parameters", [])]
    return {
        (each["name"], each["in"]): each
        for each in listed
        if not (each["in"] == "header" and each["name"].lower() in ("accept", "content-type", "authorization"))
    }


def is_read_only(look: Look, node: Json, depth: int = 0) -> bool:
    """Whether a property says so, behind references and in the parts of its allOf."""
    if not isinstance(node, dict) or depth > DEEPEST:
        return False
    if "readOnly" in node:
        return bool(node["readOnly"])
    reached = look(node)
    return bool(reached.get("readOnly")) or any(
        is_read_only(look, part, depth + 1) for part in reached.get("allOf", [])
    )


def members(
    look: Look, node: Json, place: tuple[str, ...] = (), hidden: frozenset[str] = frozenset()
) -> tuple[Names, Names]:
    """Every property that can be sent, as its path from the body, and those that some schema asks for."""
    node = look(node)
    names: Names = set()
    required: Names = set()
    if not isinstance(node, dict) or len(place) > DEEPEST:
        return names, required
    hidden = hidden | hidden_in(look, node)
    required |= {(*place, name) for name in node.get("required", []) if name not in hidden}
    for name, part in node.get("properties", {}).items():
        if not is_read_only(look, part):
            inner = members(look, part, (*place, name))
            names |= {(*place, name)} | inner[0]
            required |= inner[1]
    inside = [(key, part, ()) for key in ("allOf", "anyOf", "oneOf") for part in node.get(key, [])]
    inside += [(key, node[key], (f"<{key}>",)) for key in ("items", "additionalProperties") if key in node]
    for key, part, step in inside:
        inner = members(look, part, (*place, *step), hidden if key == "allOf" else frozenset())
        names |= inner[0]
        required |= inner[1]
    return names, required


def hidden_in(look: Look, node: Json, depth: int = 0) -> frozenset[str]:
    """Names of read-only properties of a schema and of what its allOf puts together."""
    node = look(node)
    if depth > DEEPEST:
        return frozenset()
    own = {name for name, part in node.get("properties", {}).items() if is_read_only(look, part)}
    return frozenset(own).union(*(hidden_in(look, part, depth + 1) for part in node.get("allOf", [])))


def test_every_operation_is_a_tool(pair: tuple[Json, dict[tuple[str, str], Tool]]) -> None:
    """290 of 290."""
    document, tools = pair
    assert {(method, path) for method, path, _, _ in operations(document)} == set(tools)
    assert len(tools) == 290


def test_every_parameter_is_an_argument(pair: tuple[Json, dict[tuple[str, str], Tool]]) -> None:
    """Name, place and required mark of each, with the type, enum, default and bounds that its schema has."""
    document, tools = pair
    look = looking(document)
    counted = 0
    for method, path, item, operation in operations(document):
        tool = tools[method, path]
        assert tool.route
        wanted = declared(look, item, operation)
        required = tool.input_schema.get("required", [])
        bound = {(each.wire_name, each.location): each.argument for each in tool.route.bindings}
        assert list(bound) == list(wanted), (method, path)
        for key, parameter in wanted.items():
            argument = bound[key]
            assert (argument in required) == parameter.get("required", False), (method, path, key)
            shown = facts(tool.input_schema, tool.input_schema["properties"][argument])
            assert shown == facts(document, parameter.get("schema", {})), (method, path, key)
            counted += 1
    assert counted == 411


def facts(document: Json, schema: Json) -> Json:
    """What a schema says of plain values, its own or in what it combines."""
    look = looking(document)
    node = look(schema)
    found = {key: node[key] for key in FACTS if key in node}
    if "items" in node:
        found["items"] = facts(document, node["items"])
    for key in ("allOf", "anyOf", "oneOf"):
        for part in node.get(key, []):
            found = {**facts(document, part), **found}
    return found


def test_every_body_member_can_be_sent(pair: tuple[Json, dict[tuple[str, str], Tool]]) -> None:
    """Property names at every depth and what is required there, through allOf, oneOf, anyOf, items and maps."""
    document, tools = pair
    look = looking(document)
    bodies = 0
    counted = 0
    for method, path, _, operation in operations(document):
        tool = tools[method, path]
        assert tool.route
        body = look(operation.get("requestBody"))
        assert (body is None) == (tool.route.body is None), (method, path)
        if body is None or tool.route.body is None:
            continue
        bodies += 1
        assert tool.route.body.content_types == tuple(body["content"])
        assert ("body" in tool.input_schema.get("required", [])) == body.get("required", False)
        schemas = [media["schema"] for media in body["content"].values() if "schema" in media]
        wanted = members(look, {"anyOf": schemas})
        shown = members(looking(tool.input_schema), tool.input_schema["properties"]["body"])
        assert shown == wanted, (method, path)
        counted += len(wanted[0])
    assert (bodies, counted) == (100, 1489)
