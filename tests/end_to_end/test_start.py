"""What a start imports, up to the whole list of tools, and what it leaves for later."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from end_to_end.stdio import greet, pages

_SERVE = """
import atexit, sys
atexit.register(lambda: print(*sorted(sys.modules), sep="\\n", file=sys.stderr))
from specport.surfaces.cli.main import main
main()
"""


def imported(state: Path) -> set[str]:
    """The modules of a server that was asked for its list, and of nothing else."""
    command = [sys.executable, "-c", _SERVE, "serve", "digitalocean", "--state-dir", str(state)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        greet(process)
        assert len(pages(process)[0]["tools"]) == 292
        assert process.stdin
        assert process.stderr
        process.stdin.close()
        return set(process.stderr.read().decode().split())


def test_a_start_imports_neither_the_clients_of_the_sdk_nor_its_other_servers(tmp_path: Path) -> None:
    """Its packages would import them with anything that is in them, for a tenth of the start."""
    found = imported(tmp_path)
    assert "mcp.server.lowlevel.server" in found
    assert found.isdisjoint({"mcp.client", "mcp.client.session", "mcp.server.mcpserver"})


def test_a_start_with_a_kept_catalog_imports_nothing_that_makes_one(tmp_path: Path) -> None:
    """Nor an HTTP client, nor what other commands need."""
    assert {"yaml", "specport.catalog.build"} <= imported(tmp_path)
    found = imported(tmp_path)
    assert "specport.catalog.codec" in found
    assert found.isdisjoint({"yaml", "jsonref", "httpx2", "specport.catalog.build", "specport.operations.read"})
    assert {name for name in found if name.startswith("specport.surfaces.cli.") and name.endswith("ing")} == {
        "specport.surfaces.cli.guarding", "specport.surfaces.cli.opening", "specport.surfaces.cli.serving",
    }  # fmt: skip


_COMPLETE = """
import sys
sys.argv[0] = "specport"
from specport.surfaces.cli.main import main
main()
"""


@pytest.mark.parametrize(
    ("line", "found"),
    [("specport serve --read", ["--read-only"]), ("specport re", ["rename", "remove", "refresh"])],
)
def test_a_shell_completes_options_of_the_command_in_its_line_and_the_names_of_all(line: str, found: list[str]) -> None:
    """Only the command that is there already is imported."""
    told = {"_SPECPORT_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    command, environment = [sys.executable, "-c", _COMPLETE], {**os.environ, **told}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=60)
    assert done.stdout.split() == found


def test_whoever_asks_the_packages_of_the_sdk_for_what_serving_does_not_take_gets_it() -> None:
    """As if they had been imported in the usual way."""
    asked = (
        "import specport.surfaces.mcp.server, mcp; from mcp.server import MCPServer; from mcp import Client;"
        "print(mcp.ClientSession.__name__, mcp.types.Tool.__name__, MCPServer.__name__, Client.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["ClientSession", "Tool", "MCPServer", "Client"]


def test_models_of_the_sdk_are_built_when_they_are_used_and_those_of_others_as_ever() -> None:
    """Building all of them takes a twentieth of a start."""
    asked = (
        "from pydantic import BaseModel; import specport.surfaces.mcp.server;"
        "other = type('Other', (BaseModel,), {'__annotations__': {'number': int}});"
        "from mcp_types._v2026_07_28 import ListToolsResult as Listed;"
        "print(Listed.__pydantic_complete__, other.__pydantic_complete__, BaseModel.model_config)"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "True", "{}"]
