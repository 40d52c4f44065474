"""`source.toml`: what it may say, and that everything wrong in it is told with the file and the key."""

from __future__ import annotations

from pathlib import Path

import pytest
from source_documents import document, operation

from specport.catalog.model import Shape
from specport.errors import SourceError
from specport.executor.model import Limit
from specport.sources.fetch import FetchPolicy
from specport.sources.manifest import bundled_names, open_bundled, open_folder
from specport.sources.model import Origin
from specport.sources.read import open_source

pytestmark = pytest.mark.anyio

CLIENT = '[auth.o]\nflow = "client_credentials"\nclient_id = "a"\n'
MINIMAL = 'name = "shop"\ndocument = "openapi.json"\n'


def folder(path: Path, manifest: str | bytes) -> Path:
    """A source folder with a small document and this manifest."""
    (path / "openapi.json").write_text(document())
    (path / "source.toml").write_bytes(manifest if isinstance(manifest, bytes) else manifest.encode())
    return path


async def test_a_folder_with_a_manifest_is_a_source(tmp_path: Path) -> None:
    """The document beside it is read, and every setting reaches the source."""
    source = await open_folder(
        folder(
            tmp_path,
            MINIMAL + 'base_url = "http://127.0.0.1:8080"\n[auth]\nkey = "file:~/key"\n'
            '[[limits]]\nname = "posts"\nrequests = 5\nseconds = 2.5\nmethods = ["post"]\npaths = ["/a*"]\n'
            'weight = "w"\n'
            '[pagination]\nnext = "links.next"\ntotal = "count"\n[errors]\nmessage = "msg"\nid = "code"\n',
        ),
        FetchPolicy(),
    )
    assert (source.name, source.origin, source.base_url) == ("shop", Origin.OPERATOR, "http://127.0.0.1:8080")
    assert source.data == document().encode()
    assert source.references == {"key": "file:~/key"}
    assert source.channel.limits == (Limit("posts", 5, 2.5, ("POST",), ("/a*",), "w"),)
    assert source.conventions.next_page == "links.next"
    assert (source.conventions.error_message, source.conventions.error_id) == ("msg", "code")


