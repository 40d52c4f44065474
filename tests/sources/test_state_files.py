"""Files of the state folder: shared between processes, versioned, and never trusted to be whole."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
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


SHOP = replace(SOURCE, filters=Filters())
WRITTEN = 5_000_000
_WRITER = f"""
import itertools, sys
from pathlib import Path
from specport.sources.store import CatalogCache
cache = CatalogCache(Path(sys.argv[1]))
for number in itertools.count():
    cache.put("key", sys.argv[2].encode() * {WRITTEN})
    if number == 0:
        print("written", flush=True)
"""


def _one_letter_changed(data: bytes) -> bytes:
    return data.replace(b"integer", b"integez", 1)


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


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: data[:-1], _one_letter_changed])
def test_a_cache_file_that_is_not_as_it_was_written_is_ignored(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    """Cut short or with one letter of a schema changed: its digest says so, and the document is read instead."""
    cache = CatalogCache(tmp_path)
    opened = open_source(SHOP, Shape(), cache)
    [file] = (tmp_path / "catalogs").iterdir()
    good = file.read_bytes()
    file.write_bytes(damage(good))
    assert decode_catalog(file.read_bytes()) is None
    assert open_source(SHOP, Shape(), cache).catalog == opened.catalog
    assert file.read_bytes() == good


def test_a_cached_catalog_is_equal_to_a_built_one(tmp_path: Path) -> None:
    """Types included: tuples stay tuples, severities stay severities."""
    source = Source("shop", "a", document(paths={"/a": {"get": {}}, "/b": {"get": []}}).encode(), Origin.OPERATOR)
    built = open_source(source, Shape(), CatalogCache(tmp_path)).catalog
    cached = open_source(source, Shape(), CatalogCache(tmp_path)).catalog
    assert built.problems
    assert cached == built
    assert repr(cached) == repr(built)


def test_a_catalog_from_the_cache_lists_its_first_page_without_making_a_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start decodes what it shows; the schema of a call is made when the call comes."""
    built = open_source(SHOP, Shape(), CatalogCache(tmp_path)).catalog
    wanted = [tool.listed_schema for tool in built.tools]
    made: list[object] = []
    monkeypatch.setattr("specport.catalog.schemas.compose", lambda *given: made.append(given) or {})
    cached = open_source(SHOP, Shape(), CatalogCache(tmp_path)).catalog
    assert [tool.listed_schema for tool in cached.tools] == wanted
    assert cached.digest == built.digest
    assert not made
    assert cached.tools[0].input_schema == {}
    assert made


def test_tools_behind_the_first_page_are_listed_alike_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their schemas are not kept as listed, but what these are made of is."""
    monkeypatch.setattr("specport.catalog.codec.LISTED_AHEAD", 1)
    built = open_source(SHOP, Shape(), CatalogCache(tmp_path)).catalog
    cached = open_source(SHOP, Shape(), CatalogCache(tmp_path)).catalog
    assert len(cached.tools) > 1
    assert [tool.listed_schema for tool in cached.tools] == [tool.listed_schema for tool in built.tools]


def test_a_cache_file_of_another_version_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a version makes of a document is its own; the other keeps its file."""
    CatalogCache(tmp_path).put("key", b"ours")
    monkeypatch.setattr("specport.sources.store.__version__", "99.0")
    other = CatalogCache(tmp_path)
    assert other.get("key") is None
    other.put("key", b"theirs")
    monkeypatch.undo()
    assert CatalogCache(tmp_path).get("key") == b"ours"


def test_a_folder_where_the_cache_file_should_be_is_no_error(tmp_path: Path) -> None:
    """It can be neither read nor replaced; the document is read at every start."""
    cache = CatalogCache(tmp_path)
    opened = open_source(SOURCE, Shape(), cache)
    [file] = (tmp_path / "catalogs").iterdir()
    file.unlink()
    file.mkdir()
    assert open_source(SOURCE, Shape(), cache).catalog == opened.catalog


def test_a_process_killed_while_it_writes_leaves_a_whole_file_or_none(tmp_path: Path) -> None:
    """Read all the time while two processes write; what they leave unfinished goes once it is old."""
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path), letter], stdout=subprocess.PIPE)
        for letter in "ab"
    ]
    cache = CatalogCache(tmp_path)
    try:
        for writer in writers:
            assert writer.stdout
            assert writer.stdout.readline() == b"written\n"
        seen = {cache.get("key") for _ in range(200)}
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    whole = {letter * WRITTEN for letter in (b"a", b"b")}
    assert seen <= whole
    assert cache.get("key") in whole
    left = tmp_path / "catalogs" / ".new-left"
    left.write_bytes(b"half")
    cache.put("other", b"")
    assert left.exists()
    os.utime(left, (0, 0))
    cache.put("other", b"")
    assert not left.exists()


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
