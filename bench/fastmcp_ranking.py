"""What FastMCP's search transform finds, asked in its own process: over stdio one search takes a minute on Stripe.

    python fastmcp_ranking.py DOCUMENT < QUERIES

Run by FastMCP's own environment (see `fastmcp_side.py`). QUERIES is a JSON array of texts. Printed is another: of each,
`METHOD path` of the first ten tools, best first, and the text of the answer as it comes, which has five.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import httpx2
from fastmcp import FastMCP
from fastmcp.server.transforms.search import BM25SearchTransform
from fastmcp.server.transforms.search.base import serialize_tools_for_output_json

RANKED = 10

SHOWN = 5

found: dict[str, str] = {}
parts: list[tuple[str, object]] = []


def note(route: object, component: object) -> None:
    """Remember what a tool was made of; its name may change until all are there."""
    parts.append((f"{route.method} {route.path}", component))


async def main() -> None:
    """Build, ask, print."""
    document = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    client = httpx2.AsyncClient(base_url="http://127.0.0.1:9")
    server = FastMCP.from_openapi(document, client=client, name="bench", mcp_component_fn=note)
    tools = await server.list_tools()
    found.update((component.name, route) for route, component in parts)
    transform = BM25SearchTransform(max_results=RANKED)
    answers = []
    for query in json.load(sys.stdin):
        best = await transform._search(tools, query)  # noqa: SLF001 - the tool around it is what takes minutes
        said = json.dumps(serialize_tools_for_output_json(best[:SHOWN]), separators=(",", ":"), ensure_ascii=False)
        answers.append({"found": [found[tool.name] for tool in best], "text": said})
    json.dump(answers, sys.stdout)


asyncio.run(main())
