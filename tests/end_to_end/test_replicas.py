"""Two `specport serve` processes on one Redis, behind a proxy that knows nothing of sessions: they act as one."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

import anyio
import mcp_types as types
import pytest
from mcp.client.client import Client
from redis import Redis

from end_to_end.loopback import PATIENCE, Cli, Reply, Upstream, document, operation, things
from end_to_end.round_robin import RoundRobin, round_robin
from redis_server import RedisServer

pytestmark = pytest.mark.anyio

MANIFEST = """
name = "shop"
document = "shop.json"
base_url = "{url}"

[[limits]]
name = "four a minute"
requests = 4
seconds = 60
paths = ["/limited"]
"""


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer.here(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory, redis: RedisServer, running: Upstream) -> Iterator[list[str]]:
    """Two servers: their URLs."""
    with two_servers(tmp_path_factory, redis, running) as urls:
        yield urls


@contextmanager
def two_servers(tmp_path_factory: pytest.TempPathFactory, redis: RedisServer, running: Upstream) -> Iterator[list[str]]:
    """Two servers of one source that share nothing but the Redis: their URLs."""
    with ExitStack() as stack:
        urls: list[str] = []
        for number in range(2):
            home = tmp_path_factory.mktemp(f"replica{number}")
            (home / "shop").mkdir()
            paths = {"/limited": {"get": operation("limited", "G")}, "/free": {"get": operation("free", "G")}}
            (home / "shop" / "shop.json").write_text(document(paths))
            (home / "shop" / "source.toml").write_text(MANIFEST.format(url=running.url))
            options = ("shop", "--state", redis.url, "--transport", "http", "--stateless", "--allow-private")
            options += ("--approve", "destructive")
            urls.append(stack.enter_context(Cli(home).listening(*options)))
        yield urls


@asynccontextmanager
async def behind_proxy(
    replicas: list[str], count: int = 1, mode: str = "2026-07-28"
) -> AsyncIterator[tuple[RoundRobin, list[Client]]]:
    """So many clients of an era on a proxy before the replicas."""
    with anyio.fail_after(PATIENCE):
        async with AsyncExitStack() as stack:
            proxy = await stack.enter_async_context(round_robin(replicas))
            clients = [Client(proxy.url, mode=mode, elicitation_callback=yes) for _ in range(count)]
            yield proxy, [await stack.enter_async_context(client) for client in clients]


async def yes(context: object, params: object) -> types.ElicitResult:
    """A person who approves of everything."""
    return types.ElicitResult(action="accept", content={"approve": True})


def added(name: str, url: str) -> dict[str, object]:
    return {"spec": things(), "name": name, "base_url": url}


def text_of(result: types.CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, types.TextContent))


async def test_a_source_added_at_one_replica_is_called_at_the_other(replicas: list[str], upstream: Upstream) -> None:
    """At once, by the name in the answer; the list of either has it, page by page the same."""
    async with behind_proxy(replicas) as (proxy, [client]):
        proxy.down = {1}
        assert not (await client.call_tool("openapi_addSource", added("here", upstream.url))).is_error
        proxy.down = {0}
        assert not (await client.call_tool("here_things_getThing", {"id": 1})).is_error
        proxy.down = set()
        proxy.take()
        lists = [[tool.name for tool in (await client.list_tools()).tools] for _ in range(2)]
        assert set(proxy.take()) == {0, 1}
        assert lists[0] == lists[1]
        assert "here_things_getThing" in lists[0]
    assert [asked.target for asked in upstream.take()] == ["/things/1"]


async def test_an_older_client_needs_no_session(replicas: list[str], upstream: Upstream) -> None:
    """With `--stateless` each of its requests may go to another replica."""
    async with behind_proxy(replicas, mode="legacy") as (proxy, [client]):
        assert not (await client.call_tool("openapi_addSource", added("older", upstream.url))).is_error
        for number in range(4):
            assert not (await client.call_tool("older_things_getThing", {"id": number})).is_error
        assert "older_things_getThing" in {tool.name for tool in (await client.list_tools()).tools}
        assert set(proxy.take()) == {0, 1}


async def test_limits_are_shared(replicas: list[str], upstream: Upstream) -> None:
    """Four calls a minute are four, whichever replica gets them; the others are held back before the API sees them."""
    async with behind_proxy(replicas) as (proxy, [client]):
        done = [await client.call_tool("g_limited", {}) for _ in range(6)]
        assert set(proxy.take()) == {0, 1}
    assert [result.is_error for result in done] == [False] * 4 + [True] * 2
    assert "the limit four a minute (4 in 60 s) is used up" in text_of(done[-1])
    assert len(upstream.take()) == 4


async def test_a_large_answer_of_one_replica_is_read_on_in_at_the_other(
    replicas: list[str], upstream: Upstream
) -> None:
    """As the first answer says, by whoever made the call; what reads on is in the list of both from the start."""
    items = [{"id": number, "name": f"item {number}"} for number in range(3_000)]
    upstream.replies["/free"] = Reply(body=json.dumps(items).encode())
    async with behind_proxy(replicas) as (proxy, [client]):
        assert "results_read" in {tool.name for tool in (await client.list_tools()).tools}
        proxy.down = {1}
        shown = text_of(await client.call_tool("g_free", {}))
        [handle] = set(re.findall(r'"handle":"([^"]+)"', shown))
        proxy.down = {0}
        read = await client.call_tool("results_read", {"handle": handle, "select": "[-1].name"})
        assert text_of(read) == "item 2999"
        proxy.down = {1}
        assert "item 2998" in text_of(await client.call_tool("results_read", {"handle": handle, "offset": 2_998}))


async def test_an_approval_asked_by_one_replica_is_answered_to_the_other(
    replicas: list[str], upstream: Upstream
) -> None:
    """By a client that knows nothing of them."""
    async with behind_proxy(replicas) as (proxy, [client]):
        assert not (await client.call_tool("openapi_addSource", added("asked", upstream.url))).is_error
        await client.list_tools()
        proxy.take()
        for number in range(4):
            assert not (await client.call_tool("asked_things_deleteThing", {"id": number})).is_error
        assert set(proxy.take()) == {0, 1}
    assert [(asked.method, asked.target) for asked in upstream.take()] == [
        ("DELETE", f"/things/{number}") for number in range(4)
    ]


async def test_an_approval_is_good_once_at_all_replicas_together(replicas: list[str], upstream: Upstream) -> None:
    """Brought to the one that did not ask, then again to either."""
    person = {"approval": await yes(None, None)}
    async with behind_proxy(replicas) as (proxy, [client]):
        assert not (await client.call_tool("openapi_addSource", added("once", upstream.url))).is_error
        call = partial(client.session.call_tool, "once_things_deleteThing", {"id": 1}, allow_input_required=True)
        proxy.down = {1}
        question = await call()
        assert isinstance(question, types.InputRequiredResult)
        brought = partial(call, request_state=question.request_state, input_responses=person)
        proxy.down = {0}
        first = await brought()
        again = [await brought()]
        proxy.down = {1}
        again.append(await brought())
        assert isinstance(first, types.CallToolResult)
        assert not first.is_error
        for refused in again:
            assert isinstance(refused, types.CallToolResult)
            assert "it was used before" in text_of(refused)
    assert len(upstream.take()) == 1


async def test_who_listens_at_one_replica_is_told_of_what_the_other_added(
    replicas: list[str], upstream: Upstream
) -> None:
    """Also where nobody asks that replica for anything in the meantime."""
    async with behind_proxy(replicas, count=2) as (proxy, [listener, other]):
        async with listener.listen(tools_list_changed=True) as changes:
            listening = proxy.take()[-1]
            proxy.down.add(listening)
            assert not (await other.call_tool("openapi_addSource", added("told", upstream.url))).is_error
            await anext(changes)
            proxy.down.clear()
        assert "told_things_getThing" in {tool.name for tool in (await listener.list_tools()).tools}


async def test_a_replica_that_starts_later_has_everything(
    replicas: list[str], redis: RedisServer, upstream: Upstream, tmp_path: Path
) -> None:
    """What was added before, and not what was removed, also by a command on another machine."""
    async with behind_proxy(replicas) as (_, [client]):
        for name in ("kept", "removed"):
            assert not (await client.call_tool("openapi_addSource", added(name, upstream.url))).is_error
        cli = Cli(tmp_path)
        assert cli.run("remove", "removed", "--state", redis.url).code == 0
        listed = {tool["name"] for tool in json.loads(cli.run("tools", "--json", "--state", redis.url).out)}
        assert "kept_things_getThing" in listed
        with cli.listening("digitalocean", "--state", redis.url, "--transport", "http") as url:
            async with Client(url, mode="2026-07-28") as late:
                names = {tool.name for tool in (await late.list_tools()).tools}
        assert "kept_things_getThing" in names
        for _ in range(2):
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert "removed_things_getThing" not in names


async def test_a_redis_that_is_killed_and_started_again_needs_no_restart_of_replicas(
    tmp_path_factory: pytest.TempPathFactory, upstream: Upstream
) -> None:
    """Meanwhile calls are held back with a reason; after it both have what was added, though Redis kept nothing."""
    redis = RedisServer.here(tmp_path_factory.mktemp("killed"))
    redis.start()
    try:
        with two_servers(tmp_path_factory, redis, upstream) as urls:
            async with behind_proxy(urls) as (proxy, [client]):
                assert not (await client.call_tool("openapi_addSource", added("stays", upstream.url))).is_error
                for _ in range(2):
                    await client.list_tools()
                redis.kill()
                for number in range(4):
                    refused = await client.call_tool("g_limited", {})
                    assert "the Redis that keeps the limits does not answer" in text_of(refused), number
                    assert len((await client.list_tools()).tools) == 10
                failed = await client.call_tool("openapi_addSource", added("not", upstream.url))
                assert "the Redis that keeps added sources does not answer" in text_of(failed)
                proxy.take()
                redis.start()
                await anyio.to_thread.run_sync(wait_for, redis, "stays")
                done = [await client.call_tool("g_limited", {}) for _ in range(4)]
                assert not any(result.is_error for result in done)
                assert set(proxy.take()) == {0, 1}
                assert not (await client.call_tool("stays_things_getThing", {"id": 1})).is_error
    finally:
        redis.kill()


def wait_for(redis: RedisServer, name: str) -> None:
    """Come back once Redis has an added source."""
    deadline = time.monotonic() + PATIENCE
    with Redis.from_url(redis.url) as client:
        while not client.hexists("specport:{sources}:revisions", name):
            assert time.monotonic() < deadline, f"{name} was not put back"
            time.sleep(0.02)


async def test_servers_on_one_state_folder_have_the_same_sources(tmp_path: Path, upstream: Upstream) -> None:
    """Several processes of one machine, as assistants start them, without a Redis."""
    cli = Cli(tmp_path)
    options = ("digitalocean", "--state-dir", "state", "--transport", "http", "--allow-private")
    with cli.listening(*options) as first, cli.listening(*options) as second, anyio.fail_after(PATIENCE):
        async with Client(first, mode="2026-07-28") as here, Client(second, mode="legacy") as there:
            assert len((await there.list_tools()).tools) == 292
            assert not (await here.call_tool("openapi_addSource", added("both", upstream.url))).is_error
            assert not (await there.call_tool("both_things_getThing", {"id": 1})).is_error
            assert cli.run("remove", "both", "--state-dir", "state").code == 0
            assert len((await there.list_tools()).tools) == len((await here.list_tools()).tools) == 292
