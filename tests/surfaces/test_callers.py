"""Who makes a call, as each surface knows it."""

from __future__ import annotations

import getpass
from typing import Any

import pytest
from mcp.client.client import Client
from mcp_types import Implementation
from starlette.requests import Request

from end_to_end.loopback import things
from specport.app import App, Settings
from specport.policy.model import Caller
from specport.results.model import ToolResult
from specport.sources.model import Origin, Source
from specport.surfaces.mcp.server import McpServer


@pytest.fixture
def callers(monkeypatch: pytest.MonkeyPatch) -> list[Caller]:
    """Everybody who called, in order; no call goes on."""
    seen: list[Caller] = []

    async def call(self: App, name: str, arguments: object, *, caller: Caller, **_: object) -> ToolResult:
        del self, name, arguments
        seen.append(caller)
        return ToolResult(text="seen")

    monkeypatch.setattr(App, "call", call)
    return seen


async def called(era: str, client_info: Implementation) -> None:
    """One call by a client of that name."""
    source = Source("things", "things.json", things().encode(), Origin.OPERATOR, "http://127.0.0.1:9")
    async with (
        App.open([source], Settings()) as app,
        Client(McpServer(app).lowlevel, mode=era, client_info=client_info) as client,
    ):
        await client.call_tool("things_getThing", {"id": 1})


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_a_client_on_a_pipe_is_known_by_what_it_calls_itself(era: str, callers: list[Caller]) -> None:
    """Name and version of either era, in one printable line of bounded length."""
    await called(era, Implementation(name="assistant", version="2.1"))
    await called(era, Implementation(name="evil\n\x1b[31m\u202e" + "x" * 999, version="1"))
    assert callers[0] == Caller("assistant/2.1", transport="stdio")
    assert callers[1].name.startswith(r"evil \x1b[31m\u202exxx")
    assert len(callers[1].name) == 100


def test_a_client_over_http_has_headers_and_an_address() -> None:
    """Headers by lower-case name, as the request had them."""
    from specport.surfaces.mcp.callers import caller_of

    class Context:
        class session:  # noqa: N801
            client_params: Any = None

        request = Request({"type": "http", "headers": [(b"x-account", b"work")], "client": ("192.0.2.7", 4)})

    caller = caller_of(Context())  # type: ignore[arg-type]
    assert (caller.name, caller.transport, caller.address) == ("", "http", "192.0.2.7")
    assert (caller.headers["x-account"], caller.headers.get("cookie")) == ("work", None)
    assert "work" not in repr(caller)


def test_a_command_is_made_by_the_user_of_the_machine(
    callers: list[Caller], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By name, or by number where the system knows no name."""
    from specport.surfaces.cli.calling import call

    def nameless() -> str:
        raise OSError

    monkeypatch.setenv("LOGNAME", "ada")
    call("droplets.dropletsList", "{}", no_state=True)
    monkeypatch.setattr(getpass, "getuser", nameless)
    call("droplets.dropletsList", "{}", no_state=True)
    assert callers[0].name == "ada"
    assert callers[1].name.startswith("uid ")
    assert {caller.transport for caller in callers} == {"cli"}
    assert capsys.readouterr().out == "seen\nseen\n"
