"""Added sources over restarts and beside other processes; opened from the cache equal to freshly read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from source_documents import ADDRESSES, Open, add, document, operation, started

from specport.catalog.model import Filters, Shape
from specport.errors import DocumentError, SourceError
from specport.sources.fetch import FetchPolicy
from specport.sources.gather import with_files
from specport.sources.manifest import open_bundled
from specport.sources.model import Origin, Source
from specport.sources.registry import Registry

pytestmark = pytest.mark.anyio


def addresses(registry: Registry) -> list[str]:
    return [tool.address for opened in registry.opened.values() for tool in opened.catalog.tools]


async def test_added_sources_survive_a_restart(open_registry: Open) -> None:
    """With their name, filters, base URL, credentials and guards, and the same tools."""
    first = open_registry()
    await add(first, document(), base_url="https://mirror.example.com", filters=Filters(("Pets",), exclude=("POST",)))
    await add(first, document("Other"), Origin.OPERATOR, credentials=(("key", "env:OTHER_KEY"),))
    second = await started(open_registry)
    assert sorted(addresses(second)) == sorted(addresses(first))
    kept, known = second.opened["pet_shop"], first.opened["pet_shop"]
    assert kept.source == known.source
    assert kept.catalog == known.catalog
    assert kept.channel == known.channel
    assert second.opened["other"].source.references == {"key": "env:OTHER_KEY"}


async def test_nothing_is_kept_without_a_state_folder(open_registry: Open) -> None:
    """`--no-state` keeps sources for this run only."""
    registry = open_registry(store=False)
    await add(registry, document())
    assert addresses(registry) == list(ADDRESSES)
    assert addresses(await started(open_registry)) == []


async def test_two_processes_on_one_folder_do_not_overwrite_each_other(open_registry: Open) -> None:
    """A name that another process took since this one started is in use here as well."""
    first, second = open_registry(), open_registry()
    await add(first, document(), Origin.OPERATOR, credentials=(("key", "env:KEY"),))
    with pytest.raises(SourceError, match="is in use for another document"):
        await add(second, document(server="https://other.example.com"))
    same = await add(second, document())
    assert same.is_new, "new to this process, whose list changes"
    assert same.opened.source.references == {"key": "env:KEY"}
    assert (await started(open_registry)).opened["pet_shop"].source == first.opened["pet_shop"].source


async def test_a_removed_source_is_gone_for_good(open_registry: Open) -> None:
    """Its tools at once, and after a restart; the name is free again."""
    registry = open_registry()
    await add(registry, document())
    assert await registry.remove("pet_shop")
    assert not await registry.remove("pet_shop")
    assert addresses(registry) == addresses(await started(open_registry)) == []
    assert (await add(registry, document(server="https://other.example.com"))).is_new


async def test_a_bundled_source_cannot_be_removed(open_registry: Open) -> None:
    """It is left out by not naming it."""
    registry = open_registry()
    registry.open(open_bundled("digitalocean"))
    with pytest.raises(SourceError, match="digitalocean is bundled"):
        await registry.remove("digitalocean")
    assert len(addresses(registry)) == 290


async def test_two_sources_of_one_name_cannot_be_started(open_registry: Open) -> None:
    """The operator is asked to name one of them."""
    registry = open_registry()
    source = Source("shop", "a.json", document().encode(), Origin.OPERATOR)
    registry.open(source)
    with pytest.raises(SourceError, match="two sources are called 'shop'"):
        registry.open(source)


async def test_the_first_source_has_no_prefix_and_the_others_have(open_registry: Open) -> None:
    """Addresses of the default source are short."""
    registry = open_registry()
    registry.open(Source("first", "a.json", document().encode(), Origin.OPERATOR))
    registry.open(Source("second", "b.json", document().encode(), Origin.OPERATOR))
    assert addresses(registry)[1::3] == ["pets.listPets", "second.pets.listPets"]


async def test_an_added_source_hidden_by_one_named_at_start_is_told(open_registry: Open) -> None:
    """Its tools would silently be missing otherwise."""
    await add(open_registry(), document())
    registry = open_registry(store=False)
    registry.open(Source("pet_shop", "a.json", document().encode(), Origin.OPERATOR))
    registry._shelf = open_registry()._shelf
    error = (await registry.sync()).failed["pet_shop"]
    assert str(error) == "another source of that name was named at start"
    assert (await registry.sync()).failed == {}, "told once"


async def test_an_added_source_that_cannot_be_read_any_more_stops_nothing(open_registry: Open) -> None:
    """A release that reads less, or a damaged row: the others open, and the error is returned."""
    first = open_registry()
    await add(first, document())
    assert first._shelf._store is not None
    await first._shelf._store.add(Source("broken", "b.json", b"not a document", Origin.TOOL))
    registry = Registry(shape=Shape(), cache=None, store=first._shelf._store, fetching=first._fetching)
    synced = await registry.sync()
    assert isinstance(synced.failed["broken"], DocumentError)
    assert addresses(registry) == list(ADDRESSES)


async def test_a_source_opens_equal_from_the_cache(open_registry: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second start does not read the document again, and nothing about its tools differs."""
    first = open_registry().open(open_bundled("digitalocean"))

    def fail(*_: object) -> None:
        raise AssertionError("the document was read again")

    monkeypatch.setattr("specport.sources.read.read_document", fail)
    second = open_registry().open(open_bundled("digitalocean"))
    assert second.catalog == first.catalog
    assert second.catalog.digest == first.catalog.digest


async def test_the_cache_is_for_the_same_document_and_settings_only(open_registry: Open) -> None:
    """Another name, filter, prefix or byte of the document is another catalog."""
    source = Source("shop", "a.json", document().encode(), Origin.OPERATOR)
    registry = open_registry()
    registry.open(source)
    for change in ({"name": "other"}, {"name": "third", "filters": Filters(tags=("Pets",))}):
        opened = registry.open(replace(source, **change))  # type: ignore[arg-type]
        assert opened.catalog.source == change["name"]
        assert all(tool.address.startswith(f"{change['name']}.") for tool in opened.catalog.tools)
    assert len(registry.opened["third"].catalog.tools) == 2


async def test_a_changed_file_beside_the_document_is_noticed(open_registry: Open, tmp_path: Path) -> None:
    """A catalog is taken from the cache only when every file that it was made of is as it was."""
    limit = {"name": "limit", "in": "query", "schema": {"$ref": "./shared.json#/Limit"}}
    path = tmp_path / "pets.json"
    path.write_text(document(paths={"/pets": {"get": operation("listPets", "Pets", parameters=[limit])}}))
    seen: list[object] = []
    for maximum in (10, 20):
        (tmp_path / "shared.json").write_text(f'{{"Limit": {{"type": "integer", "maximum": {maximum}}}}}')
        registry = open_registry(store=False)
        source = Source("pets", str(path), path.read_bytes(), Origin.OPERATOR)
        [tool] = registry.open(await with_files(source, FetchPolicy())).catalog.tools
        seen.append(tool.input_schema["properties"]["limit"]["maximum"])  # type: ignore[index]
    assert seen == [10, 20]
