"""Added sources in a Redis, for replicas that share it.

Three keys, which never end by themselves: `specport:{sources}:version`, another word after every change;
`specport:{sources}:revisions`, a hash of revisions by name; `specport:{sources}:kept`, a hash of encoded sources.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import cast

from specport.errors import SourceError
from specport.executor.redis_link import ask, connect, lost_as
from specport.sources.codec import decode_source, encode_source, revision_of
from specport.sources.model import Source
from specport.sources.store import MAX_STORED_BYTES, Kept, StoreLost
from specport.threads import in_thread

ANSWER_SECONDS = 15.0
"""How long Redis may take for a source, which may be large, before it counts as gone."""

MAX_STORED = 5_000
"""Most sources that are listed; more than are opened, so that the first of too many still are."""

_KEYS = _VERSION, _REVISIONS, _KEPT = tuple(f"specport:{{sources}}:{key}" for key in ("version", "revisions", "kept"))

_GET = """
-- KEYS: revisions, kept. ARGV: name. Answers the revision and the encoded source, nothing of one that is not there.
return {redis.call('HGET', KEYS[1], ARGV[1]), redis.call('HGET', KEYS[2], ARGV[1])}
"""

_ADD = """
-- KEYS: version, revisions, kept. ARGV: the new version, name, revision, encoded source. Answers 1 where it was added.
if redis.call('HSETNX', KEYS[2], ARGV[2], ARGV[3]) == 0 then
  return 0
end
redis.call('HSET', KEYS[3], ARGV[2], ARGV[4])
redis.call('SET', KEYS[1], ARGV[1])
return 1
"""

_REPLACE = """
-- KEYS as above. ARGV: the new version, name, its revision, the new name, revision and encoded source. Answers 1 or 0.
if redis.call('HGET', KEYS[2], ARGV[2]) ~= ARGV[3] then
  return 0
end
if ARGV[4] ~= ARGV[2] then
  if redis.call('HEXISTS', KEYS[2], ARGV[4]) == 1 then
    return 0
  end
  redis.call('HDEL', KEYS[2], ARGV[2])
  redis.call('HDEL', KEYS[3], ARGV[2])
end
redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
redis.call('HSET', KEYS[3], ARGV[4], ARGV[6])
redis.call('SET', KEYS[1], ARGV[1])
return 1
"""

_DELETE = """
-- KEYS as above. ARGV: the new version, name. Answers 1 where there was one.
local there = redis.call('HDEL', KEYS[2], ARGV[2])
redis.call('HDEL', KEYS[3], ARGV[2])
if there == 1 then
  redis.call('SET', KEYS[1], ARGV[1])
end
return there
"""


class RedisStore:
    """The added sources in the Redis at `url`. Raises SourceError for what is no Redis URL."""

    def __init__(self, url: str) -> None:
        self._quick = connect(url, "--state", text=False)
        self._redis = connect(url, "--state", text=False, answer_seconds=ANSWER_SECONDS)
        self._get = self._redis.register_script(_GET)
        self._add = self._redis.register_script(_ADD)
        self._replace = self._redis.register_script(_REPLACE)
        self._delete = self._redis.register_script(_DELETE)

    async def version(self) -> str:
        """As `SourceStore.version`; empty too where Redis lost what it held."""
        with _told():
            found = cast("bytes | None", await ask(self._quick, "GET", _VERSION))
        return (found or b"").decode("latin-1")

    async def revisions(self) -> Mapping[str, str]:
        """As `SourceStore.revisions`."""
        with _told():
            count = cast("int", await ask(self._quick, "HLEN", _REVISIONS))
            if count > MAX_STORED:
                raise StoreLost(f"Redis holds {count:,} added sources; the limit is {MAX_STORED:,} (MAX_STORED)")
            found = cast("dict[bytes, bytes]", await ask(self._quick, "HGETALL", _REVISIONS))
        return {name.decode("latin-1"): revision.decode("latin-1") for name, revision in sorted(found.items())}

    async def get(self, name: str) -> Kept | None:
        """As `SourceStore.get`; what is over MAX_STORED_BYTES is not fetched."""
        with _told():
            size = cast("int", await ask(self._redis, "HSTRLEN", _KEPT, name))
            if size > MAX_STORED_BYTES:
                raise SourceError(f"{name} has {size:,} bytes; the limit is {MAX_STORED_BYTES:,} (MAX_STORED_BYTES)")
            revision, data = cast("list[bytes | None]", await self._get((_REVISIONS, _KEPT), [name]))
        if revision is None or data is None:
            return None
        return Kept(await in_thread(decode_source, data, name), revision.decode("latin-1"))

    async def add(self, source: Source) -> str | None:
        """As `SourceStore.add`."""
        data = await in_thread(encode_source, source)
        revision = revision_of(data)
        with _told():
            added = cast("int", await self._add(_KEYS, [secrets.token_hex(8), source.name, revision, data]))
        return revision if added else None

    async def replace(self, name: str, revision: str, source: Source) -> str | None:
        """As `SourceStore.replace`."""
        data = await in_thread(encode_source, source)
        new = revision_of(data)
        with _told():
            arguments = [secrets.token_hex(8), name, revision, source.name, new, data]
            replaced = cast("int", await self._replace(_KEYS, arguments))
        return new if replaced else None

    async def delete(self, name: str) -> bool:
        """As `SourceStore.delete`."""
        with _told():
            return bool(cast("int", await self._delete(_KEYS, [secrets.token_hex(8), name])))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._quick.aclose()
        await self._redis.aclose()


def _told() -> AbstractContextManager[None]:
    """The client's errors become StoreLost."""
    hint = "Is the Redis of --state up?"
    return lost_as(lambda kind: StoreLost(f"the Redis that keeps added sources does not answer ({kind})", hint=hint))
