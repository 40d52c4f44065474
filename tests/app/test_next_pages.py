"""The next page of APIs that name it by no URL: the exact arguments, and none that the operation does not have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from end_to_end.loopback import Reply, Upstream, operation, parameter
from specport.app import App, Settings
from specport.exposure.model import Expose
from specport.results.model import Conventions, ToolResult, View
from specport.sources.model import Origin, Source

pytestmark = pytest.mark.anyio

INTEGERS = frozenset({"page", "offset", "limit", "per_page"})
DATA = [{"id": "a"}, {"id": "b"}]
NEXT = {"next_cursor": "n"}


def get(*parameters: str) -> dict[str, Any]:
    """An operation with these parameters, some of which are numbers."""
    kinds = {name: {"type": "integer" if name in INTEGERS else "string"} for name in parameters}
    return operation("list", "Items", parameters=[parameter(name, "query", kinds[name]) for name in parameters])


def source(upstream: Upstream, what: dict[str, Any], method: str = "get", **more: Any) -> Source:
    document = {"openapi": "3.1.0", "info": {"title": "S", "version": "1"}, "paths": {"/v1/items": {method: what}}}
    return Source("shop", "shop.json", json.dumps(document).encode(), Origin.OPERATOR, upstream.url, **more)


async def called(shop: Source, upstream: Upstream, answer: object, arguments: dict[str, Any]) -> ToolResult:
    """The result of a call that gets this answer. What it says agrees with what it holds."""
    upstream.replies["/v1/items"] = Reply(body=json.dumps(answer).encode())
    async with App.open([shop], Settings()) as app:
        result = await app.call("items.list", arguments)
    if result.next_arguments is not None:
        given = json.dumps(result.next_arguments, separators=(",", ":"))
        assert any(note.endswith(f"Next page: call again with {given}") for note in result.notes)
    return result


@pytest.mark.parametrize(
    ("parameters", "given", "answer", "following"),
    [
        pytest.param(
            ["limit", "starting_after"], {"limit": 2}, {"has_more": True, "data": DATA},
            {"limit": 2, "starting_after": "b"}, id="stripe",
        ),
        pytest.param(
            ["limit", "page"], {}, {"has_more": True, "data": DATA, "next_page": "WzE2MF0="},
            None, id="text where a number is wanted",
        ),
        pytest.param(
            ["cursor", "limit"], {"limit": 2}, {"ok": True, "response_metadata": {"next_cursor": "dGVh"}},
            {"limit": 2, "cursor": "dGVh"}, id="slack",
        ),
        pytest.param(
            ["pageToken", "maxResults"], {"pageToken": "p1"}, {"items": [], "nextPageToken": "p2"},
            {"pageToken": "p2"}, id="google",
        ),
        pytest.param(
            ["start_cursor"], {}, {"results": [], "has_more": True, "next_cursor": "5e"},
            {"start_cursor": "5e"}, id="notion",
        ),
        pytest.param(
            ["limit", "continue"], {"limit": 2}, {"metadata": {"continue": "eyJ"}, "items": []},
            {"limit": 2, "continue": "eyJ"}, id="kubernetes",
        ),
        pytest.param(["NextToken"], {}, {"NextToken": "x=="}, {"NextToken": "x=="}, id="aws"),
        pytest.param(
            ["page", "per_page"], {"per_page": 1}, {"meta": {"pagination": {}, "next_page": 2}, "servers": DATA},
            {"per_page": 1, "page": 2}, id="a page number",
        ),
        pytest.param(
            ["cursor", "before"], {"before": "2026-01-01"}, NEXT, {"before": "2026-01-01", "cursor": "n"},
            id="a filter by time",
        ),
        pytest.param(["after"], {}, {"has_more": True, "last_id": "z", "data": DATA}, {"after": "z"}, id="last id"),
        pytest.param(
            ["after"], {}, {"page_info": {"end_cursor": "z", "has_next_page": True}}, {"after": "z"}, id="relay",
        ),
        pytest.param(
            ["page"], {}, {"page": 1, "total_pages": 3, "total_results": 50, "results": DATA}, {"page": 2}, id="pages",
        ),
        pytest.param(
            ["offset", "limit"], {"offset": 2}, {"offset": 2, "total": 5, "rows": DATA},
            {"offset": 4}, id="offset",
        ),
        pytest.param(
            ["page"], {}, {"count": 9, "next": "https://api.example/v1/items?page=2", "results": DATA},
            {"page": 2}, id="a URL under a known name",
        ),
    ],
)  # fmt: skip
async def test_cursors_are_known_by_their_names(
    upstream: Upstream, parameters: list[str], given: dict[str, Any], answer: Any, following: dict[str, Any] | None
) -> None:
    """Where the answer's member and a parameter of the operation belong together."""
    result = await called(source(upstream, get(*parameters)), upstream, answer, given)
    assert result.next_arguments == following


