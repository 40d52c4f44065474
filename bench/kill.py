"""Servers and commands killed with SIGKILL at random moments: the next start finds all that was acknowledged.

    python bench/kill.py [--rounds 120] [--seed 1]

Each round starts `specport serve` on one state folder, calls a tool of a kept source, adds sources by tool call, and
removes and adds others by command, until the moment of the round; then all of it is killed. After each round the
folder is looked at: every source that was said to be added opens whole, every one that was said to be removed is gone,
what nobody heard about is whole or not there; the limits have counted at least each call that was answered and at most
each that was sent; every line of the audit log is JSON, and each answered call has one. Ends with 1 where that is not
so.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import signal
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from specport.catalog.build import Shape
from specport.catalog.codec import decode_catalog
from specport.sources.read import open_source
from specport.sources.sqlite_store import SqliteStore

SPECPORT = str(Path(sys.executable).with_name("specport"))
LONGEST_ROUND = 4.0
"""Seconds after which the kill comes at the latest; starting takes a part of them."""

START_SECONDS = 30.0
LIMIT = "1000000/10h"
AT_ONCE = 4
"""Calls under way at a time."""

FEW = 12
"""Most added sources at a time, so that there is always some to remove."""


def document(title: str, size: int) -> str:
    """A document of `size` operations."""
    paths = {f"/{n}": {"get": {"operationId": f"get{n}", "tags": ["t"], "responses": {}}} for n in range(size)}
    return json.dumps({"openapi": "3.1.0", "info": {"title": title, "version": "1"}, "paths": paths})


@dataclass(slots=True)
class Known:
    """What was acknowledged so far: sources that are there and that are not, and those that nobody knows about."""

    there: set[str] = field(default_factory=set[str])
    gone: set[str] = field(default_factory=set[str])
    unknown: set[str] = field(default_factory=set[str])
    sent: int = 0
    answered: int = 0
    number: int = 0

    def next_name(self) -> str:
        """A name that was never used."""
        self.number += 1
        return f"s{self.number}"


@dataclass(slots=True)
class Round:
    """One server and its commands, until they are killed."""

    folder: Path
    url: str
    known: Known
    dice: random.Random
    processes: list[asyncio.subprocess.Process] = field(default_factory=list[asyncio.subprocess.Process])

    async def run(self) -> None:
        """Start, work, kill."""
        server = await self._start(
            "serve", "--spec", str(self.folder / "things.json"), "--base-url", self.url, "--allow-private",
            "--audit", str(self.folder / "audit.jsonl"),
        )  # fmt: skip
        work = [asyncio.create_task(self._serve(server)), asyncio.create_task(self._command())]
        await asyncio.sleep(self.dice.uniform(0.1, LONGEST_ROUND))
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
        for task in work:
            task.cancel()
        ended = await asyncio.gather(*work, return_exceptions=True)
        for process in self.processes:
            await process.wait()
        for error in ended:
            if isinstance(error, Exception) and not isinstance(error, ConnectionError | EOFError):
                raise error

    async def _start(self, *arguments: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            SPECPORT, *arguments, "--state-dir", str(self.folder / "state"), stdin=-1, stdout=-1, stderr=-3
        )
        self.processes.append(process)
        return process

    async def _serve(self, server: asyncio.subprocess.Process) -> None:
        """Calls and additions through the server, several at once."""
        client = Client(server)
        await client.initialize()
        await asyncio.gather(client.read(), self._adding(client), *(self._calling(client) for _ in range(AT_ONCE)))

    async def _calling(self, client: Client) -> None:
        while True:
            self.known.sent += 1
            answer = await client.call("shop_t_get0", {})
            if answer.get("isError"):
                raise SystemExit(f"a call failed: {answer}")
            self.known.answered += 1

    async def _adding(self, client: Client) -> None:
        while True:
            await asyncio.sleep(0.05)
            if len(self.known.there) >= FEW:
                continue
            name = self.known.next_name()
            self.known.unknown.add(name)
            spec = document(name, self.dice.choice((1, 3, 400)))
            answer = await client.call("openapi_addSource", {"spec": spec, "name": name, "base_url": self.url})
            if answer.get("isError"):
                raise SystemExit(f"adding failed: {answer}")
            self._now(name, self.known.there)

    async def _command(self) -> None:
        """Sources removed and added by a command of their own."""
        while True:
            if self.known.there and self.dice.random() < 0.6:
                name, done = self.dice.choice(sorted(self.known.there)), self.known.gone
                self.known.there.discard(name)
                arguments = ["remove", name]
            else:
                name, done = self.known.next_name(), self.known.there
                arguments = ["add", str(self.folder / "things.json"), "--name", name, "--base-url", self.url]
            self.known.unknown.add(name)
            process = await self._start(*arguments)
            if await process.wait() == 0:
                self._now(name, done)

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


async def check(folder: Path, known: Known) -> list[str]:
    """What is wrong in the folder. What nobody heard about is known from now on."""
    state = folder / "state"
    store = SqliteStore(state)
    names = set(await store.revisions())
    wrong = [f"{name} was added and is not there" for name in sorted(known.there - names)]
    wrong += [f"{name} was removed and is there" for name in sorted(known.gone & names)]
    wrong += [f"{name} was never added" for name in sorted(names - known.there - known.unknown - {"shop"})]
    for name in sorted(names):
        kept = await store.get(name)
        if kept is None or not open_source(kept.source, Shape(prefix=name), None).catalog.tools:
            wrong.append(f"{name} is not whole")
    await store.aclose()
    known.there |= names & known.unknown
    known.gone |= known.unknown - names
    known.unknown.clear()
    for path in (state / "catalogs").glob("[!.]*"):
        if decode_catalog(path.read_bytes()) is None:
            wrong.append(f"{path.name} is half a catalog")
    return [*wrong, *_wrong_limits(state, known), *_wrong_audit(folder, known)]


def _wrong_limits(state: Path, known: Known) -> list[str]:
    wrong: list[str] = []
    if not (state / "limits.sqlite").exists():  # made with the first call
        return [f"{known.answered} calls were answered and none is counted"] if known.answered else []
    for path in (state / "sources.sqlite", state / "limits.sqlite"):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            if connection.execute("pragma integrity_check").fetchall() != [("ok",)]:
                wrong.append(f"{path.name} is damaged")
            if path.name == "limits.sqlite":
                units = connection.execute("select coalesce(sum(units), 0) from units where name = ?", (LIMIT,))
                [counted] = units.fetchone()
                totals = connection.execute("select coalesce(sum(units), 0) from totals where name = ?", (LIMIT,))
                [total] = totals.fetchone()
                if not known.answered <= counted <= known.sent or counted != total:
                    wrong.append(f"{counted} ({total}) calls counted, {known.answered} answered, {known.sent} sent")
    return wrong


def _wrong_audit(folder: Path, known: Known) -> list[str]:
    path = folder / "audit.jsonl"
    lines = [line for file in sorted(folder.glob("audit.jsonl*")) for line in file.read_bytes().splitlines()]
    try:
        facts = [json.loads(line) for line in lines]
    except ValueError:
        return [f"{path.name} has half a line"]
    calls = sum(fact.get("tool") == "shop.t.get0" for fact in facts)
    return [] if calls >= known.answered else [f"{calls} calls in the audit log, {known.answered} answered"]


async def measure(given: argparse.Namespace, folder: Path) -> int:
    """How many rounds went wrong."""
    dice, known, failed, started = random.Random(given.seed), Known(), 0, 0
    (folder / "things.json").write_text(document("things", 2))
    async with await asyncio.start_server(_answer, "127.0.0.1", 0) as api:
        url = f"http://127.0.0.1:{api.sockets[0].getsockname()[1]}"
        arguments = ["add", str(folder / "things.json"), "--name", "shop", "--base-url", url, "--limit", LIMIT]
        adding = await asyncio.create_subprocess_exec(
            SPECPORT, *arguments, "--state-dir", str(folder / "state"), stdout=asyncio.subprocess.DEVNULL
        )
        if await asyncio.wait_for(adding.wait(), START_SECONDS):
            raise SystemExit("the source to call could not be added")
        for number in range(given.rounds):
            before = known.answered
            await Round(folder, url, known, dice).run()
            started += known.answered > before
            wrong = await check(folder, known)
            failed += bool(wrong)
            for said in wrong:
                print(f"round {number + 1}: {said}")
    print(
        f"{given.rounds} rounds, {started} with calls; {known.answered:,} calls answered of {known.sent:,} sent; "
        f"{known.number} sources added, {len(known.there)} there; {failed} rounds with something wrong"
    )
    return failed


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()
    writer.close()


def main() -> None:
    """Kill, look, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        failed = asyncio.run(measure(given, Path(folder)))
    print(f"{time.monotonic() - began:.0f} s")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
