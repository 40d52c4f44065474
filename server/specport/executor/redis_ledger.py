"""A ledger in Redis: limits hold over any number of replicas. One script per step, atomic, by the server's clock."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from typing import cast

from specport.errors import RateLimited
from specport.executor.model import WhenLost
from specport.executor.redis_link import LOST, connect
from specport.executor.shared import LONGEST_CALL, Full, Need

log = logging.getLogger("specport")

RETRY_SECONDS = 5.0
"""What a call is told to wait when Redis is gone and calls are held back."""

_TAKE = """
-- KEYS: for each limit a sorted set of `token:units` by expiry, and the sum of its units.
-- ARGV: token, longest call in seconds, then for each limit amount, window, units.
-- Answers nothing when all were taken, else the number of the fullest limit and the milliseconds until it has room.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local fullest, wait = 0, -1
for limit = 1, #KEYS / 2 do
  local units, total = KEYS[2 * limit - 1], KEYS[2 * limit]
  local amount, window, cost = tonumber(ARGV[3 * limit]), tonumber(ARGV[3 * limit + 1]), tonumber(ARGV[3 * limit + 2])
  local gone = 0
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', units, '-inf', now)) do
    gone = gone + tonumber(string.match(member, ':(%d+)$'))
  end
  if gone > 0 then
    redis.call('ZREMRANGEBYSCORE', units, '-inf', now)
    redis.call('DECRBY', total, gone)
  end
  local excess = tonumber(redis.call('GET', total) or '0') + cost - amount
  if excess > 0 then
    local free = now + window
    local entries = redis.call('ZRANGE', units, 0, excess - 1, 'WITHSCORES')
    for entry = 1, #entries, 2 do
      excess = excess - tonumber(string.match(entries[entry], ':(%d+)$'))
      if excess <= 0 then
        free = math.min(free, tonumber(entries[entry + 1]))
        break
      end
    end
    if free - now > wait then
      fullest, wait = limit, free - now
    end
  end
end
if fullest > 0 then
  return {fullest, math.ceil(wait * 1000)}
end
for limit = 1, #KEYS / 2 do
  local units, total = KEYS[2 * limit - 1], KEYS[2 * limit]
  local window, cost = tonumber(ARGV[3 * limit + 1]), tonumber(ARGV[3 * limit + 2])
  local lasts = window + tonumber(ARGV[2])
  redis.call('ZADD', units, string.format('%.6f', now + lasts), ARGV[1] .. ':' .. ARGV[3 * limit + 2])
  redis.call('INCRBY', total, cost)
  redis.call('PEXPIRE', units, math.ceil(lasts * 1000))
  redis.call('PEXPIRE', total, math.ceil(lasts * 1000))
end
return {}
"""

_SETTLE = """
-- KEYS as above; ARGV: token, then for each limit window, units. The call is over: its units expire a window from now.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
for limit = 1, #KEYS / 2 do
  local member = ARGV[1] .. ':' .. ARGV[2 * limit + 1]
  redis.call('ZADD', KEYS[2 * limit - 1], 'XX', string.format('%.6f', now + tonumber(ARGV[2 * limit])), member)
end
return 1
"""


class RedisLedger:
    """Limits in the Redis at `url`, under keys that begin with `specport:` and end by themselves.

    While Redis does not answer, calls are refused (`closed`) or limited by each process alone (`open`). It is asked
    again at every call, so that nothing has to be restarted. The URL, which may hold a password, is never shown.
    """

    def __init__(self, url: str, *, when_lost: WhenLost = WhenLost.CLOSED) -> None:
        self._redis = connect(url, "--limits")
        self._take = self._redis.register_script(_TAKE)
        self._settle = self._redis.register_script(_SETTLE)
        self._when_lost = when_lost
        self._is_lost = False

    async def take(self, scope: str, token: str, needs: Sequence[Need]) -> Full | None:
        """As `Ledger.take`. Raises RateLimited while Redis is gone and calls are held back."""
        arguments: list[str | float] = [token, LONGEST_CALL]
        for need in needs:
            arguments += [need.limit.amount, need.limit.window, need.units]
        try:
            answer = cast("list[int]", await self._take(keys=_keys(scope, needs), args=arguments))
        except LOST as error:
            self._lost(error)
            return None
        if self._is_lost:
            self._is_lost = False
            log.warning("Redis answers again; limits are kept by all processes together")
        return Full(needs[answer[0] - 1].limit, answer[1] / 1000) if answer else None

    async def settle(self, scope: str, token: str, needs: Sequence[Need]) -> None:
        """As `Ledger.settle`. While Redis is gone the units stay until a call may last no longer."""
        arguments: list[str | float] = [token]
        for need in needs:
            arguments += [need.limit.window, need.units]
        try:
            await self._settle(keys=_keys(scope, needs), args=arguments)
        except LOST as error:
            log.debug("the end of a call was not told to Redis: %s", type(error).__name__)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    def _lost(self, error: Exception) -> None:
        closed = self._when_lost is WhenLost.CLOSED
        if not self._is_lost:
            self._is_lost = True
            what = "calls are held back" if closed else "limits are kept by each process alone"
            log.warning("Redis does not answer (%s); %s", type(error).__name__, what)
        if closed:
            raise RateLimited(
                "the Redis that keeps the limits does not answer, and calls are held back until it does",
                wait=RETRY_SECONDS,
                limit="limits in Redis",
                hint=f"Try again in {RETRY_SECONDS:g} s; --limits-lost open would let calls go",
            ) from error


def _keys(scope: str, needs: Sequence[Need]) -> list[str]:
    """Two keys for each limit; those of one scope share a hash tag, so that a cluster keeps them together."""
    tag = hashlib.sha256(scope.encode()).hexdigest()[:16]
    names = (hashlib.sha256(need.limit.name.encode()).hexdigest()[:16] for need in needs)
    return [key for name in names for key in (f"specport:{{{tag}}}:{name}", f"specport:{{{tag}}}:{name}:total")]
