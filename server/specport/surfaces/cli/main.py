"""The `specport` command: one line on stderr for each failure, exit code 2 for usage and 1 for failure."""

from __future__ import annotations

import gc
import sys
from typing import Never

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
    gc.disable()  # almost everything made while starting stays alive; `serve` turns it on again
    from specport.surfaces.cli import (
        calling,
        demonstrating,
        doctoring,
        installing,
        keeping,
        linting,
        listing,
        logging_in,
        refreshing,
        registering,
        serving,
    )

    # Imported for the commands that they register.
    del calling, demonstrating, doctoring, installing, keeping, linting, listing, logging_in, refreshing
    del registering, serving
    if len(sys.argv) == 1:
        sys.argv.append("--help")
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except SpecportError as error:
        _fail(str(error), 1)
    except typer.TyperException as error:
        commands = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
        about = f"specport {sys.argv[1]}" if sys.argv[1] in commands else "specport"
        said = error.format_message().replace("Value error, ", "").rstrip(".")  # pydantic's words, not ours
        _fail(f"{said}. See `{about} --help`", error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _fail(message: str, code: int) -> Never:
    print(f"specport: {one_line(message, MAX_ERROR)}", file=sys.stderr)
    sys.exit(code)
