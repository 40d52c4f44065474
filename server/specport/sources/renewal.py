"""A newer version of a source's document beside the one that is open: what is taken, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from specport.catalog.changes_model import Changes
from specport.catalog.model import Tool
from specport.catalog.report import problem_line
from specport.documents.model import Problem, Severity
from specport.executor.addresses import origin_of
from specport.policy.model import Policy
from specport.policy.rules import decide_all, is_looser
from specport.sources.admission import reached_by
from specport.sources.model import Held
from specport.sources.read import Opened, origins_of, server_of, with_other_facts

MAX_NAMED = 5
"""Most operations, schemes or problems named in one reason."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What looking at a source's document again brought. `opened` is what is open now.

    `fingerprint`: that of the version that was looked at, whether it was taken or not.
    `is_taken`: a newer version, whose `changes` are told. `refused`: why one was not taken, a sentence for each reason.
    `accepted`: the tools that waited, and wait no more.
    """

    opened: Opened
    fingerprint: str
    changes: Changes = field(default_factory=Changes)
    is_taken: bool = False
    refused: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many tools were added, removed and changed."""
        changes = self.changes
        return {"added": len(changes.added), "removed": len(changes.removed), "changed": len(changes.changed)}


def judged(known: Opened, newer: Opened, policy: Policy, *, accept: bool) -> Refreshed:
    """What becomes of a newer version. With `accept` all of it is taken.

    Without, operations and security schemes that it adds are held, and so are operations that `policy` asks about or
    denies and would no more: by other names, tags or hints they are no others. Credentials go where they went. It is
    not taken at all where calls that are made today would change where they go, how they authenticate, or be
    impossible.
    """
    from specport.catalog.changes import changes as changes_between  # only a newer version needs it

    changes, fingerprint = changes_between(known.catalog, newer.catalog), newer.kept.fingerprint
    if accept:
        accepted = replace(newer.kept, held=Held(), origins=origins_of(newer))
        waited = (tool for tool in newer.catalog.tools if operation_of(tool) in known.source.held.operations)
        names = tuple(tool.address for tool in waited)
        return Refreshed(with_other_facts(newer, accepted), fingerprint, changes, is_taken=True, accepted=names)
    refused = tuple(_reasons(known, newer, changes))
    if refused:
        return Refreshed(known, fingerprint, changes, refused=refused)
    held = _held(known, newer, changes, policy)
    kept = replace(newer.kept, held=held, origins=known.origins)
    return Refreshed(with_other_facts(newer, kept), fingerprint, changes, is_taken=True)


def operation_of(tool: Tool) -> str:
    """`POST /pets`, which is what a tool is known by over versions of its document."""
    return f"{tool.route.method} {tool.route.path}" if tool.route else ""


def _held(known: Opened, newer: Opened, changes: Changes, policy: Policy) -> Held:
    before = known.source.held
    operations = {*before.operations, *map(operation_of, changes.added), *_loosened(known, newer, policy)}
    schemes = {*before.schemes, *(scheme.name for scheme in changes.schemes_added)}
    return Held(
        tuple(operation for operation in map(operation_of, newer.catalog.tools) if operation in operations),
        tuple(name for name in newer.catalog.schemes if name in schemes),
    )


def _loosened(known: Opened, newer: Opened, policy: Policy) -> Iterator[str]:
    """The operations that both have, and of which policy decides less strictly than before."""
    before = decide_all(known.catalog.tools, policy, [known.rules]).decisions
    was = {operation_of(tool): before[tool.address] for tool in known.catalog.tools}
    now = decide_all(newer.catalog.tools, policy, [newer.rules]).decisions
    for tool in newer.catalog.tools:
        operation = operation_of(tool)
        if operation in was and is_looser(now[tool.address], was[operation]):
            yield operation


def _reasons(known: Opened, newer: Opened, changes: Changes) -> Iterator[str]:
    """Why a version is not taken without a person's yes."""
    used = {operation_of(tool): tool for tool in known.catalog.tools}
    for operation in known.source.held.operations:
        used.pop(operation, None)
    reached = reached_by(known)
    moved: dict[str, list[str]] = {}
    for tool in newer.catalog.tools:
        origin = origin_of(server_of(newer, tool.route)) if tool.route else ""
        if operation_of(tool) in used and origin not in reached:
            moved.setdefault(origin or "nowhere", []).append(tool.address)
    for origin, addresses in moved.items():
        yield f"calls would go to {origin}, where none went before: {_named(addresses)}"
    changed = [each.new.name for each in changes.schemes_changed if each.new.name in known.channel.credentials]
    if changed:
        yield f"credentials would be sent in another way: {_named(changed)}"
    errors = _errors(newer) - _errors(known)
    if changes.removed and errors:
        first = min(errors, key=lambda problem: problem.pointer)
        gone = _named(tool.address for tool in changes.removed)
        yield f"it has errors that it had not ({problem_line(first)}), and no longer has {gone}"


def _errors(opened: Opened) -> set[Problem]:
    return {problem for problem in opened.catalog.problems if problem.severity is Severity.ERROR}


def _named(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - MAX_NAMED} more" if len(every) > MAX_NAMED else ""
    return ", ".join(every[:MAX_NAMED]) + more
