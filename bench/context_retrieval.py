"""How well each search finds what the labelled questions ask for (`bench/questions/`), and what its answers cost.

specport is asked over stdio through the tool that a model would call, `tools.search`; FastMCP's search transform
(BM25) in its own process, for its ranking of ten and for the text of an answer as it comes.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from context_lists import NOWHERE, OURS, Servers
from measuring import environment
from questions import DEVELOPMENT, HELD_OUT, Question, document_of, load
from tokens import Tokenizer
from wire import Json, StdioServer

FIRST = 5
"""recall@5: whether an answer is among the first five."""

RANKED = 10
"""Results looked at for the place of the first answer."""

SAMPLED = 20
"""Answers whose tokens are counted for each document, to questions of the development half."""

_CALL = re.compile(r"^(\S+?)\(", re.MULTILINE)
"""The start of each result of `tools.search`: an address and its arguments."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one side finds of one document's questions of a half; `tokens` is the median of an answer."""

    document: str
    side: str
    half: str
    questions: int
    recall: float
    reciprocal: float
    tokens: int = 0


def score(ranks: Mapping[Question, int | None], *, document: str, side: str, half: str, tokens: int = 0) -> Found:
    """recall@5 and the mean reciprocal rank of the questions of a half; None and later than RANKED count nothing."""
    wanted = [rank for question, rank in ranks.items() if question.half == half]
    recall = sum(rank is not None and rank <= FIRST for rank in wanted) / len(wanted)
    reciprocal = sum(1 / rank for rank in wanted if rank is not None and rank <= RANKED) / len(wanted)
    return Found(document, side, half, len(wanted), recall, reciprocal, tokens)


def measure(servers: Servers, tokenizer: Tokenizer, api: str, side: str) -> list[Found]:
    """One API and side, both halves."""
    document, questions = document_of(api), load(api)
    ask = ours if side == "specport" else theirs
    ranks, tokens = ask(servers, document, questions, tokenizer)
    return [score(ranks, document=api, side=side, half=half, tokens=tokens) for half in (DEVELOPMENT, HELD_OUT)]


def ours(
    servers: Servers, document: Path, questions: Sequence[Question], tokenizer: Tokenizer
) -> tuple[dict[Question, int | None], int]:
    """Ranks of the first answer in `tools.search`, and the median of what its answers cost."""
    print(f"{document.stem}: questions to specport", file=sys.stderr, flush=True)
    source = ["--spec", str(document), "--base-url", NOWHERE, "--no-state"]
    listed = subprocess.run([servers.specport, "tools", *source, "--json"], capture_output=True, check=True)
    routes = {tool["address"]: f"{tool['method']} {tool['path']}" for tool in json.loads(listed.stdout)}
    command = [servers.specport, "serve", *source, *OURS["search"]]

    def ask(server: StdioServer, query: str) -> Sequence[str]:
        said = _said(server, "tools_search", {"query": query, "limit": RANKED})
        return [routes[address] for address in _CALL.findall(said)]

    with StdioServer(command, environment(servers.work), servers.work / "stderr.log") as server:
        server.initialize()
        ranks = {question: _rank(ask(server, question.question), question) for question in questions}
        return ranks, _median(server, "tools_search", questions, tokenizer)


def theirs(
    servers: Servers, document: Path, questions: Sequence[Question], tokenizer: Tokenizer
) -> tuple[dict[Question, int | None], int]:
    """The same of FastMCP, in its own process: over stdio one search takes minutes on Stripe."""
    print(f"{document.stem}: questions to FastMCP", file=sys.stderr, flush=True)
    script = Path(__file__).with_name("fastmcp_ranking.py")
    command = [servers.fastmcp[0], str(script), str(document)]
    asked = json.dumps([question.question for question in questions])
    with (servers.work / "stderr.log").open("ab") as errors:
        done = subprocess.run(command, input=asked.encode(), stdout=subprocess.PIPE, stderr=errors, check=True)
    answers = json.loads(done.stdout)
    ranks = {question: _rank(answer["found"], question) for question, answer in zip(questions, answers, strict=True)}
    said = [answer["text"] for answer, question in zip(answers, questions, strict=True) if question.half == DEVELOPMENT]
    return ranks, int(statistics.median(tokenizer.count(said[:SAMPLED])))


def _median(server: StdioServer, tool: str, questions: Sequence[Question], tokenizer: Tokenizer) -> int:
    asked = [question.question for question in questions if question.half == DEVELOPMENT][:SAMPLED]
    return int(statistics.median(tokenizer.count(_said(server, tool, {"query": query}) for query in asked)))


def _said(server: StdioServer, tool: str, arguments: Json) -> str:
    """The text that a model gets."""
    result = server.request("tools/call", {"name": tool, "arguments": arguments})
    parts = cast("list[dict[str, str]]", result["content"])
    return "\n".join(part["text"] for part in parts)


def _rank(found: Sequence[str], question: Question) -> int | None:
    """The place of the first result that is an answer, from 1."""
    return next((place for place, route in enumerate(found, 1) if route in question.answers), None)
