"""What `x-specport` does to calls, and what it cannot: a document only ever tightens. The page's examples work."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from end_to_end.loopback import Cli, Reply, Upstream, operation, parameter
from specport.app import App, Settings
from specport.documents.model import File
from specport.errors import Denied, RateLimited
from specport.executor.model import DEFAULT_LIMITS, Channel, Limit
from specport.policy.model import Action, Approve, Decision, Policy, Question, Rule
from specport.results.model import Conventions
from specport.sources.model import Origin, Source

pytestmark = pytest.mark.anyio

EXAMPLE, OVERLAY = re.findall(
    r"```yaml\n(.*?)```", (Path(__file__).parents[2] / "docs" / "hints.md").read_text(), re.DOTALL
)


def described(paths: Mapping[str, object], **more: object) -> bytes:
    return json.dumps({"openapi": "3.1.0", "info": {"title": "S", "version": "1"}, "paths": paths, **more}).encode()


def source(data: bytes, upstream: Upstream, name: str = "shop", **more: Any) -> Source:
    return Source(name, f"{name}.json", data, Origin.OPERATOR, upstream.url, **more)


def opened(*sources: Source, **settings: Any) -> AbstractAsyncContextManager[App]:
    """An App; a wait for one of the limits here is longer than a call may wait, so it is refused at once."""
    return App.open(sources, Settings(**settings))


def decided(app: App) -> dict[str, Decision]:
    """Of the tools that are not built in."""
    return {address: each for address, each in app.decided.decisions.items() if not address.startswith("openapi.")}


HINTED = described(
    {
        "/a": {"x-specport": {"approve": True}, "get": operation("list", "A"), "delete": operation("drop", "A")},
        "/b": {"x-specport": {"approve": False, "hide": False}, "delete": operation("drop", "B")},
    }
)


async def test_a_person_is_asked_where_the_document_says_so(upstream: Upstream) -> None:
    """The decision names who asks, and how the operator may allow the call."""
    asked: list[Question] = []

    async def yes(question: Question) -> str:
        asked.append(question)
        return "ada"

    async with opened(source(HINTED, upstream)) as app:
        assert app.listing.page(0, 1)[0]["description"] == "Needs a person's approval. DELETE /a"
        with pytest.raises(Denied, match=r"a\.list needs a person's approval \(x-specport of the document\); nobody"):
            await app.call("a.list", {})
        await app.call("a.list", {}, ask=yes)
    assert [question.decision.rule for question in asked] == ["x-specport of the document"]
    assert len(upstream.take()) == 1


@pytest.mark.parametrize(
    ("policy", "actions"),
    [
        (Policy(), "approve approve allow"),
        (Policy(approve=Approve.WRITES), "approve approve approve"),
        (Policy(read_only=True), "deny approve deny"),
        (Policy(rules=(Rule(Action.DENY, tools=("b.*",)),)), "approve approve deny"),
        (Policy(rules=(Rule(Action.APPROVE, tools=("b.*",)),)), "approve approve approve"),
        (Policy(rules=(Rule(Action.DENY, methods=("GET",)),)), "approve deny allow"),
        (Policy(rules=(Rule(Action.ALLOW, tools=("a.list",)),)), "approve allow allow"),
    ],
)
async def test_policy_goes_before_what_a_document_says(upstream: Upstream, policy: Policy, actions: str) -> None:
    """`false` lifts nothing of the operator's; only their own rule lifts what the document asks for."""
    async with opened(source(HINTED, upstream), policy=policy) as app:
        assert [each.action for each in decided(app).values()] == actions.split()


async def test_rules_of_a_manifest_hold_against_hints_too(upstream: Upstream) -> None:
    """They are the operator's as well."""
    rules = (Rule(Action.DENY, tools=("b.*",)),)
    async with opened(source(HINTED, upstream, rules=rules)) as app:
        assert [each.action for each in decided(app).values()] == ["approve", "approve", "deny"]


LIMITED = described(
    {
        "/a": {
            "x-specport": {"limits": [{"name": "of the path", "requests": 3, "seconds": 60}]},
            "get": operation("get", "A")
            | {"x-specport": {"limits": [{"name": "of one", "requests": 2, "seconds": 60}]}},
            "put": operation("put", "A"),
        },
        "/b": {"get": operation("get", "B")},
    },
    **{"x-specport": {"limits": [{"name": "of all", "requests": 6, "seconds": 60}]}},
)


