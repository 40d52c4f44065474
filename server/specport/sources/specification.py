"""What a caller names a document by -> Source: fetched or read, named, with the files that it refers to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from specport.catalog.filters import checked_filters
from specport.catalog.model import Filters
from specport.documents.load import read_file
from specport.documents.model import File
from specport.errors import SourceError
from specport.executor.model import Channel, Limit
from specport.sources.fetch import FetchPolicy, fetch, fetch_changed
from specport.sources.folders import MAX_PATH, root_document
from specport.sources.gather import with_files
from specport.sources.making import HERE, Maker
from specport.sources.manifest import MANIFEST, Account, open_folder
from specport.sources.model import MAX_NAME, NAME, NO_VALIDATORS, Origin, Source, Validators, is_on_web
from specport.sources.presets import find_preset, unreachable
from specport.sources.turns import in_turn

GIVEN_AS_TEXT = "given as text"
"""Where a document is that a caller gave whole."""


@dataclass(frozen=True, slots=True)
class Specification:
    """What a caller names a document by: a URL, text, or (operators only) a file or folder, and what to take.

    `overlays` are URLs or files, which only an operator may name, as only an operator may give `limits`. `preset` says
    the rest; its name alone as `spec` is its published document.
    """

    spec: str
    name: str = ""
    base_url: str = ""
    filters: Filters = Filters()
    credentials: tuple[tuple[str, str], ...] = ()
    overlays: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    preset: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """A file, and how to ask its server whether it is still the same."""

    file: File
    validators: Validators = NO_VALIDATORS


async def read_specification(
    wanted: Specification, fetching: FetchPolicy, origin: Origin = Origin.OPERATOR, maker: Maker = HERE
) -> Source:
    """The source that a caller describes. A tool call may name URLs and text, an operator files as well.

    `maker` reads what there is to read for that.

    Raises SourceError when the document cannot be had, or the name or a filter is not one.
    """
    filters, fetching = checked_filters(wanted.filters), fetching.within(origin.bounds)
    folder = _folder(wanted) if origin is not Origin.TOOL else None
    if folder and (folder / MANIFEST).is_file():
        return await _of_manifest(folder, replace(wanted, filters=filters), fetching, maker)
    if folder:
        wanted = replace(wanted, spec=str(root_document(folder)))
    preset = _preset(wanted) if origin is not Origin.TOOL else ""
    found = await (_published(preset, fetching) if preset == wanted.spec else _read(wanted.spec, fetching, origin))
    document = found.file
    overlays = [(await _read(overlay, fetching, origin)).file for overlay in wanted.overlays]
    name = wanted.name or preset or await in_turn(maker.name, Source("", document.uri, document.data, origin))
    check_name(name, origin)
    source = Source(
        name=name,
        uri=document.uri,
        data=document.data,
        origin=origin,
        base_url=wanted.base_url,
        references=dict(wanted.credentials),
        channel=Channel(limits=wanted.limits),
        filters=filters,
        overlays=tuple(overlays),
        preset=preset,
        validators=found.validators,
    )
    return await with_files(source, fetching, maker.referring)


def _folder(wanted: Specification) -> Path | None:
    """The folder that is named, if it is one; a preset of that name comes first, as for a file."""
    path = Path(wanted.spec).expanduser() if len(wanted.spec) <= MAX_PATH and "\n" not in wanted.spec else None
    return path if path and not _preset(wanted) and path.is_dir() else None


async def _of_manifest(folder: Path, wanted: Specification, fetching: FetchPolicy, maker: Maker) -> Source:
    """What a folder's manifest says, with what is wanted otherwise; the manifest is kept as it is now."""
    given = Account(wanted.name.rpartition("@")[2], dict(wanted.credentials))
    told = await open_folder(folder, fetching, given, maker.referring)
    overlays = [(await _read(overlay, fetching, Origin.OPERATOR)).file for overlay in wanted.overlays]
    source = replace(
        told,
        name=wanted.name or told.name,
        base_url=wanted.base_url or told.base_url,
        channel=replace(told.channel, limits=wanted.limits or told.channel.limits),
        filters=wanted.filters if wanted.filters != Filters() else told.filters,
        overlays=(*told.overlays, *overlays),
    )
    check_name(source.name, Origin.OPERATOR)
    return await with_files(source, fetching, maker.referring) if overlays else source


