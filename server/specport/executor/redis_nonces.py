"""Approvals of several replicas in one Redis: what one asks may be answered to another, once.

`specport:{approvals}:key` is the key that seals questions; it stays. `specport:{approvals}:used:<digest>` is an answer
that was used; it ends by itself. A Redis that loses the second loses the first, so nothing that was used is good again.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import cast

from specport.errors import Denied
from specport.executor.redis_link import ask, connect, lost_as
from specport.policy.nonces import KEY_BYTES

MAX_SKEW = 300.0
"""Seconds that the clocks of two replicas may be apart without an answer being good twice."""

_KEY = "specport:{approvals}:key"
_USED = "specport:{approvals}:used:"
_GET_KEY = """
-- KEYS: the key's own. ARGV: the key where there is none yet. Answers the one that is there.
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])
"""


class RedisNonces:
    """`Nonces` in the Redis at `url`. Raises SourceError for what is no Redis URL."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        self._redis = connect(url, "--state", text=False)
        self._get_key = self._redis.register_script(_GET_KEY)
        self._clock = clock

    async def key(self) -> bytes:
        """As `Nonces.key`; asked for each time, so that a key that was lost is not used any more."""
        with _told():
            key = cast("bytes", await self._get_key([_KEY], [os.urandom(KEY_BYTES)]))
        if len(key) < KEY_BYTES:
            raise Denied(f"the key at {_KEY} in Redis is shorter than {KEY_BYTES} bytes", hint="Delete it there")
        return key

    async def take(self, nonce: str, expires: float) -> bool:
        """As `Nonces.take`."""
        seconds = math.ceil(max(0.0, expires - self._clock()) + MAX_SKEW)
        name = _USED + hashlib.sha256(nonce.encode()).hexdigest()
        with _told():
            return await ask(self._redis, "SET", name, "1", "NX", "EX", str(seconds)) is not None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def _told() -> AbstractContextManager[None]:
    """The client's errors become Denied."""
    said = "approvals cannot be checked, since the Redis that keeps them does not answer"
    return lost_as(lambda kind: Denied(f"{said} ({kind})", hint="Try again once the Redis of --state is up"))
