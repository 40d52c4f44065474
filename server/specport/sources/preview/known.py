"""Whether specport knows an API already: a preset or a bundled source for the same document, or the same host."""

from __future__ import annotations

from dataclasses import replace

from specport.executor.addresses import host_of, is_private_host
from specport.sources.manifest import Manifest, bundled
from specport.sources.model import Source
from specport.sources.presets import variables_of
from specport.sources.preview.commands import add_command
from specport.sources.preview.model import KnownApi


def known_api(source: Source, base_url: str) -> KnownApi | None:
    """What is known of a source's API, None where nothing is, or where the source is used with it already."""
    if source.preset:
        return None
    for manifest in bundled().values():
        if manifest.document == source.uri:
            return _known(source, manifest, "it is its document")
    host = _host(base_url)
    for manifest in bundled().values():
        if host and _host(manifest.base_url) == host:
            return _known(source, manifest, f"calls go to {host} too")
    return None


def _known(source: Source, manifest: Manifest, because: str) -> KnownApi:
    """A file is taken for the preset's document, which need not be fetched then."""
    name, is_preset = manifest.name, manifest.is_fetched
    if not is_preset:
        command = f"specport serve {name}"
    elif source.uri.startswith("/"):
        command = add_command(replace(source, preset=name))
    else:
        command = f"specport add {name}"
    return KnownApi(name, is_preset, because, command, variables_of(manifest))


def _host(url: str) -> str:
    """The host that calls go to; none where any API may be, as on this machine."""
    host = host_of(url)
    return "" if is_private_host(host) else host
