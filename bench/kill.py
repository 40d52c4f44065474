"""Servers and commands killed with SIGKILL at random moments: the next start finds all that was acknowledged.

    python bench/kill.py [--rounds 120] [--seed 1] [--longest 4]

Each round starts `specport serve` on one state folder, calls tools of kept sources, adds sources and refreshes others
by tool call, and adds, refreshes, renames and removes by command, until the moment of the round; then all of it is
killed. A part of the round goes by while they start: `--longest` is for slow machines.
The documents that are refreshed are another version at each fetch.

After each round the folder is looked at: every source that was said to be added opens whole, every one that was said to
be removed is gone, what nobody heard about is whole or not there; a refreshed one is at a version that was served, none
older than the last that was said to be taken, and what waits to be accepted is of that version; the limits have counted
at least each call that was answered and at most each that was sent; every line of the audit log is JSON, and each
answered call has one. Ends with 1 where that is not so.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kill_checks import check
from kill_known import LIMIT, LIVE, Api, Known, document

SPECPORT = str(Path(sys.executable).with_name("specport"))
START_SECONDS = 30.0
AT_ONCE = 4
"""Calls under way at a time."""

FEW = 12
"""Most added sources at a time, so that there is always some to remove."""


@dataclass(slots=True)
class Round:
    """One server and its commands, until they are killed."""

    folder: Path
    url: str
    known: Known
    dice: random.Random
    longest: float
    processes: list[asyncio.subprocess.Process] = field(default_factory=list[asyncio.subprocess.Process])

    async def run(self) -> None:
        """Start, work, kill."""
        server = await self._start(
            "serve", "--spec", str(self.folder / "things.json"), "--base-url", self.url, "--allow-private",
            "--manage-sources", "--audit", str(self.folder / "audit.jsonl"),
        )  # fmt: skip
        work = [asyncio.create_task(each) for each in (self._serve(server), self._command(), self._refresh())]
        await asyncio.sleep(self.dice.uniform(0.1, self.longest))
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
        for task in work:
            task.cancel()
        ended = await asyncio.gather(*work, return_exceptions=True)
        for process in self.processes:
            await process.wait()
        for error in ended:
            if isinstance(error, SystemExit):
                raise error
            if isinstance(error, Exception) and not isinstance(error, ConnectionError | EOFError):
                raise error

    async def _start(self, *arguments: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            SPECPORT, *arguments, "--state-dir", str(self.folder / "state"), stdin=-1, stdout=-1, stderr=-3
        )
        self.processes.append(process)
        return process

    async def _serve(self, server: asyncio.subprocess.Process) -> None:
        """Calls, additions and refreshes through the server, several at once."""
        client = Client(server)
        await client.initialize()
        calling = (self._calling(client) for _ in range(AT_ONCE))
        await asyncio.gather(client.read(), self._adding(client), self._refreshing(client), *calling)

    async def _calling(self, client: Client) -> None:
        """A source whose calls are counted, and one that is refreshed meanwhile."""
        while True:
            self.known.sent += 1
            await self._called(client, "shop_t_get0", {})
            self.known.answered += 1
            await self._called(client, f"{self.dice.choice(sorted(LIVE))}_t_get0", {})

    async def _refreshing(self, client: Client) -> None:
        while True:
            await asyncio.sleep(0.05)
            name = self.dice.choice(sorted(LIVE))
            answer = await client.call("openapi_refreshSource", {"name": name})
            text = answer["content"][0]["text"]
            failed = {"source": name, "status": "failed", "error": text}
            self.known.was_refreshed(failed if answer.get("isError") else json.loads(text))

    async def _adding(self, client: Client) -> None:
        while True:
            await asyncio.sleep(0.05)
            if len(self.known.there) >= FEW:
                continue
            name = self.known.next_name()
            self.known.unknown.add(name)
            spec = document(name, self.dice.choice((1, 3, 400)))
            await self._called(client, "openapi_addSource", {"spec": spec, "name": name, "base_url": self.url})
            self._now(name, self.known.there)

    async def _called(self, client: Client, tool: str, arguments: dict[str, Any]) -> None:
        answer = await client.call(tool, arguments)
        if answer.get("isError"):
            raise SystemExit(f"{tool} failed: {answer}")

    async def _command(self) -> None:
        """Sources removed, renamed and added by a command of their own."""
        while True:
            if self.known.there and self.dice.random() < 0.6:
                name = self.dice.choice(sorted(self.known.there))
                await (self._remove(name) if self.dice.random() < 0.5 else self._rename(name, self.known.next_name()))
                continue
            name = self.known.next_name()
            self.known.unknown.add(name)
            arguments = ["add", str(self.folder / "things.json"), "--name", name, "--base-url", self.url]
            process = await self._start(*arguments)
            if await process.wait() == 0:
                self._now(name, self.known.there)

    async def _remove(self, name: str) -> None:
        self.known.there.discard(name)
        self.known.unknown.add(name)
        process = await self._start("remove", name)
        if await process.wait() == 0:
            self._now(name, self.known.gone)

    async def _rename(self, name: str, new: str) -> None:
        self.known.there.discard(name)
        self.known.renamed[name] = new
        process = await self._start("rename", name, new)
        if await process.wait() == 0:
            del self.known.renamed[name]
            self.known.gone.add(name)
            self.known.there.add(new)

    async def _refresh(self) -> None:
        """Sources refreshed by a command of their own, some with all that is new."""
        while True:
            name = self.dice.choice(sorted(LIVE))
            accept = ["--accept"] if self.dice.random() < 0.3 else []
            self.known.accepted |= {name} if accept else set()
            process = await self._start("refresh", name, *accept, "--allow-private", "--json")
            printed, _ = await process.communicate()
            if process.returncode in (0, 1):
                self.known.was_refreshed(json.loads(printed)[0])

    def _now(self, name: str, place: set[str]) -> None:
        self.known.unknown.discard(name)
        place.add(name)


class Client:
    """A client of an older protocol version on a process's stdin and stdout."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._waiting: dict[int, asyncio.Future[Any]] = {}

    async def initialize(self) -> None:
        info = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "kill", "version": "1"}}
        self._send({"id": 0, "method": "initialize", "params": info})
        await self._line()
        self._send({"method": "notifications/initialized"})

    async def call(self, name: str, arguments: dict[str, Any]) -> Any:
        """The result of a call."""
        number = len(self._waiting) + 1
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._send({"id": number, "method": "tools/call", "params": {"name": name, "arguments": arguments}})
        return await answer

    async def read(self) -> None:
        """Hand answers to those who wait for them, until there are no more."""
        while True:
            message = json.loads(await self._line())
            if message.get("id") in self._waiting:
                self._waiting[message["id"]].set_result(message.get("result") or {"isError": True, **message})

    async def _line(self) -> bytes:
        assert self._process.stdout
        line = await self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        return line

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


