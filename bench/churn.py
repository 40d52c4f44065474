"""Many clients that add, refresh, remove, list and call at once over HTTP: every answer must be a right one.

    python bench/churn.py [--seconds 60] [--clients 50] [--sources 40] [--probes 30] [--seed 1] [--specport COMMAND]

One `specport serve --transport http --manage-sources` serves raw clients, half of them stateless (2026-07-28), half in
sessions (2025-11-25), and three SDK clients of each era that listen to list changes. Documents and the API are on a
loopback port of the bench's own. A right answer is one that a server could give that does one thing after the other:
"unknown tool" for a tool of a source that may be gone, "name in use" where one may be there, and so on
(`churn_beliefs.py`); a list, all its pages together, has each tool once and in order, of every source all tools or
none, all of one version, no older than what was acknowledged before. Before that the changes are made one at a time,
and how long `list_changed` takes is measured. Ends with 1 where anything else was seen.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from churn_actions import Actions, Counts
from churn_beliefs import Belief, Beliefs
from churn_client import RawClient
from churn_documents import Document, Upstream, described
from churn_listeners import Listener, listening
from measuring import specport_command

LISTENERS = 3
"""SDK clients of each era."""

START_SECONDS = 120.0


class Server:
    """The server, and what it wrote to its log."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self.log: list[str] = []

    async def start(self) -> str:
        """Its URL."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        assert self._process.stderr
        self._reading = asyncio.create_task(self._read(self._process.stderr))
        async with asyncio.timeout(START_SECONDS):
            return await self._url

    async def stop(self) -> int:
        """How it ended."""
        assert self._process
        assert self._reading
        if self._process.returncode is None:
            self._process.terminate()
        code = await self._process.wait()
        await self._reading
        return code

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            self.log.append(line.decode().rstrip())
            if " at http://" in self.log[-1] and not self._url.done():
                self._url.set_result(self.log[-1].partition(" at ")[2].split()[0])
        if not self._url.done():
            self._url.set_exception(SystemExit("\n".join(["the server did not start", *self.log])))


async def probe(client: RawClient, upstream: Upstream, listeners: Sequence[Listener], times: int) -> list[str]:
    """Changes one at a time: a line for each kind and era, with how long `list_changed` took to arrive."""
    delays: dict[tuple[str, str], list[tuple[float, float]]] = {}
    document = next(iter(upstream.documents.values()))
    url = f"{upstream.url}/docs/{document.name}.json"
    add = {"spec": url, "name": document.name, "base_url": f"{upstream.url}/{document.name}"}
    name = {"name": document.name}
    for _ in range(times):
        for tool, arguments in (("addSource", add), ("refreshSource", name), ("removeSource", name)):
            document.version += 1
            asked = time.perf_counter()
            answer = await client.call(f"openapi_{tool}", arguments)
            answered = time.perf_counter()
            if answer.text:
                raise SystemExit(f"openapi.{tool} answered {answer.text}")
            heard = await asyncio.gather(*(listener.hears(asked) for listener in listeners))
            for listener, moment in zip(listeners, heard, strict=True):
                if moment is None:
                    raise SystemExit(f"a {listener.era} client never heard of openapi.{tool}")
                delays.setdefault((tool, listener.era), []).append((moment - asked, moment - answered))
    return [
        f"list_changed after {tool:13} to a {era} client: p50 {_ms(asked, 50)} ms, p99 {_ms(asked, 99)} ms from the "
        f"request; p50 {_ms(answered, 50)} ms, p99 {_ms(answered, 99)} ms from its answer"
        for (tool, era), pairs in delays.items()
        for asked, answered in [tuple(zip(*pairs, strict=True))]
    ]


def _ms(seconds: Sequence[float], percent: int) -> str:
    ordered = sorted(seconds)
    return f"{ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000:.1f}"


async def churn(given: argparse.Namespace, url: str, upstream: Upstream, listeners: Sequence[Listener]) -> Counts:
    """All clients at once for so many seconds."""
    beliefs, counts, dice = (
        Beliefs({name: Belief() for name in upstream.documents}),
        Counts(),
        random.Random(given.seed),
    )
    clients = [RawClient(url, legacy=bool(number % 2)) for number in range(given.clients)]
    ends = time.perf_counter() + given.seconds

    async def work(client: RawClient) -> None:
        await client.open()
        actions = Actions(client, upstream, beliefs, counts, random.Random(dice.random()))
        while time.perf_counter() < ends:
            await actions.one()
        client.close()

    await asyncio.gather(*map(work, clients))
    for listener in listeners:
        if counts.changed and await listener.hears(max(counts.changed) - 1.0) is None:
            counts.wrong[f"a {listener.era} client did not hear of the last changes"] += 1
    return counts


def report(given: argparse.Namespace, counts: Counts, upstream: Upstream, listeners: Sequence[Listener]) -> None:
    """Print what was seen."""
    total = sum(map(len, counts.right.values())) + counts.wrong.total()
    print(f"\n{total:,} actions of {given.clients} clients in {given.seconds} s, {len(counts.changed):,} changes")
    for kind, seconds in sorted(counts.right.items()):
        print(f"{len(seconds):>8,}  {kind:40} p50 {_ms(seconds, 50):>8} ms  p99 {_ms(seconds, 99):>8} ms")
    for kind, number in counts.wrong.most_common(20):
        print(f"{number:>8,}  WRONG {kind}")
    print("the documents' server: " + ", ".join(f"{number:,} {kind}" for kind, number in upstream.answered.items()))
    for era in dict.fromkeys(listener.era for listener in listeners):
        heard = [len(listener.heard) for listener in listeners if listener.era == era]
        print(f"{era} listeners heard {', '.join(f'{number:,}' for number in heard)} notifications")


async def measure(given: argparse.Namespace, work: Path) -> bool:
    """Whether everything was right."""
    upstream = Upstream({f"s{number:02}": Document(f"s{number:02}") for number in range(given.sources)})
    (work / "base.json").write_bytes(described("base", 1))
    command = [
        specport_command(given.specport), "serve", "--spec", str(work / "base.json"), "--allow-private",
        "--state-dir", str(work / "state"), "--transport", "http", "--port", "0", "--manage-sources",
    ]  # fmt: skip
    async with await upstream.serve():
        server = Server([*command, "--base-url", f"{upstream.url}/base"])
        try:
            url = await server.start()
            async with listening(url, LISTENERS) as listeners:
                prober = RawClient(url, legacy=False)
                for line in await probe(prober, upstream, listeners, given.probes):
                    print(line)
                prober.close()
                counts = await churn(given, url, upstream, listeners)
                report(given, counts, upstream, listeners)
        finally:
            code = await server.stop()
    faults = [line for line in server.log if " ERROR " in line or "Traceback" in line]
    for line in faults[:10]:
        print(f"in the server's log: {line}")
    print(f"the server ended with {code}")
    return not counts.wrong and not faults and code == 0


def main() -> None:
    """Churn, print, and end with 1 where an answer was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--seconds", type=int, default=60, help="how long (60)")
    add("--clients", type=int, default=50, help="raw clients (50)")
    add("--sources", type=int, default=40, help="names that sources are added under (40)")
    add("--probes", type=int, default=30, help="changes of each kind made one at a time first (30)")
    add("--seed", type=int, default=1, help="of what clients choose (1)")
    add("--specport", metavar="COMMAND", help="the specport command (default: beside this interpreter)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="specport-bench-") as temporary:
        is_right = asyncio.run(measure(given, Path(temporary)))
    sys.exit(not is_right)


if __name__ == "__main__":
    main()
