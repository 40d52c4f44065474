"""All 290 operations of the published document, called through a real client against a recording API."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from end_to_end.loopback import SPECPORT, Request, Upstream
from end_to_end.raw_document import Expected, RawDocument

pytestmark = pytest.mark.anyio

OPERATIONS = 290
TOKEN = "dop_v1_0123456789"


@pytest.fixture(scope="module")
def published(test_data: Path) -> Path:
    return test_data / "specs" / "digitalocean.json"


@pytest.fixture(scope="module")
def addresses(test_data: Path) -> dict[tuple[str, str], str]:
    """The reference listing: method and path to address."""
    listing = json.loads((test_data / "digitalocean_listing.json").read_text())
    return {(tool["method"], tool["path"]): tool["name"] for tool in listing["tools"]}


@pytest.fixture(scope="module")
async def client(
    published: Path, running: Upstream, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> AsyncIterator[Client]:
    """The server as an operator starts it for this document."""
    home = tmp_path_factory.mktemp("operations")
    arguments = ["--spec", str(published), "--base-url", running.url, "--credential", "bearer_auth=env:PUBLISHED_TOKEN"]
    parameters = StdioServerParameters(
        command=SPECPORT,
        args=["serve", *arguments, "--no-state", "--tool-names", "dotted"],
        env={"HOME": str(home), "PUBLISHED_TOKEN": TOKEN},
        cwd=home,
    )
    async with Client(parameters) as connected:
        yield connected


async def test_the_list_is_the_reference_listing(client: Client, addresses: dict[tuple[str, str], str]) -> None:
    """292 tools by address, in order, the built-in ones last."""
    listed = await client.list_tools()
    assert [tool.name for tool in listed.tools] == [*addresses.values(), "openapi.previewSpec", "openapi.addSource"]
    assert listed.next_cursor is None
    assert len(listed.tools) == OPERATIONS + 2


@pytest.mark.parametrize("everything", [False, True], ids=["what is required", "everything"])
async def test_every_request_is_what_the_document_says(
    client: Client,
    published: Path,
    addresses: dict[tuple[str, str], str],
    upstream: Upstream,
    everything: bool,
) -> None:
    """Method, path, query pairs, headers, JSON body and credential of 290 of 290 operations."""
    right = 0
    wrong: list[str] = []
    for expected in RawDocument(published).expectations(everything=everything):
        result = await client.call_tool(addresses[expected.method, expected.path], dict(expected.arguments))
        faults = [str(result.content)] if result.is_error else differences(expected, upstream.take())
        right += not faults
        wrong += [f"{expected.method} {expected.path}: {fault}" for fault in faults]
    assert wrong == []
    assert right == OPERATIONS


def differences(expected: Expected, arrived: list[Request]) -> list[str]:
    """What is not as expected of the one request that arrived."""
    if len(arrived) != 1:
        return [f"{len(arrived)} requests arrived"]
    [request] = arrived
    parts = urlsplit(request.target)
    pairs = [
        ("method", request.method, expected.method),
        ("path", parts.path, expected.target_path),
        (
            "query",
            tuple(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))),
            expected.query,
        ),
        ("body", json.loads(request.body) if request.body else None, expected.body),
        ("type", request.header("content-type"), None if expected.body is None else "application/json"),
        ("token", request.header("authorization"), f"Bearer {TOKEN}" if expected.is_secured else None),
        *((name, request.header(name), value) for name, value in expected.headers.items()),
    ]
    return [f"{name} is {got!r}, not {wanted!r}" for name, got, wanted in pairs if got != wanted]
