"""Answers that one process keeps and another reads, through a real Redis."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator

import pytest
from redis import Redis

from redis_server import RedisServer
from specport.policy.model import Caller
from specport.results import redis_results
from specport.results.kept import KeptResults, owner_of
from specport.results.model import Answer
from specport.results.redis_results import RedisResults
from specport.results.shared import SharedResults

pytestmark = pytest.mark.anyio

ANN = Caller(headers={"authorization": "Bearer ann"})
BOB = Caller(headers={"authorization": "Bearer bob"})


@pytest.fixture
async def store(redis: RedisServer) -> AsyncIterator[RedisResults]:
    """An empty store."""
    opened = RedisResults(redis.url)
    yield opened
    await opened.aclose()


class Process:
    """What one of them keeps."""

    def __init__(self, store: RedisResults) -> None:
        self.kept = KeptResults()
        self.shared = SharedResults(self.kept, store)

    async def keep(self, answer: Answer, caller: Caller = ANN) -> str:
        handle = self.kept.keep(answer, owner_of(caller))
        await self.shared.share(handle)
        return handle

    async def find(self, handle: str, caller: Caller = ANN) -> Answer | None:
        await self.shared.fetch(handle)
        return self.kept.find(handle, caller)


def large(size: int) -> Answer:
    """An answer that does not compress."""
    return Answer(secrets.token_bytes(size), is_json=False, is_text=False, media_type="image/png")


@pytest.mark.parametrize(
    "answer",
    [
        Answer({"items": [{"id": n, "name": "ünï"} for n in range(1_000)]}),
        Answer("a\nlog\n" * 1_000, is_json=False, media_type="text/plain"),
        Answer(bytes(range(256)) * 100, is_json=False, is_text=False, media_type="image/png"),
    ],
    ids=["JSON", "text", "bytes"],
)
async def test_what_one_process_keeps_another_reads(store: RedisResults, answer: Answer) -> None:
    """The same answer, again and again, by who made the call and by nobody else."""
    one, other = Process(store), Process(store)
    handle = await one.keep(answer)
    assert await other.find(handle, BOB) is None
    assert [await other.find(handle), await other.find(handle), await one.find(handle)] == [answer] * 3
    assert await Process(store).find(handle[:-1]) is None


async def test_answers_end_when_nobody_read_them_for_long_enough(redis: RedisServer, store: RedisResults) -> None:
    """Each by itself; reading one anywhere has it stay, and all that is left in Redis ends with the last."""
    one = Process(store)
    read, unread = await one.keep(Answer("r" * 99)), await one.keep(Answer("u" * 99))
    with Redis.from_url(redis.url) as client:
        ends = "specport:{results}:ends"
        for name in client.zrange(ends, 0, -1):
            client.zincrby(ends, -redis_results.KEPT_SECONDS + 30, name)
        await one.find(read)
        for name in client.zrange(ends, 0, -1):
            client.zincrby(ends, -60, name)
        assert await Process(store).find(unread) is None
        assert await Process(store).find(read) == Answer("r" * 99)
        await one.keep(Answer("new"))
        assert client.hlen("specport:{results}:kept") == client.hlen("specport:{results}:sizes") == 2
        assert all(0 < client.ttl(key) <= redis_results.KEPT_SECONDS for key in client.scan_iter())


async def test_the_oldest_go_for_new_ones(store: RedisResults, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of one caller for theirs, so that nobody takes the room of all; then those of anybody."""
    monkeypatch.setattr(redis_results, "MAX_SHARED", 100_000)
    monkeypatch.setattr(redis_results, "MAX_SHARED_OF_ONE", 50_000)
    monkeypatch.setattr(redis_results, "MAX_KEPT_ANSWERS", 4)
    one = Process(store)
    theirs = await one.keep(large(20_000), BOB)
    mine = [await one.keep(large(20_000)) for _ in range(3)]
    there = [await Process(store).find(handle) is not None for handle in mine]
    assert there == [False, True, True]
    assert await Process(store).find(theirs, BOB)
    others = [Caller(name=name) for name in ("c", "d")]
    more = [await one.keep(large(30_000), caller) for caller in others]
    assert [await Process(store).find(handle) is not None for handle in mine] == [False, False, False]
    assert await Process(store).find(theirs, BOB)
    assert [await Process(store).find(*each) is not None for each in zip(more, others, strict=True)] == [True, True]
    few = [await one.keep(large(10), caller) for caller in others]
    assert await Process(store).find(theirs, BOB) is None, "one too many"
    assert all([await Process(store).find(*each) for each in zip(few, others, strict=True)])
    assert await Process(store).find(await one.keep(large(60_000))) is None, "larger than any may be"


async def test_without_redis_answers_are_read_where_they_were_made(
    redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has one line, without the password; nothing else fails."""
    store = RedisResults(f"redis://:secret@127.0.0.1:{redis.port + 1}/0")
    one = Process(store)
    with caplog.at_level(logging.WARNING, "specport"):
        handles = [await one.keep(Answer("text", is_json=False)) for _ in range(2)]
        assert [await one.find(handle) for handle in handles] == [Answer("text", is_json=False)] * 2
        assert await Process(store).find(handles[0]) is None
    await store.aclose()
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2, "each process once"
    assert "large answers can be read on in only where the call was made" in told[0]
    assert "secret" not in "".join(told)


async def test_what_another_release_keeps_is_none(redis: RedisServer, store: RedisResults) -> None:
    """Whatever is there, the reader is told that there is no such result."""
    one = Process(store)
    handle = await one.keep(Answer([1, 2]))
    kept = "specport:{results}:kept"
    with Redis.from_url(redis.url) as client:
        [(name, data)] = client.hgetall(kept).items()
        for broken in (b"", b"\n", b"{}\n", b"[]", data[:-9], data.replace(b'"digest"', b'"other"'), b"\xff" * 99):
            client.hset(kept, name, broken)
            assert await Process(store).find(handle) is None
