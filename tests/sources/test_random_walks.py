"""Two processes that do anything to the sources of one store at once: they agree, and nothing acknowledged is lost.

What they answered must be what one process would have answered that took the same steps in some order.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest
from source_documents import document, operation
from walking import LIMIT, Answer, Step, settings_of, take

from specport.app import App
from specport.settings import store_of

pytestmark = pytest.mark.anyio

WORKER = Path(__file__).with_name("walking.py")
NAMES = ("pets", "pets_g", "shop", "zoo")
TURNS = 40
"""In each both processes take up to two steps, at the same time."""

REFUSALS = [
    r"'\w+' was changed(, or '\w+' was taken,)? by another process just now\. Try again",
    r"'\w+' was changed while its document was read\. Try again",
    r"'\w+' was removed by another process just now\. Try again",
    r"there is no source '\w+'\. There are: ",
    r"'\w+' is disabled\. `specport enable",
    r"'\w+' is there and disabled\. `specport enable",
    r"the name '\w+' is taken\. Choose another name",
    r"the name '\w+' is in use for another document",
    r"'\w+' has that document, with another base URL, filters, overlays, credentials or limits",
    r"('\w+' cannot be opened: )?[\w.ö]+ and [\w.ö]+ would both be called \w+\. Give the source another name",
]

Walker = Callable[[Step], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a store should have of a source: which version of which document, and what else was done to it."""

    uri: str
    version: str
    enabled: bool = True
    limited: bool = False


World = Mapping[str, Kept]


class Documents:
    """Files that have newer versions now and then: each brings an operation, and drops that of the one before.

    The tools of `pets` with the first and those of `pets_g` with the second would have the same names.
    """

    def __init__(self, folder: Path) -> None:
        self._versions: dict[str, int] = {}
        self._kinds = {str(folder / "one.json"): ("xöy", "g"), str(folder / "two.json"): ("y", "x")}
        for uri in self._kinds:
            self.renew(uri)

    @property
    def uris(self) -> Sequence[str]:
        return list(self._kinds)

    def renew(self, uri: str) -> None:
        """Write the next version."""
        self._versions[uri] = version = self._versions.get(uri, 0) + 1
        name, tag = self._kinds[uri]
        paths = {"/a": {"get": operation(name, tag)}, f"/{version}": {"get": operation(f"v{version}", "new")}}
        Path(uri).write_text(document(f"version {version}", paths=paths))

    def version(self, uri: str) -> str:
        return f"version {self._versions[uri]}"

    def after(self, world: World, step: Step, answer: Answer) -> World | None:
        """The world after a step that was answered so; None where it would not be answered so in that world."""
        if answer.error:
            return world
        known = world.get(step.name)
        if step.kind == "add":
            new = Kept(step.more, self.version(step.more))
            if known is None:
                return {**world, step.name: new} if answer.did else None
            return world if replace(known, limited=False) == new else None  # new to that process, or not even that
        if step.kind in ("disable", "enable", "remove") and not answer.did:
            return world if step.kind == "remove" or (known and known.enabled is (step.kind == "enable")) else None
        if known is None or not (known.enabled or step.kind in ("enable", "remove")):
            return None
        others = {name: kept for name, kept in world.items() if name != step.name}
        if step.kind == "remove":
            return others
        if step.kind == "rename":
            return None if step.more in world else {**others, step.more: known}
        return {**others, step.name: self._changed(known, step.kind)}

    def _changed(self, known: Kept, kind: str) -> Kept:
        if kind == "configure":
            return replace(known, limited=True)
        if kind in ("enable", "disable"):
            return replace(known, enabled=kind == "enable")
        return replace(known, version=self.version(known.uri))

    def ends(self, world: World, done: Sequence[Sequence[tuple[Step, Answer]]]) -> Iterator[World]:
        """The worlds that steps of several processes, each one's in their order, may have made."""
        if not any(done):
            yield world
        for index, steps in enumerate(done):
            if steps and (then := self.after(world, *steps[0])) is not None:
                yield from self.ends(then, [*done[:index], steps[1:], *done[index + 1 :]])


