"""One client of `sandbox_limits.py`: an App whose calls all come at once, in a process of its own.

    python bench/sandbox_client.py BASE_URL [--calls 400] [--part 1/2] [--windows 1.0] [--limits redis://HOST]

Prints a line of JSON: what came of its calls.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from specport.app import App, Settings
from specport.errors import RateLimited
from specport.executor.model import Limit
from specport.sources.manifest import open_bundled

SOURCE = "digitalocean"
SECRET = "SANDBOX_TOKEN"
"""The environment variable whose value is sent; the sandbox takes any."""

HELD_SECONDS = 0.1
"""A wait from here on was one for room; asking a Redis takes a thousandth of a second."""

_LISTS = (
    "droplets.dropletsList", "actions.actionsList", "regions.regionsList", "sizes.sizesList", "images.imagesList",
    "domains.domainsList", "projects.projectsList", "blockStorage.volumesList", "firewalls.firewallsList",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """A call, and whether the sandbox has what it asks for."""

    address: str
    arguments: Mapping[str, object] = field(default_factory=dict[str, object])
    is_there: bool = True


@dataclass(slots=True)
class Tally:
    """What came of a client's calls: how many were answered, had to be repeated because they were told to wait, and
    waited inside; how many requests were sent; the longest wait inside and all in all, in seconds.
    """

    answered: int = 0
    repeated: int = 0
    held: int = 0
    sent: int = 0
    longest: float = 0.0
    seconds: float = 0.0
    failed: list[str] = field(default_factory=list[str])


def calls_of(count: int) -> list[Call]:
    """So many calls that every limit of the source covers some: more SSH key listings, new addresses, CDN calls and
    purged files than a window allows, among lists of nine kinds.
    """
    purge = {"cdn_id": "19f06b6a-3ace-4315-b086-499a0e521b76", "body": {"files": [f"f{n}" for n in range(20)]}}
    few = [
        *[Call("sshKeys.sshKeysList")] * 16,
        *[Call("reservedIPs.reservedIPsCreate", {"body": {"region": "nyc3"}})] * 14,
        *[Call("cdnEndpoints.cdnListEndpoints")] * 4,
        *[Call("cdnEndpoints.cdnPurgeCache", purge, is_there=False)] * 3,
    ]
    lists = [Call(_LISTS[number % len(_LISTS)]) for number in range(count - len(few))]
    apart = max(1, len(lists) // len(few))
    for number, call in enumerate(few):
        lists.insert(number * (apart + 1), call)
    return lists[:count]


def limits(windows: float) -> tuple[Limit, ...]:
    """The source's own limits, each window `windows` times as long."""
    return tuple(replace(limit, window=limit.window * windows) for limit in open_bundled(SOURCE).channel.limits)


async def run(base_url: str, calls: list[Call], *, windows: float, limits_url: str) -> Tally:
    """Make the calls, all at once."""
    source = open_bundled(SOURCE)
    channel = replace(source.channel, limits=limits(windows))
    references = dict.fromkeys(source.references, f"env:{SECRET}")
    source = replace(source, base_url=base_url, channel=channel, references=references)
    tally = Tally()
    async with App.open([source], Settings(limits_url=limits_url)) as app:
        started = time.perf_counter()
        await asyncio.gather(*(_done(app, call, tally) for call in calls))
        tally.seconds = time.perf_counter() - started
    return tally


async def _done(app: App, call: Call, tally: Tally) -> None:
    """One call, repeated after as long as it is told to wait."""
    is_first = True
    while True:
        try:
            result = await app.call(call.address, call.arguments)
        except RateLimited as told:
            tally.repeated += is_first
            is_first = False
            await asyncio.sleep(told.wait)
        else:
            break
    tally.answered += 1
    tally.sent += result.attempts
    tally.held += result.waited >= HELD_SECONDS
    tally.longest = max(tally.longest, result.waited)
    if result.is_error is call.is_there:
        tally.failed.append(f"{call.address}: {result.text}")


def main() -> None:
    """Call and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("base_url")
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--part", default="1/1", metavar="N/OF", help="which of several clients' calls to make")
    parser.add_argument("--windows", type=float, default=1.0)
    parser.add_argument("--limits", default="", metavar="redis://HOST")
    given = parser.parse_args()
    number, _, of = given.part.partition("/")
    calls = calls_of(given.calls)[int(number) - 1 :: int(of)]
    print(json.dumps(asdict(asyncio.run(run(given.base_url, calls, windows=given.windows, limits_url=given.limits)))))


if __name__ == "__main__":
    main()
