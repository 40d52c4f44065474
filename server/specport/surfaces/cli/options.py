"""Options that several commands share, and what they come to: sources and settings.

Every option can also be set in the environment as `SPECPORT_<NAME>`. Heavy imports stay inside the functions, so that
`specport --help` is quick.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from specport.catalog.model import Filters, Form
from specport.errors import SourceError
from specport.executor.model import Limit, WhenLost
from specport.exposure.model import Expose
from specport.policy.model import Approve

if TYPE_CHECKING:
    from specport.app import App, Settings
    from specport.policy.model import Policy
    from specport.sources.fetch import FetchPolicy
    from specport.sources.model import Source

DEFAULT_SOURCE = "digitalocean"

_LIMIT = re.compile(r"([0-9]{1,9})/([0-9]{1,6}(?:\.[0-9]{1,3})?)?([smhd])")
_TIME = re.compile(r"([0-9]{1,6})([smhd])")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}

MIN_REFRESH_SECONDS = 60
"""The shortest time between two refreshes of a document; servers of documents are not to be pestered."""

T = TypeVar("T")

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        help="Bundled sources, presets, or folders with a source.toml; SOURCE@ACCOUNT for another account.",
        show_default=DEFAULT_SOURCE,
    ),
]
Spec = Annotated[
    str, typer.Option("--spec", envvar="SPECPORT_SPEC", help="An OpenAPI document: file or URL.", metavar="PATH|URL")
]
BaseUrl = Annotated[
    str,
    typer.Option("--base-url", envvar="SPECPORT_BASE_URL", help="Where calls go, instead of the document's servers."),
]
Name = Annotated[str, typer.Option("--name", envvar="SPECPORT_NAME", help="Name of the --spec source.")]
Credentials = Annotated[
    list[str] | None,
    typer.Option(
        "--credential",
        envvar="SPECPORT_CREDENTIAL",
        metavar="SCHEME=env:NAME",
        help="Credential for a security scheme, by reference: env:, file:, keyring:, header:, oauth:. "
        "SCHEME@ACCOUNT is for that account. Repeatable.",
    ),
]
StateDir = Annotated[
    Path | None, typer.Option("--state-dir", envvar="SPECPORT_STATE_DIR", help="Where added sources are kept.")
]
NoState = Annotated[bool, typer.Option("--no-state", envvar="SPECPORT_NO_STATE", help="Keep nothing on disk.")]
State = Annotated[
    str,
    typer.Option(
        "--state",
        envvar="SPECPORT_STATE",
        metavar="redis://HOST",
        help="Keep added sources with other replicas in this Redis. Default: in the state folder.",
    ),
]
AllowPrivate = Annotated[
    bool,
    typer.Option(
        "--allow-private",
        envvar="SPECPORT_ALLOW_PRIVATE",
        help="Let documents and added sources be on private addresses.",
    ),
]
FollowReferences = Annotated[
    bool,
    typer.Option(
        "--follow-references",
        envvar="SPECPORT_FOLLOW_REFERENCES",
        help="Let a document from a URL refer to other files of its origin.",
    ),
]
Overlays = Annotated[
    list[str] | None,
    typer.Option(
        "--overlay",
        envvar="SPECPORT_OVERLAY",
        metavar="PATH|URL",
        help="OpenAPI Overlay to apply to the document first. Repeatable.",
    ),
]
Limits = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="COUNT/TIME",
        help="Calls that the API allows in any such time: 100/60s, 5000/h; 10/0s: at the same time. Repeatable.",
    ),
]
Include = Annotated[
    list[str] | None,
    typer.Option(
        "--include",
        envvar="SPECPORT_INCLUDE",
        metavar="FILTER",
        help="Only operations that this fits: tag:NAME, /path*, GET, 'GET /path*', or addresses such as droplets.*. "
        "Of sources named here. Repeatable.",
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude", envvar="SPECPORT_EXCLUDE", metavar="FILTER", help="No operations that this fits. Repeatable."
    ),
]
NoDeprecated = Annotated[
    bool,
    typer.Option("--no-deprecated", envvar="SPECPORT_NO_DEPRECATED", help="No operations that are deprecated."),
]
ReadOnly = Annotated[
    bool, typer.Option("--read-only", envvar="SPECPORT_READ_ONLY", help="Only tools that change nothing.")
]
PolicyFile = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        envvar="SPECPORT_POLICY",
        metavar="FILE",
        help="TOML with [[policy]] rules: which tools to allow, deny, or ask a person about.",
    ),
]
Audit = Annotated[
    Path | None,
    typer.Option(
        "--audit", envvar="SPECPORT_AUDIT", metavar="FILE", dir_okay=False, help="Append a JSON line for each call."
    ),
]
ApproveOption = Annotated[
    Approve,
    typer.Option("--approve", envvar="SPECPORT_APPROVE", help="Ask a person before these, where no rule decides."),
]
Sandbox = Annotated[
    bool, typer.Option("--sandbox", envvar="SPECPORT_SANDBOX", help="Send calls to a built-in fake of the API.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", envvar="SPECPORT_DRY_RUN", help="Print requests as curl; send nothing.")
]
Files = Annotated[
    list[Path] | None,
    typer.Option(
        "--files",
        envvar="SPECPORT_FILES",
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="Folder whose files may be sent as file: URLs (never over HTTP). Repeatable.",
    ),
]
Embeddings = Annotated[
    Path | None,
    typer.Option(
        "--embeddings",
        envvar="SPECPORT_EMBEDDINGS",
        metavar="DIR",
        help="Folder of a sentence-embedding model (model.onnx, tokenizer.json): find tools by meaning as well.",
    ),
]
SaveFiles = Annotated[
    Path | None,
    typer.Option(
        "--save-files",
        envvar="SPECPORT_SAVE_FILES",
        metavar="DIR",
        file_okay=False,
        help="Folder into which binary answers over 1 MB are written, and the path told (never over HTTP).",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of one command that say what to open."""

    sources: tuple[str, ...] = ()
    spec: str = ""
    base_url: str = ""
    name: str = ""
    credentials: tuple[str, ...] = ()
    state_dir: Path | None = None
    no_state: bool = False
    state: str = ""
    overlays: tuple[str, ...] = ()
    filters: Filters = Filters()
    allow_private: bool = False
    follow_references: bool = False
    read_only: bool = False
    policy: Path | None = None
    approve: Approve = Approve.NOTHING
    audit: Path | None = None
    sandbox: bool = False
    dry_run: bool = False
    dotted: bool = False
    schemas: Form = Form.LEAN
    expose: Expose = Expose.ALL
    description_limit: int = 200
    files: tuple[Path, ...] = ()
    save_files: Path | None = None
    limits: str = ""
    limits_lost: WhenLost = WhenLost.CLOSED
    manage_sources: bool = False
    refresh_every: str = ""
    embeddings: Path | None = None