@pytest.mark.parametrize(
    ("parameters", "given", "answer"),
    [
        (["limit"], {}, NEXT),
        (["cursor"], {}, {"next_cursor": ""}),
        (["cursor"], {}, {"next_cursor": None}),
        (["cursor"], {}, {"next_cursor": False}),
        (["cursor"], {}, {"next_cursor": True}),
        (["cursor"], {}, {"next_cursor": ["n"]}),
        (["cursor"], {}, {"next_cursor": "n" * 5_000}),
        (["cursor"], {}, {**NEXT, "has_more": False}),
        (["cursor"], {}, {"response_metadata": NEXT, "has_more": False}),
        (["cursor", "start_cursor"], {}, NEXT),
        (["cursor", "pageToken"], {}, {**NEXT, "nextPageToken": "m"}),
        (["cursor"], {}, [NEXT]),
        (["cursor"], {}, {"item": NEXT}),
        (["cursor"], {}, {"cursor": "n"}),
        (["after"], {}, {"has_more": True, "data": DATA}),
        (["starting_after"], {}, {"has_more": False, "data": DATA}),
        (["starting_after"], {}, {"has_more": "true", "data": DATA}),
        (["starting_after"], {}, {"has_more": True, "data": []}),
        (["starting_after"], {}, {"has_more": True, "data": ["a"]}),
        (["starting_after"], {}, {"has_more": True, "data": [{"name": "a"}]}),
        (["starting_after"], {}, {"has_more": True, "data": DATA, "more": DATA}),
        (["starting_after", "ending_before"], {"ending_before": "q"}, {"has_more": True, "data": DATA}),
        (["after", "before"], {"before": "q"}, {"has_more": True, "last_id": "a"}),
        (["page"], {}, {"page": 3, "total_pages": 3}),
        (["page"], {"page": 1}, {"page": 2, "total_pages": 3}),
        (["page"], {}, {"page": 0, "total_pages": 3}),
        (["page"], {}, {"page": 1, "pages": 3, "total_pages": 4}),
        (["page"], {}, {"page": 1, "total_pages": 3, "has_more": False}),
        (["offset"], {}, {"total": 5, "rows": DATA}),
        (["offset"], {"offset": 3}, {"offset": 3, "total": 5, "rows": DATA}),
        (["offset"], {}, {"offset": 0, "total": 5, "rows": []}),
        (["page"], {}, {"next": "https://api.example/v1/chapters?page=2"}),
        (["page"], {}, {"next": "https://api.example/v1/items/7?page=2"}),
        (["page"], {}, {"next": "https://api.example/v1/items"}),
        (["page"], {}, {"next": "https://["}),
    ],
)
async def test_where_anything_is_in_doubt_no_page_is_named(
    upstream: Upstream, parameters: list[str], given: dict[str, Any], answer: Any
) -> None:
    """No such parameter, no value, a flag against it, two that could be meant, another page than was asked for."""
    result = await called(source(upstream, get(*parameters)), upstream, answer, given)
    assert (result.next_arguments, result.notes) == (None, ())


