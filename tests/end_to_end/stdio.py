"""A server's stdin and stdout, spoken to by hand: many requests at once, and answers one by one."""

from __future__ import annotations

import json
import subprocess
from typing import Any


def ask(process: subprocess.Popen[bytes], *messages: dict[str, object]) -> None:
    """Send messages, all at once."""
    assert process.stdin is not None
    process.stdin.write(b"".join(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n" for message in messages))
    process.stdin.flush()


def answer(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The next answer, notifications passed over."""
    assert process.stdout is not None
    while b'"id"' not in (line := process.stdout.readline()):
        assert line, "the server ended by itself"
    return json.loads(line)


def call_of(number: int, tool_name: str, **arguments: object) -> dict[str, object]:
    """A call of a tool."""
    return {"id": number, "method": "tools/call", "params": {"name": tool_name, "arguments": arguments}}


def greet(process: subprocess.Popen[bytes]) -> None:
    """Begin a session of an older client."""
    client = {"name": "by hand", "version": "1"}
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
    ask(process, {"id": 0, "method": "initialize", "params": hello})
    answer(process)
    ask(process, {"method": "notifications/initialized"})


def pages(process: subprocess.Popen[bytes]) -> list[dict[str, Any]]:
    """Every page of the list of tools, with its cursor."""
    found: list[dict[str, Any]] = []
    params: dict[str, object] = {}
    while not found or params["cursor"]:
        ask(process, {"id": 1, "method": "tools/list", "params": params})
        found.append(answer(process)["result"])
        params = {"cursor": found[-1].get("nextCursor")}
    return found
