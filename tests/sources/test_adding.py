"""Adding a document: what it is called, what is taken of it, and what is refused because it would mislead."""

from __future__ import annotations

from pathlib import Path

import pytest
from source_documents import ADDRESSES, Open, add, document, operation

from specport.catalog.model import Filters
from specport.errors import DocumentError, SourceError
from specport.executor.model import Limit
from specport.sources.model import Origin

pytestmark = pytest.mark.anyio

URL = "https://docs.example.com/openapi.json"


async def test_an_added_document_has_its_tools_under_its_name(open_registry: Open) -> None:
    """Every operation is there at once, addressed below the source's name, and calls go to the document's server."""
    registry = open_registry()
    added = await add(registry, document())
    assert added.is_new
    assert [tool.address for tool in added.opened.catalog.tools] == list(ADDRESSES)
    assert added.opened.base_url == "https://pets.example.com/v1"
    assert registry.facts()[0].name == "pet_shop"


async def test_a_document_is_added_from_a_url(open_registry: Open, web: dict[str, str]) -> None:
    """A relative server is seen from where the document is."""
    web[URL] = document(server="/v1")
    added = await add(open_registry(), URL)
    assert added.opened.base_url == "https://docs.example.com/v1"
    assert added.opened.source.uri == URL


async def test_an_operator_may_add_a_file(open_registry: Open, tmp_path: Path) -> None:
    """What is typed on the command line may be a path."""
    path = tmp_path / "pets.json"
    path.write_text(document())
    added = await add(open_registry(), str(path), Origin.OPERATOR)
    assert added.opened.source.uri == str(path)


@pytest.mark.parametrize("spec", ["/etc/passwd", "openapi.yaml", "file:///etc/passwd", "C:\\x.json", "~/.ssh/id_rsa"])
async def test_a_tool_call_may_not_name_a_file(open_registry: Open, spec: str) -> None:
    """Neither its content nor whether it exists is told."""
    with pytest.raises(SourceError, match=r"neither an http\(s\) URL nor a document") as caught:
        await add(open_registry(), spec)
    assert "specport add PATH" in str(caught.value)


async def test_adding_the_same_again_changes_nothing(open_registry: Open) -> None:
    """Idempotent by name and content, also from another place."""
    registry = open_registry()
    first = await add(registry, document())
    again = await add(registry, document(), Origin.OPERATOR)
    assert (again.is_new, again.opened) == (False, first.opened)


async def test_a_name_in_use_for_another_document_is_refused(open_registry: Open) -> None:
    """The error names what has the name, and nothing is replaced."""
    registry = open_registry()
    await add(registry, document())
    with pytest.raises(SourceError, match=r"'pet_shop' is in use for another document \(given as text\)"):
        await add(registry, document(server="https://other.example.com"))
    assert registry.opened["pet_shop"].base_url == "https://pets.example.com/v1"


@pytest.mark.parametrize(
    "change",
    [
        {"base_url": "https://other.example.com"},
        {"filters": Filters(tags=("Pets",))},
        {"credentials": (("key", "env:OTHER"),)},
        {"limits": (Limit("5/s", 5, 1.0),)},
    ],
)
async def test_the_same_document_with_other_settings_is_refused(open_registry: Open, change: dict[str, object]) -> None:
    """Settings that would be ignored are not taken silently."""
    registry = open_registry()
    await add(registry, document(), Origin.OPERATOR, credentials=(("key", "env:KEY"),))
    with pytest.raises(SourceError, match="another base URL, filters, overlays, credentials or limits"):
        await add(registry, document(), Origin.OPERATOR, **change)


async def test_a_tool_call_finds_what_the_operator_added_with_a_credential(open_registry: Open) -> None:
    """It cannot name credentials, so it is not asked for the same ones."""
    registry = open_registry()
    await add(registry, document(), Origin.OPERATOR, credentials=(("key", "env:KEY"),))
    assert not (await add(registry, document())).is_new


async def test_the_name_of_a_bundled_source_is_refused(open_registry: Open) -> None:
    """It would be hidden by the bundled one, or hide it, at the next start."""
    with pytest.raises(SourceError, match="'digitalocean' belongs to a bundled source"):
        await add(open_registry(), document(), name="digitalocean")


