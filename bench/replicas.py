"""How much of a window several replicas use through one Redis, and that they never use more.

    python bench/replicas.py [--processes 4] [--tasks 16] [--amount 100] [--window 1.0] [--windows 10]

Each process has so many tasks that do nothing but take leave and give it back; all begin at one moment. A Redis is
started for them. Ends with 1 where a window was exceeded.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time

from sandbox_limits import shared_redis
from specport.executor.model import Limit
from specport.executor.redis_ledger import RedisLedger
from specport.executor.shared import SharedLimiter

START_SECONDS = 1.0
"""How long after all processes are there they begin."""

PATIENCE = 60.0


async def work(given: argparse.Namespace) -> list[float]:
    """One process: the moments at which its calls were let go, in seconds since the epoch.

    It says that it is there, and is told on stdin when all begin.
    """
    limits = (Limit("measured", given.amount, given.window),)
    ledger = RedisLedger(given.redis)
    limiter = SharedLimiter(limits, "bench", ledger, clock=time.monotonic)
    print("ready", flush=True)
    start = float(sys.stdin.readline())
    end = start + given.windows * given.window
    moments: list[float] = []

    async def task() -> None:
        while time.time() < end:
            permit = await limiter.acquire("GET", "/", None, within=PATIENCE)
            moments.append(time.time())
            await permit.done()

    await asyncio.sleep(start - time.time())
    await asyncio.gather(*(task() for _ in range(given.tasks)))
    await ledger.aclose()
    return moments


def measure(given: argparse.Namespace, redis: str) -> list[float]:
    """The moments of all processes, in order."""
    command = [sys.executable, __file__, "--redis", redis]
    for name in ("tasks", "amount", "window", "windows"):
        command += [f"--{name}", str(getattr(given, name))]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(given.processes)]
    for process in processes:
        assert process.stdout
        process.stdout.readline()
    start = time.time() + START_SECONDS
    for process in processes:
        assert process.stdin
        process.stdin.write(f"{start}\n")
        process.stdin.flush()
    moments = [moment for process in processes for moment in json.loads(process.communicate()[0])]
    return sorted(moment for moment in moments if moment < start + given.windows * given.window)


def main() -> None:
    """Measure and print, or be one of the processes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--tasks", type=int, default=16)
    parser.add_argument("--amount", type=int, default=100)
    parser.add_argument("--window", type=float, default=1.0)
    parser.add_argument("--windows", type=int, default=10)
    parser.add_argument("--redis", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.redis:
        print(json.dumps(asyncio.run(work(given))))
        return
    with shared_redis(True) as redis:
        moments = measure(given, redis)
    apart = [later - earlier for earlier, later in zip(moments, moments[given.amount :], strict=False)]
    used = len(moments) / (given.amount * given.windows)
    print(f"{given.processes} processes of {given.tasks} tasks, {given.amount} in {given.window:g} s")
    print(f"let go in {given.windows} windows: {len(moments):,}, {used:.1%} of what is allowed")
    print(f"shortest time in which {given.amount + 1} were let go: {min(apart):.4f} s")
    if min(apart) < given.window:
        sys.exit(1)


if __name__ == "__main__":
    main()
