"""Approval through elicitation: a person is asked before the call, and nothing but their plain yes lets it go on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp.client.client import Client
from mcp.server.request_state import AESGCMRequestStateCodec

from end_to_end.loopback import Upstream, things
from specport.app import App, Settings
from specport.errors import Denied
from specport.executor.model import Channel, Limit
from specport.policy.asking import nobody_to_ask
from specport.policy.model import Approve, Caller, Policy, Question
from specport.policy.nonces import MemoryNonces
from specport.sources.model import Origin, Source
from specport.surfaces.mcp.approving import Approvals
from specport.surfaces.mcp.server import McpServer

pytestmark = pytest.mark.anyio

LEGACY, MODERN = "legacy", "2026-07-28"
ERAS = (LEGACY, MODERN)
KEY = b"k" * 32

Answer = Callable[[types.ElicitRequestParams], types.ElicitResult | types.ErrorData]


def yes(params: types.ElicitRequestParams) -> types.ElicitResult:
    del params
    return types.ElicitResult(action="accept", content={"approve": True})


class Person:
    """Answers what a client asks, and remembers it."""

    def __init__(self, answer: Answer = yes) -> None:
        self.asked: list[types.ElicitRequestFormParams] = []
        self._answer = answer

    async def __call__(
        self, context: object, params: types.ElicitRequestParams
    ) -> types.ElicitResult | types.ErrorData:
        del context
        assert isinstance(params, types.ElicitRequestFormParams)
        self.asked.append(params)
        return self._answer(params)


@asynccontextmanager
async def opened(upstream: Upstream, approvals: Approvals | None = None, **settings: Any) -> AsyncIterator[McpServer]:
    """A server that asks before everything that changes something."""
    source = Source("things", "things.json", things().encode(), Origin.OPERATOR, upstream.url)
    policy = Policy(approve=Approve.WRITES)
    async with App.open([source], Settings(policy=policy, **settings)) as app:
        yield McpServer(app, approvals=approvals)


@asynccontextmanager
async def connected(
    upstream: Upstream, era: str, person: Person | None, approvals: Approvals | None = None
) -> AsyncIterator[Client]:
    """A client with a person, or nobody, behind it."""
    async with (
        opened(upstream, approvals) as server,
        Client(server.lowlevel, mode=era, elicitation_callback=person) as client,
    ):
        yield client


def text_of(result: types.CallToolResult) -> str:
    [block] = result.content
    assert isinstance(block, types.TextContent)
    return block.text


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_goes_on_after_a_yes(upstream: Upstream, era: str) -> None:
    """The person sees the request and its arguments in a form of one field; reading asks nobody."""
    person = Person()
    async with connected(upstream, era, person) as client:
        assert not (await client.call_tool("things_getThing", {"id": 1})).is_error
        assert person.asked == []
        result = await client.call_tool("things_createThing", {"body": {"name": "n"}})
        assert result.structured_content == {"ok": True}
    [asked] = person.asked
    assert asked.message == (
        "Make this call? things.createThing needs a person's approval (--approve writes).\n\nthings.createThing\n"
        f'POST {upstream.url}/things\n\nArguments:\n{{\n  "body": {{\n    "name": "n"\n  }}\n}}'
    )
    assert list(asked.requested_schema["properties"]) == ["approve"]
    assert [request.method for request in upstream.take()] == ["GET", "POST"]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (types.ElicitResult(action="decline"), "the person declined things.deleteThing"),
        (types.ElicitResult(action="cancel"), "the person declined things.deleteThing"),
        (types.ElicitResult(action="accept", content={"approve": False}), "the person declined things.deleteThing"),
        (types.ElicitResult(action="decline", content={"approve": True}), "the person declined things.deleteThing"),
        (types.ElicitResult(action="accept"), "cannot be used: its 'approve' is neither true nor false"),
        (types.ElicitResult(action="accept", content={}), "neither true nor false"),
        (types.ElicitResult(action="accept", content={"approve": "true"}), "neither true nor false"),
        (types.ElicitResult(action="accept", content={"approve": 1}), "neither true nor false"),
        (types.ElicitResult(action="accept", content={"approve": ["yes"]}), "neither true nor false"),
        (types.ElicitResult(action="accept", content={"Approve": True}), "neither true nor false"),
    ],
)
async def test_nothing_but_a_plain_yes_lets_a_call_go_on(
    upstream: Upstream, era: str, answer: types.ElicitResult, said: str
) -> None:
    """A no is told as one, so that the model does not try again; an answer of another form is refused."""
    async with connected(upstream, era, Person(lambda _: answer)) as client:
        refused = await client.call_tool("things_deleteThing", {"id": 1})
    assert refused.is_error
    assert said in text_of(refused)
    assert upstream.take() == []


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_that_cannot_ask_is_told_how_to_allow_the_call(upstream: Upstream, era: str) -> None:
    """Closed, with the rule that would open it."""
    async with connected(upstream, era, None) as client:
        refused = await client.call_tool("things_deleteThing", {"id": 1})
    assert refused.is_error
    assert text_of(refused) == (
        "things.deleteThing needs a person's approval (--approve writes); this client cannot ask (it has no "
        "elicitation). The operator may allow it by a first rule in a --policy file: [[policy]], "
        'action = "allow", tools = ["things.deleteThing"]'
    )
    assert upstream.take() == []


async def test_a_legacy_client_that_fails_to_ask_has_not_asked(upstream: Upstream) -> None:
    """It says that it can, and answers the question with an error."""
    person = Person(lambda _: types.ErrorData(code=-32603, message="no window"))
    async with connected(upstream, LEGACY, person) as client:
        refused = await client.call_tool("things_deleteThing", {"id": 1})
    assert "the client did not ask: no window" in text_of(refused)
    assert upstream.take() == []


async def test_a_legacy_person_who_does_not_answer_is_not_waited_for_for_ever(upstream: Upstream) -> None:
    """The limit has a name."""
    approvals = Approvals(patience=0.05)

    class Away(Person):
        async def __call__(self, context: object, params: types.ElicitRequestParams) -> Any:
            await anyio.sleep_forever()

    async with connected(upstream, LEGACY, Away(), approvals) as client:
        refused = await client.call_tool("things_deleteThing", {"id": 1})
    assert text_of(refused) == "nobody approved things.deleteThing within 0.05 s (MAX_ASKING)"
    assert upstream.take() == []


async def test_calls_go_on_while_a_person_thinks(upstream: Upstream) -> None:
    """Who is asked about holds no place in the limits: here there is one for all."""
    thinking, decided = anyio.Event(), anyio.Event()

    class Slow(Person):
        async def __call__(self, context: object, params: types.ElicitRequestParams) -> Any:
            thinking.set()
            await decided.wait()
            return yes(params)

    channel = Channel(limits=(Limit("at the same time", 1, 0.0),))
    source = Source("things", "t.json", things().encode(), Origin.OPERATOR, upstream.url, channel=channel)
    async with (
        App.open([source], Settings(policy=Policy(approve=Approve.WRITES))) as app,
        Client(McpServer(app).lowlevel, mode=LEGACY, elicitation_callback=Slow()) as client,
        anyio.create_task_group() as group,
    ):
        group.start_soon(client.call_tool, "things_deleteThing", {"id": 1})
        await thinking.wait()
        assert not (await client.call_tool("things_getThing", {"id": 2})).is_error
        decided.set()
    assert [request.target for request in upstream.take()] == ["/things/2", "/things/1"]


@pytest.mark.parametrize("era", ERAS)
async def test_wrong_arguments_ask_nobody(upstream: Upstream, era: str) -> None:
    """They are checked first, and so is every value that has no place in the request."""
    person = Person()
    async with connected(upstream, era, person) as client:
        assert (await client.call_tool("things_deleteThing", {"id": "x"})).is_error
    assert person.asked == []
    assert upstream.take() == []


@pytest.mark.parametrize("era", ERAS)
async def test_a_new_source_is_asked_about_too(upstream: Upstream, era: str) -> None:
    """`openapi.addSource` changes what can be called."""
    person = Person(lambda _: types.ElicitResult(action="decline"))
    async with connected(upstream, era, person) as client:
        arguments = {"spec": things(), "name": "more", "base_url": "https://x.example.com"}
        refused = await client.call_tool("openapi_addSource", arguments)
        assert "the person declined openapi.addSource" in text_of(refused)
        assert len((await client.list_tools()).tools) == 7
    [asked] = person.asked
    assert '"base_url": "https://x.example.com"' in asked.message


class Clock:
    """Seconds since the epoch, as a test has them."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


