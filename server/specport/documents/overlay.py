"""OpenAPI Overlay 1.0 and 1.1: a file of actions that change a document before it is read.

What is wrong with the file itself, whatever the document, is a DocumentError: it is no overlay, of another version, has
no actions, an action of the wrong shape, or a JSONPath that cannot be read. What does not fit the document is one
warning for each action, and the action is left out: it matches nothing, changes nothing, or has no value to merge.
Inside an object that is merged, a member of another kind than the document's leaves the document's; the others count.

Where the two versions say the same in different words, 1.1 is followed: an array is joined to an array. Both may remove
a plain value, as the published examples of 1.0 do. `info`, `extends` and `description` are for people and not checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from specport.documents.bounds import MAX_DEPTH
from specport.documents.merging import Kind, edited, extent_of, kind_of, merged, removed
from specport.documents.model import JsonObject, Place
from specport.documents.pointers import child
from specport.documents.queries import Query
from specport.errors import DocumentError

MAX_ACTIONS = 10_000
"""Most actions of one overlay."""

MAX_WRITTEN = 1_000_000
"""Most values that all overlays of a document may write, each counted wherever it is written."""

_SHOWN = 200
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Rules:
    """What differs between versions, as data.

    `plain_targets`: an update may select strings, numbers, booleans and null (1.1 section 4.4.3; not in 1.0).
    `copies`: an action may have `copy` (1.1).
    """

    version: str
    plain_targets: bool
    copies: bool


_RULES = (Rules("1.0", plain_targets=False, copies=False), Rules("1.1", plain_targets=True, copies=True))


@dataclass(frozen=True, slots=True)
class Remove:
    """Take the targets away."""


@dataclass(frozen=True, slots=True)
class Update:
    """Merge a value into the targets."""

    value: object


@dataclass(frozen=True, slots=True)
class Copy:
    """Merge the one value that a query selects into the targets."""

    source: Query


@dataclass(frozen=True, slots=True)
class Useless:
    """An action that asks for nothing, and why."""

    reason: str


Change: TypeAlias = Remove | Update | Copy | Useless


@dataclass(frozen=True, slots=True)
class Action:
    """One change: `name` is its number and its overlay, as every sentence about it begins."""

    name: str
    rules: Rules
    target: Query
    change: Change


def read_overlay(value: object, name: str) -> tuple[Action, ...]:
    """The actions of an overlay that was parsed. Raises DocumentError, beginning with a verb, when it is none."""
    if not isinstance(value, dict) or "overlay" not in value:
        raise DocumentError("is no overlay: it has no `overlay` version field", hint="Is this an OpenAPI Overlay?")
    members = cast("JsonObject", value)
    rules = _rules_of(str(members["overlay"]))
    actions = members.get("actions")
    if not isinstance(actions, list) or not actions:
        raise DocumentError("has no `actions`, so it changes nothing")
    entries = cast("list[object]", actions)
    if len(entries) > MAX_ACTIONS:
        raise DocumentError(f"has {len(entries):,} actions; the limit MAX_ACTIONS is {MAX_ACTIONS:,}")
    return tuple(
        _read_action(entry, number, rules, f"action {number} of {name}") for number, entry in enumerate(entries, 1)
    )


def _rules_of(version: str) -> Rules:
    for rules in _RULES:
        if version == rules.version or version.startswith(f"{rules.version}."):
            return rules
    readable = ", ".join(rules.version for rules in _RULES)
    raise DocumentError(f"is of Overlay version {version[:20]!r}; readable are {readable}")


def _read_action(entry: object, number: int, rules: Rules, name: str) -> Action:
    if not isinstance(entry, dict):
        raise DocumentError(f"has an action {number} that is no object")
    members = cast("JsonObject", entry)
    target = _read_query(members, "target", number)
    return Action(name, rules, target, _read_change(members, number, rules))


def _read_change(members: JsonObject, number: int, rules: Rules) -> Change:
    """What an action does; a removal makes everything else count for nothing (section 4.4.3)."""
    remove = members.get("remove", False)
    if not isinstance(remove, bool):
        raise DocumentError(f"has an action {number} whose `remove` is not true or false")
    if "copy" in members and not rules.copies:
        raise DocumentError(f"has `copy` in action {number}, which Overlay {rules.version} does not know")
    source = _read_query(members, "copy", number) if "copy" in members else None
    if remove:
        return Remove()
    if source and "update" in members:
        return Useless("has both `update` and `copy`, and each makes the other count for nothing")
    if source:
        return Copy(source)
    return Update(members["update"]) if "update" in members else Useless("says neither what to update nor to remove")


def _read_query(members: JsonObject, field: str, number: int) -> Query:
    text = members.get(field)
    if not isinstance(text, str):
        raise DocumentError(f"has an action {number} whose `{field}` is no text")
    try:
        return Query(text)
    except DocumentError as error:
        message = f"has an action {number} whose `{field}`, {text[:_SHOWN]!r}, {error.message}"
        raise DocumentError(message, hint=error.hint) from error


def apply(root: JsonObject, actions: Sequence[Action]) -> tuple[JsonObject, tuple[tuple[str, str], ...]]:
    """The document after all actions, each applied to what the one before left, and a warning for each without effect.

    A warning is a JSON Pointer into the document and a sentence. `root` stays as it is; what does not change is shared.
    Raises DocumentError for the removal of the whole document, nesting over MAX_DEPTH, and over MAX_WRITTEN values.
    """
    applying = _Applying(root)
    for action in actions:
        try:
            applying.take(action)
        except DocumentError as error:
            raise DocumentError(f"{action.name} {error.message}: {action.target.text[:_SHOWN]}") from error
    return applying.root, tuple(applying.warnings)


class _Unfit(Exception):
    """Why an action is left out, beginning with a verb."""


class _Applying:
    """A document on its way through the actions."""

    def __init__(self, root: JsonObject) -> None:
        self.root = root
        self.warnings: list[tuple[str, str]] = []
        self._written = 0

    def take(self, action: Action) -> None:
        """Apply the next action, or say why it has no effect."""
        found = action.target.find(self.root)
        try:
            self._take(action, found)
        except _Unfit as reason:
            pointer = child("", *next(iter(found), ()))
            self.warnings.append((pointer, f"{action.name} {reason}: {action.target.text[:_SHOWN]}"))

    def _take(self, action: Action, found: Mapping[Place, object]) -> None:
        change = action.change
        if isinstance(change, Useless):
            raise _Unfit(change.reason)
        if not found:
            raise _Unfit("matches nothing")
        if isinstance(change, Remove):
            self._remove(found)
        elif isinstance(change, Copy):
            self._merge(action, found, self._source(change))
        else:
            self._merge(action, found, change.value)

    def _remove(self, found: Mapping[Place, object]) -> None:
        if () in found:
            raise DocumentError("removes the whole document")
        self.root = cast("JsonObject", edited(self.root, found, removed))

    def _source(self, change: Copy) -> object:
        sources = list(change.source.find(self.root).values())
        if len(sources) != 1:
            raise _Unfit(f"is left out, as `copy` selects {len(sources):,} values and not one")
        return sources[0]

    def _merge(self, action: Action, found: Mapping[Place, object], value: object) -> None:
        value = _fitting(action.rules, found, value)
        self._check_room(found, value)
        misfits: list[Place] = []
        before = self.root
        self.root = cast("JsonObject", edited(before, found, lambda old, place: merged(old, value, place, misfits)))
        if misfits:
            pointers = ", ".join(child("", *place) for place in misfits[:_NAMED])
            more = f" and {len(misfits) - _NAMED:,} more" if len(misfits) > _NAMED else ""
            raise _Unfit(f"leaves values of another kind as they are, at {pointers}{more}")
        if self.root is before:
            raise _Unfit("changes nothing, as the document says so already")

    def _check_room(self, found: Mapping[Place, object], value: object) -> None:
        """Refuse what would make the document too deep or too large."""
        number, height = extent_of(value, most=MAX_WRITTEN)
        self._written += number * len(found)
        if self._written > MAX_WRITTEN:
            raise DocumentError(f"makes the overlays write more than {MAX_WRITTEN:,} values, the limit MAX_WRITTEN")
        if max(map(len, found)) + height > MAX_DEPTH:
            raise DocumentError(f"nests the document more than {MAX_DEPTH} levels deep, the limit MAX_DEPTH")


def _fitting(rules: Rules, found: Mapping[Place, object], value: object) -> object:
    """The value as it can be merged into all targets: what an array is to take as one item becomes an array.

    Raises _Unfit for targets of several kinds, and for a value of another kind than theirs (section 4.4.3).
    """
    kinds = sorted({kind_of(target) for target in found.values()})
    if len(kinds) > 1:
        raise _Unfit(f"is left out, as it selects {' and '.join(f'{kind}s' for kind in kinds)} together")
    target, given = kinds[0], kind_of(value)
    if target is Kind.PLAIN and not rules.plain_targets:
        raise _Unfit(f"is left out, as Overlay {rules.version} updates no {target}s but the object around them")
    if target is Kind.ARRAY:
        return value if given is Kind.ARRAY else [value]
    if given is not target:
        raise _Unfit(f"is left out, as {given.with_article} cannot be merged into {target.with_article}")
    return value
