"""What a run of code costs beside the same calls one by one, what its process takes, and what the first one adds.

Over stdio against the loopback API (`loopback.py`): `--expose code`, whose tools stay callable by name, so that runs
and direct calls take turns on one server. With the API's answers delayed, what counts is that calls of one run go
at the same time. Each figure is a median.

    python bench/code_mode.py [--specport COMMAND] [--delay-ms N] [--document FILE]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from measuring import checked_document, default_document, environment, specport_command, upstream
from wire import Json, StdioServer, result_of

ROUNDS = 30
CALLS = 20
DIRECT: Json = {"name": "droplets_dropletsGet", "arguments": {"droplet_id": 3164444}}
CODE = {
    "a run without a call": "1",
    "a run of 1 call": "(await tools.droplets.dropletsGet(droplet_id=3164444))['droplet']['id']",
    f"a run of {CALLS} calls in a loop": (
        f"for i in range({CALLS}):\n    page = await tools.droplets.dropletsGet(droplet_id=3164444)\nlen(page)"
    ),
    f"a run of {CALLS} calls in a gather": (
        "import asyncio\n"
        f"pages = await asyncio.gather(*[tools.droplets.dropletsGet(droplet_id=3164444) for i in range({CALLS})])\n"
        "len(pages)"
    ),
}
HOLDING = "import time\nx = 'x' * {size}\ntime.sleep(0.5)\nlen(x)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--specport")
    parser.add_argument("--delay-ms", type=int, default=0, help="how long the API takes to answer")
    parser.add_argument("--document", type=Path, default=default_document())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, upstream(options.delay_ms) as base_url:
        work = Path(folder)
        document = ["--spec", str(checked_document(options.document)), "--base-url", base_url]
        command = [specport_command(options.specport), "serve", *document, "--expose", "code", "--no-state"]
        with StdioServer(command, environment(work), work / "stderr.log") as server:
            server.initialize()
            server.list_tools()
            direct(server)
            print(f"before the first run: {server.peak_memory():.0f} MB")
            first = timed(server, run("1"))
            print(f"the first run: {first:.1f} ms; then {server.peak_memory():.0f} MB")
            times: dict[str, list[float]] = {name: [] for name in (f"{CALLS} direct calls", *CODE)}
            for _ in range(ROUNDS):
                times[f"{CALLS} direct calls"].append(sum(timed(server, DIRECT) for _ in range(CALLS)))
                for name, code in CODE.items():
                    times[name].append(timed(server, run(code)))
            for name, taken in times.items():
                print(f"{name}: {statistics.median(taken):.1f} ms")
            for size in (0, 50_000_000):
                print(f"the process of a run that holds {size // 1_000_000} MB: {held(server, size):.1f} MB")


def run(code: str) -> Json:
    return {"name": "code_run", "arguments": {"code": code}}


def direct(server: StdioServer) -> None:
    for _ in range(CALLS):
        timed(server, DIRECT)


def timed(server: StdioServer, params: Json) -> float:
    """Milliseconds of one call, which must succeed."""
    began = time.perf_counter()
    server.ask("tools/call", params)
    answer = server.answer()
    elapsed = (time.perf_counter() - began) * 1000
    result = result_of(answer)
    if result.get("isError"):
        raise SystemExit(f"a call failed: {result}")
    return elapsed


def held(server: StdioServer, size: int) -> float:
    """Megabytes of the process of a run, its code among them, while it holds so much."""
    server.ask("tools/call", run(HOLDING.format(size=size)))
    most = 0.0
    answer = None
    while answer is None:
        answer = server.answer_within(0.02)
        most = max([most, *(resident(process) for process in processes())])
    result_of(answer)
    return most


def processes() -> list[Path]:
    """The processes that run code on this machine."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and (process / "comm").read_text().strip() == "monty":
                found.append(process)
        except OSError:
            continue
    return found


def resident(process: Path) -> float:
    try:
        status = (process / "status").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1000


if __name__ == "__main__":
    main()