async def test_a_cursor_may_go_into_the_body(upstream: Upstream) -> None:
    """Beside what the call gave there, and only where the body has such a member."""
    schema = {"type": "object", "properties": {"filter": {"type": "string"}, "start_cursor": {"type": "string"}}}
    for kind, following in ((schema, {"body": {"filter": "f", "start_cursor": "n"}}), ({"type": "object"}, None)):
        body = {"content": {"application/json": {"schema": kind}}}
        what = operation("list", "Items", requestBody=body)
        result = await called(source(upstream, what, "post"), upstream, NEXT, {"body": {"filter": "f"}})
        assert result.next_arguments == following
    referred = {"allOf": [{"$ref": "#/components/schemas/Query"}, {"type": "object"}]}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "S", "version": "1"},
        "paths": {
            "/v1/items": {
                "post": operation("list", "Items", requestBody={"content": {"application/json": {"schema": referred}}})
            }
        },
        "components": {"schemas": {"Query": schema}},
    }
    shop = Source("shop", "shop.json", json.dumps(document).encode(), Origin.OPERATOR, upstream.url)
    assert (await called(shop, upstream, NEXT, {})).next_arguments == {"body": {"start_cursor": "n"}}


LAST_ITEM = {"next": "rows.-1.key", "argument": "from", "more": "rest"}
TOKEN = {"next": "page.token", "argument": "from"}
COUNTED_PAGES = {"pages": "info.pages", "argument": "page"}
COUNTED_ITEMS = {"items": "rows", "argument": "offset", "total": "n"}
LACKING = {"next": "page.token", "argument": "gone"}
STATED = {
    "a cursor": (TOKEN, {}, {"page": {"token": "t", "next_cursor": "u"}}, {"from": "t"}),
    "a number": (TOKEN, {}, {"page": {"token": 7}}, {"from": "7"}),
    "the end": (TOKEN, {}, {"page": {"token": ""}, "next_cursor": "u"}, None),
    "the last item": (LAST_ITEM, {}, {"rows": [{"key": "a"}, {"key": "b"}], "rest": True}, {"from": "b"}),
    "no more": (LAST_ITEM, {}, {"rows": [{"key": "a"}], "rest": False}, None),
    "pages": (COUNTED_PAGES, {}, {"info": {"pages": 3}}, {"page": 2}),
    "a later page": (COUNTED_PAGES, {"page": 2}, {"info": {"pages": 3}}, {"page": 3}),
    "the last page": (COUNTED_PAGES, {"page": 3}, {"info": {"pages": 3}}, None),
    "items": (COUNTED_ITEMS, {}, {"rows": DATA, "n": 5}, {"offset": 2}),
    "later items": (COUNTED_ITEMS, {"offset": 2}, {"rows": DATA, "n": 5}, {"offset": 4}),
    "the last items": (COUNTED_ITEMS, {"offset": 3}, {"rows": DATA, "n": 5}, None),
    "no items": (COUNTED_ITEMS, {"offset": 3}, {"rows": [], "n": 5}, None),
    "no total": ({"items": "rows", "argument": "offset"}, {}, {"rows": DATA}, None),
    "no such parameter": (LACKING, {}, {"page": {"token": "t"}}, None),
    "no such parameter, a known cursor": (LACKING, {}, {"page": {"token": "t"}, "next_cursor": "u"}, {"cursor": "u"}),
}


@pytest.mark.parametrize("stated", ["by the document", "by the manifest"])
@pytest.mark.parametrize("case", STATED.values(), ids=STATED)
async def test_what_is_stated_is_followed(upstream: Upstream, case: tuple[Any, Any, Any, Any], stated: str) -> None:
    """As a hint and as a manifest says it; what it says is not there is not looked for elsewhere."""
    pagination, given, answer, following = case
    what = get("from", "cursor", "page", "offset")
    if stated == "by the document":
        shop = source(upstream, what | {"x-specport": {"pagination": pagination}})
    else:
        names = {"next_page" if name == "next" else name: path for name, path in pagination.items()}
        shop = source(upstream, what, conventions=Conventions(**names))
    result = await called(shop, upstream, answer, given)
    assert result.next_arguments == (following and {**given, **following})