def state_folder(wanted: Wanted) -> Path | None:
    """The state folder: as given, the platform's own, or none."""
    if wanted.no_state:
        return None
    if wanted.state_dir:
        return wanted.state_dir.expanduser().resolve()
    import platformdirs

    return Path(platformdirs.user_state_dir("specport", appauthor=False))


def fetching_of(wanted: Wanted) -> FetchPolicy:
    """What may be fetched for a command."""
    from specport.sources.fetch import FetchPolicy

    return FetchPolicy(allow_private=wanted.allow_private, follows_references=wanted.follow_references)


def settings_of(wanted: Wanted) -> Settings:
    """Settings of the App that a command opens, reads from, and closes."""
    from specport.app import Settings
    from specport.catalog.model import Shape
    from specport.requests.binary import no_files
    from specport.surfaces.local_files import LocalFiles
    from specport.surfaces.saved_files import SavedFiles

    return Settings(
        state_dir=state_folder(wanted),
        dotted_names=wanted.dotted,
        schemas=wanted.schemas,
        expose=wanted.expose,
        fetching=fetching_of(wanted),
        sandbox=wanted.sandbox,
        dry_run=wanted.dry_run,
        policy=policy_of(wanted),
        audit=wanted.audit.expanduser() if wanted.audit else None,
        shape=Shape(description_limit=wanted.description_limit or None),
        read_file=LocalFiles(wanted.files).read if wanted.files else no_files,
        save_file=SavedFiles(wanted.save_files).save if wanted.save_files else None,
        state_url=wanted.state,
        limits_url=wanted.limits or ("" if wanted.sandbox else wanted.state),  # a sandbox is each process's own
        limits_lost=wanted.limits_lost,
        manage_sources=wanted.manage_sources,
        refresh_seconds=refresh_seconds_of(wanted.refresh_every),
        embeddings=wanted.embeddings.expanduser() if wanted.embeddings else None,
        reads_apart=False,  # a command that ends soon has no use for the memory
    )