@pytest.mark.parametrize(
    ("manifest", "key"),
    [
        ('document = "openapi.json"', "name"),
        ('name = "shop"', "document"),
        ('name = "Shop!"\ndocument = "openapi.json"', "name"),
        (MINIMAL + "limit = 1", "limit"),
        (MINIMAL + 'base_url = "example.com"', "base_url"),
        (MINIMAL + 'base_url = "file:///etc"', "base_url"),
        (MINIMAL + '[auth]\ntoken = "dop_v1_secret"', "auth.token"),
        (MINIMAL + "[auth]\ntoken = 5", "auth.token"),
        (MINIMAL + '[auth.o]\nflow = "implicit"\nclient_id = "a"', "auth.o: flow"),
        (MINIMAL + '[auth.o]\nflow = "client_credentials"', "auth.o: client_id"),
        (MINIMAL + CLIENT + 'client_secret = "dop_v1_secret"', "auth.o: client_secret"),
        (MINIMAL + CLIENT + 'client_secret = "header:x"', "auth.o: client_secret"),
        (MINIMAL + CLIENT + "tokenurl = 1", "auth.o: tokenurl"),
        (MINIMAL + CLIENT + 'token_url = "https://["', "auth.o: token_url"),
        (MINIMAL + CLIENT + 'authorization_url = "javascript:x"', "auth.o: authorization_url"),
        (MINIMAL + '[accounts."Big One".auth]\na = "env:A"', "accounts.Big One.[key]"),
        (MINIMAL + '[accounts.work]\na = "env:A"', "accounts.work.auth"),
        (MINIMAL + '[accounts.work.auth]\na = "dop_v1_secret"', "accounts.work.auth.a"),
        (MINIMAL + '[[limits]]\nname = "a"\nrequests = 0\nseconds = 1', "limits.0.requests"),
        (MINIMAL + '[[limits]]\nname = "a"\nrequests = 1\nseconds = inf', "limits.0.seconds"),
        (MINIMAL + '[[limits]]\nname = "a"\nrequests = 1\nseconds = 1\nper = "token"', "limits.0.per"),
        (MINIMAL + "[[limits]]\nrequests = 1\nseconds = 1", "limits.0.name"),
        (MINIMAL + "[pagination]\nnext = 1", "pagination.next"),
        (MINIMAL + '[pagination]\ncursor = "a"', "pagination.cursor"),
        (MINIMAL + '[pagination]\nargument = "a"', "pagination"),
        (MINIMAL + '[pagination]\npages = "a"\nitems = "b"\nargument = "c"', "pagination"),
        (MINIMAL + 'errors = "message"', "errors"),
        (MINIMAL + '[filters]\ninclude = ["Pets"]', "filters.include.0"),
        (MINIMAL + "[filters]\nexclude = 'GET'", "filters.exclude"),
        (MINIMAL + "[filters]\ntags = ['Pets']", "filters.tags"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told_with_the_file_and_the_key(tmp_path: Path, manifest: str, key: str) -> None:
    """One line: file, key, fault. A credential that was written down by mistake is not repeated."""
    with pytest.raises(SourceError) as caught:
        await open_folder(folder(tmp_path, manifest), FetchPolicy())
    text = str(caught.value)
    assert text.startswith(f"{tmp_path / 'source.toml'}: {key}: ")
    assert "\n" not in text
    assert "dop_v1_secret" not in text


@pytest.mark.parametrize("manifest", [b"name = ", b"\xff\xfe", b"[auth\n", b"<html>"])
async def test_what_is_no_toml_is_told_with_the_file(tmp_path: Path, manifest: bytes) -> None:
    """A broken file is named."""
    with pytest.raises(SourceError, match=r"source\.toml is not valid TOML"):
        await open_folder(folder(tmp_path, manifest), FetchPolicy())


@pytest.mark.parametrize("name", ["/etc/passwd", "../openapi.json", "a/../../b"])
async def test_a_document_outside_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    """A manifest reads what lies beside it and nothing else."""
    with pytest.raises(SourceError, match="outside its source's folder"):
        await open_folder(folder(tmp_path, f'name = "shop"\ndocument = "{name}"\n'), FetchPolicy())


async def test_a_missing_document_is_named(tmp_path: Path) -> None:
    """The path that could not be read, and why."""
    with pytest.raises(SourceError, match=r"cannot read .*absent\.json: No such file"):
        await open_folder(folder(tmp_path, 'name = "shop"\ndocument = "absent.json"\n'), FetchPolicy())


@pytest.mark.parametrize("name", ["nonesuch", "", "..", "digitalocean/..", "../digitalocean"])
def test_an_unknown_bundled_name_lists_the_known_ones(name: str) -> None:
    """The hint says what there is, and how to use any other API."""
    with pytest.raises(SourceError, match="there is no source") as caught:
        open_bundled(name)
    assert "Bundled: digitalocean" in str(caught.value)
    assert "--spec" in str(caught.value)


def test_the_bundled_source_has_the_limits_of_its_documentation() -> None:
    """DigitalOcean: 250 a minute, 5,000 an hour, and four of its own, one of them weighted."""
    assert "digitalocean" in bundled_names()
    source = open_bundled("digitalocean")
    assert source.references == {"bearer_auth": "env:DIGITALOCEAN_TOKEN"}
    stated = {(limit.amount, limit.window, limit.methods, limit.paths, limit.weight) for limit in source.channel.limits}
    assert stated == {
        (250, 60.0, (), (), ""),
        (5000, 3600.0, (), (), ""),
        (12, 60.0, ("POST",), ("/v2/floating_ips", "/v2/reserved_ips"), ""),
        (10, 60.0, ("GET",), ("/v2/account/keys",), ""),
        (5, 10.0, (), ("/v2/cdn/endpoints*",), ""),
        (50, 20.0, ("DELETE",), ("/v2/cdn/endpoints/{cdn_id}/cache",), "files"),
    }


OVERLAY = """overlay: 1.0.0
info: {title: Fixes, version: "1"}
actions:
  - {target: "$.paths['/pets'].post", remove: true}
  - {target: "$.paths['/cats']", remove: true}
"""


async def test_a_manifest_names_overlays_beside_it(tmp_path: Path) -> None:
    """They are applied before the document is read, and an action without effect is a problem of the source."""
    place = folder(tmp_path, MINIMAL + 'overlays = ["fixes.yaml"]\n')
    (place / "fixes.yaml").write_text(OVERLAY)
    source = await open_folder(place, FetchPolicy())
    catalog = open_source(source, Shape(), None).catalog
    assert [tool.address for tool in catalog.tools] == ["pets.listPets", "writing.deletePet"]
    [problem] = catalog.problems
    assert (problem.severity, problem.source) == ("warning", "shop")
    assert "action 2 of" in problem.message
    assert "matches nothing: $.paths['/cats']" in problem.message


@pytest.mark.parametrize("name", ["../fixes.yaml", "/etc/hostname", "absent.yaml"])
async def test_an_overlay_that_cannot_be_had_is_named(tmp_path: Path, name: str) -> None:
    """As the document itself would be."""
    with pytest.raises(SourceError, match=Path(name).name):
        await open_folder(folder(tmp_path, MINIMAL + f'overlays = ["{name}"]\n'), FetchPolicy())


async def test_a_document_beside_its_manifest_may_have_several_files(tmp_path: Path) -> None:
    """They are read from the folder of the document."""
    limit = {"$ref": "parts.json#/Limit"}
    paths = {"/pets": {"get": operation("listPets", "Pets", parameters=[limit])}}
    place = folder(tmp_path, MINIMAL)
    (place / "openapi.json").write_text(document(paths=paths))
    (place / "parts.json").write_text('{"Limit": {"name": "limit", "in": "query", "schema": {"type": "integer"}}}')
    source = await open_folder(place, FetchPolicy())
    [tool] = open_source(source, Shape(), None).catalog.tools
    assert tool.input_schema["properties"] == {"limit": {"type": "integer"}}


async def test_a_document_may_be_at_a_url(tmp_path: Path, web: dict[str, str]) -> None:
    """It is fetched whenever the folder is opened; what cannot be had is named."""
    place = folder(tmp_path, 'name = "shop"\ndocument = "https://shop.example.com/openapi.json"\n')
    with pytest.raises(SourceError, match=r"https://shop\.example\.com/openapi\.json answered 404"):
        await open_folder(place, FetchPolicy())
    web["https://shop.example.com/openapi.json"] = document(server="/v2")
    source = await open_folder(place, FetchPolicy())
    assert (source.uri, source.origin) == ("https://shop.example.com/openapi.json", Origin.OPERATOR)
    assert open_source(source, Shape(), None).base_url == "https://shop.example.com/v2"
