"""Files of the state folder: shared between processes, versioned, and never trusted to be whole."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from earlier_state_files import write_state_file
from hypothesis import given
from hypothesis import strategies as st
from source_documents import document

from specport.catalog.codec import decode_catalog
from specport.catalog.model import Filters, Shape
from specport.documents.model import File
from specport.errors import SourceError
from specport.executor.model import Channel, Limit
from specport.sources.cache import CatalogCache
from specport.sources.codec import decode_source, encode_source
from specport.sources.model import NO_VALIDATORS, Origin, Source, Validators
from specport.sources.read import open_source
from specport.sources.sqlite_store import SqliteStore

pytestmark = pytest.mark.anyio

SOURCE = Source(
    "shop", "https://docs.example.com/a", document().encode(), Origin.OPERATOR, "https://b.example.com", {"k": "env:K"},
    filters=Filters(("a",), ("b",)), channel=Channel(limits=(Limit("100/60s", 100, 60.0),)),
    validators=Validators("https://docs.example.com/b", 'W/"1"', "Sat, 28 Nov 2026 08:00:00 GMT"),
)  # fmt: skip


SHOP = replace(SOURCE, filters=Filters())
WRITTEN = 5_000_000
_WRITER = f"""
import itertools, sys
from pathlib import Path
from specport.sources.cache import CatalogCache
cache = CatalogCache(Path(sys.argv[1]))
for number in itertools.count():
    cache.put("key", sys.argv[2].encode() * {WRITTEN})
    if number == 0:
        print("written", flush=True)
"""


def _one_letter_changed(data: bytes) -> bytes:
    return data.replace(b"integer", b"integez", 1)


async def kept(store: SqliteStore) -> Source | None:
    """The shop as it is kept."""
    found = await store.get("shop")
    return found.source if found else None


async def test_a_source_comes_back_as_it_was_added(tmp_path: Path) -> None:
    """Every field that a restart needs, in a second store on the folder too; a name is taken once."""
    await SqliteStore(tmp_path).add(SOURCE)
    store = SqliteStore(tmp_path)
    assert list(await store.revisions()) == ["shop"]
    assert await kept(store) == SOURCE
    assert await store.get("other") is None
    assert await store.add(replace(SOURCE, base_url="https://c.example.com")) is None
    assert await kept(store) == SOURCE
    assert await store.delete("shop")
    assert not await store.delete("shop")
    assert await store.revisions() == {}


def test_a_source_that_was_kept_without_validators_is_read(tmp_path: Path) -> None:
    """Releases before them wrote none; its document is then fetched in full."""
    facts, _, rest = encode_source(SOURCE).partition(b"\n")
    earlier = {name: value for name, value in json.loads(facts).items() if name != "validators"}
    assert decode_source(json.dumps(earlier).encode() + b"\n" + rest, "shop") == replace(
        SOURCE, validators=NO_VALIDATORS
    )


def test_the_state_folder_is_made_for_the_user_alone(tmp_path: Path) -> None:
    """References and documents are nobody else's business."""
    SqliteStore(tmp_path / "a" / "state")
    assert (tmp_path / "a" / "state").stat().st_mode & 0o077 == 0


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """Its meaning is not known here; the file is left as it is."""
    SqliteStore(tmp_path)
    with closing(sqlite3.connect(tmp_path / "sources.sqlite")) as connection, connection:
        connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(SourceError, match=r"sources\.sqlite was written by a newer specport\. Use another --state-dir"):
        SqliteStore(tmp_path)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """One line, with the file and the way out."""
    (tmp_path / "sources.sqlite").write_bytes(b"this is not a database, but long enough to be taken for one" * 20)
    with pytest.raises(
        SourceError, match=r"cannot use the state file .*sources\.sqlite.*Try another --state-dir, or --no-state"
    ):
        SqliteStore(tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="cannot make the state folder"):
        SqliteStore(tmp_path / "file" / "state")


_ALTERED: Sequence[Callable[[bytes], bytes]] = (
    lambda _: b"",
    lambda _: b"not a source",
    lambda _: b"[]\n",
    lambda data: data[:-1],
    lambda data: data + b"more",
    lambda data: data.replace(b'"shop"', b'"shoq"', 1),
    lambda data: data.replace(b'"operator"', b'"admin"', 1),
    lambda data: data.replace(b'"operator"', b'"bundled"', 1),
    lambda data: data.replace(b'"operator"', b'"tool"', 1),  # which brings no credentials
    lambda data: data.replace(b'"env:K"', b'["env:K"]', 1),
    lambda data: data.replace(b'"size":', b'"size":-', 1),
    lambda data: data.replace(b'"amount":100', b'"amount":0', 1),
    lambda data: b"[" * 100_000 + data,
)


