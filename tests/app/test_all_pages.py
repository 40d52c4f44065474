"""All pages of a list in one answer: by the same way as any call, as far as they can be had, with news of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from mcp.client.client import Client

from end_to_end.loopback import Reply, Upstream, things
from specport.app import App, Settings
from specport.errors import BadArguments
from specport.exposure.model import Expose
from specport.policy.model import Action, Policy, Rule
from specport.results import paging
from specport.results.model import View
from specport.sources.model import Origin, Source
from specport.surfaces.mcp.server import McpServer

pytestmark = pytest.mark.anyio


def opening(upstream: Upstream, **settings: Any) -> Any:
    source = Source("things", "things.json", things().encode(), Origin.OPERATOR, upstream.url)
    return App.open([source], Settings(**settings))


def page(number: int, count: int, *, following: bool = True, **more: Any) -> Reply:
    """A page of so many things, with the link to the next one (RFC 8288)."""
    link = {"link": f'<https://x.example/things?page={number + 1}>; rel="next"'} if following else {}
    body = {"things": [{"id": number * 10 + n} for n in range(count)], "columns": ["id"], "page": number, **more}
    return Reply(body=json.dumps(body).encode(), headers=link)


ALL = View(all_pages=True)


async def test_the_lists_of_all_pages_are_one(upstream: Upstream) -> None:
    """Items in order; what is said on each page is said once, everything else is that of the last."""
    upstream.first["/things"] = [page(1, 2), page(2, 2), page(3, 1, following=False, last=True)]
    async with opening(upstream) as app:
        result = await app.call("things.listThings", {}, view=ALL)
    assert json.loads(result.text) == {
        "things": [{"id": 10}, {"id": 11}, {"id": 20}, {"id": 21}, {"id": 30}],
        "columns": ["id"],
        "page": 3,
        "last": True,
    }
    assert result.notes == ("3 pages in one, 5 items.",)
    assert [asked.target for asked in upstream.take()] == ["/things", "/things?page=2", "/things?page=3"]
    assert result.attempts == 3


async def test_a_single_page_is_what_it_is(upstream: Upstream) -> None:
    """With its structure."""
    upstream.first["/things"] = [page(1, 2, following=False)]
    async with opening(upstream) as app:
        result = await app.call("things.listThings", {}, view=ALL)
    assert result.structured == json.loads(result.text)
    assert result.notes == ()


async def test_a_page_that_fails_loses_none_before_it(upstream: Upstream) -> None:
    """What came is there, with why the rest is not and the arguments to go on with."""
    broken = Reply(404, b'{"message": "no such page"}')
    upstream.first["/things"] = [page(1, 2), page(2, 2), broken]
    async with opening(upstream) as app:
        result = await app.call("things.listThings", {}, view=ALL)
    assert not result.is_error
    assert [thing["id"] for thing in json.loads(result.text)["things"]] == [10, 11, 20, 21]
    assert result.notes == (
        "2 pages in one, 4 items.",
        'Not all: page 3 failed: GET /things answered 404 Not Found: no such page. Go on with {"page":3}',
    )
    assert result.next_arguments == {"page": 3}


async def test_pages_end_at_their_limits(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many pages, so many bytes, and never the same one again."""
    async with opening(upstream) as app:

        async def notes() -> str:
            upstream.first["/things"] = [page(n, 2) for n in range(1, 9)]
            return (await app.call("things.listThings", {}, view=ALL)).notes[1]

        monkeypatch.setattr(paging, "MAX_PAGES", 3)
        assert await notes() == 'Not all: there are more than 3 pages, the limit MAX_PAGES. Go on with {"page":4}'
        monkeypatch.setattr(paging, "MAX_PAGED", 100)
        assert "the pages have 100 bytes, the limit MAX_PAGED" in await notes()
    upstream.first["/things"] = [page(1, 2), page(2, 2), page(1, 2)]
    async with opening(upstream) as app:
        monkeypatch.setattr(paging, "MAX_PAGED", 10_000)
        monkeypatch.setattr(paging, "MAX_PAGES", 9)
        result = await app.call("things.listThings", {}, view=ALL)
    assert "the API names a page again that it named before" in result.notes[1]


async def test_what_changes_something_or_asks_a_person_has_no_pages(upstream: Upstream) -> None:
    """Refused before anything is sent."""
    policy = Policy(rules=(Rule(Action.APPROVE, tools=("things.listThings",)),))
    async with opening(upstream, policy=policy) as app:
        with pytest.raises(BadArguments, match=r"things\.createThing does not only read"):
            await app.call("things.createThing", {"body": {"name": "x"}}, view=ALL)
        with pytest.raises(BadArguments, match="a person is asked before each call"):
            await app.call("things.listThings", {}, view=ALL)
    assert upstream.take() == []


async def test_each_page_is_a_call_in_the_audit_log(upstream: Upstream, tmp_path: Path) -> None:
    """With its own status and URL."""
    log = tmp_path / "audit.jsonl"
    upstream.first["/things"] = [page(1, 2), page(2, 2, following=False)]
    async with opening(upstream, audit=log) as app:
        await app.call("things.listThings", {}, view=ALL)
    calls = [json.loads(line) for line in log.read_text().splitlines() if '"call"' in line]
    assert sorted(call["url"].rpartition("/")[2] for call in calls) == ["things", "things?page=2"]


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_a_client_hears_of_each_page_where_it_asks_to(era: str, upstream: Upstream) -> None:
    """Items so far, and how many pages that were."""
    heard: list[tuple[float, float | None, str | None]] = []

    async def listen(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    upstream.first["/things"] = [page(1, 2), page(2, 2), page(3, 1, following=False)]
    async with opening(upstream, expose=Expose.SEARCH) as app, Client(McpServer(app).lowlevel, mode=era) as client:
        arguments = {"address": "things.listThings", "arguments": {}, "all_pages": True, "select": "things[].id"}
        result = await client.call_tool("tools_callRead", arguments, progress_callback=listen)
    [text, *_] = [block.text for block in result.content if isinstance(block, types.TextContent)]
    assert json.loads(text) == [10, 11, 20, 21, 30]
    assert heard == [(2, None, "1 page"), (4, None, "2 pages")]


async def test_what_is_too_large_together_is_kept(upstream: Upstream) -> None:
    """All of it can be read."""
    upstream.first["/things"] = [page(n, 900, following=n < 4) for n in range(1, 5)]
    async with opening(upstream) as app:
        result = await app.call("things.listThings", {}, view=ALL)
        read = await app.call("results.read", {"handle": result.handle, "select": "length(things)"})
    assert read.text == "3600"
    assert result.notes[1] == "4 pages in one, 3,600 items."
