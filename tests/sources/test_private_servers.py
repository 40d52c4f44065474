"""Where calls of an added source may go: nobody but the operator chooses a private address, or a file to read."""

from __future__ import annotations

from pathlib import Path

import pytest
from source_documents import Open, add, document, operation

from specport.errors import SourceError
from specport.sources.model import Origin

pytestmark = pytest.mark.anyio

URL = "https://docs.example.com/openapi.json"
PRIVATE = ["http://127.0.0.1:8000", "http://localhost", "http://2130706433/v1", "http://127.1", "http://0x7f.1",
           "http://169.254.169.254/latest", "http://[::ffff:10.0.0.1]", "https://db.internal"]  # fmt: skip


@pytest.mark.parametrize("server", PRIVATE)
async def test_a_tool_call_may_not_send_calls_to_a_private_address(open_registry: Open, server: str) -> None:
    """Neither by its base URL nor by a document's server, however the address is written."""
    registry = open_registry()
    with pytest.raises(SourceError, match=r"calls would go to the private address .*--allow-private"):
        await add(registry, document(server=server))
    with pytest.raises(SourceError, match="calls would go to the private address"):
        await add(registry, document(), base_url=server)
    assert registry.opened == {}
    assert (await add(open_registry(allow_private=True), document(server=server))).is_new


async def test_a_server_of_one_operation_may_not_be_private_either(open_registry: Open) -> None:
    """Servers stand at every level of a document."""
    hidden = operation("steal", servers=[{"url": "http://169.254.169.254"}])
    with pytest.raises(SourceError, match=r"private address 169\.254\.169\.254"):
        await add(open_registry(), document(paths={"/a": {"get": hidden}}))


async def test_an_operator_may_send_calls_anywhere(open_registry: Open, tmp_path: Path) -> None:
    """A loopback base URL, or a file of the operator's that names one, just works."""
    path = tmp_path / "pets.json"
    path.write_text(document(server="http://localhost:8080"))
    local = await add(open_registry(), str(path), Origin.OPERATOR)
    assert local.opened.channel.public_urls == ()
    given = await add(open_registry(), document("Other"), Origin.OPERATOR, base_url="http://127.0.0.1:1")
    assert given.opened.channel.public_urls == ()


async def test_a_document_from_the_network_may_not_choose_a_private_address(
    open_registry: Open, web: dict[str, str]
) -> None:
    """What stands in a fetched document is not the operator's word; a base URL is."""
    web[URL] = document(server="http://127.0.0.1:8000")
    with pytest.raises(SourceError, match=r"private address 127\.0\.0\.1"):
        await add(open_registry(), URL, Origin.OPERATOR)
    added = await add(open_registry(), URL, Origin.OPERATOR, base_url="http://127.0.0.1:8000")
    assert added.opened.base_url == "http://127.0.0.1:8000"


async def test_hosts_of_an_added_source_are_checked_at_every_call(open_registry: Open) -> None:
    """Where a name leads is not known when it is added; the executor is told which URLs to look up and check."""
    elsewhere = operation("elsewhere", servers=[{"url": "https://uploads.example.com/"}])
    added = await add(open_registry(), document(paths={"/a": {"get": elsewhere}}))
    assert added.opened.channel.public_urls == ("https://pets.example.com", "https://uploads.example.com")
    assert (await add(open_registry(allow_private=True), document("Other"))).opened.channel.public_urls == ()


async def test_a_tool_call_reads_no_file_through_a_reference(open_registry: Open, tmp_path: Path) -> None:
    """External references of a document from a tool call stay unread; only the operation that needs them is lost."""
    (tmp_path / "secret.json").write_text('{"S": {"type": "string", "enum": ["dop_v1_secret"]}}')
    paths = {
        "/a": {
            "get": operation(
                "leak", parameters=[{"name": "s", "in": "query", "schema": {"$ref": f"{tmp_path}/secret.json#/S"}}]
            )
        },
        "/b": {"get": operation("fine")},
    }
    added = await add(open_registry(), document(paths=paths))
    assert "dop_v1_secret" not in repr(added.opened.catalog)
    assert [tool.address for tool in added.opened.catalog.tools if "fine" in tool.address]