@pytest.mark.parametrize("name", ["Pets", "1pets", "pet shop", "pets.v1", "p" * 33, "péts", "pets\n"])
async def test_a_name_that_is_none_is_refused(open_registry: Open, name: str) -> None:
    """Names start addresses, so they are plain."""
    with pytest.raises(SourceError, match="is no source name"):
        await add(open_registry(), document(), name=name)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("The Pet Shop API", "pet_shop"),
        ("API", "api"),
        ("Swagger Petstore - OpenAPI 3.0", "petstore_3_0"),
        ("1-Click Installs of Everything", "click_installs"),
        ("  Zoom  ", "zoom"),
        ("日本語", "source"),
        ("!!!", "source"),
        ("a" * 50, "a" * 32),
        ("42", "source"),
    ],
)
async def test_the_name_comes_from_the_title(open_registry: Open, title: str, name: str) -> None:
    """Its first telling words, legal and short."""
    assert (await add(open_registry(), document(title))).opened.source.name == name


async def test_without_a_title_the_name_comes_from_the_host(open_registry: Open, web: dict[str, str]) -> None:
    """A document without a title is named after where it is."""
    web[URL] = document("")
    assert (await add(open_registry(), URL)).opened.source.name == "docs_example_com"


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        (Filters(tags=("pets",)), ADDRESSES[:2]),
        (Filters(tags=("Writing",)), (ADDRESSES[0], ADDRESSES[2])),
        (Filters(operations=("listpets",)), ADDRESSES[1:2]),
        (Filters(operations=("DELETE /pets/{id}", "get /pets")), ADDRESSES[1:]),
        (Filters(tags=("Pets",), operations=("deletePet",)), ADDRESSES),
    ],
)
async def test_filters_keep_tags_and_operations(open_registry: Open, filters: Filters, kept: tuple[str, ...]) -> None:
    """By tag, by operationId or by 'METHOD /path', in any case, any of them enough."""
    added = await add(open_registry(), document(), filters=filters)
    assert tuple(tool.address for tool in added.opened.catalog.tools) == tuple(kept)


async def test_a_filter_that_leaves_nothing_is_refused(open_registry: Open) -> None:
    """A source without tools helps nobody."""
    registry = open_registry()
    with pytest.raises(SourceError, match="no operation is left to add"):
        await add(registry, document(), filters=Filters(tags=("nonesuch",)))
    assert registry.opened == {}


@pytest.mark.parametrize("server", [None, "/v1", "{scheme}://x", "ftp://pets.example.com"])
async def test_a_document_without_an_absolute_server_is_refused(open_registry: Open, server: str | None) -> None:
    """Given as text it has no place of its own; the error says what to give."""
    registry = open_registry()
    with pytest.raises(SourceError, match=r"names no absolute server URL\. Give base_url"):
        await add(registry, document(server=server))
    added = await add(registry, document(server=server), base_url="https://pets.example.com/")
    assert added.opened.base_url == "https://pets.example.com"


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("<!DOCTYPE html>\n<title>Docs</title>", "is HTML or XML, not an OpenAPI document"),
        ("{}", "has no `openapi` version field"),
        ('{"openapi": "3.1.0", "info": {}, "paths": {}}', "has no paths"),
        ('{"openapi": ', "not valid JSON"),
        ("openapi: 3.1.0\n  - x: [", "given as text"),
        ("just\nwords", "given as text"),
    ],
)
@pytest.mark.parametrize("name", ["", "named"])
async def test_text_that_is_no_document_is_refused_with_where_it_came_from(
    open_registry: Open, spec: str, reason: str, name: str
) -> None:
    """The error starts with the document it is about, whether or not the name had to be read from it."""
    with pytest.raises(DocumentError) as caught:
        await add(open_registry(), spec, name=name)
    assert str(caught.value).startswith("given as text: ")
    assert reason in str(caught.value)


async def test_a_tool_never_takes_the_name_of_another_sources_tool(open_registry: Open) -> None:
    """Two sources whose names meet on the wire: the second is refused, since a call would go to the wrong API."""
    registry = open_registry()
    await add(registry, document(paths={"/a": {"get": operation("xöy", "g")}}), name="pets")
    with pytest.raises(SourceError, match=r"pets_g\.x\.y and pets\.g\.xöy would both be called pets_g_x_y") as caught:
        await add(registry, document(paths={"/b": {"get": operation("y", "x")}}), name="pets_g")
    assert "Give the source another name" in str(caught.value)
    assert list(registry.opened) == ["pets"]
