"""The DigitalOcean tools: the listing, what every client can read, the size of the list, and the reviewed snapshot."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from small_documents import catalog_of_large_file
from specport.catalog.codec import decode_catalog, encode_catalog
from specport.catalog.listing import listed
from specport.catalog.model import Catalog, Form, Tool

pytestmark = pytest.mark.xdist_group("digitalocean")

REPOSITORY = Path(__file__).resolve().parents[2]
BUNDLED = REPOSITORY / "tool_specs" / "digitalocean" / "openapi.yaml"
SNAPSHOT = REPOSITORY / "tests" / "snapshots" / "digitalocean.txt"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
LARGEST_LIST = 200_000


@pytest.fixture(scope="module", params=["published", "bundled"])
def catalog(request: pytest.FixtureRequest) -> Catalog:
    if request.param == "bundled":
        return catalog_of_large_file(BUNDLED)
    return catalog_of_large_file(Path(request.getfixturevalue("test_data")) / "specs" / "digitalocean.json")


def entries(catalog: Catalog, *, dotted: bool = False, form: Form = Form.LEAN) -> list[dict[str, Any]]:
    return [listed(tool, dotted=dotted, form=form) for tool in catalog.tools]


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object at any depth."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def test_the_listing_is_reproduced(catalog: Catalog, test_data: Path) -> None:
    """Addresses, methods and paths, in the listing's order; the built-ins that close it are the server's."""
    listing = json.loads((test_data / "digitalocean_listing.json").read_text())
    rows = [(row["name"], row["method"], row["path"]) for row in listing["tools"] if row.get("method")]
    assert len(rows) == 290
    assert [
        (tool.address, tool.route and tool.route.method, tool.route and tool.route.path) for tool in catalog.tools
    ] == rows


def test_nothing_is_left_out(catalog: Catalog) -> None:
    """No operation is a problem, and no keyword either."""
    assert catalog.problems == ()


def test_every_schema_is_one_that_every_client_reads(catalog: Catalog) -> None:
    """Valid 2020-12, self-contained, an object without unions at the root, keys that clients take, items on arrays."""
    for tool in catalog.tools:
        for schema in (tool.input_schema, tool.listed_schema):
            jsonschema_rs.meta.validate({**schema, "$schema": DRAFT})
            jsonschema_rs.Draft202012Validator(dict(schema), offline=True)
            assert schema["type"] == "object"
            assert not {"anyOf", "oneOf", "allOf", "not", "enum"} & set(schema), tool.address
            assert all(re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", key) for key in schema["properties"]), tool.address
            assert set(schema.get("required", [])) <= set(schema["properties"])
            known = {f"#/$defs/{name}" for name in schema.get("$defs", {})}
            assert {node["$ref"] for node in nodes(schema) if isinstance(node.get("$ref"), str)} == known, tool.address
            arrays = [node for node in nodes(schema) if node.get("type") == "array" or "array" in listed_types(node)]
            assert all("items" in node for node in arrays), tool.address


def listed_types(node: dict[str, Any]) -> list[Any]:
    kinds = node.get("type")
    return kinds if isinstance(kinds, list) else []


def test_the_listed_schema_has_the_arguments_of_the_checked_one(catalog: Catalog) -> None:
    """Fewer words, the same arguments and required marks; nothing from the published words is needed to call."""
    for tool in catalog.tools:
        assert list(tool.listed_schema["properties"]) == list(tool.input_schema["properties"])
        assert tool.listed_schema.get("required") == tool.input_schema.get("required")


def test_every_name_in_a_listed_schema_is_there_or_visibly_cut(catalog: Catalog) -> None:
    """At every depth a member is spelled out, named in an outline, or behind `...`."""
    cut = 0
    for tool in catalog.tools:
        text = json.dumps(tool.listed_schema)
        names = {name for node in nodes(tool.input_schema) for name in node_properties(node)}
        missing = {name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)}
        assert not missing or "..." in text, (tool.address, missing)
        cut += bool(missing)
    assert cut <= 8


def test_what_every_call_must_give_is_named_in_the_list(catalog: Catalog) -> None:
    """Every required argument, and every required member to the second level of it, declared or not."""
    for tool in catalog.tools:
        text = json.dumps(tool.listed_schema)
        missing = {name for name in required_in(tool.input_schema, tool.input_schema, 0) if name not in text}
        assert not missing, tool.address


def required_in(node: Any, root: dict[str, Any], level: int) -> Iterator[str]:
    """Names required whatever branch is chosen."""
    if not isinstance(node, dict) or level > 2:
        return
    if "$ref" in node:
        yield from required_in(root["$defs"][node["$ref"].removeprefix("#/$defs/")], root, level)
    for part in (*node.get("allOf", ()), node.get("items")):
        yield from required_in(part, root, level)
    for name in node.get("required", ()):
        yield name
        yield from required_in(node.get("properties", {}).get(name), root, level + 1)


def node_properties(node: dict[str, Any]) -> list[str]:
    properties = node.get("properties")
    return [name for name, part in properties.items() if isinstance(part, dict)] if isinstance(properties, dict) else []


def test_the_list_costs_little_context(catalog: Catalog) -> None:
    """At most 200,000 bytes of JSON for 290 tools, whichever names are shown."""
    for dotted in (False, True):
        assert len(orjson.dumps(entries(catalog, dotted=dotted))) <= LARGEST_LIST


def test_names_and_titles_are_what_clients_take(catalog: Catalog) -> None:
    """Portable, unique in any case; the title is always the address, as is the name when asked for."""
    shown = entries(catalog)
    names = [entry["name"] for entry in shown]
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,48}", name) for name in names)
    assert len({name.casefold() for name in names}) == 290
    addresses = [tool.address for tool in catalog.tools]
    assert [entry["title"] for entry in shown] == addresses
    assert [entry["name"] for entry in entries(catalog, dotted=True)] == addresses
    assert all(entry["description"] for entry in shown)


def test_annotations_say_what_the_method_says(catalog: Catalog) -> None:
    """Read-only tools say only that; the others whether they destroy and whether they may be repeated."""
    for tool, entry in zip(catalog.tools, entries(catalog), strict=True):
        assert tool.route
        expected: dict[str, bool] = {
            "GET": {"readOnlyHint": True},
            "POST": {"destructiveHint": False},
            "PATCH": {"destructiveHint": False},
            "PUT": {"destructiveHint": False, "idempotentHint": True},
            "DELETE": {"destructiveHint": True, "idempotentHint": True},
        }[tool.route.method]
        assert entry["annotations"] == {**expected, "openWorldHint": True}


def test_a_cached_catalog_is_the_catalog(catalog: Catalog) -> None:
    """What comes out of the cache equals what went in; anything else is no catalog."""
    data = encode_catalog(catalog)
    assert decode_catalog(data) == catalog
    assert decode_catalog(data[:-1]) is None
    assert decode_catalog(b"{}") is None


def line(tool: Tool) -> str:
    """One tool as reviewers read it: `!` marks required arguments."""
    assert tool.route
    required = tool.input_schema.get("required", [])
    arguments = " ".join(f"{name}{'!' if name in required else ''}" for name in tool.input_schema["properties"])
    hints = [name for name in ("read_only", "destructive", "idempotent") if getattr(tool.hints, name)]
    return f"{tool.address} {tool.wire_name} {tool.route.method} {tool.route.path} ({arguments}) [{' '.join(hints)}]"


def test_the_bundled_tools_are_the_reviewed_ones() -> None:
    """A changed tool is a reviewed change: the snapshot is part of it."""
    shown = "".join(f"{line(tool)}\n" for tool in catalog_of_large_file(BUNDLED).tools)
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        SNAPSHOT.write_text(shown)
    assert shown == SNAPSHOT.read_text(), (
        f"the tools of the bundled source changed; review the difference, then run this test with UPDATE_SNAPSHOTS=1 "
        f"and commit {SNAPSHOT.name}"
    )