async def test_limits_count_for_what_they_stand_at(upstream: Upstream) -> None:
    """An operation's, its path's and everybody's, each with its name in the error."""
    async with opened(source(LIMITED, upstream)) as app:
        for tool, calls, limit in (
            ("a.get", 2, "of one of GET /a (x-specport) (2 in 60 s)"),
            ("a.put", 1, "of the path of /a (x-specport) (3 in 60 s)"),
            ("b.get", 3, "of all (x-specport) (6 in 60 s)"),
        ):
            for _ in range(calls):
                await app.call(tool, {})
            with pytest.raises(RateLimited, match=re.escape(f"the limit {limit}")):
                await app.call(tool, {})
    assert len(upstream.take()) == 6


@pytest.mark.parametrize("given", [(), (Limit("all", 1, 60.0),)])
async def test_limits_come_on_top_of_those_that_hold_anyway(upstream: Upstream, given: tuple[Limit, ...]) -> None:
    """The manifest's or, without any, the default; a document cannot talk them away by limits of its own."""
    generous = described(
        {"/a": {"get": operation("get", "A")}},
        **{"x-specport": {"limits": [{"name": "all", "requests": 1_000_000, "seconds": 0.001}]}},
    )
    async with opened(source(generous, upstream, channel=Channel(limits=given))) as app:
        limits = app.channels()[0].channel.limits
        assert limits == (*(given or DEFAULT_LIMITS), Limit("all (x-specport)", 1_000_000, 0.001, by_document=True))
        await app.call("a.get", {})
        if given:
            with pytest.raises(RateLimited):
                await app.call("a.get", {})


