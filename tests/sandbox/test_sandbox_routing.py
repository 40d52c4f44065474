"""Which operation a request reaches."""

from __future__ import annotations

import pytest
from sandbox_rooms import OpenRoom, answers, in_path, query

pytestmark = pytest.mark.anyio

TEXT = {"type": "string"}


def saying(word: str) -> dict[str, object]:
    """An operation whose answer is one word."""
    return answers({"type": "string", "const": word})


async def test_a_literal_path_wins_over_a_template(room: OpenRoom) -> None:
    """`/x/default` is itself, `/x/other` is the template."""
    paths = {
        "/x/{id}": {"parameters": [in_path("id", TEXT)], "get": saying("template")},
        "/x/default": {"get": saying("literal")},
    }
    async with room(paths) as client:
        assert (await client.get("/x/default")).json() == "literal"
        assert (await client.get("/x/other")).json() == "template"


async def test_the_template_takes_methods_that_the_literal_path_lacks(room: OpenRoom) -> None:
    """A literal path hides a template only for the methods it has."""
    paths = {
        "/x/{id}": {"parameters": [in_path("id", TEXT)], "put": saying("template")},
        "/x/default": {"get": saying("literal")},
    }
    async with room(paths) as client:
        assert (await client.put("/x/default")).json() == "template"


async def test_an_unknown_path_is_404_and_a_wrong_method_405_with_the_allowed_ones(room: OpenRoom) -> None:
    """Both answers have the API's error shape."""
    async with room({"/x": {"get": saying("x"), "put": saying("y")}}) as client:
        missing, wrong = await client.get("/y"), await client.post("/x")
    assert missing.status_code == 404
    assert missing.json()["id"] == "not_found"
    assert "/y" in missing.json()["message"]
    assert wrong.status_code == 405
    assert wrong.headers["allow"] == "GET, PUT"
    assert set(wrong.json()) == {"id", "message"}


async def test_an_encoded_slash_stays_inside_its_segment(room: OpenRoom) -> None:
    """Segments are parted before they are decoded."""
    paths = {"/r/{name}/tags": {"parameters": [in_path("name", {"const": "a/b"})], "get": saying("tags")}}
    async with room(paths) as client:
        assert (await client.get("/r/a%2Fb/tags")).json() == "tags"
        assert (await client.get("/r/a/b/tags")).status_code == 404


async def test_expressions_inside_a_segment_are_told_apart(room: OpenRoom) -> None:
    """`{a}.{b}` and `{id}:cancel` split a segment; the more literal one is tried first."""
    both = [in_path("a", {"const": "x"}), in_path("b", {"const": "y"})]
    paths = {
        "/f/{a}.{b}": {"parameters": both, "get": saying("two")},
        "/f/{id}:cancel": {"parameters": [in_path("id", TEXT)], "get": saying("cancel")},
        "/f/{id}": {"parameters": [in_path("id", TEXT)], "get": saying("one")},
    }
    async with room(paths) as client:
        assert (await client.get("/f/x.y")).json() == "two"
        assert (await client.get("/f/7:cancel")).json() == "cancel"
        assert (await client.get("/f/7")).json() == "one"


async def test_paths_that_differ_in_query_or_fragment_reach_their_own_operation(room: OpenRoom) -> None:
    """A query in a path key must be sent; a fragment never is, but names what tells the operations apart."""
    action = [query("Action", TEXT)]
    paths = {
        "/q": {"get": saying("plain")},
        "/q?kind=big": {"get": saying("big")},
        "/a#Action=List": {"parameters": action, "get": saying("list")},
        "/a#Action=Stop": {"parameters": action, "get": saying("stop")},
    }
    async with room(paths) as client:
        assert (await client.get("/q")).json() == "plain"
        assert (await client.get("/q?kind=big")).json() == "big"
        assert (await client.get("/a?Action=Stop")).json() == "stop"
        assert (await client.get("/a?Action=List")).json() == "list"