async def test_an_answer_that_names_its_own_page_is_the_last(upstream: Upstream) -> None:
    """With a sentence, also where all pages are wanted; a program that follows `next_arguments` ends."""
    shop = source(upstream, get("cursor"))
    result = await called(shop, upstream, NEXT, {"cursor": "n"})
    same = "The answer names this same page as the next one, so it is taken for the last."
    assert (result.next_arguments, result.notes) == (None, (same,))
    async with App.open([shop], Settings()) as app:
        result = await app.call("items.list", {}, view=View(all_pages=True))
    assert result.notes == ("2 pages in one, 0 items.", same)


async def test_all_pages_follow_cursors(upstream: Upstream) -> None:
    """As Stripe gives them, through a calling tool as well."""
    pages = [
        {"object": "list", "data": [{"id": "a"}, {"id": "b"}], "has_more": True},
        {"object": "list", "data": [{"id": "c"}], "has_more": False},
    ]
    replies = [Reply(body=json.dumps(page).encode()) for page in pages]
    shop = source(upstream, get("starting_after", "limit"))
    upstream.first["/v1/items"] = replies * 2
    wanted = {"object": "list", "data": [{"id": "a"}, {"id": "b"}, {"id": "c"}], "has_more": False}
    async with App.open([shop], Settings(expose=Expose.SEARCH)) as app:
        result = await app.call("items.list", {"limit": 2}, view=View(all_pages=True))
        assert json.loads(result.text) == wanted
        through = {"address": "items.list", "arguments": {"limit": 2}, "all_pages": True}
        assert json.loads((await app.call("tools.callRead", through)).text) == wanted
    targets = [request.target for request in upstream.take()]
    assert targets == ["/v1/items?limit=2", "/v1/items?starting_after=b&limit=2"] * 2


async def test_the_sandbox_gives_pages_that_are_followed(upstream: Upstream) -> None:
    """From end to end: what is created is listed page by page, and comes back in one answer."""
    pet = {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}
    more = {"type": "boolean"}
    pets = {"type": "object", "properties": {"data": {"type": "array", "items": pet}, "has_more": more}}
    pets["required"] = ["data", "has_more"]

    def answers(schema: Any) -> Any:
        return {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}

    new = {"content": {"application/json": {"schema": {"type": "object", "properties": {"name": {"type": "string"}}}}}}
    listing = get("limit", "starting_after") | {"responses": answers(pets)}
    adding = operation("add", "Items", requestBody=new) | {"responses": answers(pet)}
    one = {"type": "string"}
    item = {"delete": operation("drop", "Items", parameters=[parameter("id", "path", one, required=True)])}
    paths = {"/items": {"get": listing, "post": adding}, "/items/{id}": item}
    document = {"openapi": "3.1.0", "info": {"title": "S", "version": "1"}, "paths": paths}
    shop = Source("shop", "shop.json", json.dumps(document).encode(), Origin.OPERATOR, upstream.url)
    async with App.open([shop], Settings(sandbox=True)) as app:
        for name in "abcde":
            await app.call("items.add", {"body": {"name": name}})
        first = await app.call("items.list", {"limit": 2})
        assert first.next_arguments is not None
        result = await app.call("items.list", {"limit": 2}, view=View(all_pages=True))
    assert [each["name"] for each in json.loads(result.text)["data"]] == list("abcde")
    assert result.notes == ("3 pages in one, 5 items.",)


async def test_cursors_in_a_circle_end_with_a_sentence(upstream: Upstream) -> None:
    """An API that leads back to its first page is read once."""
    shop = source(upstream, get("cursor"))
    upstream.first["/v1/items"] = [
        Reply(body=json.dumps({"rows": [n], "next_cursor": cursor}).encode()) for n, cursor in enumerate("bca")
    ]
    async with App.open([shop], Settings()) as app:
        result = await app.call("items.list", {"cursor": "a"}, view=View(all_pages=True))
    assert result.notes == (
        "3 pages in one, 3 items.",
        'Not all: the API names a page again that it named before. Go on with {"cursor":"a"}',
    )
    assert len(upstream.take()) == 3
