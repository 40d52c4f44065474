"""Folders as sources: with a manifest, or with a document and its parts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from source_documents import Open, document, operation, started

from specport.errors import SourceError
from specport.policy.model import Action
from specport.sources.model import Origin
from specport.sources.preview.text import as_text
from specport.sources.specification import Specification

pytestmark = pytest.mark.anyio

MANIFEST = """
name = "shop"
title = "The Shop"
document = "pets.json"
base_url = "https://api.example.com"
idempotency_header = "Idempotency-Key"
[auth]
key = "env:SHOP_KEY"
[auth.login]
flow = "client_credentials"
client_id = "me"
client_secret = "env:SHOP_SECRET"
token_url = "https://login.example.com/token"
[[limits]]
name = "a minute"
requests = 60
seconds = 60
[pagination]
next = "links.next"
[[policy]]
action = "deny"
tools = ["writing.*"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder of the operator's."""
    made = tmp_path / "apis"
    made.mkdir()
    return made


async def test_a_preview_tells_what_the_rules_of_a_manifest_decide(open_registry: Open, folder: Path) -> None:
    """Denied, and asked about; the rest is as the document has it."""
    asked = '[[policy]]\naction = "approve"\nmethods = ["POST"]\n'
    (folder / "source.toml").write_text(f"{MANIFEST}{asked}")
    (folder / "pets.json").write_text(document())
    preview = await open_registry().preview(Specification(str(folder)), Origin.OPERATOR)
    assert (preview.operations, preview.denied, preview.asking) == (3, 1, 1)
    assert "1 ask a person first, 1 are denied by its policy" in as_text(preview)


async def test_a_folder_with_a_manifest_is_kept_with_all_that_it_says(open_registry: Open, folder: Path) -> None:
    """Over restarts, and when the folder is gone: rules, limits, clients, pagination."""
    (folder / "source.toml").write_text(MANIFEST)
    (folder / "pets.json").write_text(document())
    registry = open_registry()
    added = await registry.add(Specification(str(folder)), Origin.OPERATOR)
    for path in folder.iterdir():
        path.unlink()
    again = (await started(open_registry)).opened["shop"]
    assert again.source == added.opened.source
    assert again.channel == added.opened.channel
    assert (again.source.title, again.base_url) == ("The Shop", "https://api.example.com")
    assert [rule.action for rule in again.source.rules] == [Action.DENY]
    assert again.channel.idempotency_header == "Idempotency-Key"
    assert [limit.figures for limit in again.channel.limits] == ["60 in 60 s"]
    assert again.source.clients["login"].token_url == "https://login.example.com/token"
    assert again.source.conventions.next_page == "links.next"


async def test_what_is_said_beside_a_folder_wins_over_its_manifest(open_registry: Open, folder: Path) -> None:
    """Name, base URL and credentials."""
    (folder / "source.toml").write_text(MANIFEST)
    (folder / "pets.json").write_text(document())
    wanted = Specification(str(folder), "store", "https://eu.example.com", credentials=(("key", "env:OTHER"),))
    opened = (await open_registry().add(wanted, Origin.OPERATOR)).opened
    assert (opened.source.name, opened.base_url) == ("store", "https://eu.example.com")
    assert opened.source.references == {"key": "env:OTHER"}


async def test_a_folder_of_files_is_the_document_that_they_belong_to(open_registry: Open, folder: Path) -> None:
    """The one that says its version; the others are its parts."""
    (folder / "pets.yaml").write_text(f"get: {json.dumps(operation('listPets', 'Pets'))}")
    (folder / "shop.json").write_text(document(paths={"/pets": {"$ref": "pets.yaml"}}))
    opened = (await open_registry().add(Specification(str(folder)), Origin.OPERATOR)).opened
    assert [tool.address for tool in opened.catalog.tools] == ["pet_shop.pets.listPets"]
    assert opened.source.uri == str(folder / "shop.json")


async def test_of_several_documents_the_usually_named_one_is_meant(open_registry: Open, folder: Path) -> None:
    """Else the error names them."""
    (folder / "a.json").write_text(document("A"))
    (folder / "b.yaml").write_text("openapi: 3.1.0\ninfo: {title: B, version: '1'}\npaths: {}\n")
    with pytest.raises(SourceError, match=r"several OpenAPI documents: a\.json, b\.yaml\. Name one of them"):
        await open_registry().add(Specification(str(folder)), Origin.OPERATOR)
    (folder / "openapi.yml").write_text(document("C"))
    assert (await open_registry().add(Specification(str(folder)), Origin.OPERATOR)).opened.source.name == "c"


async def test_a_folder_without_a_document_is_told(open_registry: Open, folder: Path) -> None:
    """And an assistant can name none at all."""
    (folder / "notes.json").write_text('{"about": {"openapi": "no"}}')
    with pytest.raises(SourceError, match=r"neither a source\.toml nor an OpenAPI document"):
        await open_registry().add(Specification(str(folder)), Origin.OPERATOR)
    with pytest.raises(SourceError, match="neither an http"):
        await open_registry().add(Specification(str(folder)), Origin.TOOL)
