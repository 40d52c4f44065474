"""`--expose code`: one tool that runs code, whose calls are made as every call is."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import mcp_types as types
import orjson
import pytest
from mcp.client.client import Client

from end_to_end.loopback import Reply, Upstream, document, operation, things
from specport.app import App, Settings
from specport.errors import SourceError
from specport.exposure.model import Expose
from specport.policy.model import Action, Approve, Policy, Rule
from specport.sources.manifest import open_bundled
from specport.sources.model import Origin, Source
from specport.surfaces.mcp.server import McpServer

ERAS = ("legacy", "2026-07-28")
MAX_LIST_TOKENS = 1_500
LISTED = [
    "code.run", "tools.search", "tools.describe", "openapi.previewSpec", "openapi.addSource", "results.read",
]  # fmt: skip

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def connected(
    era: str = "legacy", *, base_url: str = "http://127.0.0.1:9", person: Any = None, **settings: Any
) -> AsyncIterator[Client]:
    source = Source("things", "things.json", things().encode(), Origin.OPERATOR, base_url)
    async with (
        App.open([source], Settings(expose=Expose.CODE, **settings)) as app,
        Client(McpServer(app).lowlevel, mode=era, elicitation_callback=person) as client,
    ):
        yield client


async def ran(client: Client, code: str) -> str:
    result = await client.call_tool("code_run", {"code": code})
    text = "\n".join(block.text for block in result.content if isinstance(block, types.TextContent))
    return f"ERROR {text}" if result.is_error else text


class Person:
    """Answers what it is asked, yes but for the tools named, and remembers it."""

    def __init__(self, *declined: str) -> None:
        self.declined = declined
        self.asked: list[str] = []

    async def __call__(self, context: object, params: types.ElicitRequestParams) -> types.ElicitResult:
        self.asked.append(params.message)
        approve = not any(name in params.message for name in self.declined)
        return types.ElicitResult(action="accept", content={"approve": approve})


@pytest.mark.parametrize("era", ERAS)
async def test_the_list_is_short(era: str) -> None:
    """At most 1,500 tokens, and the tool that runs code says that it may do anything."""
    async with connected(era) as client:
        tools = (await client.list_tools()).tools
    assert [tool.title for tool in tools] == LISTED
    seen = [[tool.name, tool.description, tool.input_schema] for tool in tools]
    assert len(orjson.dumps(seen)) / 4 <= MAX_LIST_TOKENS
    hints = tools[0].annotations
    assert hints
    assert (hints.read_only_hint, hints.destructive_hint, hints.open_world_hint) == (None, True, True)


@pytest.mark.parametrize("era", ERAS)
async def test_code_calls_tools(era: str, upstream: Upstream) -> None:
    """By address or wire name, in one run; answers come decoded, and only what the code gives back is told."""
    upstream.replies["/things"] = Reply(body=orjson.dumps({"things": [{"id": n, "fat": "x" * 99} for n in range(900)]}))
    upstream.replies["/things/7"] = Reply(body=b'{"id": 7}')
    code = """
