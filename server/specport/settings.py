"""How an App is made, and where it keeps what it shares with other processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from specport.catalog.model import Form, Shape
from specport.errors import SourceError
from specport.executor.kept import KeptLedger
from specport.executor.model import Bounds, WhenLost
from specport.executor.shared import Ledger
from specport.exposure.model import Expose, Manner
from specport.meaning.meanings import ModelMeanings
from specport.policy.model import Policy
from specport.requests.binary import ReadFile, no_files
from specport.results.shared import ResultStore
from specport.results.showing import Save
from specport.sources.fetch import FetchPolicy
from specport.sources.sqlite_store import SqliteStore
from specport.sources.store import SourceStore


@dataclass(frozen=True, slots=True)
class Settings:
    """How an App is made.

    `state_dir` None keeps nothing on disk; `dry_run` answers a call with its request as curl; `read_file` reads the
    `file:` URLs that arguments give for binary content, which nothing may be unless the operator opened a folder;
    `save_file` writes binary answers that are too large for content, where the operator gave a folder for them.
    Added sources are kept in the Redis at `state_url` with other replicas, else in the state folder, else for this run.
    Limits are kept in the Redis at `limits_url` with other replicas, else in the state folder, else in memory;
    `limits_lost` says what becomes of calls while Redis does not answer. `audit` is the file of the audit log, if any.
    `reads_apart`: documents that arrive while it is open are read in a process of their own (`sources.worker`).
    `manage_sources` offers the tools that list, refresh and remove sources. Documents from URLs are read again every
    `refresh_seconds`, never where those are 0. `embeddings` is the folder of a model, by which tools are found besides.
    """

    state_dir: Path | None = None
    dotted_names: bool = False
    schemas: Form = Form.LEAN
    expose: Expose = Expose.ALL
    fetching: FetchPolicy = field(default_factory=FetchPolicy)
    sandbox: bool = False
    dry_run: bool = False
    policy: Policy = field(default_factory=Policy)
    shape: Shape = field(default_factory=Shape)
    bounds: Bounds = field(default_factory=Bounds)
    read_file: ReadFile = no_files
    save_file: Save | None = None
    state_url: str = field(default="", repr=False)
    limits_url: str = field(default="", repr=False)
    limits_lost: WhenLost = WhenLost.CLOSED
    audit: Path | None = None
    manage_sources: bool = False
    refresh_seconds: float = 0.0
    reads_apart: bool = True
    embeddings: Path | None = None

    @property
    def manner(self) -> Manner:
        """How tools are offered."""
        return Manner(self.expose, dotted=self.dotted_names, form=self.schemas, manage=self.manage_sources)


def store_of(settings: Settings) -> SourceStore | None:
    """Where added sources are kept."""
    if settings.state_url:
        try:
            from specport.sources.redis_store import RedisStore
        except ModuleNotFoundError as error:
            raise SourceError("--state needs the package redis", hint="pip install 'specport[redis]'") from error
        return RedisStore(settings.state_url)
    return SqliteStore(settings.state_dir) if settings.state_dir else None


def results_of(settings: Settings) -> ResultStore | None:
    """Where answers that were too large to show are kept for other replicas; `store_of` says where that cannot be."""
    if not settings.state_url:
        return None
    from specport.results.redis_results import RedisResults

    return RedisResults(settings.state_url)


def ledger_of(settings: Settings) -> Ledger | None:
    """Where limits are kept beside memory. The sandbox starts anew with every process, and so do its limits."""
    if settings.limits_url:
        try:
            from specport.executor.redis_ledger import RedisLedger
        except ModuleNotFoundError as error:
            raise SourceError("--limits needs the package redis", hint="pip install 'specport[redis]'") from error
        return RedisLedger(settings.limits_url, when_lost=settings.limits_lost)
    return KeptLedger(settings.state_dir) if settings.state_dir and not settings.sandbox else None


def meanings_of(settings: Settings) -> ModelMeanings | None:
    """What tools are found by besides words. Raises SourceError where the library or the model is missing."""
    return ModelMeanings(settings.embeddings, settings.state_dir) if settings.embeddings else None
