"""A preview as a few lines, bounded whatever the document holds: for a model, or as labelled lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import orjson

from specport.catalog.lint_model import Client
from specport.documents.text import one_line
from specport.executor.addresses import origin_of
from specport.sources.preview.costs import EXPOSURES, SEARCH_TOKENS
from specport.sources.preview.model import (
    LIST_BUDGET,
    ClientFacts,
    Dangers,
    Destination,
    KnownApi,
    Preview,
    Reason,
    SchemeFacts,
    Suggestion,
)

MAX_LINE = 600
"""Characters of a line."""

SHOWN_TAGS = 8
SHOWN_DANGERS = 4
SHOWN_DESTINATIONS = 4
SHOWN_SCHEMES = 4
SHOWN_REASONS = 5
SHOWN_TOOLS = 3
"""Most of each that the text names; the facts have more."""

_PLAIN = "plain http: anybody between reads the calls"
_PRIVATE = "a private address: only with --allow-private where an assistant adds it"
_SAME_OPTIONS = "specport add ... with the options of this preview"
_TITLE = 100
_ADDRESS = 80
_WORD = 40
_POINTER = 120
_MESSAGE = 240


class Reader(StrEnum):
    """Who reads: a model has the arguments of tools, a person the options of commands."""

    MODEL = "model"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Line:
    """What a line is about, what it says, further lines that belong to it, and a command that can be copied."""

    label: str
    text: str
    items: tuple[str, ...] = ()
    command: str = ""


def as_text(preview: Preview) -> str:
    """The preview for a model."""
    lines: list[str] = [headline(preview)]
    for line in lines_of(preview, Reader.MODEL):
        said = ": ".join(filter(None, (line.label, line.text, line.command)))
        lines += [said, *(f"- {item}" for item in line.items)]
    return "\n".join(lines)


def headline(preview: Preview) -> str:
    """Which document it is."""
    title = one_line(preview.title, _TITLE) or "Untitled"
    return one_line(f"{title} {one_line(preview.version, _WORD)} ({preview.uri})", MAX_LINE)


def lines_of(preview: Preview, reader: Reader) -> list[Line]:
    """What there is to say, each line and item in one line of at most MAX_LINE characters."""
    lines = (
        Line("Operations", _operations(preview)),
        *_tokens(preview),
        *_dangers(preview),
        *_destinations(preview, reader),
        _credentials(preview),
        *([Line("Known", _known(preview.known), command=preview.known.command)] if preview.known else []),
        *_fewer(preview.suggestions, reader),
        Line("Clients", _clients(preview.clients)),
        Line("Left out", _left_out(preview), tuple(_reasons(preview))),
        *_adding(preview, reader),
    )
    return [
        Line(
            line.label,
            one_line(line.text, MAX_LINE),
            tuple(one_line(item, MAX_LINE) for item in line.items),
            line.command if len(line.command) <= MAX_LINE else _SAME_OPTIONS,
        )
        for line in lines
    ]


def _operations(preview: Preview) -> str:
    counts = {
        "only read": preview.read_only,
        "destroy": preview.destructive,
        "may also destroy": preview.may_destroy_count,
        "are deprecated": preview.deprecated,
        "ask a person first": preview.asking,
        "are denied by its policy": preview.denied,
    }
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count or what in ("only read", "destroy"))
    hidden = f"; {preview.hidden:,} more are hidden by the document (x-specport)" if preview.hidden else ""
    return f"{preview.operations:,}, of which {told}{hidden}"


def _tokens(preview: Preview) -> Iterator[Line]:
    costs = [
        f"about {preview.tokens_by_exposure[each.name]:,} {f'with {each.option}' if each.option else 'to list them'}"
        for each in EXPOSURES
    ]
    costs.append(f"about {SEARCH_TOKENS:,} with --expose search, whatever is added")
    yield Line("Tokens", ", ".join(costs))
    shown = preview.tags[:SHOWN_TAGS]
    tags = [f"{one_line(tag.tag, _WORD)} {tag.tokens:,} ({_counted(tag.tools, 'tool')})" for tag in shown]
    left = len(preview.tags) + preview.tags_left - len(shown)
    rest = preview.tokens - sum(tag.tokens for tag in shown)
    if tags:
        yield Line("By tag", ", ".join([*tags, f"{_counted(left, 'more tag')} {rest:,}"] if left else tags))


def _dangers(preview: Preview) -> Iterator[Line]:
    if preview.destroy:
        yield Line("Destroy", _by_tag(preview.destroy, preview.destructive, preview.name))
    if preview.may_destroy:
        yield Line("May destroy", _by_tag(preview.may_destroy, preview.may_destroy_count, preview.name))


def _by_tag(dangers: Sequence[Dangers], count: int, prefix: str) -> str:
    """Tags with counts, and an address of each."""
    shown = dangers[:SHOWN_DANGERS]
    named = [f"{one_line(each.tag, _WORD)} {each.count:,} ({_address(each.addresses[0], prefix)})" for each in shown]
    rest = count - sum(each.count for each in shown)
    return ", ".join([*named, f"{rest:,} more"] if rest else named)


def _address(address: str, prefix: str) -> str:
    """An address as policy and filters name it, without the source."""
    return one_line(address.removeprefix(f"{prefix}."), _ADDRESS)


def _destinations(preview: Preview, reader: Reader) -> Iterator[Line]:
    first, *others = preview.destinations or (None,)
    called = [each for each in others if each.operations]
    if first is None or not origin_of(first.url):
        option = "base_url" if reader is Reader.MODEL else "--base-url"
        yield Line("Requests go to", f"nowhere yet; give {option}")
    else:
        left = len(called) - SHOWN_DESTINATIONS + preview.destinations_left
        yield Line(
            "Requests go to",
            _destination(first, ()),
            (
                *(_elsewhere(each, bool(preview.security)) for each in called[:SHOWN_DESTINATIONS]),
                *([f"and {left:,} more places"] if left > 0 else []),
            ),
        )
    if preview.security and len(preview.origins) > 1:
        count = len(preview.origins) + preview.origins_left
        yield Line("Credentials may go to", _listed(preview.origins, SHOWN_DESTINATIONS, count=count))


def _elsewhere(destination: Destination, has_schemes: bool) -> str:
    refused = ("without credentials",) if has_schemes and not destination.has_credentials else ()
    return _destination(destination, (_counted(destination.operations, "operation"), *refused))


def _destination(destination: Destination, said: Iterable[str]) -> str:
    """A URL, and what should be known of it."""
    notes = [*said, *([_PLAIN] if destination.is_plain else []), *([_PRIVATE] if destination.is_private else [])]
    url = one_line(destination.url, _MESSAGE)
    return f"{url} ({', '.join(notes)})" if notes else url


def _credentials(preview: Preview) -> Line:
    if not preview.security:
        return Line("Credentials", "the document asks for none")
    needs, left = preview.needs, len(preview.security) - SHOWN_SCHEMES + preview.security_left
    rest = preview.operations - needs.covers - needs.without
    names = " with ".join(one_line(name, _WORD) for name in needs.enough)
    parts = (
        f"{names} {'is' if len(needs.enough) == 1 else 'are'} enough for {_share(needs.covers, preview.operations)}"
        if names
        else ("" if rest else "no operation needs one"),
        f"{needs.without:,} need none" if names and needs.without else "",
        f"{rest:,} need {'another' if names else 'what cannot be given'}" if rest else "",
    )
    items = [_scheme(scheme) for scheme in preview.security[:SHOWN_SCHEMES]]
    return Line(
        "Credentials", ", ".join(filter(None, parts)), (*items, *([f"and {left:,} more schemes"] if left > 0 else []))
    )


def _scheme(scheme: SchemeFacts) -> str:
    return f"{one_line(scheme.name, _WORD)} ({scheme.kind}): {scheme.set_with}"


def _known(known: KnownApi) -> str:
    what = "there is a preset for this API" if known.is_preset else "specport comes with this API"
    variables = f", which takes {' and '.join(known.variables)}" if known.variables else ""
    return f"{what} ({known.because}){variables}"


def _fewer(suggestions: Sequence[Suggestion], reader: Reader) -> Iterator[Line]:
    """What to give for a shorter list."""
    items = [
        f"{_filters(each, reader)}: {_counted(each.tools, 'tool')}, about {each.tokens:,} tokens"
        for each in suggestions
        if each.arguments or reader is Reader.PERSON
    ]
    if items:
        yield Line("Fewer tools", f"listing all costs over {LIST_BUDGET:,} tokens; add some with", tuple(items))


def _filters(suggestion: Suggestion, reader: Reader) -> str:
    if reader is Reader.PERSON:
        return suggestion.options
    return ", ".join(f"{name} {orjson.dumps(values).decode()}" for name, values in suggestion.arguments.items())


def _clients(clients: Sequence[ClientFacts]) -> str:
    """Refusals, and what clients say of the length of the list."""
    refused = [
        f"{Client(each.client).label} refuses {_counted(refusal.count, 'tool')}: {refusal.message} "
        f"({_listed(refusal.tools, SHOWN_TOOLS, count=refusal.count)})"
        for each in clients
        for refusal in each.refusals
    ]
    lengths: dict[str, list[str]] = {}
    for each in clients:
        for message in each.whole_list:
            lengths.setdefault(message, []).append(Client(each.client).label)
    too_many = [f"{' and '.join(names)}: {message}" for message, names in lengths.items()]
    return "; ".join([*(refused[:SHOWN_REASONS] or ["none refuses a tool"]), *too_many])


def _left_out(preview: Preview) -> str:
    parts = (
        _counted(preview.left_out, "operation") if preview.left_out else "nothing",
        _counted(preview.warnings, "warning") if preview.warnings else "",
    )
    return ", ".join(filter(None, parts))


def _reasons(preview: Preview) -> Iterator[str]:
    shown = preview.reasons[:SHOWN_REASONS]
    yield from map(_reason, shown)
    left = preview.problem_count - sum(reason.count for reason in shown)
    if left:
        yield f"and {left:,} more"


def _reason(reason: Reason) -> str:
    pointer = one_line(reason.pointer, _POINTER) or "the root"
    where = f"{reason.severity} at" if reason.count == 1 else f"{reason.count:,} {reason.severity}s, the first at"
    return f"{where} {pointer}: {one_line(reason.message, _MESSAGE)}"


def _adding(preview: Preview, reader: Reader) -> Iterator[Line]:
    """How it is added; an assistant cannot give a credential."""
    if not preview.operations:
        return
    options = [scheme.option for scheme in preview.security if scheme.name in preview.needs.enough and scheme.option]
    command = " ".join([preview.add_command, *options])
    if reader is Reader.PERSON:
        yield Line("Add it", "", command=command)
    elif preview.needs.enough:
        yield Line("Add it", "openapi.addSource, without a credential; with one a person runs", command=command)
    else:
        yield Line("Add it", "openapi.addSource with the same arguments")


def _share(count: int, of: int) -> str:
    return f"all {of:,}" if count == of else f"{count:,} of {of:,}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _listed(names: Sequence[str], limit: int, *, count: int) -> str:
    left = count - min(limit, len(names))
    shown = [one_line(name, _ADDRESS) for name in names[:limit]]
    return ", ".join([*shown, f"{left:,} more"] if left else shown)