@pytest.mark.parametrize("altered", _ALTERED)
async def test_a_damaged_source_is_told_by_its_name(tmp_path: Path, altered: Callable[[bytes], bytes]) -> None:
    """What somebody else wrote into the file is no crash, and says how to get rid of it."""
    store = SqliteStore(tmp_path)
    await store.add(SOURCE)
    with closing(sqlite3.connect(tmp_path / "sources.sqlite")) as connection, connection:
        [[data]] = connection.execute("select source from kept").fetchall()
        connection.execute("update kept set source = ?", (altered(data),))
    connection.close()
    with pytest.raises(SourceError, match=r"the added source 'shop' cannot be read.*specport remove shop"):
        await store.get("shop")


@given(
    at=st.integers(0, 1_000), put=st.binary(max_size=4) | st.sampled_from([b"{}", b"[]", b"null", b"-1", b'"', b"\n"])
)
def test_whatever_is_kept_is_a_source_or_an_error(at: int, put: bytes) -> None:
    """One place of a kept source overwritten with anything."""
    data = encode_source(SOURCE)
    altered = data[: at % len(data)] + put + data[at % len(data) + len(put) :]
    try:
        found = decode_source(altered, "shop")
    except SourceError:
        return
    assert found.name == "shop"
    assert decode_source(encode_source(found), "shop") == found


async def test_what_a_newer_release_kept_is_read_where_it_can_be(tmp_path: Path) -> None:
    """A member more is passed over, as two releases may share a store; another format is refused."""
    store = SqliteStore(tmp_path)
    await store.add(SOURCE)
    with closing(sqlite3.connect(tmp_path / "sources.sqlite")) as connection, connection:
        connection.execute("""update kept set source = '{"colour":"red",' || substr(cast(source as text), 2)""")
    connection.close()
    assert await kept(store) == SOURCE
    with closing(sqlite3.connect(tmp_path / "sources.sqlite")) as connection, connection:
        connection.execute("""update kept set source = replace(cast(source as text), '"format":1', '"format":99')""")
    connection.close()
    with pytest.raises(SourceError, match="written by a newer specport"):
        await store.get("shop")


@pytest.mark.parametrize(
    "filters", [Filters(include=("/a*",)), Filters(exclude=("DELETE",)), Filters(("a",), deprecated=False)]
)
def test_filters_that_older_releases_do_not_know_are_kept_from_them(filters: Filters) -> None:
    """They would offer what is filtered out; a source with other filters stays readable for them."""
    written = encode_source(replace(SOURCE, filters=filters))
    assert b'"format":2' in written
    assert decode_source(written, "shop").filters == filters
    assert b'"format":1' in encode_source(SOURCE)


async def test_a_source_over_the_limit_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all its files together; the error names the limit."""
    monkeypatch.setattr("specport.sources.codec.MAX_STORED_BYTES", 1000)
    with pytest.raises(SourceError, match=r"shop has [0-9,]+ bytes; the limit is 1,000 \(MAX_STORED_BYTES\)"):
        await SqliteStore(tmp_path).add(replace(SOURCE, files=(File("other.json", b"x" * 1000),)))


@pytest.mark.parametrize("version", [1, 2])
async def test_a_state_file_of_an_earlier_version_is_taken_over(
    tmp_path: Path, version: int, caplog: pytest.LogCaptureFixture
) -> None:
    """What was added comes along, in every process that starts; what nobody can read is told and left behind."""
    files = [("referred", "f", b"F"), ("overlay", "o", b"O"), ("unread", "u", b"U")]
    write_state_file(tmp_path, version, SOURCE, files=files, broken=["bad"])
    more = {"files": (File("f", b"F"),), "overlays": (File("o", b"O"),), "unread": {"u": "U"}} if version == 2 else {}
    for _ in range(2):
        assert await kept(SqliteStore(tmp_path)) == replace(SOURCE, channel=Channel(), validators=NO_VALIDATORS, **more)
    assert list(await SqliteStore(tmp_path).revisions()) == ["shop"]
    assert caplog.messages == ["an added source that cannot be read is left out: bad"]


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
    monkeypatch.setattr("specport.sources.cache.__version__", "99.0")
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
    monkeypatch.setattr("specport.sources.cache.MAX_CATALOGS", 3)
    cache = CatalogCache(tmp_path)
    for number in range(5):
        cache.put(f"key{number}", b"{}")
        newest = max((tmp_path / "catalogs").iterdir(), key=lambda path: path.name)
        os.utime(newest, ns=(number, number))
    kept = [number for number in range(5) if cache.get(f"key{number}") is not None]
    assert kept == [2, 3, 4]
