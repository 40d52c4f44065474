"""`--state redis://HOST`: commands and servers that share a Redis instead of a state folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from end_to_end.loopback import Done, Upstream
from redis_server import RedisServer

Run = Callable[..., Done]
Json = Callable[..., Any]


def test_a_source_in_redis_is_every_commands(
    specport: Run, specport_json: Json, redis: RedisServer, upstream: Upstream, home: Path
) -> None:
    """Added, listed, called and removed there; the state folder knows nothing of it."""
    state = ("--state", redis.url)
    added = specport_json("add", "things.json", "--name", "shop", "--base-url", upstream.url, "--json", *state)
    assert (added["added"], len(added["addresses"])) == (True, 5)
    assert [source["name"] for source in specport_json("sources", "--json", *state)] == ["digitalocean", "shop"]
    assert "shop.things.getThing" in {tool["address"] for tool in specport_json("tools", "--json", *state)}
    assert specport("describe", "shop.things.getThing", *state).code == 0
    assert "shop.things.getThing" in specport("search", "things", *state).out
    done = specport("call", "shop.things.getThing", '{"id": 1}', *state)
    assert (done.code, json.loads(done.out)) == (0, {"ok": True})
    assert [source["name"] for source in specport_json("sources", "--json")] == ["digitalocean"]
    assert specport("remove", "shop", *state).code == 0
    assert specport("remove", "shop", *state).code == 1
    assert not (home / "limits.sqlite").exists()


def test_without_redis_adding_fails_with_one_line(specport: Run, redis: RedisServer) -> None:
    """That names what does not answer; so does what is no Redis URL, without repeating it."""
    redis.kill()
    for command in (("add", "things.json", "--base-url", "https://things.example.com"), ("remove", "shop")):
        done = specport(*command, "--state", redis.url)
        assert (done.code, done.err.count("\n")) == (1, 1)
        assert done.err.startswith("specport: the Redis that keeps added sources does not answer")
    done = specport("tools", "--state", "http://:s3cret@example.com")
    assert (done.code, done.err) == (
        1,
        "specport: --state is no Redis URL. Write redis://HOST:6379/0 or rediss://...\n",
    )
