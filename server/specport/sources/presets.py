"""Presets: bundled manifests of APIs whose documents their vendors publish.

A source keeps the name of its preset, not what the preset says: that is taken anew whenever the source is opened, so
that a newer specport's facts reach it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from specport.documents.model import File
from specport.errors import SourceError
from specport.executor.auth.references import is_reference
from specport.sources.manifest import Account, Manifest, bundled, bundled_manifest, source_of
from specport.sources.model import Source

log = logging.getLogger("specport")


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset in a list. `credentials` are the references it takes them from, by security scheme."""

    name: str
    title: str
    about: str
    document: str
    base_url: str
    credentials: dict[str, str]

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables among them."""
        return _variables(self.credentials)


def variables_of(manifest: Manifest) -> tuple[str, ...]:
    """The environment variables that a manifest takes credentials from."""
    return _variables(dict(_references(manifest)))


def _variables(references: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.removeprefix("env:") for text in references.values()))


def presets() -> list[Preset]:
    """The presets by name."""
    return [_listed(name, manifest) for name, manifest in bundled().items() if manifest.is_fetched]


def find_preset(name: str) -> Manifest | None:
    """The manifest of a preset, None where no preset has that name."""
    manifest = bundled_manifest(name)
    return manifest if manifest and manifest.is_fetched else None


def completed(source: Source) -> Source:
    """The source with what its preset says, its own base URL, references, filters, limits first, its overlays last.

    An account of its own (`github@work`) has no credential but those given for it. Without the preset, which another
    release may not have, it is opened as it is, with a warning. Raises SourceError for an account without credentials.
    """
    if not source.preset:
        return source
    manifest = find_preset(source.preset)
    if manifest is None:
        log.warning("%s: this release has no preset %r; it is opened without", source.name, source.preset)
        return source
    given = Account(source.name.rpartition("@")[2] if "@" in source.name else "", source.references)
    told = source_of(manifest, File(source.uri, source.data), given)
    return replace(
        source,
        base_url=source.base_url or told.base_url,
        filters=told.filters.narrowed(source.filters),
        title=source.title or told.title,
        references=told.references,
        clients=told.clients,
        channel=replace(told.channel, limits=source.channel.limits or told.channel.limits),
        conventions=told.conventions,
        overlays=(*told.overlays, *source.overlays),
        rules=told.rules,
    )


def unreachable(name: str, error: SourceError) -> SourceError:
    """What to say where the document of a preset cannot be fetched."""
    return SourceError(
        f"the document of {name} cannot be had: {error.message}",
        hint=error.hint or f"Where this machine may not fetch it: `specport add FILE --preset {name}` takes a copy",
    )


def _listed(name: str, manifest: Manifest) -> Preset:
    return Preset(
        name=name,
        title=manifest.title,
        about=manifest.about,
        document=manifest.document,
        base_url=manifest.base_url,
        credentials=dict(_references(manifest)),
    )


def _references(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Scheme and reference; of an OAuth client its id and secret, where those are references."""
    for scheme, entry in manifest.auth.items():
        if isinstance(entry, str):
            yield scheme, entry
            continue
        for key, text in (("client_id", entry.client_id), ("client_secret", entry.client_secret or "")):
            if is_reference(text):
                yield f"{scheme}.{key}", text
