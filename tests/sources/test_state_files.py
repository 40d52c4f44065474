"""Files of the state folder: shared between processes, versioned, and never trusted to be whole."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from source_documents import document

from specport.catalog.build import Shape
from specport.catalog.codec import decode_catalog
from specport.errors import SourceError
from specport.sources.model import Filters, Origin, Source
from specport.sources.read import open_source
from specport.sources.store import CatalogCache, SourceStore

SOURCE = Source(
    "shop", "https://docs.example.com/a", document().encode(), Origin.TOOL, "https://b.example.com", {"k": "env:K"},
    filters=Filters(("a",), ("b",)),
)  # fmt: skip


def test_a_source_comes_back_as_it_was_put(tmp_path: Path) -> None:
    """Every field that a restart needs, in a second store on the folder too."""
    SourceStore(tmp_path).put(SOURCE)
    store = SourceStore(tmp_path)
    assert store.all() == [SOURCE]
    assert store.get("shop") == SOURCE
    assert store.get("other") is None
    assert store.delete("shop")
    assert not store.delete("shop")
    assert store.all() == []


def test_the_state_folder_is_made_for_the_user_alone(tmp_path: Path) -> None:
    """References and documents are nobody else's business."""
    SourceStore(tmp_path / "a" / "state")
    assert (tmp_path / "a" / "state").stat().st_mode & 0o077 == 0


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """Its meaning is not known here; the file is left as it is."""
    SourceStore(tmp_path).put(SOURCE)
    with sqlite3.connect(tmp_path / "sources.sqlite") as connection:
        connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(SourceError, match=r"sources\.sqlite was written by a newer specport\. Use another --state-dir"):
        SourceStore(tmp_path)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """One line, with the file and the way out."""
    (tmp_path / "sources.sqlite").write_bytes(b"this is not a database, but long enough to be taken for one" * 20)
    with pytest.raises(SourceError, match=r"cannot use the state file .*sources\.sqlite.*Try --no-state"):
        SourceStore(tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="cannot make the state folder"):
        SourceStore(tmp_path / "file" / "state")


def test_a_damaged_row_is_told_by_its_name(tmp_path: Path) -> None:
    """What somebody else wrote into the file is no crash."""
    store = SourceStore(tmp_path)
    store.put(SOURCE)
    with sqlite3.connect(tmp_path / "sources.sqlite") as connection:
        connection.execute("update sources set filters = '[]'")
    connection.close()
    with pytest.raises(SourceError, match="holds a source 'shop' that cannot be read"):
        store.all()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"tools": []}', b"\xff\xfe", b'{"source": 1, "title": []}']
)
def test_a_broken_or_foreign_cache_file_is_ignored(tmp_path: Path, content: bytes) -> None:
    """A cache is an aid: the document is read instead, and the file replaced by a good one."""
    cache = CatalogCache(tmp_path)
    opened = open_source(SOURCE, Shape(), cache)
    [file] = (tmp_path / "catalogs").iterdir()
    good = file.read_bytes()
    file.write_bytes(content)
    again = open_source(SOURCE, Shape(), cache)
    assert again.catalog == opened.catalog
    assert file.read_bytes() == good


def test_a_cached_catalog_is_equal_to_a_built_one(tmp_path: Path) -> None:
    """Types included: tuples stay tuples, severities stay severities."""
    source = Source("shop", "a", document(paths={"/a": {"get": {}}, "/b": {"get": []}}).encode(), Origin.OPERATOR)
    built = open_source(source, Shape(), CatalogCache(tmp_path)).catalog
    cached = open_source(source, Shape(), CatalogCache(tmp_path)).catalog
    assert built.problems
    assert cached == built
    assert repr(cached) == repr(built)


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """The next start is only slower."""
    (tmp_path / "catalogs").write_text("a file where the folder should be")
    assert open_source(SOURCE, Shape(), CatalogCache(tmp_path)).catalog.title == "Pet Shop API"


def test_no_half_written_cache_file_is_left(tmp_path: Path) -> None:
    """Files appear whole, under their final name, and nothing else stays behind."""
    cache = CatalogCache(tmp_path)
    cache.put("key", b"data")
    cache.put("key", b"newer")
    assert cache.get("key") == b"newer"
    assert len(list((tmp_path / "catalogs").iterdir())) == 1
    assert decode_catalog(b"newer") is None


def test_the_cache_keeps_only_so_many_catalogs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go first."""
    monkeypatch.setattr("specport.sources.store.MAX_CATALOGS", 3)
    cache = CatalogCache(tmp_path)
    for number in range(5):
        cache.put(f"key{number}", b"{}")
        newest = max((tmp_path / "catalogs").iterdir(), key=lambda path: path.name)
        os.utime(newest, ns=(number, number))
    kept = [number for number in range(5) if cache.get(f"key{number}") is not None]
    assert kept == [2, 3, 4]
