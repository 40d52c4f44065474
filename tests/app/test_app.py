"""specport as a Python object: sources opened, listed and called, with nothing between test and API but loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest

from end_to_end.loopback import Reply, Upstream, document, operation, things
from specport.app import App, Settings
from specport.errors import BadArguments, Denied, SourceError, UnknownTool
from specport.policy.model import Policy
from specport.sources.fetch import FetchPolicy
from specport.sources.manifest import open_bundled
from specport.sources.model import Origin, Source
from specport.sources.specification import Specification

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def opened(upstream: Upstream, *more: Source, text: str = "", **settings: object) -> AsyncIterator[App]:
    """An App with the things API as its default source."""
    source = Source("things", "things.json", (text or things()).encode(), Origin.OPERATOR, upstream.url)
    async with App.open([source, *more], Settings(**settings)) as app:  # type: ignore[arg-type]
        yield app


async def test_a_tool_is_called_by_wire_name_and_by_address(upstream: Upstream) -> None:
    """Both names of the listing lead to the same request."""
    async with opened(upstream) as app:
        for name in ("things_getThing", "things.getThing"):
            result = await app.call(name, {"id": 7})
            assert result.structured == {"ok": True}
    assert [(asked.method, asked.target) for asked in upstream.take()] == [("GET", "/things/7")] * 2


async def test_the_listing_is_in_address_order_with_the_built_in_tools_last(upstream: Upstream) -> None:
    """Casefolded addresses, then the two tools that are specport's own."""
    async with opened(upstream) as app:
        addresses = [tool.address for tool in app.listing.tools]
    assert addresses == [
        "things.createThing", "things.deleteThing", "things.getThing", "things.listThings", "things.replaceThing",
        "openapi.previewSpec", "openapi.addSource",
    ]  # fmt: skip


async def test_every_listed_name_is_one_tools_own() -> None:
    """The bundled source: 290 operations and two built-in tools, names and addresses unique."""
    async with App.open([open_bundled("digitalocean")], Settings()) as app:
        tools = app.listing.tools
        assert len(tools) == len(set(app.listing.names)) == len(app.listing.page(0, 1_000)) == 292
        assert len({tool.wire_name for tool in tools}) == len({tool.address for tool in tools}) == 292
        assert all(app.find(tool.wire_name) is app.find(tool.address) is tool for tool in tools)


async def test_an_unknown_tool_is_answered_with_the_nearest_ones(upstream: Upstream) -> None:
    """A model that mistyped a name gets what it meant."""
    async with opened(upstream) as app:
        with pytest.raises(UnknownTool, match=r"there is no tool 'things_getThings'\. Nearest: things_getThing"):
            await app.call("things_getThings", {})
        with pytest.raises(UnknownTool, match="See tools/list"):
            await app.call("x" * 5000, {})


async def test_arguments_are_checked_before_anything_is_sent(upstream: Upstream) -> None:
    """The API sees no call that its document forbids."""
    async with opened(upstream) as app:
        with pytest.raises(BadArguments, match="/id: expected integer"):
            await app.call("things.getThing", {"id": "seven"})
        with pytest.raises(BadArguments, match="'name' is missing"):
            await app.call("things.createThing", {"body": {}})
    assert upstream.take() == []


async def test_read_only_hides_and_refuses(upstream: Upstream) -> None:
    """The policy counts when listing and again when calling."""
    async with opened(upstream, policy=Policy(read_only=True)) as app:
        shown = [tool.address for tool in app.listing.tools]
        assert shown == ["things.getThing", "things.listThings", "openapi.previewSpec"]
        for hidden in ("things.deleteThing", "things_createThing", "openapi.addSource"):
            with pytest.raises((UnknownTool, Denied)):
                await app.call(hidden, {"id": 1})
    assert upstream.take() == []


async def test_an_added_source_is_listed_and_callable_at_once(upstream: Upstream) -> None:
    """Whoever listens is told once it is; the digest of the list changes."""
    told: list[int] = []
    async with opened(upstream, fetching=FetchPolicy(allow_private=True)) as app:

        async def listen() -> None:
            told.append(len(app.listing.tools))

        app.on_change.append(listen)
        before = app.listing.digest
        spec = document({"/b": {"get": operation("second", "Group")}}, title="Other", servers=[{"url": upstream.url}])
        result = await app.call("openapi.addSource", {"spec": spec})
        assert result.structured is not None
        assert result.structured == orjson.loads(result.text)
        assert result.structured["names"] == ["other_group_second"]
        assert told == [8]
        assert app.listing.digest != before
        await app.call("other_group_second", {})
        again = await app.call("openapi.addSource", {"spec": spec})
        assert again.structured is not None
        assert again.structured["status"] == "already there, unchanged"
        assert told == [8]
        assert await app.remove("other")
        assert told == [8, 7]
        with pytest.raises(UnknownTool):
            await app.call("other_group_second", {})
    assert [asked.target for asked in upstream.take()] == ["/b"]


