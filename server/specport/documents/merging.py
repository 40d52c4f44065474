"""Changing JSON values at places: what changes is made anew, what does not is shared, nothing is changed in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias, cast

from specport.documents.model import Place
from specport.documents.pointers import children

Editing: TypeAlias = Callable[[object, Place], object]
"""A value and its place -> the value that takes its place, or GONE."""

GONE = object()
"""What an edit gives for a value that is taken away."""


class Kind(StrEnum):
    """What merging tells apart."""

    ARRAY = "array"
    OBJECT = "object"
    PLAIN = "plain value"

    @property
    def with_article(self) -> str:
        """As it stands in a sentence."""
        return f"a {self}" if self is Kind.PLAIN else f"an {self}"


def kind_of(value: object) -> Kind:
    """The kind of a JSON value."""
    if isinstance(value, dict):
        return Kind.OBJECT
    return Kind.ARRAY if isinstance(value, list) else Kind.PLAIN


def extent_of(value: object, *, most: int) -> tuple[int, int]:
    """How many values there are in a value, itself counted, and how many levels it nests; counting ends over `most`."""
    number, height = 1, 0
    waiting = [(value, 0)]
    while waiting and number <= most:
        node, depth = waiting.pop()
        inside = tuple(children(node))
        number += len(inside)
        height = max(height, depth)
        waiting += [(inner, depth + 1) for inner in inside]
    return number, height


@dataclass(slots=True)
class _Branch:
    """The way to the targets: what leads on by name or index, and whether a target stands here."""

    onward: dict[str | int, _Branch] = field(default_factory=dict["str | int", "_Branch"])
    is_target: bool = False


def edited(root: object, places: Iterable[Place], edit: Editing) -> object:
    """The value with each place edited, what is inside a target before the target; itself when nothing changes."""
    trunk = _Branch()
    for place in places:
        branch = trunk
        for step in place:
            branch = branch.onward.setdefault(step, _Branch())
        branch.is_target = True
    return _edited(root, trunk, edit, ())


def _edited(value: object, branch: _Branch, edit: Editing, place: Place) -> object:
    inside: object = value
    if isinstance(value, dict):
        inside = _with_members(cast("dict[str, object]", value), branch, edit, place)
    elif isinstance(value, list):
        inside = _with_items(cast("list[object]", value), branch, edit, place)
    return edit(inside, place) if branch.is_target else inside


def _with_members(members: dict[str, object], branch: _Branch, edit: Editing, place: Place) -> dict[str, object]:
    new = members.copy()
    for key, onward in branch.onward.items():
        assert isinstance(key, str)
        new[key] = _edited(members[key], onward, edit, (*place, key))
    if all(new[cast("str", key)] is members[cast("str", key)] for key in branch.onward):
        return members
    return {key: value for key, value in new.items() if value is not GONE}


def _with_items(items: list[object], branch: _Branch, edit: Editing, place: Place) -> list[object]:
    new = items.copy()
    for index, onward in branch.onward.items():
        assert isinstance(index, int)
        new[index] = _edited(items[index], onward, edit, (*place, index))
    if all(value is old for value, old in zip(new, items, strict=True)):
        return items
    return [value for value in new if value is not GONE]


def removed(_value: object, _place: Place) -> object:
    """The edit that takes a value away."""
    return GONE


def merged(target: object, update: object, place: Place, misfits: list[Place]) -> object:
    """`target` with `update` in it, by Overlay 1.1 section 4.4.3; `target` itself when that changes nothing.

    Objects are merged member by member, arrays joined, plain values replaced. A target of another kind stays as it is,
    and its place is added to `misfits`.
    """
    kind = kind_of(target)
    if kind is not kind_of(update):
        misfits.append(place)
        return target
    if kind is Kind.OBJECT:
        return _merged_objects(cast("dict[str, object]", target), cast("dict[str, object]", update), place, misfits)
    if kind is Kind.ARRAY:
        return [*cast("list[object]", target), *cast("list[object]", update)] if update else target
    return target if type(target) is type(update) and target == update else update


def _merged_objects(
    target: dict[str, object], update: dict[str, object], place: Place, misfits: list[Place]
) -> dict[str, object]:
    new = {
        key: merged(target[key], value, (*place, key), misfits) if key in target else value
        for key, value in update.items()
    }
    changes = any(key not in target or new[key] is not target[key] for key in new)
    return {**target, **new} if changes else target