page = await tools.things.listThings(page=2)
seven = await tools.things_getThing(id="7")
[len(page["things"]), seven]
"""
    async with connected(era, base_url=upstream.url) as client:
        assert await ran(client, code) == '[900,{"id":7}]'
    assert [(request.method, request.path) for request in upstream.requests] == [
        ("GET", "/things"),
        ("GET", "/things/7"),
    ]


async def test_a_result_that_is_too_large_to_show_is_read_on() -> None:
    """As any large answer is."""
    async with connected() as client:
        shown = await ran(client, "[{'id': number, 'text': 'x' * 100} for number in range(1000)]")
        assert len(shown) < 10_000
        handle = re.search(r'"handle": ?"([^"]+)"', shown)
        assert handle, shown[-500:]
        read = await client.call_tool("results_read", {"handle": handle[1], "select": "[-1].id"})
        assert next(block.text for block in read.content if isinstance(block, types.TextContent)) == "999"


async def test_arguments_are_checked_and_errors_point_to_the_line(upstream: Upstream) -> None:
    """By the schema of the tool, with its own message; nothing is sent."""
    async with connected(base_url=upstream.url) as client:
        wrong = await ran(client, "x = 7\nawait tools.things.getThing(di=x)")
        assert wrong.startswith("ERROR line 2: ValueError: ")
        assert "id" in wrong
        near = await ran(client, "await tools.thing.getThing(id=7)")
        assert "LookupError: there is no tool 'thing.getThing'. Nearest: things.getThing" in near
        upstream.replies["/things/7"] = Reply(404, b'{"message": "no such thing"}')
        gone = await ran(client, "try:\n    await tools.things.getThing(id=7)\nexcept RuntimeError as e:\n    str(e)")
        assert "answered 404" in (gone + await ran(client, "await tools.things.getThing(id=7)"))


async def test_denied_tools_are_denied_in_code(upstream: Upstream) -> None:
    """With --read-only, code only reads; a rule may take code.run itself."""
    async with connected(base_url=upstream.url, policy=Policy(read_only=True)) as client:
        assert [tool.title for tool in (await client.list_tools()).tools] == [*LISTED[:4], LISTED[-1]]
        assert not (await ran(client, "await tools.things.getThing(id=7)")).startswith("ERROR")
        refused = await ran(client, "await tools.things.deleteThing(id=7)")
        assert "line 1: PermissionError: things.deleteThing changes something, and this server runs" in refused
        caught = "try:\n    await call('things_deleteThing', {'id': 7})\nexcept Exception as e:\n    result = str(e)"
        assert "--read-only" in await ran(client, caught)
    assert [request.method for request in upstream.requests] == ["GET"]
    denies = Policy(rules=(Rule(Action.DENY, tools=("code.run",), place="rule 1"),))
    async with connected(base_url=upstream.url, policy=denies) as client:
        assert [tool.title for tool in (await client.list_tools()).tools] == LISTED[1:]
        assert "denied by rule 1" in await ran(client, "1")


async def test_code_does_not_run_in_itself_but_finds_tools() -> None:
    async with connected() as client:
        for code in ("await tools.code.run(code='1')", "await call('code_run', {'code': '1'})"):
            assert "PermissionError: code.run does not run in itself" in await ran(client, code)
        assert "things.getThing(" in await ran(client, "await tools.search(query='get thing', limit=1)")
        assert "GET /things/{id}" in await ran(client, "await tools.describe(address='things.getThing')")


async def test_a_source_added_in_code_is_called_in_code() -> None:
    """At once, in the same run."""
    spec = document({"/pets": {"get": operation("listPets", "Pets")}}, servers=[{"url": "https://pets.example"}])
    code = f"await tools.openapi.addSource(spec={spec!r}, name='pets')\nawait tools.pets.pets.listPets()"
    async with connected(sandbox=True) as client:
        assert not (await ran(client, code)).startswith("ERROR")


@pytest.mark.parametrize("era", ERAS)
async def test_a_person_is_asked_about_each_call_in_the_middle_of_a_run(era: str, upstream: Upstream) -> None:
    """No call is made twice, none without its answer; one that is declined is an error in the code."""
    person = Person("things.replaceThing")
    code = """
import asyncio
first = await tools.things.getThing(id=1)
await asyncio.gather(tools.things.deleteThing(id=1), tools.things.deleteThing(id=2), tools.things.getThing(id=2))
await tools.things.deleteThing(id=1)
try:
    await tools.things.replaceThing(id=3)
except PermissionError as error:
    print(error)
