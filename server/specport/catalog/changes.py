"""Two catalogs of one source -> what changed, in sentences for a person and a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from specport.catalog.changes_model import Changed, Changes, SchemeChanged
from specport.catalog.model import Catalog, Tool
from specport.catalog.schema_changes import Comparisons
from specport.catalog.schema_pairs import more_and_less, value_text
from specport.catalog.schema_sides import Sides
from specport.catalog.schemas import MadeSchemas
from specport.catalog.tool_changes import tool_lines
from specport.operations.model import OAuthFlow, SecurityScheme
from specport.schemas.model import Place

Key = tuple[str, str]
"""What identifies an operation of one source: method as it is sent, path template."""


def changes(old: Catalog, new: Catalog) -> Changes:
    """What the newer catalog of a source has more, less and otherwise.

    Operations are matched by method and path template, whatever they are called. Cheap where the digests are equal.
    """
    were, are = _servers(old), _servers(new)
    return replace(
        Changes() if old.digest == new.digest else _of_tools(_by_key(old), _by_key(new)),
        schemes_added=tuple(scheme for name, scheme in new.schemes.items() if name not in old.schemes),
        schemes_removed=tuple(scheme for name, scheme in old.schemes.items() if name not in new.schemes),
        schemes_changed=tuple(
            SchemeChanged(old.schemes[name], scheme, tuple(_scheme_lines(old.schemes[name], scheme)))
            for name, scheme in new.schemes.items()
            if name in old.schemes and old.schemes[name] != scheme
        ),
        servers_added=tuple(url for url in are if url not in were),
        servers_removed=tuple(url for url in were if url not in are),
    )


def _by_key(catalog: Catalog) -> dict[Key, Tool]:
    return {(tool.route.method, tool.route.path): tool for tool in catalog.tools if tool.route}


def _servers(catalog: Catalog) -> dict[str, None]:
    """Where calls may go: the document's servers, then those of its operations."""
    routes = (tool.route for tool in catalog.tools if tool.route)
    return dict.fromkeys((*catalog.servers, *(url for route in routes for url in route.servers)))


def _of_tools(before: Mapping[Key, Tool], after: Mapping[Key, Tool]) -> Changes:
    comparisons = Comparisons(Sides(_texts(before.values()), _texts(after.values())))
    both = ((before[key], tool) for key, tool in after.items() if key in before)
    compared = (Changed(old, new, tuple(tool_lines(comparisons, old, new))) for old, new in both)
    return Changes(
        added=tuple(tool for key, tool in after.items() if key not in before),
        removed=tuple(tool for key, tool in before.items() if key not in after),
        changed=tuple(each for each in compared if each.lines),
    )


def _texts(tools: Iterable[Tool]) -> Mapping[Place, str]:
    """What the tools of one catalog share."""
    made = (tool.schemas for tool in tools if isinstance(tool.schemas, MadeSchemas))
    first = next(made, None)
    return first.library.texts if first else {}


def _scheme_lines(old: SecurityScheme, new: SecurityScheme) -> Iterator[str]:
    """What is different in how a request is authenticated (OAS 3.1 section 4.8.27)."""
    for what in ("kind", "scheme", "location", "parameter"):
        was, now = str(getattr(old, what)), str(getattr(new, what))
        if was != now:
            yield f"{what} {value_text(was)} -> {value_text(now)}"
    before, after = ({flow.kind: flow for flow in scheme.flows} for scheme in (old, new))
    if said := more_and_less(
        [value_text(kind) for kind in after if kind not in before],
        [value_text(kind) for kind in before if kind not in after],
    ):
        yield f"flows{said}"
    for kind, flow in after.items():
        if kind in before:
            yield from _flow_lines(before[kind], flow)


def _flow_lines(old: OAuthFlow, new: OAuthFlow) -> Iterator[str]:
    for what in ("authorization_url", "token_url", "refresh_url"):
        was, now = str(getattr(old, what)), str(getattr(new, what))
        if was != now:
            yield f"{new.kind} {what} {value_text(was)} -> {value_text(now)}"
    if said := more_and_less(
        [value_text(scope) for scope in new.scopes if scope not in old.scopes],
        [value_text(scope) for scope in old.scopes if scope not in new.scopes],
    ):
        yield f"{new.kind} scopes{said}"
