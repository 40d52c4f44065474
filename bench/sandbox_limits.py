"""400 calls at once against a sandbox that enforces DigitalOcean's limits: it must never have to answer 429.

    python bench/sandbox_limits.py [--calls 400] [--clients 1] [--windows 1.0]

250 requests a minute are allowed, and a call waits at most 50 s inside: what cannot be let go by then is told how long
to wait and is repeated after that, as a client does. So a run takes a minute and some seconds; `--windows 0.05`
shortens every window (not its amount) and with them the run. Several clients are processes that share a Redis, which is
started for them. Ends with 1 where the sandbox refused a request or a call failed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

from sandbox_client import SECRET, SOURCE, Tally, limits
from specport.sandbox.app import Sandbox, sandbox_app
from specport.sandbox.serve import serve_sandbox
from specport.sources.manifest import open_bundled
from specport.sources.read import read_document

START_SECONDS = 20.0
"""How long Redis may take to come up."""


async def measure(given: argparse.Namespace, limits_url: str) -> tuple[Sandbox, list[Tally]]:
    """All clients at once."""
    source = open_bundled(SOURCE)
    document, operations, references = read_document(source)
    app = sandbox_app(operations, references, document.dialect, limits(given.windows))
    async with serve_sandbox(app) as base_url:
        tallies = await asyncio.gather(
            *(_client(base_url, number, given, limits_url) for number in range(given.clients))
        )
    return app.state.sandbox, tallies


async def _client(base_url: str, number: int, given: argparse.Namespace, limits_url: str) -> Tally:
    script = Path(__file__).with_name("sandbox_client.py")
    options = ["--calls", given.calls, "--part", f"{number + 1}/{given.clients}", "--windows", given.windows]
    options += ["--limits", limits_url]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), base_url, *map(str, options),
        stdout=subprocess.PIPE, env={**os.environ, SECRET: "made-up"},
    )  # fmt: skip
    out, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(f"client {number + 1} ended with {process.returncode}")
    return Tally(**json.loads(out))


@contextlib.contextmanager
def shared_redis(wanted: bool) -> Generator[str]:
    """The URL of a Redis of its own, nothing where none is wanted."""
    if not wanted:
        yield ""
        return
    command = shutil.which("redis-server")
    if command is None:
        raise SystemExit("several clients need redis-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        arguments = [command, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
        try:
            _wait_for(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()
            process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
        else:
            return


def show(sandbox: Sandbox, tallies: list[Tally]) -> None:
    """What was counted, upstream first."""
    print(f"{'requests that reached the sandbox':44}{sandbox.requests:>8,}")
    print(f"{'  of them refused with 429':44}{sandbox.refused:>8,}")
    for label, values in (
        ("calls answered", [tally.answered for tally in tallies]),
        ("  that waited inside", [tally.held for tally in tallies]),
        ("  that were told to wait and repeated", [tally.repeated for tally in tallies]),
        ("  that failed", [len(tally.failed) for tally in tallies]),
    ):
        each = f"  ({' + '.join(map(str, values))})" if len(values) > 1 else ""
        print(f"{label:44}{sum(values):>8,}{each}")
    print(f"{'longest wait inside (s)':44}{max(tally.longest for tally in tallies):>8.1f}")
    print(f"{'all calls (s)':44}{max(tally.seconds for tally in tallies):>8.1f}")
    for failed in (line for tally in tallies for line in tally.failed[:5]):
        print(f"  {failed}")


def main() -> None:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--clients", type=int, default=1, help="processes that share the calls (1)")
    parser.add_argument("--windows", type=float, default=1.0, help="how much longer each limit's window is (1.0)")
    given = parser.parse_args()
    with shared_redis(given.clients > 1) as limits_url:
        sandbox, tallies = asyncio.run(measure(given, limits_url))
    show(sandbox, tallies)
    if sandbox.refused or any(tally.failed for tally in tallies):
        sys.exit(1)


if __name__ == "__main__":
    main()