async def test_a_limit_of_a_document_is_not_believed_to_be_what_answers_tell(upstream: Upstream) -> None:
    """Of the same amount and a shorter window it would end what the API says is used up."""
    headers = {"x-ratelimit-limit": "5", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"}
    upstream.replies["/a"] = Reply(headers=headers)
    hints = {"limits": [{"name": "short", "requests": 5, "seconds": 0.001}]}
    data = described({"/a": {"get": operation("get", "A")}}, **{"x-specport": hints})
    async with opened(source(data, upstream)) as app:
        await app.call("a.get", {})
        with pytest.raises(RateLimited):
            await app.call("a.get", {})
    assert len(upstream.take()) == 1


async def test_no_name_of_a_limit_makes_it_another(upstream: Upstream, tmp_path: Path) -> None:
    """What is taken is written down by name: two of one name would count together, or not at all."""
    paths = {
        "/a": {
            "x-specport": {"limits": [{"name": "n", "requests": 1, "seconds": 60}]},
            "get": operation("get", "A"),
        },
        "/b": {"get": operation("get", "B")},
    }
    hints = {"limits": [{"name": "n of /a", "requests": 5, "seconds": 60}]}
    given = Channel(limits=(Limit("n of /a (x-specport)", 5, 60.0), Limit("n of /a (x-specport)", 5, 60.0)))
    shop = source(described(paths, **{"x-specport": hints}), upstream, channel=given)
    async with opened(shop, state_dir=tmp_path) as app:
        names = [limit.name for limit in app.channels()[0].channel.limits]
        assert len(set(names)) == len(names) == 4
        await app.call("a.get", {})
    async with opened(shop, state_dir=tmp_path) as app:
        with pytest.raises(RateLimited, match=re.escape("the limit n of /a (x-specport)''' (1 in 60 s)")):
            await app.call("a.get", {})
        for _ in range(4):
            await app.call("b.get", {})
        with pytest.raises(RateLimited):
            await app.call("b.get", {})


PAGED = {
    "items": [],
    "near": {"next": "https://x.example/a?page=2", "total": 22},
    "far": {"next": "https://x.example/a?page=3", "total": 33},
    "own": {"next": "https://x.example/a?page=4", "total": 44},
}


@pytest.mark.parametrize(
    ("near", "manifest", "page", "total"),
    [
        ({"next": "near.next", "total": "near.total"}, Conventions(next_page="own.next", total="own.total"), 2, 22),
        ({"next": "gone.next"}, Conventions(next_page="own.next"), 4, 33),
        ({}, Conventions(total="own.total"), 3, 44),
        ({}, Conventions(), 3, 33),
    ],
)
async def test_the_next_page_is_found_where_the_nearest_says(
    upstream: Upstream, near: object, manifest: Conventions, page: int, total: int
) -> None:
    """Operation, manifest, root; where nothing stands in an answer the next is looked at. No URL there is called."""
    upstream.replies["/a"] = Reply(body=json.dumps(PAGED).encode())
    get = operation("get", "A", parameters=[parameter("page", "query", {"type": "integer"})])
    data = described(
        {"/a": {"get": get | {"x-specport": {"pagination": near}}}},
        **{"x-specport": {"pagination": {"next": "far.next", "total": "far.total"}}},
    )
    async with opened(source(data, upstream, conventions=manifest)) as app:
        result = await app.call("a.get", {})
    [note] = result.notes
    assert note == f'There are more, {total} in all. Next page: call again with {{"page":{page}}}'
    assert len(upstream.take()) == 1


@pytest.mark.parametrize(("manifest", "said"), [("", "from the document"), ("own", "from the manifest")])
async def test_a_failure_says_what_stands_where_the_document_says(upstream: Upstream, manifest: str, said: str) -> None:
    """A manifest says it first."""
    answer = {"text": "from the document", "own": "from the manifest", "no": 7}
    upstream.replies["/a"] = Reply(400, json.dumps({"fault": answer, "own": answer["own"]}).encode())
    hints = {"errors": {"message": "fault.text", "id": "fault.no"}}
    data = described({"/a": {"get": operation("get", "A")}}, **{"x-specport": hints})
    async with opened(source(data, upstream, conventions=Conventions(error_message=manifest))) as app:
        result = await app.call("a.get", {})
    assert result.is_error
    assert f"400 Bad Request: {said} (7)" in result.text


async def test_an_address_hint_takes_no_other_sources_name(upstream: Upstream) -> None:
    """Those of another source have its name in front, and the built-in tools' group is not given."""
    first = {
        "/a": {"get": operation("a", "X") | {"x-specport": {"address": "other.list"}}},
        "/b": {"get": operation("b", "X") | {"x-specport": {"address": "openapi.addSource"}}},
    }
    second = {"/c": {"get": operation("list", "List")}}
    async with opened(source(described(first), upstream), source(described(second), upstream, name="other")) as app:
        assert [tool.address for tool in app.listing.tools[:-2]] == ["other.list", "other.list.list", "x.b"]
        assert [tool.wire_name for tool in app.listing.tools[:-2]] == ["other_list", "other_list_list", "x_b"]
        assert app.listing.tools[-1].route is None


async def test_the_document_of_the_page_does_what_the_page_says(upstream: Upstream) -> None:
    """`docs/hints.md`, read from there."""
    async with opened(source(EXAMPLE.encode(), upstream)) as app:
        assert {address: each.action for address, each in decided(app).items()} == {
            "admin.getStatus": Action.ALLOW, "checkout.placeOrder": Action.APPROVE, "orders.list": Action.ALLOW,
        }  # fmt: skip
        shop = app.channels()[0]
        assert (shop.catalog.problems, shop.catalog.hidden) == ((), 1)
        assert [limit.name for limit in shop.channel.limits] == [
            "calls at the same time",
            "requests per minute (x-specport)",
            "orders of /orders (x-specport)",
            "items of POST /orders (x-specport)",
        ]
        assert shop.source.conventions == Conventions("links.next", "meta.total", "error.text", "error.code")


async def test_the_overlay_of_the_page_does_what_the_page_says(upstream: Upstream) -> None:
    """On the document above, with marks of its own."""
    plain = EXAMPLE.replace("x-specport", "x-nothing").replace(
        "operationId: getStatus", "operationId: old\n      deprecated: true"
    )
    plain = plain.replace("operationId: reset", "operationId: reset\n      x-internal: true").replace(
        "name: Admin", "name: Orders"
    )
    async with opened(source(plain.encode(), upstream, overlays=(File("hints.yaml", OVERLAY.encode()),))) as app:
        assert {address: each.action for address, each in decided(app).items()} == {
            "orders.find": Action.ALLOW, "orders.postOrdersV2": Action.APPROVE,
        }  # fmt: skip
        shop = app.channels()[0]
        assert (shop.catalog.problems, shop.catalog.hidden) == ((), 2)
        assert shop.channel.limits[-1] == Limit("at once (x-specport)", 5, 0.0, by_document=True)


def test_commands_say_what_a_document_hides_and_what_is_wrong_in_its_hints(cli: Cli) -> None:
    """`preview`, `doctor`, `lint` and `tools`, each in its way."""
    wrong = {"hide": True, "limit": []}
    (cli.home / "hints.json").write_bytes(
        described(
            {"/a": {"get": operation("get", "A"), "put": operation("put", "A") | {"x-specport": wrong}}},
            servers=[{"url": "https://api.example.com"}],
        )
    )
    told = "x-specport/limit is no hint, and is ignored; is `limits` meant?"
    for command in (["preview", "hints.json"], ["doctor", "--offline", "--no-state", "--spec", "hints.json"]):
        said = cli.run(*command).out
        assert told in said, said
        assert "1 more" in said
        assert "hidden by the document (x-specport)" in said
    assert cli.json("preview", "hints.json", "--json")["hidden"] == 1
    listed = cli.run("tools", "--no-state", "--spec", "hints.json")
    assert "a.put" not in listed.out
    assert "1 warning" in listed.err
    assert "1 warning" in cli.run("lint", "--no-state", "--spec", "hints.json").err
