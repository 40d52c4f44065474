"""Kept answers in a Redis, for replicas that share it.

Three keys: `specport:{results}:kept`, a hash of answers by the SHA-256 of their handles; `specport:{results}:ends`, a
sorted set of these by the second at which each is let go; `specport:{results}:sizes`, a hash of whose and how large
they are. All end by themselves once no answer was kept or read for as long as one is kept.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import cast

from specport.executor.redis_link import connect, lost_as
from specport.results.kept import KEPT_SECONDS, MAX_KEPT_ANSWERS
from specport.results.shared import ResultsLost

ANSWER_SECONDS = 5.0
"""How long Redis may take for an answer, which may be large, before it counts as gone."""

MAX_SHARED = 128 * 1024 * 1024
"""Bytes of all answers that replicas share, compressed."""

MAX_SHARED_OF_ONE = 32 * 1024 * 1024
"""Bytes of those of one caller."""

_SECONDS = math.ceil(KEPT_SECONDS)
_KEYS = tuple(f"specport:{{results}}:{key}" for key in ("ends", "sizes", "kept"))

_PUT = """
-- KEYS: ends, sizes, kept. ARGV: name, owner, answer, seconds, most bytes, most bytes of one owner, most answers.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local function drop(name)
  redis.call('ZREM', KEYS[1], name)
  redis.call('HDEL', KEYS[2], name)
  redis.call('HDEL', KEYS[3], name)
end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  drop(name)
end
local names = redis.call('ZRANGE', KEYS[1], 0, -1)
local size, owner, count = {}, {}, #names
local used, theirs = #ARGV[3], #ARGV[3]
for _, name in ipairs(names) do
  local whose, bytes = string.match(redis.call('HGET', KEYS[2], name) or ' 0', '^(%x*) (%d+)$')
  size[name], owner[name] = tonumber(bytes), whose
  used = used + size[name]
  if whose == ARGV[2] then theirs = theirs + size[name] end
end
for _, name in ipairs(names) do
  local is_theirs = owner[name] == ARGV[2]
  if used > tonumber(ARGV[5]) or count >= tonumber(ARGV[7]) or (is_theirs and theirs > tonumber(ARGV[6])) then
    drop(name)
    used, count = used - size[name], count - 1
    if is_theirs then theirs = theirs - size[name] end
  end
end
redis.call('HSET', KEYS[3], ARGV[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. ' ' .. #ARGV[3])
redis.call('ZADD', KEYS[1], now + ARGV[4], ARGV[1])
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, ARGV[4])
end
"""

_TOUCH = """
-- KEYS as above. ARGV: name, seconds, '1' for the answer. Answers that, or nothing, of one that is not kept any more.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local ends = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not ends or tonumber(ends) <= now then
  return false
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, ARGV[2])
end
return ARGV[3] == '1' and redis.call('HGET', KEYS[3], ARGV[1])
"""


class RedisResults:
    """A `ResultStore` in the Redis at `url`. Raises SourceError for what is no Redis URL."""

    def __init__(self, url: str) -> None:
        self._redis = connect(url, "--state", text=False, answer_seconds=ANSWER_SECONDS)
        self._put = self._redis.register_script(_PUT)
        self._touch = self._redis.register_script(_TOUCH)

    async def put(self, handle: str, owner: bytes, data: bytes) -> None:
        """As `ResultStore.put`; one that is larger than those of one caller may be is not kept."""
        if len(data) > MAX_SHARED_OF_ONE:
            return
        limits: Sequence[int] = (_SECONDS, MAX_SHARED, MAX_SHARED_OF_ONE, MAX_KEPT_ANSWERS)
        with _told():
            await self._put(_KEYS, [_name(handle), owner.hex(), data, *limits])

    async def get(self, handle: str) -> bytes | None:
        """As `ResultStore.get`."""
        with _told():
            return cast("bytes | None", await self._touch(_KEYS, [_name(handle), _SECONDS, "1"]))

    async def touch(self, handle: str) -> None:
        """As `ResultStore.touch`."""
        with _told():
            await self._touch(_KEYS, [_name(handle), _SECONDS, "0"])

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def _name(handle: str) -> str:
    """What an answer is kept under: a handle may be any text of a caller."""
    return hashlib.sha256(handle.encode("utf-8", "replace")).hexdigest()


def _told() -> AbstractContextManager[None]:
    """The client's errors become ResultsLost."""
    return lost_as(lambda kind: ResultsLost(f"the Redis that replicas share does not take answers ({kind})"))
