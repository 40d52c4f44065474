"""The source's limits are kept: sliding windows, per credential, weighted where they are."""

from __future__ import annotations

import pytest
from sandbox_rooms import OpenRoom, answers, takes

from specport.executor.model import Limit

pytestmark = pytest.mark.anyio

PATHS = {
    "/a": {"get": answers({})},
    "/b": {"get": answers({}), "post": answers({})},
    "/cache": {"delete": {**answers(status="204"), **takes({"type": "object"})}},
}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.25

    def __call__(self) -> float:
        return self.now


async def test_every_answer_says_what_is_left(room: OpenRoom) -> None:
    """The first limit that is for all paths; `ratelimit-reset` is when its oldest request expires."""
    limits = (Limit("b", 5, 10, paths=("/b",)), Limit("minute", 3, 60), Limit("hour", 100, 3600))
    clock = Clock()
    async with room(PATHS, limits, clock) as client:
        first = await client.get("/a")
        clock.now += 10
        second = await client.get("/b")
        wrong = await client.get("/a?unknown=1")
    assert [first.headers[f"ratelimit-{name}"] for name in ("limit", "remaining", "reset")] == ["3", "2", "1000061"]
    assert [second.headers[f"ratelimit-{name}"] for name in ("remaining", "reset")] == ["1", "1000061"]
    assert (wrong.status_code, wrong.headers["ratelimit-remaining"]) == (400, "0")


async def test_requests_expire_one_by_one(room: OpenRoom) -> None:
    """A sliding window: no counter that starts again, no burst at its edge."""
    clock = Clock()
    async with room(PATHS, (Limit("minute", 2, 60),), clock) as client:
        await client.get("/a")
        clock.now += 40
        await client.get("/a")
        refused = await client.get("/a")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "20")
        assert refused.json()["id"] == "too_many_requests"
        assert "minute" in refused.json()["message"]
        clock.now += 20
        assert (await client.get("/a")).status_code == 200
        assert (await client.get("/a")).headers["retry-after"] == "40"


async def test_a_refused_request_takes_from_no_limit(room: OpenRoom) -> None:
    """Several limits are taken from together or not at all; the longest wait is told, rounded up."""
    clock = Clock()
    limits = (Limit("all", 3, 60), Limit("posts", 1, 9.5, methods=("POST",), paths=("/b",)))
    async with room(PATHS, limits, clock) as client:
        assert (await client.post("/b")).headers["ratelimit-remaining"] == "2"
        refused = await client.post("/b")
        assert (refused.headers["retry-after"], refused.headers["ratelimit-remaining"]) == ("10", "2")
        assert (await client.get("/b")).headers["ratelimit-remaining"] == "1"


async def test_each_credential_has_its_own_window(room: OpenRoom) -> None:
    """One caller's requests cost another nothing."""
    async with room(PATHS, (Limit("minute", 1, 60),), Clock()) as client:
        assert (await client.get("/a")).status_code == 200
        assert (await client.get("/a")).status_code == 429
        assert (await client.get("/a", headers={"Authorization": "Bearer other"})).status_code == 200


async def test_a_weighted_limit_counts_the_items_of_the_body(room: OpenRoom) -> None:
    """50 strings in 20 seconds, however they are spread over requests; more than 50 at once never pass."""
    clock = Clock()
    files = {"files": ["x"] * 30}
    async with room(PATHS, (Limit("purge", 50, 20, paths=("/cache",), weight="files"),), clock) as client:
        assert (await client.request("DELETE", "/cache", json=files)).status_code == 204
        assert (await client.request("DELETE", "/cache", json=files)).headers["retry-after"] == "20"
        assert (await client.request("DELETE", "/cache", json={"files": ["x"] * 20})).status_code == 204
        clock.now += 20
        assert (await client.request("DELETE", "/cache", json={"files": ["x"] * 51})).status_code == 429
        assert (await client.request("DELETE", "/cache", json=files)).status_code == 204
