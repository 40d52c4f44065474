"""One step in the life of sources, done by an App; as a program, by an App of its own for each line that it is given.

python walking.py '{"state_dir": "..."}'     a JSON line with a step in, one with what came of it out
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from specport.app import App, Settings
from specport.errors import SpecportError
from specport.executor.model import Limit
from specport.sources.model import Origin
from specport.sources.specification import Specification

LIMIT = Limit("7 a day", 7, 86_400.0)


@dataclass(frozen=True, slots=True)
class Step:
    """What is done to which source; `more` is a document to add, or the name that it gets."""

    kind: str
    name: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether it did something, or the error; where the App is looked at, its digest and its sources."""

    did: bool = False
    error: str = ""
    seen: Mapping[str, Any] | None = None


async def take(app: App, step: Step) -> Answer:
    """What comes of one step."""
    try:
        return await _take(app, step)
    except SpecportError as error:
        return Answer(error=str(error))


async def _take(app: App, step: Step) -> Answer:
    match step.kind:
        case "add":
            return Answer((await app.add(Specification(step.more, name=step.name), Origin.OPERATOR)).is_new)
        case "refresh" | "accept":
            return Answer((await app.refresh(step.name, accept=step.kind == "accept")).is_taken)
        case "rename":
            await app.rename(step.name, step.more)
            return Answer(did=True)
        case "configure":
            await app.configure(step.name, limits=[LIMIT])
            return Answer(did=True)
        case "disable":
            return Answer(await app.disable(step.name))
        case "enable":
            return Answer(await app.enable(step.name))
        case "remove":
            return Answer(await app.remove(step.name))
        case _:
            await app.sync()
            sources = [asdict(facts) for facts in app.sources()]
            left_out = {name: str(error) for name, error in sorted(app.left_out().items())}
            return Answer(seen={"digest": app.listing.digest, "sources": sources, "left_out": left_out})


def settings_of(shared: Mapping[str, str]) -> Settings:
    """The settings by which processes share a store."""
    if "state_dir" in shared:
        return Settings(state_dir=Path(shared["state_dir"]))
    return Settings(state_url=shared["state_url"])


async def main() -> None:
    """Steps from stdin, answers to stdout, until there are no more."""
    async with App.open([], settings_of(json.loads(sys.argv[1]))) as app:
        while line := await asyncio.to_thread(sys.stdin.readline):
            sys.stdout.write(json.dumps(asdict(await take(app, Step(**json.loads(line))))) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
