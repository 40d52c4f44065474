"""Documents in several files: which files are read, from where, how many, and that they are kept with the source."""

from __future__ import annotations

import json

import pytest
from source_documents import Open, add, document, operation, started

from end_to_end.loopback import Reply, Upstream
from specport.errors import DocumentError
from specport.sources.fetch import FetchPolicy
from specport.sources.model import Origin
from specport.sources.specification import Specification, read_specification

pytestmark = pytest.mark.anyio

URL = "https://docs.example.com/apis/openapi.json"
PARTS = "https://docs.example.com/apis/parts.json"


def referring(reference: str = "parts.json#/Limit") -> str:
    """A document whose only operation takes a parameter that is somewhere else."""
    return document(paths={"/pets": {"get": operation("listPets", "Pets", parameters=[{"$ref": reference}])}})


def parts(maximum: int = 10) -> str:
    """The other file."""
    return json.dumps({"Limit": {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": maximum}}})


async def test_files_of_the_documents_own_origin_are_followed_where_allowed(
    open_registry: Open, web: dict[str, str]
) -> None:
    """They are fetched as the document is, and its operations are whole."""
    web.update({URL: referring(), PARTS: parts()})
    added = await add(open_registry(follows_references=True), URL)
    [tool] = added.opened.catalog.tools
    assert tool.input_schema["properties"] == {"limit": {"type": "integer", "maximum": 10}}


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("https://elsewhere.example.com/parts.json#/Limit", "it is not at the document's own origin"),
        ("http://docs.example.com/apis/parts.json#/Limit", "it is not at the document's own origin"),
        ("https://docs.example.com:8443/parts.json#/Limit", "it is not at the document's own origin"),
        ("file:///etc/hostname", "it is not at the document's own origin"),
        ("absent.json#/Limit", "answered 404"),
        ("html.json#/Limit", "is HTML or XML"),
    ],
)
async def test_what_is_not_read_is_a_problem_with_its_reason(
    open_registry: Open, web: dict[str, str], reference: str, reason: str
) -> None:
    """One operation is left out; the sentence says why the file is not there."""
    paths = json.loads(referring(reference))["paths"] | {"/good": {"get": operation("good", "Pets")}}
    web.update({URL: document(paths=paths), "https://docs.example.com/apis/html.json": "<html>"})
    added = await add(open_registry(follows_references=True), URL)
    assert [tool.address for tool in added.opened.catalog.tools] == ["pet_shop.pets.good"]
    [problem] = added.opened.catalog.problems
    assert reason in problem.message
    assert "\n" not in problem.message


async def test_without_leave_no_other_file_is_fetched(open_registry: Open, web: dict[str, str]) -> None:
    """Off by default: the problem names the option."""
    web.update({URL: referring(), PARTS: parts()})
    preview = await open_registry().preview(Specification(URL), Origin.TOOL)
    assert preview.operations == 0
    assert "references are followed only with --follow-references" in preview.problems[0].message


async def test_a_redirect_to_another_origin_is_not_followed(upstream: Upstream) -> None:
    """The file is asked of the document's origin alone, hop by hop."""
    with Upstream() as other:
        other.replies["/parts.json"] = Reply(body=parts().encode())
        upstream.replies["/openapi.json"] = Reply(body=referring().encode())
        upstream.replies["/parts.json"] = Reply(status=302, headers={"Location": f"{other.url}/parts.json"})
        wanted = Specification(f"{upstream.url}/openapi.json")
        source = await read_specification(wanted, FetchPolicy(allow_private=True, follows_references=True))
        assert source.files == ()
        assert f"is not at {upstream.url}" in source.unread[f"{upstream.url}/parts.json"]
        assert other.take() == []


async def test_files_are_kept_with_their_source(open_registry: Open, web: dict[str, str]) -> None:
    """A restart opens the same tools, whatever has become of the URLs."""
    web.update({URL: referring(), PARTS: parts()})
    before = await add(open_registry(follows_references=True), URL)
    web.clear()
    after = (await started(open_registry)).opened["pet_shop"]
    assert after.source == before.opened.source
    assert after.catalog.tools == before.opened.catalog.tools


async def test_another_file_is_another_document(open_registry: Open, web: dict[str, str]) -> None:
    """The same first file with another second one is not what was added."""
    web.update({URL: referring(), PARTS: parts()})
    registry = open_registry(follows_references=True)
    assert (await add(registry, URL)).is_new
    assert not (await add(registry, URL)).is_new
    web[PARTS] = parts(20)
    with pytest.raises(Exception, match="is in use for another document"):
        await add(registry, URL)


async def test_the_number_and_the_size_of_files_are_bounded(
    open_registry: Open, web: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chain of files that never ends is an error that names the limit; so is too much text."""
    web.update({f"https://docs.example.com/apis/{n}.json": f'{{"$ref": "{n + 1}.json"}}' for n in range(30)})
    web[URL] = referring("0.json")
    registry = open_registry(follows_references=True)
    monkeypatch.setattr("specport.sources.gather.MAX_FILES", 20)
    with pytest.raises(DocumentError, match=r"refers to more than 20 other files \(MAX_FILES\)"):
        await add(registry, URL)
    monkeypatch.setattr("specport.sources.gather.MAX_GATHERED_BYTES", 100)
    with pytest.raises(DocumentError, match=r"refers to files of over 100 bytes \(MAX_GATHERED_BYTES\)"):
        await add(registry, URL)
