"""Serves a document over stdio with FastMCP, and writes down which tool and which argument stands for what.

    python fastmcp_mapped.py DOCUMENT BASE_URL MAP

Run by FastMCP's own environment (see `fastmcp_side.py`). MAP becomes a JSON file: for each `METHOD path` the tool's
name and, by argument, where its value goes and under which name, as FastMCP itself keeps it: so a bench has to guess
neither.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import httpx2
from fastmcp import FastMCP

TIMEOUT = 30

found: dict[str, object] = {}


def note(route: object, component: object) -> None:
    """Remember what a tool was made of."""
    found[f"{route.method} {route.path}"] = {"name": component.name, "arguments": route.parameter_map}


def main() -> None:
    """Build, write the map, serve."""
    document, base_url, map_file = sys.argv[1:]
    parsed = json.loads(Path(document).read_text(encoding="utf-8"))
    client = httpx2.AsyncClient(base_url=base_url, timeout=TIMEOUT)
    server = FastMCP.from_openapi(parsed, client=client, name="bench", mcp_component_fn=note, validate_output=False)
    Path(map_file).write_text(json.dumps(found), encoding="utf-8")
    server.run(transport="stdio", show_banner=False)


main()
