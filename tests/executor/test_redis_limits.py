"""Limits of several replicas, kept in a real Redis: exact, used to the full, and in a known state when it is gone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable

import pytest

from redis_server import RedisServer
from specport.errors import RateLimited, SourceError
from specport.executor.model import Limit, WhenLost
from specport.executor.redis_ledger import RedisLedger
from specport.executor.shared import Need, SharedLimiter

pytestmark = pytest.mark.anyio

MINUTE = Limit("five a minute", 5, 60.0)
FILES = Limit("files", 50, 20.0, weight="files")


Replica = Callable[..., SharedLimiter]


@pytest.fixture
async def replica(redis: RedisServer) -> AsyncIterator[Replica]:
    """What one process has, as often as it is called."""
    ledgers: list[RedisLedger] = []

    def one(*limits: Limit, when_lost: WhenLost = WhenLost.CLOSED) -> SharedLimiter:
        ledgers.append(RedisLedger(redis.url, when_lost=when_lost))
        return SharedLimiter(limits, "shop env:KEY", ledgers[-1], clock=time.monotonic)

    yield one
    for ledger in ledgers:
        await ledger.aclose()


async def call(limiter: SharedLimiter, body: object = None, *, within: float = 5.0) -> None:
    """One call that is answered at once."""
    await (await limiter.acquire("GET", "/", body, within=within)).done()


async def test_replicas_share_every_limit(replica: Replica) -> None:
    """What one takes the other does not get: calls of one limit, units of another."""
    first, second = replica(MINUTE, FILES), replica(MINUTE, FILES)
    await call(first, {"files": ["f"] * 30})
    await call(second, {"files": ["f"] * 20})
    with pytest.raises(RateLimited, match=r"the limit files \(50 in 20 s\) is used up for another (19|20) s"):
        await call(first, {"files": ["f"]})
    for limiter in (first, second, second):
        await call(limiter)
    with pytest.raises(RateLimited, match=r"five a minute \(5 in 60 s\) is used up for another (59|60) s"):
        await call(first)


async def test_a_refused_call_takes_from_no_limit(redis: RedisServer) -> None:
    """All or nothing: a full limit leaves the others as they were."""
    ledger = RedisLedger(redis.url)
    roomy, tight = Need(Limit("roomy", 3, 60.0), 1), Need(Limit("tight", 1, 60.0), 1)
    assert await ledger.take("s", "a", [roomy, tight]) is None
    for _ in range(5):
        full = await ledger.take("s", "b", [roomy, tight])
        assert full is not None
        assert full.limit.name == "tight"
    assert await ledger.take("s", "c", [roomy]) is None
    assert await ledger.take("s", "d", [roomy]) is None
    assert await ledger.take("s", "e", [roomy]) is not None
    await ledger.aclose()


async def test_keys_end_by_themselves(redis: RedisServer, replica: Replica) -> None:
    """Nothing that specport writes stays for ever, and no key tells what it is about."""
    from redis.asyncio import Redis

    await call(replica(MINUTE))
    client = Redis.from_url(redis.url, decode_responses=True)
    keys = await client.keys("*")
    assert len(keys) == 2
    for key in keys:
        assert key.startswith("specport:{")
        assert 0 < await client.ttl(key) <= 121
        assert "env" not in key
    await client.aclose()


async def test_without_redis_calls_are_held_back_until_it_answers_again(redis: RedisServer, replica: Replica) -> None:
    """`closed`: the error says what is missing and what would let calls go; no restart is needed."""
    limiter = replica(MINUTE)
    await call(limiter)
    redis.kill()
    for _ in range(3):
        with pytest.raises(RateLimited, match=r"Redis that keeps the limits does not answer.*--limits-lost open"):
            await call(limiter)
    redis.start()
    await call(limiter)


async def test_without_redis_calls_may_go_by_each_process_alone(
    redis: RedisServer, replica: Replica, caplog: pytest.LogCaptureFixture
) -> None:
    """`open`: limits still hold in the process, and the log says so once."""
    limiter = replica(MINUTE, when_lost=WhenLost.OPEN)
    redis.kill()
    for _ in range(5):
        await call(limiter)
    with pytest.raises(RateLimited, match="five a minute"):
        await call(limiter)
    assert sum("Redis does not answer" in record.getMessage() for record in caplog.records) == 1


async def test_a_password_is_never_shown(redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in the error nor in the log."""
    ledger = RedisLedger(redis.url.replace("redis://", "redis://:s3cret-word@"))
    with pytest.raises(RateLimited) as caught:
        await ledger.take("s", "a", [Need(MINUTE, 1)])
    assert "s3cret" not in str(caught.value) + caplog.text
    with pytest.raises(SourceError, match="is no Redis URL") as refused:
        RedisLedger("http://:s3cret-word@example.com")
    assert "s3cret" not in str(refused.value)
    await ledger.aclose()


_REPLICA = """
import asyncio, json, sys, time
from specport.executor.model import Limit
from specport.executor.redis_ledger import RedisLedger
from specport.executor.shared import SharedLimiter

async def main():
    limits = (Limit("a hundred a second", 100, 1.0), Limit("all", 10**6, 60.0))
    limiter = SharedLimiter(limits, "s", RedisLedger(sys.argv[1]), clock=time.monotonic)
    spans = []
    start = float(sys.argv[2])
    await asyncio.sleep(start - time.time())
    async def work():
        while time.time() < start + 5.0:
            permit = await limiter.acquire("GET", "/", None, within=40.0)
            begun = time.time()
            spans.append(begun)
            await permit.done()
    await asyncio.gather(*(work() for _ in range(16)))
    print(json.dumps(spans))

asyncio.run(main())
"""


def test_four_replicas_of_sixteen_tasks_use_a_window_and_no_more_than_it(redis: RedisServer) -> None:
    """Real processes, started at one moment: never over a hundred in a second, and most of them."""
    start = time.time() + 6.0
    command = [sys.executable, "-c", _REPLICA, redis.url, str(start)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    moments = sorted(moment for process in processes for moment in json.loads(process.communicate(timeout=120)[0]))
    assert all(later - earlier >= 0.99 for earlier, later in zip(moments, moments[100:], strict=False))
    within = [moment for moment in moments if moment < start + 5.0]
    assert len(within) >= 0.8 * 500, "95 % and more where the machine is idle: bench/replicas.py"