async def test_previewing_changes_no_list(upstream: Upstream) -> None:
    """`openapi.previewSpec` is read only in fact as well as by its hint."""
    async with opened(upstream) as app:
        before = app.listing
        result = await app.call("openapi_previewSpec", {"spec": things(), "base_url": "https://things.example.com"})
        assert "Operations: 5, of which 2 only read, 1 destroy" in result.text
        assert "Requests go to: https://things.example.com" in result.text
        assert app.listing is before


async def test_a_tool_call_cannot_reach_a_private_address(upstream: Upstream) -> None:
    """Without --allow-private neither a document nor a base URL of a tool call leads to loopback."""
    async with opened(upstream) as app:
        for arguments in (
            {"spec": f"{upstream.url}/openapi.json"},
            {"spec": things(), "name": "inner", "base_url": upstream.url},
            {"spec": document({"/a": {"get": operation("a", "a")}}, servers=[{"url": upstream.url}])},
        ):
            with pytest.raises(SourceError, match="private address"):
                await app.call("openapi.addSource", arguments)
    assert upstream.take() == []


async def test_a_name_that_turns_private_later_is_refused_when_called(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A public-looking name may lead anywhere; where it leads is looked at when a call is made."""
    port = upstream.url.rpartition(":")[2]

    async def rebound(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with opened(upstream) as app:
        app._executor._exchanger._resolver = rebound
        spec = document({"/a": {"get": operation("a", "a")}}, servers=[{"url": f"http://rebind.example.com:{port}"}])
        await app.call("openapi.addSource", {"spec": spec, "name": "rebind"})
        with pytest.raises(Denied, match=r"rebind\.example\.com is at the private address 127\.0\.0\.1"):
            await app.call("rebind_a_a", {})
    assert upstream.take() == []


async def test_the_operators_base_url_replaces_servers_at_every_level(upstream: Upstream) -> None:
    """BASE_URL counts for operations with servers of their own too."""
    elsewhere = operation("elsewhere", "Group", servers=[{"url": "https://uploads.example.com"}])
    text = document({"/a": {"get": elsewhere}}, servers=[{"url": "https://api.example.com"}])
    async with opened(upstream, text=text) as app:
        await app.call("group.elsewhere", {})
    assert [asked.target for asked in upstream.take()] == ["/a"]


async def test_without_a_base_url_the_documents_servers_count(upstream: Upstream) -> None:
    """The document's own first server, with its path; a source without any says what to give."""
    text = document({"/a": {"get": operation("a", "Group")}}, servers=[{"url": f"{upstream.url}/v1/"}])
    async with App.open([Source("x", "x.json", text.encode(), Origin.OPERATOR)], Settings()) as app:
        await app.call("group.a", {})
    assert [asked.target for asked in upstream.take()] == ["/v1/a"]
    relative = document({"/a": {"get": operation("a", "Group")}}, servers=[{"url": "/v1"}])
    async with App.open([Source("x", "x.json", relative.encode(), Origin.OPERATOR)], Settings()) as app:
        with pytest.raises(SourceError, match=r"x has no absolute server URL\. Give it one with --base-url"):
            await app.call("group.a", {})


async def test_a_server_that_only_an_operation_names_gets_no_credential(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials stay with the source's own origins; a relative server is at one of them."""
    monkeypatch.setenv("SHOP_TOKEN", "secret_token_1")
    with Upstream() as other:
        text = document(
            {
                "/a": {"get": operation("own", "Group")},
                "/b": {"get": operation("relative", "Group", servers=[{"url": "/upload"}])},
                "/c": {"get": operation("elsewhere", "Group", servers=[{"url": other.url}])},
            },
            servers=[{"url": f"{upstream.url}/v1"}],
            security=[{"bearer": []}],
            components={"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        )
        references = {"bearer": "env:SHOP_TOKEN"}
        source = Source("shop", "shop.json", text.encode(), Origin.OPERATOR, references=references)
        async with App.open([source], Settings()) as app:
            for name in ("group.own", "group.relative", "group.elsewhere"):
                await app.call(name, {})
        assert [(asked.target, "authorization" in dict(asked.headers)) for asked in other.take()] == [("/c", False)]
    asked = [(asked.target, dict(asked.headers).get("authorization")) for asked in upstream.take()]
    assert asked == [("/v1/a", "Bearer secret_token_1"), ("/upload/b", "Bearer secret_token_1")]


async def test_an_operation_called_as_a_built_in_tool_takes_a_suffix(upstream: Upstream) -> None:
    """The built-in tools keep their names, and every name is listed once."""
    text = document({"/a": {"get": operation("previewSpec", "openapi")}})
    async with opened(upstream, text=text) as app:
        names = [tool.wire_name for tool in app.listing.tools]
    assert names[1:] == ["openapi_previewSpec", "openapi_addSource"]
    assert names[0].startswith("openapi_previewSpec_")


async def test_a_dry_run_sends_nothing_and_needs_no_credential(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is the request as curl, with the credential's variable in place of its value."""
    monkeypatch.delenv("DIGITALOCEAN_TOKEN", raising=False)
    async with App.open([open_bundled("digitalocean")], Settings(dry_run=True)) as app:
        result = await app.call("droplets.dropletsGet", {"droplet_id": 3164444})
    assert result.text.startswith("curl -X GET https://api.digitalocean.com/v2/droplets/3164444")
    assert '"Authorization: Bearer $DIGITALOCEAN_TOKEN"' in result.text


async def test_a_missing_credential_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundled source without a token: nothing is sent, and the message says what to set."""
    monkeypatch.delenv("DIGITALOCEAN_TOKEN", raising=False)
    async with App.open([open_bundled("digitalocean")], Settings()) as app:
        with pytest.raises(Denied, match=r"env:DIGITALOCEAN_TOKEN is not set\. Set DIGITALOCEAN_TOKEN"):
            await app.call("account.accountGet", {})


async def test_a_failed_answer_is_an_error_result(upstream: Upstream) -> None:
    """An HTTP status of 400 or more is no exception: the model reads what the API said."""
    upstream.replies["/things/1"] = Reply(404, b'{"id":"not_found","message":"no such thing"}')
    async with opened(upstream) as app:
        result = await app.call("things.getThing", {"id": 1})
    assert result.is_error
    assert result.text == "GET /things/{id} answered 404 Not Found: no such thing (not_found)"


async def test_added_sources_are_there_after_a_restart(upstream: Upstream, tmp_path: Path) -> None:
    """With a state folder, in the next App as well; a name taken at start hides it without failing."""
    spec = document({"/b": {"get": operation("second", "Group")}}, title="Other")
    async with opened(upstream, state_dir=tmp_path) as app:
        wanted = Specification(spec, base_url=upstream.url)
        assert (await app.add(wanted, Origin.OPERATOR)).is_new
    async with opened(upstream, state_dir=tmp_path) as app:
        await app.call("other.group.second", {})
        assert [facts.name for facts in app.sources()] == ["things", "other"]
    hiding = Source("other", "x", things().encode(), Origin.OPERATOR, upstream.url)
    async with opened(upstream, hiding, state_dir=tmp_path) as app:
        assert [facts.name for facts in app.sources()] == ["things", "other"]
        assert app.find("other.things.getThing")


async def test_the_listing_digest_follows_what_is_shown(upstream: Upstream) -> None:
    """Equal lists have equal digests over restarts; cursors and caches hang on it."""
    async with opened(upstream) as first, opened(upstream) as second:
        assert first.listing.digest == second.listing.digest
    async with opened(upstream, policy=Policy(read_only=True)) as third:
        assert third.listing.digest != first.listing.digest


async def test_an_answers_schema_is_told_on_request(upstream: Upstream) -> None:
    """`describe` shows it; lists do not."""
    async with opened(upstream) as app:
        assert app.output_schema(app.find("things.getThing")) == {"type": "object"}
        assert app.output_schema(app.find("openapi.addSource")) is None
        assert all("outputSchema" not in entry for entry in app.listing.page(0, 500))


async def test_calls_of_the_sandbox_reach_no_real_api(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --sandbox the document answers for the API, for sources that a tool call added as well."""
    monkeypatch.delenv("THINGS_TOKEN", raising=False)
    async with opened(upstream, sandbox=True) as app:
        created = await app.call("things.createThing", {"body": {"name": "first"}})
        assert not created.is_error, created.text
        spec = document(
            {"/b": {"get": operation("second", "Group")}}, title="Other", servers=[{"url": "https://x.test"}]
        )
        await app.call("openapi.addSource", {"spec": spec})
        assert not (await app.call("other.group.second", {})).is_error
    assert upstream.take() == []


async def test_arguments_are_checked_however_many_tools_were_called_before(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only so many compiled schemas are kept; those of the other tools are compiled again."""
    monkeypatch.setattr("specport.pipeline.MAX_READY", 1)
    async with opened(upstream, dry_run=True) as app:
        for _ in range(2):
            for name in ("things.getThing", "things.deleteThing"):
                assert "curl" in (await app.call(name, {"id": 1})).text
                with pytest.raises(BadArguments):
                    await app.call(name, {"other": 1})
