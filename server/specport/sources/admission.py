"""What a source must be, and beside which others, before it is opened or added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from specport.catalog.filters import idle_filters
from specport.errors import SourceError
from specport.executor.addresses import host_of, is_private_host, origin_of
from specport.sources.model import Origin, Source, is_on_web
from specport.sources.read import Opened, server_of


def check_names(newcomer: Opened, known: Iterable[Opened]) -> None:
    """Raises SourceError where a tool would have the wire name of another source's and be called in its place."""
    clash = _clash(newcomer, _names(known))
    if clash is not None:
        raise clash


def clashes(first: Iterable[Opened], added: Iterable[Opened]) -> Mapping[str, SourceError]:
    """The added sources that cannot be open beside those before them, by name, and why.

    Two processes may have added them at the same moment. Which one has to wait depends on their order alone, so that
    all processes leave out the same.
    """
    taken = _names(first)
    found: dict[str, SourceError] = {}
    for each in added:
        clash = _clash(each, taken)
        if clash is None:
            taken.update(_names([each]))
        else:
            found[each.source.name] = clash
    return found


def _names(opened: Iterable[Opened]) -> dict[str, str]:
    """Addresses by wire name, case aside."""
    return {tool.wire_name.casefold(): tool.address for each in opened for tool in each.catalog.tools}


def _clash(newcomer: Opened, taken: Mapping[str, str]) -> SourceError | None:
    for tool in newcomer.catalog.tools:
        other = taken.get(tool.wire_name.casefold())
        if other is not None:
            return SourceError(
                f"{tool.address} and {other} would both be called {tool.wire_name}", hint="Give the source another name"
            )
    return None


def check_callable(opened: Opened) -> None:
    """What every added source must have, and what nobody but the operator may choose."""
    if not opened.catalog.tools:
        idle = "; ".join(problem.message for problem in idle_filters(opened.catalog.problems))
        raise SourceError("no operation is left to add", hint=idle or "See the preview's problems")
    if not (origin_of(opened.base_url) and host_of(opened.base_url)):
        raise SourceError("the document names no absolute server URL", hint="Give base_url")
    for url in opened.channel.public_urls:
        host = host_of(url)
        if host and is_private_host(host):
            raise SourceError(
                f"calls would go to the private address {host}", hint="Start with --allow-private if that is meant"
            )


def check_same(known: Source, source: Source) -> None:
    """Raises SourceError unless adding `source` beside the `known` one of its name changes nothing.

    Credentials and limits are compared only where the caller gives some: a tool call cannot.
    """
    if not known.enabled:
        raise SourceError(f"{source.name!r} is there and disabled", hint=f"`specport enable {source.name}`")
    if (known.data, known.files) != (source.data, source.files):
        newer = f", `specport refresh {source.name}` for a newer version of it" if known.uri == source.uri else ""
        raise SourceError(
            f"the name {source.name!r} is in use for another document ({known.uri[:200]})",
            hint=f"Choose another name{newer}, or remove that source first",
        )
    same = (known.base_url, known.filters, known.overlays) == (source.base_url, source.filters, source.overlays)
    same = same and known.preset == source.preset and source.references in ({}, known.references)
    if not same or source.channel.limits not in ((), known.channel.limits):
        raise SourceError(
            f"{source.name!r} has that document, with another base URL, filters, overlays, credentials or limits",
            hint="Choose another name, or remove that source first",
        )


def untrusted_urls(opened: Opened) -> tuple[str, ...]:
    """The origins that calls go to by the choice of a tool call, or of a document that is no file of the operator's."""
    source = opened.source
    by_tool = source.origin is Origin.TOOL
    if not by_tool and not is_on_web(source.uri):
        return ()
    if source.base_url:  # it replaces the document's servers at every level
        return (origin_of(opened.base_url),) if by_tool else ()
    return reached_by(opened)


def reached_by(opened: Opened) -> tuple[str, ...]:
    """The origins that calls of a source go to."""
    servers = (server_of(opened, tool.route) for tool in opened.catalog.tools if tool.route)
    origins = (origin_of(url) for url in (opened.base_url, *servers))
    return tuple(dict.fromkeys(origin for origin in origins if origin))