ACCEPT = {"approval": types.ElicitResult(action="accept", content={"approve": True})}


async def question(client: Client, arguments: dict[str, Any], tool: str = "things_deleteThing") -> str:
    """The `requestState` of a call that asks."""
    result = await client.session.call_tool(tool, arguments, allow_input_required=True)
    assert isinstance(result, types.InputRequiredResult)
    assert result.request_state is not None
    return result.request_state


async def brought(
    client: Client,
    arguments: dict[str, Any],
    state: str | None,
    responses: dict[str, Any] | None = ACCEPT,
    tool: str = "things_deleteThing",
) -> str:
    """What a call with an answer comes to, as text."""
    result = await client.session.call_tool(
        tool, arguments, request_state=state, input_responses=responses, allow_input_required=True
    )
    if isinstance(result, types.InputRequiredResult):
        return "asked anew"
    assert isinstance(result, types.CallToolResult)
    return text_of(result)


async def test_an_approval_is_good_once(upstream: Upstream) -> None:
    """Also where the first answer was a no: it cannot be taken back by another."""
    async with connected(upstream, MODERN, Person()) as client:
        state = await question(client, {"id": 1})
        assert await brought(client, {"id": 1}, state) == '{"ok":true}'
        assert "cannot be used: it was used before" in await brought(client, {"id": 1}, state)
        state = await question(client, {"id": 1})
        no = {"approval": types.ElicitResult(action="decline")}
        assert "the person declined" in await brought(client, {"id": 1}, state, no)
        assert "cannot be used: it was used before" in await brought(client, {"id": 1}, state)
    assert len(upstream.take()) == 1


