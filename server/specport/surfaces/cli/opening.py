"""The sources that a command names, and what its options say of them: `digitalocean@work`, `--spec`, `--credential`."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from specport.errors import SourceError
from specport.surfaces.cli.options import DEFAULT_SOURCE, Wanted, fetching_of, settings_of

if TYPE_CHECKING:
    from specport.sources.manifest import Account
    from specport.sources.model import Source


async def sources_of(wanted: Wanted) -> list[Source]:
    """The sources a command names, the default one first. Raises SourceError for one that cannot be read."""
    return [await reading() for _, reading in readings_of(wanted)]


def readings_of(wanted: Wanted) -> list[tuple[str, Callable[[], Awaitable[Source]]]]:
    """What a command names, in order, and how the source of each is read."""
    names = wanted.sources or (() if wanted.spec else (DEFAULT_SOURCE,))
    asked = [split_account(name) for name in names]
    accounts = [split_account(wanted.name)[1]] * bool(wanted.spec) + [account for _, account in asked]
    _check_accounts(wanted.credentials, accounts)
    readings = [(wanted.spec, partial(_spec_source, wanted, accounts))] if wanted.spec else []
    return [
        *readings,
        *((name, partial(_opened, *part, wanted, accounts)) for name, part in zip(names, asked, strict=True)),
    ]


def split_account(name: str) -> tuple[str, str]:
    """`digitalocean@work` in two; a folder may have such a name, and then that is all of it."""
    source, separator, account = name.rpartition("@")
    return (source, account) if separator and account and not Path(name).is_dir() else (name, "")


async def _opened(name: str, account: str, wanted: Wanted, accounts: list[str]) -> Source:
    """A bundled source, a preset, or a folder's, with what the command line says of its URL, filters, credentials."""
    from specport.sources.manifest import Account, bundled_manifest, open_bundled, open_folder
    from specport.sources.presets import find_preset

    given = Account(account, {} if wanted.spec and not account else _given(wanted.credentials, account, accounts))
    if find_preset(name):
        source = await _preset_source(name, given, wanted)
    elif bundled_manifest(name) is None and Path(name).is_dir():
        source = await open_folder(Path(name), fetching_of(wanted), given)
    else:
        source = open_bundled(name, given)
    source = replace(source, filters=source.filters.narrowed(wanted.filters))
    return replace(source, base_url=wanted.base_url, origins=()) if wanted.base_url and not wanted.spec else source


async def _preset_source(preset: str, account: Account, wanted: Wanted) -> Source:
    """A preset as it was added, else with its document fetched now."""
    from specport.sources.specification import Specification, read_specification

    name = f"{preset}@{account.name}" if account.name else preset
    added = await _added(name, wanted)
    if added and added.preset == preset:
        return replace(added, references={**added.references, **account.references})
    references = tuple(account.references.items())
    return await read_specification(Specification(preset, name, credentials=references), fetching_of(wanted))


async def _added(name: str, wanted: Wanted) -> Source | None:
    """An added source, if there is one that can be read; what is wrong with the store is told when the App opens it."""
    from specport.settings import store_of

    with contextlib.suppress(SourceError):
        store = store_of(settings_of(wanted))
        if store:
            async with contextlib.aclosing(store):
                kept = await store.get(name)
                return kept.source if kept else None
    return None


async def _spec_source(wanted: Wanted, accounts: list[str]) -> Source:
    from specport.sources.specification import Specification, read_specification

    given = Specification(
        spec=wanted.spec,
        name=wanted.name,
        base_url=wanted.base_url,
        credentials=tuple(_given(wanted.credentials, accounts[0], accounts).items()),
        filters=wanted.filters,
        overlays=wanted.overlays,
    )
    return await read_specification(given, fetching_of(wanted))


def given_for(name: str, credentials: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The references for the one source of that name. Raises SourceError for those of another account."""
    account = split_account(name)[1]
    _check_accounts(credentials, [account])
    return tuple(_given(credentials, account, [account]).items())


def _given(credentials: tuple[str, ...], account: str, accounts: list[str]) -> dict[str, str]:
    """The references for one account: those given for it, and those given for none where that can be no other's."""
    references: dict[str, str] = {}
    for scheme, reference in credentials_of(credentials):
        name, separator, of = scheme.rpartition("@")
        if (separator and of == account) or (not separator and (not account or len(accounts) == 1)):
            references[name if separator else scheme] = reference
    return references


def _check_accounts(credentials: tuple[str, ...], accounts: list[str]) -> None:
    for scheme, _ in credentials_of(credentials):
        _, separator, account = scheme.rpartition("@")
        if separator and account not in accounts:
            raise SourceError(
                f"--credential {scheme[:100]} is for the account {account[:60]!r}, which no source is opened as",
                hint=f"Name one as SOURCE@{account[:60]}",
            )


def credentials_of(given: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """`SCHEME=REFERENCE` options as pairs. Raises SourceError for anything that is no reference."""
    from specport.executor.auth.references import check_reference

    pairs: list[tuple[str, str]] = []
    for text in given:
        scheme, separator, reference = text.partition("=")
        if not separator or not scheme:
            raise SourceError("--credential is written SCHEME=REFERENCE, such as SCHEME=env:NAME")
        kind, _, path = reference.partition(":")
        is_client = kind == "oauth" and bool(path)
        pairs.append(
            (scheme, f"oauth:{Path(path).expanduser().resolve()}" if is_client else check_reference(reference))
        )
    return tuple(pairs)
