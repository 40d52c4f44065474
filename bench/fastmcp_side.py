"""FastMCP in a virtual environment of its own, with a server script made for the comparison."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

VERSION = "4.1.6"

INSTALL_SECONDS = 900
"""Longest time one run of pip may take."""

_SERVER = '''\
"""Serves a document's operations over stdio with FastMCP: document path, base URL, then optionally how.

How is plain, search (its BM25 transform) or code (its code mode), each as it comes.
"""
import json
import sys

import httpx2
from fastmcp import FastMCP

path, base_url, *rest = sys.argv[1:]
how = rest[0] if rest else "plain"
with open(path, encoding="utf-8") as file:
    document = json.load(file)
client = httpx2.AsyncClient(base_url=base_url, timeout=30)
server = FastMCP.from_openapi(document, client=client, name="bench")
if how == "search":
    from fastmcp.server.transforms.search import BM25SearchTransform

    server.add_transform(BM25SearchTransform())
if how == "code":
    from fastmcp.experimental.transforms.code_mode import CodeMode

    server.add_transform(CodeMode())
server.run(transport="stdio", show_banner=False)
'''

_REQUIREMENTS = """\
import importlib.metadata, sys
from pip._vendor.packaging.requirements import Requirement

def needed(name, extras):
    for text in importlib.metadata.requires(name) or ():
        found = Requirement(text)
        if found.marker is None or any(found.marker.evaluate({"extra": extra}) for extra in (*extras, "")):
            yield found

for outer in needed("fastmcp", ()):
    for inner in needed(outer.name, outer.extras):
        extras = "[" + ",".join(sorted(inner.extras)) + "]" if inner.extras else ""
        print(inner.name + extras + ("" if inner.name in sys.argv[1:] else str(inner.specifier)))
"""


def install(folder: Path, relaxed: Sequence[str]) -> list[str]:
    """Command of a FastMCP server, which takes what `_SERVER` tells; installed on first use.

    `relaxed` names requirements of FastMCP whose version is left to the index, for an index that is behind.
    """
    python = folder / "venv" / "bin" / "python"
    done = folder / f"fastmcp-{VERSION}-installed"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _run(sys.executable, "-m", "venv", "--clear", str(folder / "venv"))
        if relaxed:
            _install_relaxed(python, relaxed)
        else:
            _pip(python, f"fastmcp=={VERSION}")
        done.touch()
    script = folder / "fastmcp_server.py"
    script.write_text(_SERVER)
    return [str(python), str(script)]


def _install_relaxed(python: Path, relaxed: Sequence[str]) -> None:
    """FastMCP itself exactly, then each thing it asks for, some of them in whatever version there is."""
    _pip(python, "--no-deps", f"fastmcp=={VERSION}", f"fastmcp-slim=={VERSION}")
    found = _run(str(python), "-c", _REQUIREMENTS, *relaxed)
    _pip(python, *found.split())


def _pip(python: Path, *arguments: str) -> None:
    _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments)


def _run(*command: str) -> str:
    """What the command printed. Raises SystemExit with its last words when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode:
        lines = [line[:200] for line in done.stderr.splitlines() if not line.startswith("WARNING")]
        said = "\n".join(lines[-3:])
        raise SystemExit(f"{Path(command[0]).name} {command[1]} ... failed (see --relax):\n{said}")
    return done.stdout