async def test_an_approval_is_good_for_the_call_that_was_shown(upstream: Upstream) -> None:
    """Not for another tool or other arguments; and after all that still for its own."""
    async with connected(upstream, MODERN, Person()) as client:
        state = await question(client, {"id": 1})
        other = "cannot be used: it is for another call"
        assert other in await brought(client, {"id": 2}, state)
        assert other in await brought(client, {"id": 1}, state, tool="things_replaceThing")
        assert other in await brought(client, {"body": {"name": "n"}}, state, tool="things_createThing")
        assert other in await brought(
            client, {"body": {"name": "1"}}, await question(client, {"body": {"name": "2"}}, "things_createThing"),
            tool="things_createThing",
        )  # fmt: skip
        assert upstream.take() == []
        assert await brought(client, {"id": 1}, state, tool="things.deleteThing") == '{"ok":true}'


async def test_an_approval_ends(upstream: Upstream) -> None:
    """Five minutes after the question."""
    clock = Clock()
    async with connected(upstream, MODERN, Person(), Approvals(clock=clock)) as client:
        late, early = await question(client, {"id": 1}), await question(client, {"id": 1})
        clock.now += 299.0
        assert await brought(client, {"id": 1}, early) == '{"ok":true}'
        clock.now += 1.0
        assert "it came after more than 300 s (MAX_ASKING)" in await brought(client, {"id": 1}, late)
    assert len(upstream.take()) == 1


def changed(state: str) -> list[str]:
    """A `requestState` with one character after another changed, and cut, and doubled."""
    flipped = [f"{state[:at]}{'A' if state[at] != 'A' else 'B'}{state[at + 1 :]}" for at in range(0, len(state), 23)]
    return [*flipped, state[:-1], state + "A", state + state, state.upper(), state.replace("v1.", "v2.")]


async def test_a_state_that_was_not_made_here_is_refused(upstream: Upstream) -> None:
    """Made up, changed, sealed by another key, or sealed by this one for another purpose."""
    async with connected(upstream, MODERN, Person(), Approvals(nonces=MemoryNonces(key=KEY))) as client:
        state = await question(client, {"id": 1})
        codec, other = AESGCMRequestStateCodec([KEY]), AESGCMRequestStateCodec([b"o" * 32])
        ticket = json.loads(codec.unseal(state))
        forged = [
            other.seal(json.dumps(ticket).encode()),
            *(codec.seal(data) for data in (b"", b"null", b"[]", b"{}", b"\xff", b'"approval"')),
            codec.seal(json.dumps({**ticket, "purpose": "something else"}).encode()),
            codec.seal(json.dumps({**ticket, "more": 1}).encode()),
        ]
        for each in ("", "x", "v1.", "null", "\u2603", "{}", "A" * 100_000, *changed(state), *forged):
            assert "this server did not make its requestState, or it was changed" in await brought(
                client, {"id": 1}, each
            ), each[:50]
        assert upstream.take() == []
        assert await brought(client, {"id": 1}, state) == '{"ok":true}'


