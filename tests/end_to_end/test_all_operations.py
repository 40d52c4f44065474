"""All 290 operations of the published document as a real client lists them; `fidelity` calls them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from end_to_end.loopback import SPECPORT, Upstream

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