async def read_again(source: Source, fetching: FetchPolicy, maker: Maker = HERE) -> Source | None:
    """The source with its document, and what that refers to, as they are now; None where they are as they were.

    Raises SourceError where the document cannot be had, or comes from nowhere that it could be had from again.
    """
    if source.origin is Origin.BUNDLED:
        raise SourceError(f"{source.name} comes with specport and changes with it", hint="Update specport")
    if source.uri == GIVEN_AS_TEXT:
        raise SourceError(
            f"the document of {source.name} was given as text", hint="Remove it, then add the newer text, or its URL"
        )
    fetching = fetching.within(source.bounds)
    if source.files:  # so it was allowed to refer to them
        fetching = replace(fetching, follows_references=True)
    found = await _read_changed(source, fetching)
    overlays = [(await _read(overlay.uri, fetching, source.origin)).file for overlay in source.overlays]
    fresh = replace(source, data=found.file.data, overlays=tuple(overlays), files=(), unread={})
    fresh = await with_files(replace(fresh, validators=found.validators), fetching, maker.referring)
    return None if replace(fresh, validators=source.validators) == source else fresh


def check_name(name: str, origin: Origin) -> None:
    """Raises SourceError for what no source may be called; a tool call names no account."""
    if not NAME.match(name) or (origin is Origin.TOOL and "@" in name):
        raise SourceError(
            f"{name[:60]!r} is no source name",
            hint=f"Lower-case letters, digits, - and _, a letter first, at most {MAX_NAME}; @ACCOUNT may follow",
        )


def renamed(source: Source, name: str) -> Source:
    """The source under another name. Raises SourceError for no name, and for that of another account.

    An account decides which credentials of a preset a source has.
    """
    check_name(name, source.origin)
    if source.name.partition("@")[2] != name.partition("@")[2]:
        raise SourceError(
            f"{name} would be another account than {source.name}", hint="Only what is before @ can change"
        )
    return replace(source, name=name)


def _preset(wanted: Specification) -> str:
    """The preset that is wanted, by its option or as the document; a file of that name is written `./github`."""
    if wanted.preset and find_preset(wanted.preset) is None:
        raise SourceError(f"there is no preset {wanted.preset[:60]!r}", hint="`specport presets` lists them")
    return wanted.preset or (wanted.spec if find_preset(wanted.spec) else "")


async def _published(preset: str, fetching: FetchPolicy) -> _Found:
    """The document that a preset's vendor publishes."""
    manifest = find_preset(preset)
    assert manifest is not None
    try:
        return await _fetched(manifest.document, fetching)
    except SourceError as error:
        raise unreachable(preset, error) from error


async def _fetched(url: str, fetching: FetchPolicy) -> _Found:
    fetched = await fetch(url, fetching)
    return _Found(File(url, fetched.data), fetched.validators)


async def _read_changed(source: Source, fetching: FetchPolicy) -> _Found:
    """The document of a source as it is now; one from a URL is fetched only where its server says that it changed."""
    if not is_on_web(source.uri):
        return await _read(source.uri, fetching, source.origin)
    fetched = await fetch_changed(source.uri, fetching, source.validators)
    if fetched is None:
        return _Found(File(source.uri, source.data), source.validators)
    return _Found(File(source.uri, fetched.data), fetched.validators)


async def _read(spec: str, fetching: FetchPolicy, origin: Origin) -> _Found:
    text = spec.strip()
    is_line = "\n" not in text and not text.startswith(("{", "[", "<"))  # else a document, or what was taken for one
    if is_line and is_on_web(text):
        return await _fetched(text, fetching)
    if is_line and origin is not Origin.TOOL:
        return _Found(_file(text))
    if is_line:
        raise SourceError(
            f"{text[:80]!r} is neither an http(s) URL nor a document",
            hint="Files can be added only on the command line: specport add PATH",
        )
    return _Found(File(GIVEN_AS_TEXT, text.encode()))


def _file(text: str) -> File:
    path = Path(text).expanduser()
    try:
        return File(str(path.resolve()), read_file(path))
    except SourceError as error:
        hint = "`specport presets` lists the APIs that have a name" if NAME.match(text) else error.hint
        raise SourceError(error.message, hint=hint) from error
