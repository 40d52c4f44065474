"""`source.toml` -> Source: what a person wrote, checked by pydantic, with every unknown key refused."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from specport.catalog.filters import MAX_FILTERS, checked_filters
from specport.catalog.model import Filters
from specport.documents.load import read_file
from specport.documents.model import File
from specport.errors import SourceError
from specport.executor.model import Channel, Limit
from specport.operations.hint_checks import pagination_fault
from specport.operations.model import Pagination
from specport.results.model import Conventions
from specport.sources.clients import Auth, ClientEntry
from specport.sources.model import ACCOUNT, NO_VALIDATORS, Origin, Source, is_on_web
from specport.sources.policies import PolicyEntry, rules_of
from specport.sources.referring import Assembling
from specport.sources.written import Strict, checked

if TYPE_CHECKING:
    from specport.sources.fetch import FetchPolicy
    from specport.sources.gather import Refer

MANIFEST = "source.toml"

_NAME = r"^[a-z][a-z0-9_-]{0,31}$"


@dataclass(frozen=True, slots=True)
class Account:
    """Which account of a source is opened, and the references that the command line gives for it by scheme."""

    name: str = ""
    references: Mapping[str, str] = field(default_factory=dict[str, str])


DEFAULT_ACCOUNT = Account()
"""The one of `[auth]`."""


def _methods(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.upper() for value in values)


class LimitEntry(Strict):
    """`[[limits]]`: at most `requests` (or weighted units) in any `seconds`, or at the same time where those are 0."""

    name: str = Field(min_length=1)
    requests: int = Field(gt=0)
    seconds: float = Field(ge=0, allow_inf_nan=False)
    methods: Annotated[tuple[str, ...], AfterValidator(_methods)] = ()
    paths: tuple[str, ...] = ()
    weight: str = ""


class PaginationEntry(Strict):
    """`[pagination]`: dotted paths in an answer, and the `argument` that they are for, as `x-specport` has them."""

    next: str = ""
    argument: str = ""
    more: str = ""
    pages: str = ""
    items: str = ""
    total: str = ""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        fault = pagination_fault(self.how())
        if fault:
            raise ValueError(fault)
        return self

    def how(self) -> Pagination:
        """How answers tell what follows them."""
        return Pagination(self.next, self.argument, self.more, self.pages, self.items)


class ErrorsEntry(Strict):
    """`[errors]`: dotted paths in a failed answer."""

    message: str = ""
    id: str = ""


class AccountEntry(Strict):
    """`[accounts.NAME]`: another account at the same API. It has these credentials and none of the source's others."""

    auth: Auth


def _expression(text: str) -> str:
    try:
        checked_filters(Filters(include=(text,)))
    except SourceError as error:
        raise ValueError(error.message) from error
    return text


Expressions = Annotated[tuple[Annotated[str, AfterValidator(_expression)], ...], Field(max_length=MAX_FILTERS)]


class FiltersEntry(Strict):
    """`[filters]`: which operations become tools, by expressions of `catalog.filters`."""

    include: Expressions = ()
    exclude: Expressions = ()
    deprecated: bool = True


class Manifest(Strict):
    """The whole of `source.toml`. `document` is a file beside it or a URL; `auth` maps security scheme names.

    `about` is one line for lists.
    """

    name: str = Field(pattern=_NAME)
    title: str = ""
    about: str = Field(default="", max_length=100)
    document: str = Field(min_length=1)
    overlays: tuple[str, ...] = ()
    base_url: str = Field(default="", pattern=r"^(https?://.+)?$")
    auth: Auth = Field(default_factory=dict[str, str | ClientEntry])
    accounts: dict[Annotated[str, Field(pattern=ACCOUNT)], AccountEntry] = Field(
        default_factory=dict[str, AccountEntry]
    )
    filters: FiltersEntry = FiltersEntry()
    limits: tuple[LimitEntry, ...] = ()
    idempotency_header: str = Field(default="", pattern=r"^[A-Za-z0-9-]*$")
    pagination: PaginationEntry = PaginationEntry()
    errors: ErrorsEntry = ErrorsEntry()
    policy: tuple[PolicyEntry, ...] = ()

    @property
    def is_fetched(self) -> bool:
        """Whether the document is somewhere else: bundled, such a manifest is a preset."""
        return is_on_web(self.document)


def bundled_names() -> tuple[str, ...]:
    """The sources that come with specport, documents included, sorted."""
    return tuple(name for name, manifest in bundled().items() if not manifest.is_fetched)


def bundled() -> Mapping[str, Manifest]:
    """What comes with specport by name, sorted: sources with their documents, and presets."""
    found = ((entry.name, bundled_manifest(entry.name)) for entry in files("specport.tool_specs").iterdir())
    return {name: manifest for name, manifest in sorted(found, key=lambda each: each[0]) if manifest}


