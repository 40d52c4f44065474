"""Approvals that replicas share in a real Redis: one key, each answer good once, and none while it is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from redis.asyncio import Redis

from redis_server import RedisServer
from specport.errors import Denied, SourceError
from specport.executor.redis_nonces import MAX_SKEW, RedisNonces

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000.0


@pytest.fixture
async def replica(redis: RedisServer) -> AsyncIterator[Callable[[], RedisNonces]]:
    """What one process has, as often as it is called."""
    made: list[RedisNonces] = []

    def one() -> RedisNonces:
        made.append(RedisNonces(redis.url, clock=lambda: NOW))
        return made[-1]

    yield one
    for nonces in made:
        await nonces.aclose()


@pytest.fixture
async def client(redis: RedisServer) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis.url) as client:
        yield client


Replica = Callable[[], RedisNonces]


async def test_an_answer_is_used_up_once_by_whoever_comes_first(replica: Replica) -> None:
    """Ten replicas at the same moment: one of them."""
    taken = await asyncio.gather(*(replica().take("n1", NOW + 300) for _ in range(10)))
    assert sum(taken) == 1
    assert not await replica().take("n1", NOW + 300)
    assert await replica().take("n2", NOW + 300)


async def test_all_have_the_key_that_the_first_one_made(replica: Replica) -> None:
    """However many start at once."""
    keys = await asyncio.gather(*(replica().key() for _ in range(10)))
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32


async def test_what_was_used_ends_by_itself_and_not_too_soon(replica: Replica, client: Redis) -> None:
    """Later than its answer may be used by a replica whose clock is behind; keys do not tell what was approved."""
    await replica().take("n1", NOW + 300)
    await replica().take("late", NOW - 1e9)
    used = await client.keys("specport:{approvals}:used:*")
    assert len(used) == 2
    assert b"n1" not in b"".join(used)
    assert sorted([await client.ttl(key) for key in used]) == pytest.approx([MAX_SKEW, 300 + MAX_SKEW], abs=2)


async def test_where_answers_are_forgotten_the_key_is_another(replica: Replica, redis: RedisServer) -> None:
    """A Redis that restarts empty: no question that was sealed before it can be answered, so none twice."""
    nonces = replica()
    before = await nonces.key()
    assert await nonces.take("n1", NOW + 300)
    redis.kill()
    with pytest.raises(Denied):  # so that the broken connection is noticed
        await nonces.key()
    redis.start()
    assert await nonces.key() != before
    assert await nonces.key() == await replica().key()


async def test_without_redis_nothing_is_approved(replica: Replica, redis: RedisServer) -> None:
    """The error says what is missing; when it answers again, it goes on."""
    nonces = replica()
    redis.kill()
    with pytest.raises(Denied, match="the Redis that keeps them does not answer"):
        await nonces.key()
    with pytest.raises(Denied, match="the Redis that keeps them does not answer"):
        await nonces.take("n1", NOW + 300)
    redis.start()
    assert await nonces.take("n1", NOW + 300)


async def test_a_key_that_is_none_seals_nothing(replica: Replica, client: Redis) -> None:
    """Somebody wrote there."""
    await client.set("specport:{approvals}:key", b"short")
    with pytest.raises(Denied, match="shorter than 32 bytes"):
        await replica().key()
    with pytest.raises(SourceError, match="--state is no Redis URL"):
        RedisNonces("http://example.com")
