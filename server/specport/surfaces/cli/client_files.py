"""The MCP clients that specport can be installed in: where each keeps its servers, and how an entry looks there.

An entry names credentials by the client's own syntax for environment variables; no value is ever written.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

Json = dict[str, object]


class Client(StrEnum):
    """The clients by the name that `install` knows them by."""

    CLAUDE_CODE = "claude-code"
    CLAUDE_DESKTOP = "claude-desktop"
    CURSOR = "cursor"
    VSCODE = "vscode"


@dataclass(frozen=True, slots=True)
class Format:
    """How a client's file looks: the member that holds servers, and how a variable is referred to.

    `reference` has NAME where the variable goes and SLUG for its form in lower case; `credential` says what a person
    does about it, `next_step` how the client then notices. `named_type`: an entry has a `type`; `prompts`: the file
    lists the inputs that the client asks for; `private`: people put secrets there by hand, so a new file is readable
    by its owner only.
    """

    title: str
    servers: str
    reference: str
    credential: str
    next_step: str
    named_type: bool = True
    prompts: bool = False
    private: bool = False


FORMATS: Mapping[Client, Format] = {
    Client.CLAUDE_CODE: Format(
        "Claude Code",
        "mcpServers",
        "${NAME:-}",  # without a default, a variable that is not set arrives as the text "${NAME}"
        "set NAME in your shell",
        "start `claude` in this folder and approve the server; /mcp shows it",
    ),
    Client.CLAUDE_DESKTOP: Format(
        "Claude Desktop",
        "mcpServers",
        "put the value of NAME here",
        "put the value of NAME in that file, where it says so",
        "quit Claude Desktop and start it again",
        named_type=False,
        private=True,
    ),
    Client.CURSOR: Format(
        "Cursor",
        "mcpServers",
        "${env:NAME}",
        "set NAME where Cursor is started from",
        "switch the server on in Cursor's settings, under MCP",
    ),
    Client.VSCODE: Format(
        "VS Code",
        "servers",
        "${input:SLUG}",
        "copy the value of NAME, which VS Code asks for once",
        "press Start above the entry in mcp.json",
        prompts=True,
    ),
}


def place_of(client: Client, *, for_all_projects: bool) -> Path:
    """The file that a client reads: the project's, or the user's own where it has no other or that one is wanted."""
    project, home = Path.cwd(), Path.home()
    if client is Client.CLAUDE_CODE:
        return project / ".mcp.json"
    if client is Client.VSCODE:
        return project / ".vscode" / "mcp.json"
    if client is Client.CURSOR:
        return (home if for_all_projects else project) / ".cursor" / "mcp.json"
    return _desktop_folder(home) / "claude_desktop_config.json"


def _desktop_folder(home: Path) -> Path:
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "Claude"
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming") / "Claude"
    return Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "Claude"


def addition(client: Client, name: str, command: Sequence[str], variables: Sequence[str]) -> Json:
    """What a client's file must hold for it to start the command, as a document of its own."""
    form = FORMATS[client]
    entry: Json = {"type": "stdio"} if form.named_type else {}
    entry |= {"command": command[0], "args": list(command[1:])}
    if variables:
        entry["env"] = {variable: _filled(form.reference, variable) for variable in variables}
    document: Json = {form.servers: {name: entry}}
    if form.prompts and variables:
        document["inputs"] = [_prompt(variable) for variable in variables]
    return document


def _prompt(variable: str) -> Json:
    """An input of VS Code: asked for once, then kept in its secret storage."""
    return {
        "type": "promptString",
        "id": _slug(variable),
        "description": f"{variable} for specport",
        "password": True,
    }


def is_open(client: Client, variable: str, value: object) -> bool:
    """Whether a person still has to do something before the client can give the server this variable."""
    if value != _filled(FORMATS[client].reference, variable):
        return False
    return client in (Client.CLAUDE_DESKTOP, Client.VSCODE) or not os.environ.get(variable)


def _filled(reference: str, variable: str) -> str:
    return reference.replace("SLUG", _slug(variable)).replace("NAME", variable)


def _slug(variable: str) -> str:
    return variable.lower().replace("_", "-")
