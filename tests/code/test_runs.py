"""code.run: what code can do, what it is told, and which limits it meets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

import pytest
from code_runs import Api, processes, running, said, until

from specport.code.model import Bounds
from specport.errors import Asked, BadArguments, Denied, RateLimited, UnknownTool, UpstreamFailed
from specport.results.model import Answer, Blob, ToolResult

pytestmark = pytest.mark.anyio


async def test_a_call_gives_its_decoded_answer() -> None:
    """All of it, not the part that a model would be shown."""
    api = Api(droplets_list={"droplets": [{"id": 1}, {"id": 2}]})
    assert (
        await said("page = await tools.droplets.list(per_page=5)\n[d['id'] for d in page['droplets']]", api) == "[1,2]"
    )
    assert api.calls == [("droplets.list", {"per_page": 5})]


@pytest.mark.parametrize(
    ("code", "address", "arguments"),
    [
        ("await tools.things.get(id=7, body={'a': [1, None]})", "things.get", {"id": 7, "body": {"a": [1, None]}}),
        ("await tools.other.things.get(id=7)", "other.things.get", {"id": 7}),
        ('await tools.things.get({"tag-name": "a"}, id=7)', "things.get", {"tag-name": "a", "id": 7}),
        ('await tools.things.get(**{"in": "a"})', "things.get", {"in": "a"}),
        ('await call("1Click.things", {"a.b": 1})', "1Click.things", {"a.b": 1}),
        ('await call("things.get", id=7)', "things.get", {"id": 7}),
        ("get = tools.things.get\nawait get(id=7)", "things.get", {"id": 7}),
        ("c = call\nawait c('things.get')", "things.get", {}),
        ("await tools.things_get(ids=(1, 2))", "things_get", {"ids": [1, 2]}),
    ],
)
async def test_tools_are_called_by_name(code: str, address: str, arguments: Mapping[str, object]) -> None:
    """By their path below `tools`, or by `call` where that or an argument is no identifier."""
    api = Api()
    assert json.loads(await said(code, api)) == {"address": address, "arguments": arguments}
    assert api.calls == [(address, arguments)]


async def test_calls_of_a_gather_are_made_at_the_same_time() -> None:
    """And each in a chain of its own where functions are gathered."""
    api = Api()
    code = """
import asyncio
async def twice(i):
    await tools.things.first(i=i)
    return await tools.things.second(i=i)