@pytest.mark.parametrize(
    "responses",
    [
        None,
        {},
        {"other": ACCEPT["approval"]},
        {"approval": types.ListRootsResult(roots=[])},
        {"approval": types.ElicitResult(action="accept", content={"approve": "yes"})},
    ],
)
async def test_a_state_without_the_answer_to_it_is_no_approval(
    upstream: Upstream, responses: dict[str, Any] | None
) -> None:
    """The state is the question, not the answer."""
    async with connected(upstream, MODERN, Person()) as client:
        state = await question(client, {"id": 1})
        assert "the approval of things.deleteThing cannot be used" in await brought(client, {"id": 1}, state, responses)
    assert upstream.take() == []


async def test_an_answer_without_a_question_is_asked_anew(upstream: Upstream) -> None:
    """A client cannot approve by itself what it was not asked."""
    async with connected(upstream, MODERN, Person()) as client:
        assert await brought(client, {"id": 1}, None) == "asked anew"
    assert upstream.take() == []


async def test_an_approval_is_good_for_the_client_that_was_asked(upstream: Upstream) -> None:
    """Another client of the same server cannot use it."""
    async with opened(upstream) as server:
        info = types.Implementation(name="one", version="1")
        async with (
            Client(server.lowlevel, mode=MODERN, elicitation_callback=Person(), client_info=info) as one,
            Client(server.lowlevel, mode=MODERN, elicitation_callback=Person()) as other,
        ):
            state = await question(one, {"id": 1})
            assert "cannot be used: it is for another client" in await brought(other, {"id": 1}, state)
            assert await brought(one, {"id": 1}, state) == '{"ok":true}'
    assert len(upstream.take()) == 1


async def test_replicas_that_share_key_and_nonces_act_as_one(upstream: Upstream) -> None:
    """Asked by one, answered to the other, and used up for both."""
    nonces = MemoryNonces()
    first, second = (Approvals(nonces=nonces) for _ in range(2))
    async with (
        connected(upstream, MODERN, Person(), first) as here,
        connected(upstream, MODERN, Person(), second) as there,
    ):
        state = await question(here, {"id": 1})
        assert await brought(there, {"id": 1}, state) == '{"ok":true}'
        assert "it was used before" in await brought(here, {"id": 1}, state)
    assert len(upstream.take()) == 1


async def test_nonces_are_forgotten_once_they_have_ended_and_never_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many answers come, a nonce that still counts is known; beyond the bound nothing is approved."""
    monkeypatch.setattr("specport.policy.nonces.MAX_NONCES", 3)
    clock = Clock()
    nonces = MemoryNonces(clock=clock)
    for number in range(3):
        assert await nonces.take(f"n{number}", clock.now + 10 + number)
    with pytest.raises(Exception, match="MAX_NONCES"):
        await nonces.take("n3", clock.now + 99)
    clock.now += 11
    assert await nonces.take("n3", clock.now + 99)
    assert not await nonces.take("n2", clock.now + 99)
    assert not await nonces.take("n3", clock.now + 99)


async def test_an_approval_is_good_with_the_credential_that_the_client_brought(upstream: Upstream) -> None:
    """Where a source takes its credential from the client's headers, another header makes another call."""
    seals: list[str] = []

    async def ask(question: Question) -> str:
        seals.append(question.seal)
        return await nobody_to_ask(question)

    references = {"token": "header:X-Account"}
    source = Source("things", "t.json", things().encode(), Origin.OPERATOR, upstream.url, references=references)
    async with App.open([source], Settings(policy=Policy(approve=Approve.WRITES))) as app:
        for account in ("work", "work", "home"):
            with pytest.raises(Denied):
                await app.call("things.deleteThing", {"id": 1}, caller=Caller(headers={"x-account": account}), ask=ask)
    assert (seals[0] == seals[1], seals[1] == seals[2]) == (True, False)