@asynccontextmanager
async def in_this_process(shared: Mapping[str, str]) -> AsyncGenerator[Walker]:
    """An App of its own."""
    async with App.open([], settings_of(shared)) as app:
        yield lambda step: take(app, step)


@asynccontextmanager
async def in_another_process(shared: Mapping[str, str]) -> AsyncGenerator[Walker]:
    """A process of its own."""
    process = await asyncio.create_subprocess_exec(sys.executable, WORKER, json.dumps(shared), stdin=-1, stdout=-1)
    assert process.stdin
    assert process.stdout

    async def one(step: Step) -> Answer:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(asdict(step)).encode() + b"\n")
        return Answer(**json.loads(await process.stdout.readline()))

    yield one
    process.stdin.close()
    assert await process.wait() == 0


@pytest.fixture(params=["state folder", "redis"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, str]:
    """What two processes are told of the place that they share."""
    if request.param == "redis":
        return {"state_url": request.getfixturevalue("redis").url}
    return {"state_dir": str(tmp_path / "state")}


async def kept_in(shared: Mapping[str, str]) -> World:
    """What is kept there, each source whole."""
    store = store_of(settings_of(shared))
    assert store
    world: dict[str, Kept] = {}
    for name in await store.revisions():
        found = await store.get(name)
        assert found
        source = found.source
        version = json.loads(source.data)["info"]["title"]
        assert source.channel.limits in ((), (LIMIT,))
        world[name] = Kept(source.uri, version, source.enabled, bool(source.channel.limits))
    await store.aclose()
    return world


def any_step(dice: random.Random, documents: Documents) -> Step:
    kinds = ("add", "add", "refresh", "accept", "rename", "configure", "disable", "enable", "enable", "remove")
    kind = dice.choice(kinds)
    more = {"add": documents.uris, "rename": NAMES}.get(kind, [""])
    return Step(kind, dice.choice(NAMES), dice.choice(more))


async def walk(walkers: Sequence[Walker], dice: random.Random, documents: Documents, shared: Mapping[str, str]) -> None:
    """Steps at random, and a look at everything after each turn."""

    async def some(walker: Walker) -> list[tuple[Step, Answer]]:
        steps = [any_step(dice, documents) for _ in range(dice.randint(0, 2))]
        return [(step, await walker(step)) for step in steps]

    world: World = {}
    for _ in range(TURNS):
        if dice.random() < 0.3:
            documents.renew(dice.choice(documents.uris))
        done = await asyncio.gather(*map(some, walkers))
        for _, answer in (each for steps in done for each in steps):
            assert not answer.error or any(re.match(refusal, answer.error) for refusal in REFUSALS), answer.error
        found = await kept_in(shared)
        assert found in list(documents.ends(world, done)), (world, done, found)
        world = found
        seen = [(await walker(Step("look"))).seen for walker in walkers]
        assert seen[0] == seen[1], done
        assert {facts["name"] for facts in seen[0]["sources"]} | set(seen[0]["left_out"]) == set(world)
    async with in_this_process(shared) as walker:
        again = (await walker(Step("look"))).seen
        assert again == seen[0], "after a restart, too"


@pytest.mark.parametrize("seed", range(4))
async def test_two_apps_agree_whatever_they_do(shared: Mapping[str, str], tmp_path: Path, seed: int) -> None:
    """In one process, where their steps come between each other's in the finest way."""
    async with in_this_process(shared) as one, in_this_process(shared) as other:
        await walk([one, other], random.Random(seed), Documents(tmp_path), shared)


async def test_two_processes_agree_whatever_they_do(shared: Mapping[str, str], tmp_path: Path) -> None:
    """Each with memory of its own."""
    async with in_another_process(shared) as one, in_another_process(shared) as other:
        await walk([one, other], random.Random(0), Documents(tmp_path), shared)