pairs = await asyncio.gather(*[twice(i) for i in range(5)])
[p["arguments"]["i"] for p in pairs]
"""
    assert await said(code, api) == "[0,1,2,3,4]"
    assert (len(api.calls), api.most_at_once) == (10, 5)


@pytest.mark.parametrize(
    ("reply", "kind", "text"),
    [
        (ToolResult("GET /x answered 404 Not Found: gone", is_error=True, body=b"{}"), "RuntimeError", "404"),
        (BadArguments("per_page is too large", hint="At most 200"), "ValueError", "At most 200"),
        (UnknownTool("there is no tool", hint="Nearest: things.get"), "LookupError", "Nearest: things.get"),
        (Denied("things.get is denied by a rule"), "PermissionError", "denied by a rule"),
        (RateLimited("too many", wait=3, limit="minute"), "TimeoutError", "too many"),
        (UpstreamFailed("no answer"), "OSError", "no answer"),
    ],
)
async def test_a_failed_call_is_an_exception(reply: object, kind: str, text: str) -> None:
    """Which the code can catch by its kind, and which ends it with the line where it does not."""
    caught = f"try:\n    await tools.things.get(id=1)\nexcept {kind} as error:\n    result = str(error)"
    assert text in await said(caught, Api(things_get=reply))
    uncaught = await said("x = 1\n\nawait tools.things.get(id=1)  # here", Api(things_get=reply))
    assert uncaught.startswith(f"ERROR line 3: {kind}: ")
    assert text in uncaught
    assert uncaught.endswith("\n    await tools.things.get(id=1) # here\nCalls made before that: 1.")


@pytest.mark.parametrize(
    ("result", "value"),
    [
        (ToolResult("204 No Content", body=b""), "null"),
        (ToolResult("200 OK\nx: y", body=b"x"), '"200 OK\\nx: y"'),
        (ToolResult("start", body=b"plain", answer=Answer("plain", is_json=False)), '"plain"'),
        (ToolResult("[1", body=b"1\n2", answer=Answer([1, 2])), "[1,2]"),
        (ToolResult("built in", structured={"a": 1}), '{"a":1}'),
        (ToolResult("a preview"), '"a preview"'),
        (ToolResult("image/png, 3 bytes", body=b"abc", is_text=False, blobs=(Blob("image/png", "YWJj"),)), '"YWJj"'),
    ],
)
async def test_every_kind_of_answer_has_a_value(result: ToolResult, value: str) -> None:
    assert await said("[await tools.a.b()]", Api(a_b=result)) == f"[{value}]"


async def test_what_is_printed_comes_back_with_the_value() -> None:
    """The value is that of the last expression, or of `result`."""
    assert await said("print('a', 1)\nprint('b')\n{'x': 1}") == 'a 1\nb\n{"x":1}'
    assert await said("result = 3") == "3"
    assert await said("print('only')") == "only\n"
    assert (await said("x = 1")).startswith("Nothing was printed")
    assert await said("print('before')\n1 / 0") == (
        "ERROR before\nline 2: ZeroDivisionError: division by zero\n    1 / 0\nCalls made before that: none."
    )


async def test_values_that_are_no_json_are_told_all_the_same() -> None:
    code = "import datetime\n[(1, 2), {3}, b'abc', datetime.date(2026, 1, 2), 2 ** 100, float('nan'), {1: 2}, print]"
    told = '[[1,2],[3],"YWJj","2026-01-02","an integer of 101 bits","nan",{"an integer of 1 bits":2},'
    assert (await said(code)).startswith(told)


async def test_an_error_tells_the_way_to_its_line() -> None:
    code = "async def inner(x):\n    return x['a']\nasync def outer():\n    return await inner({})\nawait outer()"
    assert await said(code) == (
        "ERROR line 2: KeyError: 'a'\n    return x['a']\ncalled in line 4\ncalled in line 5\n"
        "Calls made before that: none."
    )
    assert (await said("x = 1\nif x\n    y")).startswith("ERROR line 2: SyntaxError: ")


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("import statistics", "There are asyncio, base64"),
        ("class A(Exception): pass", "Not in this Python: class inheritance"),
        ("tools.things.get(id=1)", "things.get was never awaited: write await before it"),
        ("tools.things.get(id=1)['a']", "Not awaited, so not made: things.get (line 1)"),
        ("await tools.things.get(7)", "give the arguments of things.get by name"),
        ("await tools.things.get(x=lambda: 1, y=1j)", "/y is no JSON but an object of complex"),
        ("await tools.things.get(x=2**70)", "/x is a number that JSON does not have"),
        ("await tools.things.get(x={1: 2})", "/x has a key that is no text"),
        ("await tools()", "call a tool below tools"),
        ("await call(1)", "call takes an address and a dict"),
        ("await fetch('x')", "name 'fetch' is not defined"),
    ],
)
async def test_what_models_get_wrong_is_told_with_what_to_write(code: str, hint: str) -> None:
    """None of these is sent."""
    api = Api()
    assert hint in await said(code, api)
    assert api.calls == []


async def test_a_call_is_not_made_where_its_code_fails_first() -> None:
    """Calls are made once the code waits."""
    api = Api()
    await said("a = tools.a.a()\nb = tools.b.b()\n1 / 0\nawait a", api)
    assert api.calls == []


async def test_what_is_under_way_when_code_fails_is_ended_first() -> None:
    """Its answer is lost, but it is known that it was made; one that a person is asked about was not."""
    go_on = asyncio.Event()

    class Waiting(Api):
        async def __call__(self, address: str, arguments: Mapping[str, object]) -> ToolResult:
            if address == "slow.call":
                await go_on.wait()
            if address == "failing.call":
                asyncio.get_running_loop().call_soon(go_on.set)
                raise Denied("no")
            if address == "asked.call":
                await go_on.wait()
                raise Asked("wait")
            return await super().__call__(address, arguments)

    api = Waiting()
    code = "import asyncio\nawait asyncio.gather(tools.slow.call(), tools.asked.call(), tools.failing.call())"
    told = await said(code, api)
    assert told.startswith("ERROR line 2: PermissionError: no\n")
    assert "Calls made before that: 2.\nNot awaited, so not made: asked.call (line 2)." in told
    assert api.addresses == ["slow.call"]


LIMITS: Mapping[str, tuple[str, dict[str, object], str]] = {
    "MAX_COMPUTING": ("while True: pass", {"max_computing": 0.2}, "it computes for more than 0.2 s"),
    "MAX_MEMORY": ("x = ['a'] * 10**9", {}, "line 1: it needs more than 256 MiB of memory"),
    "MAX_RECURSION": ("def f(): return f()\nf()", {}, "line 1: its calls go more than 500 deep"),
    "MAX_CALLS": (
        "for i in range(10):\n    await tools.a.b(i=i)",
        {"max_calls": 3},
        "line 2: it makes more than 3 calls",
    ),
    "MAX_LOOKUPS": ("while True:\n    tools.a.b", {"max_lookups": 50}, "line 2: it asks for more than 50 names"),
    "MAX_PRINTED": ("while True: print('x' * 1000)", {}, "it prints more than 262,144 characters"),
    "MAX_WAITING": ("import time\ntime.sleep(601)", {}, "it waits for more than 600 s"),
    "MAX_ANSWER": ("await tools.a.b()", {"max_answer": 20}, "line 1: ValueError: the answer has"),
    "MAX_VALUE": ("x = 'x' * 1024\n[x] * 10**5", {}, "takes more than 16 MiB"),
    "MAX_DEPTH": ("x = []\nfor i in range(200): x = [x]\nx", {}, "has more than 100 levels"),
}

CATCHABLE = frozenset({"MAX_RECURSION", "MAX_ANSWER", "MAX_VALUE", "MAX_DEPTH"})


@pytest.mark.parametrize("name", LIMITS)
async def test_each_limit_ends_a_run_with_its_name(name: str) -> None:
    """In one clear error, whatever the code catches, but for those of one value and of what goes too deep."""
    code, settings, message = LIMITS[name]
    told = await said(code, **settings)
    assert told.startswith("ERROR ")
    assert message in told
    assert name in told
    caught = "try:\n" + "\n".join(f"    {line}" for line in code.splitlines()) + "\nexcept BaseException:\n    pass"
    if name not in CATCHABLE:
        assert name in await said(caught, **settings)


def test_the_limits_are_the_constants_of_their_names() -> None:
    from specport.code import model

    bounds = Bounds()
    for field in Bounds.__dataclass_fields__:
        assert getattr(bounds, field) == getattr(model, field.upper())


async def test_too_much_code_and_code_that_is_no_text_are_refused() -> None:
    api = Api()
    with pytest.raises(BadArguments, match="MAX_CODE"):
        await said("#" * (64 * 1024 + 1), api)
    with pytest.raises(BadArguments, match="surrogates not allowed"):
        await said("'\ud800'", api)


async def test_waiting_for_calls_is_no_computing_and_has_a_limit_of_its_own() -> None:
    """A call that takes long is broken off at the end of it, and the error says so."""
    now = 0.0

    def clock() -> float:
        return now

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    assert (
        await said(
            "import asyncio, time\nawait asyncio.sleep(100)\ntime.sleep(100)\n1",
            max_computing=0.5,
            sleep=sleep,
            clock=clock,
        )
        == "1"
    )
    told = await said("import asyncio\nawait asyncio.sleep(700)", sleep=sleep, clock=clock)
    assert "TimeoutError: a run waits at most 600 s (MAX_WAITING)" in told

    class Slow(Api):
        async def __call__(self, address: str, arguments: Mapping[str, object]) -> ToolResult:
            await asyncio.Event().wait()
            raise AssertionError

    told = await said("x = 1\nawait tools.a.b()", Slow(), max_waiting=0.05)
    assert told.startswith("ERROR line 2: it waits for more than 0.05 s (MAX_WAITING)")
    assert "Broken off, so it is not known what they did: a.b (line 2)." in told


async def test_only_so_many_runs_go_at_once() -> None:
    """Others wait, and are told when that takes too long."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def door(address: str, arguments: Mapping[str, object]) -> ToolResult:
        begun.set()
        await go_on.wait()
        return ToolResult("done")

    async with running(max_runs=1, max_queued=0.05) as runs:
        first = asyncio.create_task(runs.run("await tools.a.b()", door))
        await begun.wait()
        with pytest.raises(RateLimited, match="MAX_RUNS"):
            await runs.run("1", door)
        go_on.set()
        assert (await first).text == '"done"'
        assert (await runs.run("1", door)).text == "1"


async def test_a_cancelled_run_leaves_nothing_behind() -> None:
    """Neither one that computes nor one that waits for a call; both give their place to the next."""
    begun = asyncio.Event()

    async def door(address: str, arguments: Mapping[str, object]) -> ToolResult:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with running(max_runs=1, max_computing=60) as runs:
        waiting = asyncio.create_task(runs.run("await tools.a.b()", door))
        await begun.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        begun.clear()
        computing = asyncio.create_task(runs.run("await tools.a.c()\nwhile True: pass", Api()))
        await until(processes)
        computing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await computing
        assert (await runs.run("1", door)).text == "1"
    await until(lambda: not processes())


async def test_each_run_has_a_process_of_its_own_that_ends_with_it() -> None:
    """So that nothing stays of one for the next; and nothing is started before the first."""
    async with running() as runs:
        assert processes() == []
        assert (await runs.run("x = 1\nx", Api())).text == "1"
        assert "NameError" in (await runs.run("x", Api())).text
    await until(lambda: not processes())
