"""How specport reaches a Redis: the only module that knows the client library."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from typing import cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from specport.errors import SourceError

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0
"""How long Redis may take, to be connected to and to answer, before it counts as gone."""

LOST = (RedisError, OSError)
"""What the client raises when Redis is gone or refuses."""


def connect(url: str, option: str, *, text: bool = True, answer_seconds: float = ANSWER_SECONDS) -> Redis:
    """A client of the Redis at `url`, which connects when it is first used; `text`: answers are str, else bytes.

    Raises SourceError naming the option for what is no Redis URL. The URL, which may hold a password, is never shown.
    """
    try:
        return Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=answer_seconds,
            retry=Retry(NoBackoff(), 0),
            decode_responses=text,
        )
    except ValueError as error:
        raise SourceError(f"{option} is no Redis URL", hint="Write redis://HOST:6379/0 or rediss://...") from error


async def ask(redis: Redis, *words: str) -> object:
    """The answer to one command. Raises one of LOST."""
    return cast("object", await redis.execute_command(*words))  # pyright: ignore[reportUnknownMemberType]


@contextlib.contextmanager
def lost_as(told: Callable[[str], Exception]) -> Generator[None]:
    """Raise what `told` makes of the kind of error where Redis is lost: what the client says may name the URL."""
    try:
        yield
    except LOST as error:
        raise told(type(error).__name__) from error