def policy_of(wanted: Wanted) -> Policy:
    """What a command lets be seen and called. Raises SourceError for a --policy file that is wrong."""
    from specport.policy.model import Policy

    if wanted.policy is None:
        return Policy(read_only=wanted.read_only, approve=wanted.approve)
    from specport.sources.policies import read_policy

    return Policy(wanted.read_only, read_policy(wanted.policy.expanduser()), wanted.approve)


def refresh_seconds_of(text: str) -> float:
    """`--refresh-every` in seconds, 0 where it is not given. Raises BadParameter for no time, or one too short."""
    match = _TIME.fullmatch(text.strip())
    seconds = int(match[1]) * _SECONDS[match[2]] if match else 0.0
    if text and seconds < MIN_REFRESH_SECONDS:
        raise typer.BadParameter(
            f"{text[:40]!r} is no time of a minute or more; write 30m, 6h or 1d", param_hint="--refresh-every"
        )
    return seconds


def limits_of(given: tuple[str, ...]) -> tuple[Limit, ...]:
    """`--limit` options as limits, each named as it was written. Raises BadParameter for anything else."""
    limits: list[Limit] = []
    for text in dict.fromkeys(given):
        match = _LIMIT.fullmatch(text.strip())
        limit = Limit(text.strip(), int(match[1]), float(match[2] or 1) * _SECONDS[match[3]]) if match else None
        if limit is None or not limit.is_possible:
            raise typer.BadParameter(f"{text[:40]!r} is no limit; write 100/60s, 5000/h or 10/0s", param_hint="--limit")
        limits.append(limit)
    return tuple(limits)


def filters_of(include: list[str] | None, exclude: list[str] | None, *, deprecated: bool) -> Filters:
    """`--include` and `--exclude` as filters. Raises BadParameter for anything that is none."""
    from specport.catalog.filters import checked_filters

    filters = Filters(include=tuple(include or ()), exclude=tuple(exclude or ()), deprecated=deprecated)
    try:
        return checked_filters(filters)
    except SourceError as error:
        raise typer.BadParameter(str(error), param_hint="--include or --exclude") from error


def with_app(wanted: Wanted, use: Callable[[App], Awaitable[T]], sources: Sequence[Source] | None = None) -> T:
    """Open an App for one command, use it, close it. `sources`: beside the added ones; default: those it names."""
    from specport.app import App
    from specport.surfaces.cli.opening import sources_of

    async def run() -> T:
        named = await sources_of(wanted) if sources is None else sources
        async with App.open(named, settings_of(wanted)) as app:
            return await use(app)

    return asyncio.run(run())


def with_added(wanted: Wanted, use: Callable[[App], Awaitable[T]]) -> T:
    """With the added sources alone.

    The log stays unsaid: nobody asked about other sources, and the command's own error says why it failed.
    """
    logging.getLogger("specport").addHandler(logging.NullHandler())
    return with_app(wanted, use, ())
