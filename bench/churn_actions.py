"""What one client of `churn.py` does at a time, and whether the answer is a right one."""

from __future__ import annotations

import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from churn_beliefs import Belief, Beliefs, Is, Seen
from churn_client import Answer, RawClient
from churn_documents import OPERATIONS, VERSION, Document, Upstream

BUILT_IN = 5
"""Tools of the server's own, which stand last."""

_VERSION = re.compile(rf"{VERSION}(\d+)")


@dataclass(slots=True)
class Counts:
    """What came back: right answers by kind with how long each took, wrong ones in words, moments of changes."""

    right: dict[str, list[float]] = field(default_factory=lambda: defaultdict[str, list[float]](list))
    wrong: Counter[str] = field(default_factory=Counter[str])
    changed: list[float] = field(default_factory=list[float])


@dataclass(slots=True)
class Actions:
    """One client's share of the work."""

    client: RawClient
    upstream: Upstream
    beliefs: Beliefs
    counts: Counts
    dice: random.Random

    async def one(self) -> None:
        """Do something, and count what came of it."""
        actions = (self.call, self.list_all, self.refresh, self.add, self.remove)
        action = self.dice.choices(actions, (40, 20, 18, 12, 10))[0]
        document = self.dice.choice(list(self.upstream.documents.values()))
        began = time.perf_counter()
        try:
            kind = await action(document)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            kind = f"wrong: {type(error).__name__}: {error}"
        said = f"{action.__name__}: {kind}"
        if kind.startswith("wrong"):
            self.counts.wrong[said[:300]] += 1
        else:
            self.counts.right[said].append(time.perf_counter() - began)

    async def add(self, document: Document) -> str:
        """Add a source by the URL of its document."""
        belief = self.beliefs.by_name[document.name]
        seen, floor, spoiled = belief.seen(), document.version, document.spoiled
        is_broken = document.is_broken
        ticket = belief.begin()
        answer = await self.client.call("openapi_addSource", self._specification(document))
        was_broken = is_broken or document.spoiled != spoiled
        text = answer.text
        if not text:
            is_new = _said(answer).get("status") == "added"
            known = _before(seen, belief, ticket)
            belief.end(ticket, Is.THERE, floor)
            if is_new:
                self.counts.changed.append(time.perf_counter())
            if known is (Is.THERE if is_new else Is.GONE):
                return f"wrong: {_said(answer).get('status')} where it was {known.value}"
            return "added" if is_new else "already there"
        in_use = "is in use for another document" in text
        belief.end(ticket, Is.THERE if in_use else seen.status, 0 if in_use else seen.floor)
        if in_use:
            return "name in use" if _before(seen, belief, ticket) is not Is.GONE else f"wrong: {text}"
        return "broken document" if was_broken and "docs/" in text else f"wrong: {text}"

    async def remove(self, document: Document) -> str:
        """Remove a source."""
        belief = self.beliefs.by_name[document.name]
        seen = belief.seen()
        ticket = belief.begin()
        answer = await self.client.call("openapi_removeSource", {"name": document.name})
        belief.end(ticket, Is.GONE)
        known = _before(seen, belief, ticket)
        if not answer.text:
            self.counts.changed.append(time.perf_counter())
            return "removed" if known is not Is.GONE else "wrong: removed what was gone"
        if "no added source is called" not in answer.text:
            return f"wrong: {answer.text}"
        return "no such source" if known is not Is.THERE else f"wrong: {answer.text}"

    async def refresh(self, document: Document) -> str:
        """Publish another version, at times a broken one, and have it read."""
        breaks = self.dice.random() < 0.15 and not document.is_broken
        document.spoil(breaks)
        belief = self.beliefs.by_name[document.name]
        seen, floor, spoiled = belief.seen(), document.version, document.spoiled
        try:
            answer = await self.client.call("openapi_refreshSource", {"name": document.name})
        finally:
            if breaks:
                document.spoil(False)
        known, text = seen.throughout(belief), answer.text
        if not text:
            status = str(_said(answer).get("status"))
            if known is Is.GONE or status not in ("taken", "unchanged"):
                return f"wrong: {status} where it was {known.value}: {answer.result}"
            belief.refreshed(seen, floor)
            if status == "taken":
                self.counts.changed.append(time.perf_counter())
            return status
        if "there is no source" in text or "no added source" in text:
            return "no such source" if known is not Is.THERE else f"wrong: {text}"
        if "was changed while its document was read" in text:
            return "changed meanwhile" if known is Is.UNSURE else f"wrong: {text}"
        is_of_document = "docs/" in text and (breaks or document.spoiled != spoiled)
        return "broken document" if is_of_document else f"wrong: {text}"

    async def call(self, document: Document) -> str:
        """Call a tool of a source, listed or not."""
        number = self.dice.randrange(OPERATIONS)
        belief = self.beliefs.by_name[document.name]
        seen = belief.seen()
        answer = await self.client.call(f"{document.name}_t_t{number}", {})
        known, text = seen.throughout(belief), answer.text
        if not text:
            path = _said(answer).get("path")
            is_right = known is not Is.GONE and path == f"/{document.name}/t{number}"
            return "answered" if is_right else f"wrong: {path} where it was {known.value}"
        if "there is no tool" in text or f"the source {document.name} was removed" in text:
            return "unknown tool" if known is not Is.THERE else f"wrong: {text}"
        return f"wrong: {text}"

    async def list_all(self, document: Document) -> str:
        """List every page: whatever changes meanwhile, all of them are of the list that the first is of."""
        del document
        seen = self.beliefs.seen()
        tools, cursor = list[Mapping[str, str]](), ""
        while True:
            answer = await self.client.ask("tools/list", {"cursor": cursor} if cursor else {})
            if answer.error:
                return f"wrong: {answer.error}"
            tools += answer.result["tools"]
            cursor = answer.result.get("nextCursor", "")
            if not cursor:
                return self._fault(tools, seen) or "whole"

    def _fault(self, tools: list[Mapping[str, str]], seen: Mapping[str, Seen]) -> str:
        """What is wrong in a list, "" where nothing is."""
        titles = [tool["title"] for tool in tools]
        if len(set(titles)) != len(titles) or len({tool["name"] for tool in tools}) != len(tools):
            return "wrong: a tool is listed twice"
        if titles[:-BUILT_IN] != sorted(titles[:-BUILT_IN], key=str.casefold):
            return "wrong: the list is not in order"
        versions: dict[str, list[int]] = defaultdict(list)
        for tool in tools[:-BUILT_IN]:
            if found := _VERSION.search(tool["description"]):
                versions[tool["title"].partition(".")[0]].append(int(found[1]))
        for name, document in self.upstream.documents.items():
            listed, known = versions.get(name, []), seen[name].throughout(self.beliefs.by_name[name])
            if listed and (len(listed) != OPERATIONS or len(set(listed)) != 1):
                return f"wrong: torn: {len(listed)} tools of {name}, of versions {sorted(set(listed))}"
            if (known is Is.THERE and not listed) or (known is Is.GONE and listed):
                return f"wrong: {name} is {known.value} and listed with {len(listed)} tools"
            floor = seen[name].floor if known is Is.THERE else 0
            if listed and not floor <= listed[0] <= document.version:
                return f"wrong: {name} is listed at version {listed[0]}, known at {floor} to {document.version}"
        return ""

    def _specification(self, document: Document) -> dict[str, str]:
        url = self.upstream.url
        return {"spec": f"{url}/docs/{document.name}.json", "name": document.name, "base_url": f"{url}/{document.name}"}


def _said(answer: Answer) -> Mapping[str, object]:
    return answer.result.get("structuredContent") or {}


def _before(seen: Seen, belief: Belief, ticket: int) -> Is:
    """What was so when a change came, where nobody else's overlapped it."""
    return seen.status if ticket == belief.epoch else Is.UNSURE
