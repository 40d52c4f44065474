"""`specport preview`, `add`: documents brought in by the operator."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from specport.catalog.report import problem_lines
from specport.surfaces.cli import options
from specport.surfaces.cli.approving import this_user
from specport.surfaces.cli.main import app
from specport.surfaces.cli.opening import given_for
from specport.surfaces.cli.options import Wanted, limits_of, with_added, with_app
from specport.surfaces.cli.printing import say, say_json
from specport.surfaces.cli.setting_up import console, idle_credentials

MAX_NAMED_PROBLEMS = 10
"""Most problems shown by `add`; `--json` has all of them."""

if TYPE_CHECKING:
    from specport.catalog.model import Filters
    from specport.sources.specification import Specification

Document = Annotated[
    str, typer.Argument(help="File or URL of an OpenAPI document, or a preset.", metavar="PATH|URL|PRESET")
]
FromPreset = Annotated[
    str, typer.Option("--preset", metavar="NAME", help="Take base URL, credentials and limits from this preset.")
]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="Only operations with this tag. Repeatable.")]
Operations = Annotated[
    list[str] | None, typer.Option("--operation", help="Only this operationId or 'METHOD /path'. Repeatable.")
]


@app.command()
def preview(
    document: Document,
    *,
    preset: FromPreset = "",
    base_url: options.BaseUrl = "",
    tag: Tags = None,
    operation: Operations = None,
    include: options.Include = None,
    exclude: options.Exclude = None,
    no_deprecated: options.NoDeprecated = False,
    overlay: options.Overlays = None,
    allow_private: options.AllowPrivate = False,
    follow_references: options.FollowReferences = False,
    json: options.AsJson = False,
) -> None:
    """Show what adding a document would do. Changes nothing.

    Example: `specport preview https://example.com/openapi.json`, or `specport preview github`
    """
    from specport.sources.model import Origin
    from specport.surfaces.cli.preview_screen import show

    filters = _filters(tag, operation, options.filters_of(include, exclude, deprecated=not no_deprecated))
    wanted = Wanted(no_state=True, allow_private=allow_private, follow_references=follow_references)
    described = _specification(document, base_url=base_url, filters=filters, overlays=overlay)
    named = replace(described, preset=preset)
    found = with_app(wanted, lambda opened: opened.preview(named, Origin.OPERATOR), ())
    if json:
        say_json(found)
    else:
        show(console(), found)


@app.command()
def add(
    document: Document,
    *,
    name: Annotated[str, typer.Option("--name", help="Name that its tools' addresses start with.")] = "",
    preset: FromPreset = "",
    base_url: options.BaseUrl = "",
    credential: options.Credentials = None,
    tag: Tags = None,
    operation: Operations = None,
    include: options.Include = None,
    exclude: options.Exclude = None,
    no_deprecated: options.NoDeprecated = False,
    overlay: options.Overlays = None,
    limit: options.Limits = None,
    allow_private: options.AllowPrivate = False,
    follow_references: options.FollowReferences = False,
    state: options.State = "",
    state_dir: options.StateDir = None,
    audit: options.Audit = None,
    json: options.AsJson = False,
) -> None:
    """Add a document, or a preset, as a source; every later `serve` has its tools.

    Example: `specport add github --tag repos`, or
    `specport add openapi.yaml --name shop --credential api_key=env:SHOP_KEY --limit 100/60s`
    """
    from specport.sources.model import Origin

    wanted = Wanted(
        state=state, state_dir=state_dir, allow_private=allow_private, follow_references=follow_references, audit=audit
    )
    filters = _filters(tag, operation, options.filters_of(include, exclude, deprecated=not no_deprecated))
    limits = limits_of(tuple(limit or ()))
    described = _specification(document, base_url=base_url, filters=filters, overlays=overlay)
    given = given_for(name, tuple(credential or ()))
    named = replace(described, name=name, preset=preset, credentials=given, limits=limits)
    added = with_added(wanted, lambda opened: opened.add(named, Origin.OPERATOR, caller=this_user()))
    catalog, source = added.opened.catalog, added.opened.source
    if json:
        facts = {
            "source": source.name, "added": added.is_new, "base_url": added.opened.base_url,
            "addresses": [tool.address for tool in catalog.tools], "problems": catalog.problems,
        }  # fmt: skip
        say_json(facts)
        return
    state = "added" if added.is_new else "already there, unchanged"
    say(f"{source.name}: {state}, {len(catalog.tools)} tools, calls go to {added.opened.base_url}")
    if added.opened.kept.preset and source.references:
        say(f"Credentials come from {', '.join(dict.fromkeys(source.references.values()))}")
    if idle := idle_credentials(source, catalog):
        say(f"  {idle}", err=True)
    for line in problem_lines(catalog.problems, MAX_NAMED_PROBLEMS):
        say(f"  {line}", err=True)
    if catalog.tools:
        say(f"Try: specport describe {catalog.tools[0].address}")


def _filters(tags: list[str] | None, operations: list[str] | None, others: Filters) -> Filters:
    return replace(others, tags=tuple(tags or ()), operations=tuple(operations or ()))


def _specification(document: str, *, base_url: str, filters: Filters, overlays: list[str] | None) -> Specification:
    from specport.sources.specification import Specification

    return Specification(spec=document, base_url=base_url, filters=filters, overlays=tuple(overlays or ()))