await tools.things.getThing(id=4)
print("done")
"""
    policy = Policy(approve=Approve.WRITES)
    async with connected(era, base_url=upstream.url, person=person, policy=policy) as client:
        told = await ran(client, code)
    assert "the person declined things.replaceThing" in told
    assert told.rstrip().endswith("done")
    assert len(person.asked) == 4
    assert all("It is part of what code.run does." in message for message in person.asked)
    made = [(request.method, request.path) for request in upstream.requests]
    assert made[0] == ("GET", "/things/1")
    assert sorted(made[1:4]) == [("DELETE", "/things/1"), ("DELETE", "/things/2"), ("GET", "/things/2")]
    assert made[4:] == [("DELETE", "/things/1"), ("GET", "/things/4")]


@pytest.mark.parametrize("era", ERAS)
async def test_a_person_may_be_asked_about_the_code_as_well(era: str, upstream: Upstream) -> None:
    """Once for the run, and then about each call that wants it."""
    person = Person()
    rules = (Rule(Action.APPROVE, tools=("code.run", "things.deleteThing"), place="rule 1"),)
    async with connected(era, base_url=upstream.url, person=person, policy=Policy(rules=rules)) as client:
        code = "x = await tools.things.getThing(id=1)\nawait tools.things.deleteThing(id=1)\n'done'"
        assert await ran(client, code) == '"done"'
        assert [("tools.things" in each, "DELETE" in each) for each in person.asked] == [(True, False), (False, True)]
        assert await ran(client, code) == '"done"'
    assert len(person.asked) == 4
    assert [request.method for request in upstream.requests] == ["GET", "DELETE"] * 2


async def test_where_nobody_can_be_asked_the_call_is_not_made(upstream: Upstream) -> None:
    policy = Policy(approve=Approve.DESTRUCTIVE)
    async with connected(base_url=upstream.url, policy=policy) as client:
        refused = await ran(client, "await tools.things.deleteThing(id=1)")
    assert "line 1: PermissionError: things.deleteThing needs a person's approval" in refused
    assert "this client cannot ask" in refused
    assert not upstream.requests


async def test_an_answer_goes_only_to_the_run_that_asked(upstream: Upstream) -> None:
    """With the answer to a run that is not there any more, nothing is called: not again what it had called before."""
    policy = Policy(approve=Approve.DESTRUCTIVE)
    code = "await tools.things.getThing(id=1)\nawait tools.things.deleteThing(id=1)"
    yes = types.ElicitResult(action="accept", content={"approve": True})
    arguments = {"code": code}
    kept: list[str | None] = []
    for number in range(2):
        async with connected("2026-07-28", base_url=upstream.url, policy=policy, person=Person()) as client:
            if not number:
                asked = await client.session.call_tool("code_run", arguments, allow_input_required=True)
                assert isinstance(asked, types.InputRequiredResult)
                kept.append(asked.request_state)
                continue
            late = await client.session.call_tool(
                "code_run", arguments, input_responses={"approval": yes}, request_state=kept[0],
                allow_input_required=True,
            )  # fmt: skip
            assert isinstance(late, types.CallToolResult)
            assert "the run that a person was asked about is not here any more" in str(late.content)
    assert [request.method for request in upstream.requests] == ["GET"]


async def test_the_audit_log_has_a_line_for_each_call_and_for_the_run(upstream: Upstream, tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    async with connected(base_url=upstream.url, audit=log, policy=Policy(read_only=True)) as client:
        await ran(client, "await tools.things.getThing(id=7)\nawait tools.things.deleteThing(id=7)")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["tool"], line.get("through"), line["decision"]) for line in lines] == [
        ("things.getThing", "code.run", "allowed"),
        ("things.deleteThing", "code.run", "denied"),
        ("code.run", None, "allowed"),
    ]


async def test_without_the_extra_the_server_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic_monty", None)
    with pytest.raises(SourceError, match=r"pip install 'specport\[code\]'"):
        async with connected():
            pass


TASK = """
import asyncio

async def make(number):
    body = {"name": f"web-{number}", "region": "nyc3", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64"}
    return (await tools.droplets.dropletsCreate(body=body))["droplet"]["id"]

ids = await asyncio.gather(*[make(number) for number in range(5)])

async def ready(droplet):
    for _ in range(5):
        found = (await tools.droplets.dropletsGet(droplet_id=droplet))["droplet"]
        if found["status"] == "active":
            return found["name"]
        await asyncio.sleep(0.01)

names = await asyncio.gather(*[ready(droplet) for droplet in ids])
await tools.tags.tagsCreate(body={"name": "web"})
resources = [{"resource_id": str(droplet), "resource_type": "droplet"} for droplet in ids]
await tools.tags.tagsAssignResources(tag_id="web", body={"resources": resources})
tagged = await tools.droplets.dropletsList(tag_name="web", per_page=200)
for droplet in ids:
    await tools.droplets.dropletsDestroy(droplet_id=droplet)
left = await tools.droplets.dropletsList(per_page=200)
still = [d["id"] for d in left["droplets"] if d["id"] in ids]
{"made": len(ids), "names": sorted(filter(None, names)), "tagged": len(tagged["droplets"]), "left": still}
"""


async def test_a_task_of_twenty_calls_is_one_run(tmp_path: Path) -> None:
    """Against the sandbox, which keeps the limits of the API: none is met."""
    log = tmp_path / "audit.jsonl"
    settings = Settings(sandbox=True, expose=Expose.CODE, audit=log)
    async with App.open([open_bundled("digitalocean")], settings) as app:
        result = await app.call("code.run", {"code": TASK})
    assert not result.is_error, result.text
    told = json.loads(result.text)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    calls = [line for line in lines if line.get("through") == "code.run"]
    assert len(calls) >= 19
    assert {line["status"] // 100 for line in calls} == {2}
    assert (told["made"], told["tagged"], told["left"]) == (5, 5, [])
