"""The `specport` command: one line on stderr for each failure, exit code 2 for usage and 1 for failure."""

from __future__ import annotations

import errno
import gc
import importlib
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from io import TextIOWrapper
from typing import Never, cast

import typer

from specport import __version__
from specport.documents.text import one_line
from specport.errors import SpecportError

MAX_ERROR = 4_000
"""Characters of the line that says what went wrong."""

app = typer.Typer(
    name="specport",
    help="Every operation of an OpenAPI document as an MCP tool.",
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


COMMANDS: Mapping[str, str] = {
    "call": "calling",
    "demo": "demonstrating",
    "doctor": "doctoring",
    "install": "installing",
    "sources": "keeping",
    "show": "keeping",
    "configure": "keeping",
    "rename": "keeping",
    "disable": "keeping",
    "enable": "keeping",
    "remove": "keeping",
    "lint": "linting",
    "tools": "listing",
    "describe": "listing",
    "search": "listing",
    "presets": "listing",
    "login": "logging_in",
    "logout": "logging_in",
    "refresh": "refreshing",
    "preview": "registering",
    "add": "registering",
    "serve": "serving",
}
"""The module of this folder that each command stands in, as they are listed in the help."""


def _named() -> str:
    """The first word behind `specport`, where a shell completes a line that of the line; "" where there is none."""
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS")
    words = line.split() if line and "_SPECPORT_COMPLETE" in os.environ else sys.argv
    return words[1] if len(words) > 1 else ""


def _register(command: str) -> None:
    """Import the command that is named, or all of them where none is, since each takes time that others need not."""
    if command == "--version":
        return
    modules = [COMMANDS[command]] if command in COMMANDS else dict.fromkeys(COMMANDS.values())
    for module in modules:
        importlib.import_module(f"specport.surfaces.cli.{module}")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"specport {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Every operation of an OpenAPI document as an MCP tool."""
    del version


def main() -> None:
    """Run the command line."""
    _print_anything()
    gc.disable()  # almost everything made while starting stays alive; `serve` turns it on again
    _register(_named())
    if len(sys.argv) == 1:
        sys.argv.append("--help")
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except SpecportError as error:
        _fail(str(error), 1)
    except typer.TyperException as error:
        about = f"specport {sys.argv[1]}" if sys.argv[1] in COMMANDS else "specport"
        said = error.format_message().replace("Value error, ", "").rstrip(".")  # pydantic's words, not ours
        _fail(f"{said}{'' if said.endswith('?') else '.'} See `{about} --help`", error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        with suppress(OSError):
            sys.stdout.close()  # else Python tries once more, and tells that as well
        _fail(f"the output cannot be written: {error.strerror}", 1)


def _print_anything() -> None:
    """Show an escape for a character that the encoding of stdout has not, where printing it would end the command."""
    stdout = cast("TextIOWrapper | None", sys.stdout)  # None where it is closed
    if stdout is not None:
        stdout.reconfigure(errors="backslashreplace")


def _fail(message: str, code: int) -> Never:
    print(f"specport: {one_line(message, MAX_ERROR)}", file=sys.stderr)
    sys.exit(code)