def bundled_manifest(name: str) -> Manifest | None:
    """A manifest that comes with specport, None where there is none of that name."""
    is_there = re.match(_NAME, name) and _folder_of(name).joinpath(MANIFEST).is_file()
    return _bundled_manifest(name) if is_there else None  # what is not there is not remembered: it may be any text


@functools.cache
def _bundled_manifest(name: str) -> Manifest:
    return read_manifest(_folder_of(name).joinpath(MANIFEST).read_bytes(), f"{name}/{MANIFEST}")


def _folder_of(name: str) -> Traversable:
    return files("specport.tool_specs").joinpath(name)


def open_bundled(name: str, account: Account = DEFAULT_ACCOUNT) -> Source:
    """A bundled source by name; SourceError naming the others when there is none, and for an unknown account."""
    manifest = bundled_manifest(name)
    if manifest is None or manifest.is_fetched:
        raise SourceError(
            f"there is no source {name!r}",
            hint=f"Bundled: {', '.join(bundled_names())}; `specport presets` lists APIs that specport knows; "
            "for any other use --spec or `specport add`",
        )
    folder = _folder_of(name)
    return _source(manifest, _file(folder, manifest.document), folder, Origin.BUNDLED, account)


async def open_folder(
    folder: Path, fetching: FetchPolicy, account: Account = DEFAULT_ACCOUNT, refer: Refer = Assembling
) -> Source:
    """A source of the operator's own: a folder with `source.toml`, and the document that it names."""
    from specport.sources.fetch import fetch  # a process that reads documents runs no event loop
    from specport.sources.gather import with_files

    folder = folder.resolve()
    manifest = read_manifest(read_file(folder / MANIFEST), str(folder / MANIFEST))
    url, validators = manifest.document, NO_VALIDATORS
    if manifest.is_fetched:
        fetched = await fetch(url, fetching)
        document, validators = File(url, fetched.data), fetched.validators
    else:
        document = _file(folder, url)
    source = _source(manifest, document, folder, Origin.OPERATOR, account)
    return await with_files(replace(source, validators=validators), fetching, refer)


def source_of(manifest: Manifest, document: File, account: Account) -> Source:
    """What a bundled manifest says of the API that a document describes. Raises SourceError for an unknown account."""
    return _source(manifest, document, _folder_of(manifest.name), Origin.OPERATOR, account)


def read_manifest(data: bytes, where: str) -> Manifest:
    """A checked manifest; SourceError names the file and the first key that is wrong."""
    return checked(Manifest, data, where)


def _file(folder: Traversable | Path, name: str) -> File:
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise SourceError(f"the file {name!r} is outside its source's folder")
    path = folder.joinpath(name)
    return File(str(path), read_file(path) if isinstance(path, Path) else path.read_bytes())


def _auth_of(manifest: Manifest, account: Account) -> Mapping[str, str | ClientEntry]:
    """The credentials of an account, those of the command line over the manifest's.

    An account has none of the source's others: what is meant for one must not be sent for another.
    """
    if not account.name:
        return {**manifest.auth, **account.references}
    if not re.match(ACCOUNT, account.name):
        raise SourceError(
            f"{account.name[:60]!r} is no account's name", hint="Lower-case letters, digits, - and _, at most 32"
        )
    entry = manifest.accounts.get(account.name)
    if entry is None and not account.references:
        known = ", ".join(f"{manifest.name}@{name}" for name in manifest.accounts)
        raise SourceError(
            f"{manifest.name} has no account {account.name!r}",
            hint=f"{f'Configured: {known}; for another' if known else 'For one'} give "
            f"--credential SCHEME@{account.name}=env:NAME, or [accounts.{account.name}.auth] in its {MANIFEST}",
        )
    return {**(entry.auth if entry else {}), **account.references}


def _source(manifest: Manifest, document: File, folder: Traversable | Path, origin: Origin, account: Account) -> Source:
    auth, filters = _auth_of(manifest, account), manifest.filters
    limits = tuple(
        Limit(entry.name, entry.requests, entry.seconds, entry.methods, entry.paths, entry.weight)
        for entry in manifest.limits
    )
    return Source(
        name=f"{manifest.name}@{account.name}" if account.name else manifest.name,
        uri=document.uri,
        data=document.data,
        origin=origin,
        base_url=manifest.base_url,
        title=manifest.title,
        references={name: entry for name, entry in auth.items() if isinstance(entry, str)},
        clients={name: entry.client() for name, entry in auth.items() if isinstance(entry, ClientEntry)},
        channel=Channel(limits=limits, idempotency_header=manifest.idempotency_header),
        conventions=Conventions.of(
            manifest.pagination.how(),
            total=manifest.pagination.total,
            error_message=manifest.errors.message,
            error_id=manifest.errors.id,
        ),
        filters=Filters(include=filters.include, exclude=filters.exclude, deprecated=filters.deprecated),
        overlays=tuple(_file(folder, name) for name in manifest.overlays),
        rules=rules_of(manifest.policy, f"the source {manifest.name}"),
    )