async def measure(given: argparse.Namespace, folder: Path) -> int:
    """How many rounds went wrong."""
    dice, known, failed, started = random.Random(given.seed), Known(), 0, 0
    things = folder / "things.json"
    things.write_text(document("things", 2))
    api = Api()
    async with api.serving():
        await _add(folder, str(things), "--name", "shop", "--base-url", api.url, "--limit", LIMIT)
        for name in LIVE:
            wanted = (f"{api.url}/docs/{name}", "--name", name, "--base-url", api.url, "--allow-private")
            await _add(folder, *wanted)
        for number in range(given.rounds):
            before = known.answered
            await Round(folder, api.url, known, dice, given.longest).run()
            started += known.answered > before
            wrong = await check(folder, known, api.served)
            failed += bool(wrong)
            for said in wrong:
                print(f"round {number + 1}: {said}")
    print(
        f"{given.rounds} rounds, {started} with calls; {known.answered:,} calls answered of {known.sent:,} sent; "
        f"{known.number} sources added or renamed, {len(known.there)} there; {sum(api.served.values())} versions "
        f"served, {known.refreshed} taken, {known.refused} refused because another was taken meanwhile; "
        f"{failed} rounds with something wrong"
    )
    return failed


async def _add(folder: Path, *arguments: str) -> None:
    state = ("--state-dir", str(folder / "state"))
    adding = await asyncio.create_subprocess_exec(
        SPECPORT, "add", *arguments, *state, stdout=asyncio.subprocess.DEVNULL
    )
    if await asyncio.wait_for(adding.wait(), START_SECONDS):
        raise SystemExit(f"{arguments[0]} could not be added")


def main() -> None:
    """Kill, look, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--longest", type=float, default=4.0, help="seconds after which the kill comes at the latest (4)"
    )
    given = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        failed = asyncio.run(measure(given, Path(folder)))
    print(f"{time.monotonic() - began:.0f} s")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
