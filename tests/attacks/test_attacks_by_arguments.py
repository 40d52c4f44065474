"""Arguments that want to leave their place: another path, another host, another header, another request."""

from __future__ import annotations

import asyncio
import itertools
from urllib.parse import unquote

import pytest

from attacks.conftest import Open
from attacks.hostile import Hostile, answering
from attacks.scene import SCHEMES, document, operation
from specport.policy.model import Caller
from specport.sources.model import Origin, Source

pytestmark = pytest.mark.anyio

PATHS = [
    "..", ".", "%2e%2e", "%252e%252e", "%2E.", ".%2e", "../..", "..%2f..", "..\\..", "..%5c..", "..;", "..;/admin",
    ".;x", "//elsewhere.test", "/\\elsewhere.test", "/", "a/../../admin", "a/..", "a/%2e%2e/b", "?admin=1", "#x", "%00",
    "%0d%0a", "\0", "a\r\nX-Injected: yes", " HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n", "@elsewhere.test",
    "http://elsewhere.test/", "\u2025",
    "\uff0e\uff0e", "\u2024\u2024", "..\u200b", "%c0%ae%c0%ae", "%uff0e%uff0e", "a;jsessionid=1", "*", "~", "",
]  # fmt: skip


def parameter(name: str, place: str, **more: object) -> dict[str, object]:
    return {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}, **more}


def decoded(target: str) -> str:
    """The path as the most obliging server reads it: decoded as often as it changes."""
    seen = target.partition("?")[0]
    while (once := unquote(seen)) != seen:
        seen = once
    return seen.replace("\\", "/")


@pytest.mark.parametrize("style", ["simple", "label", "matrix"])
async def test_a_path_argument_stays_in_its_segment(attacked: Open, style: str) -> None:
    """Nothing moves up, nothing ends the path, nothing names another host; what could is refused."""
    read = operation("read", parameter("id", "path", style=style), parameter("part", "path", style=style))
    async with attacked(text=document({"/box/{id}/{part}/end": {"get": read}})) as scene:
        for value, other in itertools.product(PATHS, ["x", ".."]):
            await scene.call("api.read", {"id": value, "part": other})
        targets = [head.split(b"\r\n")[0].decode("latin-1") for head in scene.api.received]
        assert targets
        for line in targets:
            method, target, version = line.split(" ")
            assert (method, version) == ("GET", "HTTP/1.1")
            assert target.startswith("/box/")
            assert target.endswith("/end")
            assert target.count("/") == 4
            assert not {"..", "."} & set(decoded(target).split("/")), target


LINES = [
    "a\r\nX-Injected: yes", "a\nX-Injected: yes", "a\rX-Injected: yes", "a\0b", "a\r\n\r\nGET /x HTTP/1.1", "\x0b",
    "\x85", "\u2028X-Injected: yes", "\u560d\u560aX-Injected: yes", '"; filename="x', "a; admin=1", "a, b",
    "\r\n--boundary",
]  # fmt: skip


async def test_no_argument_becomes_a_line_of_the_request(attacked: Open) -> None:
    """In headers, cookies, path, query, and the names and types of a form: refused, or sent within their own line."""
    places = [parameter(name, name) for name in ("path", "query", "header", "cookie")]
    schema = {"type": "object", "additionalProperties": True}
    form = {"multipart/form-data": {"schema": schema}, "application/x-www-form-urlencoded": {"schema": schema}}
    write = operation("write", *places, requestBody={"content": form})
    good = {"path": "a", "query": "a", "header": "a", "cookie": "a"}
    async with attacked(text=document({"/box/{path}": {"post": write}})) as scene:
        for content_type in form:
            body = {"body": {"a": "b"}, "content_type": content_type}
            await scene.call("api.write", {**good, **body})
            usual = _names(scene.api.received.pop())
            for value, place in itertools.product(LINES, good):
                await scene.call("api.write", {**good, **body, place: value})
            for value in LINES:
                await scene.call("api.write", {**good, **body, "body": {value: "b"}})
                await scene.call("api.write", {**good, **body, "body": {"a": value}})
                await scene.call(
                    "api.write", {**good, **body, "body": {"a": f"data:text/x{value};name={value};base64,YQ=="}}
                )
                await scene.call("api.write", {**good, "content_type": value, "body": {"a": "b"}})
            assert scene.api.received
            for head in scene.api.received:
                assert _names(head) == usual
            scene.api.received.clear()


def _names(request: bytes) -> list[bytes]:
    """The names of the header lines, whichever line end a server takes for one."""
    lines = request.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    assert lines[0].count(b" ") == 2
    return [line.partition(b":")[0].lower() for line in lines[1:]]


async def test_arguments_beyond_all_use_are_refused_or_sent(attacked: Open) -> None:
    """Fifty megabytes, a hundred thousand levels, a hundred thousand names: an answer or one short line."""
    write = operation("write", parameter("q", "query"), requestBody={"content": {"application/json": {"schema": {}}}})
    deep: object = {}
    for _ in range(100_000):
        deep = [deep]
    async with attacked(text=document({"/box": {"post": write}})) as scene:
        for arguments in (
            {"body": "x" * 50_000_000}, {"q": "x" * 50_000_000}, {"body": deep}, {"body": {"a": deep}}, {"q": deep},
            deep, {str(n): n for n in range(100_000)}, {"body": [0] * 3_000_000},
            {"body": {str(n): n for n in range(100_000)}}, {"x" * 1_000_000: 1}, "x" * 1_000_000,
        ):  # fmt: skip
            assert len(await scene.call("api.write", arguments)) < 2_000
        scene.api.received.clear()


async def test_callers_credentials_never_mix(attacked: Open) -> None:
    """Two hundred calls at once, each with a token of its caller's request: each arrives with its own alone."""
    async with Hostile() as theirs:
        more = Source(
            "theirs", "theirs.json", document().encode(), Origin.OPERATOR, theirs.url, {"token": "header:X-Mine"}
        )
        async with attacked(more=[more]) as scene:
            theirs.answers["/attacked/7"] = answering(b"{}")

            async def call(number: int) -> str:
                caller = Caller(headers={"x-mine": f"token-of-{number}"} if number % 10 else {})
                return await scene.call("theirs.api.deep", {"id": str(number)}, caller)

            told = await asyncio.gather(*map(call, range(200)))
            assert sum("no header" in said or "credential" in said for said in told) == 20
        for seen in theirs.received:
            number = seen.split(b" ")[1].rpartition(b"/")[2]
            assert seen.count(b"token-of-") == 1
            assert b"token-of-%b\r\n" % number in seen
        assert len(theirs.received) == 180


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_an_argument_never_takes_a_credentials_place(attacked: Open, scheme: str) -> None:
    """A parameter of the same name as a credential's header, key or cookie is not offered, or is replaced."""
    named = {"header": "X-Api-Key", "query": "key", "cookie": "sid"}.get(scheme, "Authorization")
    place = scheme if scheme in ("header", "query", "cookie") else "header"
    read = operation("read", parameter(named, place), parameter("Cookie", "header"))
    async with attacked(text=document({"/box": {"get": read}}, scheme=SCHEMES[scheme])) as scene:
        await scene.call("api.read", {named: "forged"})
        assert b"forged" not in b"".join(scene.api.received)
