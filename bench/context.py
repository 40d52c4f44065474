"""What specport costs a model's context, beside FastMCP: the figures of `docs/context.md`.

    python bench/context.py [PART ...] [--write] [--only NAME] [--side SIDE] [--work DIR] [--corpus DIR] [--relax NAME]

PART is lists, retrieval or calls; all without one. Every figure is kept in the working folder, so that parts, documents
(--only, repeatable) and sides (specport, FastMCP) can be measured one by one, the slow ones once; --write puts all that
are there into the page. FastMCP lives there in an environment of its own (see --relax in `against_fastmcp.py`), and so
does npm's gpt-tokenizer, without which a token is four bytes, and the page says so.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import TypeVar

import context_calls
import context_lists
import context_retrieval
import context_table
import fastmcp_side
from context_calls import Called, Cost
from context_lists import Listed, Servers
from context_retrieval import Found
from figures import write_figures
from measuring import default_document, specport_command
from questions import APIS
from tokens import Tokenizer

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs" / "context.md"
BUNDLED = REPOSITORY / "tool_specs" / "digitalocean"

Row = TypeVar("Row", Listed, Found, Cost)
Measured = Iterator[tuple[str, Sequence[Listed | Found | Cost]]]

PARTS = ("lists", "retrieval", "calls")
SIDES = ("specport", "FastMCP")

DROPLET = Called("droplets_dropletsGet", "droplets_get", {"droplet_id": 3164444})
CALENDAR = Called("calendars_calendarCalendarsGet", "calendar_calendars_get", {"calendarId": "primary"})


class Kept:
    """Figures in files of a folder, one for each part, name and side, so that runs may go on beside each other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, part: str, name: str, side: str, rows: Sequence[Listed | Found | Cost]) -> None:
        """Keep what was measured, in place of what was there."""
        self._file(part, name, side).write_text(json.dumps([asdict(row) for row in rows], indent=1))

    def rows(self, part: str, names: Sequence[str], kind: Callable[..., Row]) -> list[Row]:
        """All of a part, in the order of the names, specport first."""
        files = [self._file(part, name, side) for name in names for side in SIDES]
        return [kind(**row) for file in files if file.exists() for row in json.loads(file.read_text())]

    def _file(self, part: str, name: str, side: str) -> Path:
        return self._folder / f"{part}, {name}, {side}.json"


def listed_documents(corpus: Path) -> Mapping[str, Path]:
    """The documents whose lists are measured."""
    return {
        "DigitalOcean": default_document(),
        "DigitalOcean, bundled": BUNDLED,
        "GitHub": corpus / "github.com" / "api.github.com.json",
        "Stripe": corpus / "stripe.com.json",
        "Kubernetes": corpus / "kubernetes.io.json",
        "Microsoft Graph": corpus / "microsoft.com" / "graph.json",
    }


def called_documents(corpus: Path) -> Mapping[str, tuple[Path, Called]]:
    """The documents whose calls are timed, and what is called."""
    calendar = corpus / "googleapis.com" / "calendar.json"
    return {"DigitalOcean": (default_document(), DROPLET), "Google Calendar": (calendar, CALENDAR)}


def measure(part: str, side: str, servers: Servers, tokenizer: Tokenizer, given: argparse.Namespace) -> Measured:
    """One side's part, of all documents or of those named."""

    def wanted(name: str) -> bool:
        return not given.only or name in given.only

    if part == "lists":
        for name, document in listed_documents(given.corpus).items():
            if wanted(name) and (side == "specport" or document != BUNDLED):
                yield name, context_lists.measure(servers, tokenizer, name, document, side)
    elif part == "retrieval":
        for api in filter(wanted, APIS):
            yield api, context_retrieval.measure(servers, tokenizer, api, side)
    else:
        for name, (document, called) in called_documents(given.corpus).items():
            if wanted(name):
                yield name, [context_calls.measure(servers, name, document, called, side)]


def write(kept: Kept, given: argparse.Namespace) -> None:
    """The tables, into the page."""
    lists = kept.rows("lists", list(listed_documents(given.corpus)), Listed)
    found = kept.rows("retrieval", APIS, Found)
    costs = kept.rows("calls", list(called_documents(given.corpus)), Cost)
    write_figures(PAGE, context_table.lists(lists), "lists")
    write_figures(PAGE, context_table.retrieval(found), "retrieval")
    write_figures(PAGE, context_table.calls(costs), "calls")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=f"{', '.join(PARTS)} (all)")
    add("--write", action="store_true", help="put the figures into docs/context.md")
    add("--work", type=Path, default=Path("context-figures"), metavar="DIR", help="keeps figures and FastMCP")
    add("--only", action="append", default=[], metavar="NAME", help="only this document or API; repeatable")
    add("--side", action="append", default=[], choices=SIDES, help="only this side; repeatable")
    add("--corpus", type=Path, default=Path(os.environ.get("SPECPORT_TEST_CORPUS") or REPOSITORY.parent / "corpus"))
    add("--specport", metavar="COMMAND", help="the specport command (default: beside this interpreter)")
    add("--relax", action="append", default=[], metavar="NAME", help="see against_fastmcp.py; repeatable")
    return parser.parse_args()


def main() -> None:
    """Measure what was asked for, write what is there."""
    given = arguments()
    os.environ["SPECPORT_TEST_CORPUS"] = str(given.corpus)
    work = given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    kept = Kept(work / "figures")
    fastmcp = fastmcp_side.install(work, given.relax)
    servers = Servers(specport_command(given.specport), fastmcp, work)
    tokenizer = Tokenizer(work / "tokenizer")
    for part, side in product(given.parts or PARTS, given.side or SIDES):
        for name, rows in measure(part, side, servers, tokenizer, given):
            kept.put(part, name, side, rows)
    if given.write:
        write(kept, given)


if __name__ == "__main__":
    main()
