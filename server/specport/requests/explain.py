"""What the validator found wrong, in words: where, what was expected, the allowed values, the nearest name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind as Kind

from specport.documents.pointers import child
from specport.errors import BadArguments
from specport.requests.styles import json_bytes
from specport.schemas.parts import argument_members

MAX_REPORTED = 3
"""Faults named in one message."""

MASK = "\0"
"""What the validator is told to write in place of a value, so that a long one does not push out what was expected."""

_INDEX = re.compile(r"\+?0*([0-9]{1,20})\Z", re.ASCII)
_MAX_SHOWN = 80
_MAX_PLACE = 300
_MAX_OPTIONS = 30
_MAX_NAMES = 5
_MAX_MESSAGE = 300

Fault: TypeAlias = jsonschema_rs.ValidationError
Path: TypeAlias = Sequence[str | int]


def refusal(faults: Sequence[Fault], schema: Mapping[str, object]) -> BadArguments:
    """The error that says what is wrong with arguments, each union by the branch that came closest."""
    leaves = _leaves(faults)
    told = [_explain(fault, schema) for fault in leaves[:MAX_REPORTED]]
    more = len(leaves) - len(told)
    text = "; ".join(told) + (f"; and {more} more" if more else "")
    meant = _meant(leaves)
    hints = (_hint(fault, schema, meant) for fault in sorted(leaves, key=_has_no_unknown_name))
    return BadArguments(text, pointer=_pointer(leaves[0]), hint=next(filter(None, hints), ""))


def branches(fault: Fault) -> list[list[Fault]]:
    """What each branch of a union has against the value; nothing for any other fault."""
    kind = fault.kind
    if isinstance(kind, Kind.AnyOf | Kind.OneOfNotValid):
        return [branch for branch in kind.context if branch]
    return []


def wanted_types(fault: Fault, path: Path) -> frozenset[str] | None:
    """The types that would do for the value at `path`; None where its type is not what is wrong."""
    if fault.instance_path != path:
        return None
    if isinstance(fault.kind, Kind.Type):
        return frozenset(fault.kind.types)
    wanted = [_branch_wants(branch, path) for branch in branches(fault)]
    known = [types for types in wanted if types is not None]
    return frozenset[str]().union(*known) if known and len(known) == len(wanted) else None


def by_distance(unions: Sequence[list[Fault]], path: Path) -> list[list[Fault]]:
    """The branches of a union at `path`, the one that came closest first.

    One of another type is farthest, then one that a fixed value rules out, then the one with more faults.
    """

    def distance(branch: list[Fault]) -> tuple[bool, int, int]:
        leaves = _leaves(branch)
        fixed = sum(isinstance(fault.kind, Kind.Constant | Kind.Enum) for fault in leaves)
        return _branch_wants(branch, path) is not None, fixed, len(leaves)

    return sorted(unions, key=distance)


def key_of(members: Mapping[str, object], token: str | int) -> str | None:
    """The member that a token of a fault's path names; None where that may be several.

    The validator writes 1 for members called `1`, `01` and `+1`, as if they were places in an array.
    """
    if isinstance(token, str):
        return token
    named = [name for name in members if (index := _INDEX.match(name)) and int(index[1]) == token]
    return named[0] if len(named) == 1 else None


def shown(value: object) -> str:
    """A value as JSON, cut to a readable length."""
    try:
        text = json_bytes(value).decode()
    except BadArguments:
        text = type(value).__name__
    return _cut(text, _MAX_SHOWN)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_OPTIONS:,} more" if len(names) > _MAX_OPTIONS else ""
    return ", ".join(_cut(name, _MAX_SHOWN) for name in names[:_MAX_OPTIONS]) + more


def _branch_wants(branch: Sequence[Fault], path: Path) -> frozenset[str] | None:
    found = (wanted_types(fault, path) for fault in branch)
    return next((types for types in found if types is not None), None)


def _leaves(faults: Sequence[Fault]) -> list[Fault]:
    """The faults with each union replaced by those of the branch that came closest."""
    found: list[Fault] = []
    for fault in faults:
        unions = branches(fault)
        types = wanted_types(fault, fault.instance_path) if unions else None
        found += [fault] if not unions or types is not None else _leaves(by_distance(unions, fault.instance_path)[0])
    return found


def _explain(fault: Fault, schema: Mapping[str, object]) -> str:
    where = _cut(_place(fault), _MAX_PLACE) or "arguments"
    types = wanted_types(fault, fault.instance_path)
    kind = fault.kind
    form = _content_of(fault, schema)
    if form and (types is not None or isinstance(kind, Kind.Pattern)):
        return f"{where}: expected {form} as text, got {shown(fault.instance)}"
    if types is not None:
        return f"{where}: expected {' or '.join(sorted(types))}, got {shown(fault.instance)}"
    if isinstance(kind, Kind.Required):
        return f"{where}: {kind.property!r} is missing{_kind_of(kind.property, fault, schema)}"
    if isinstance(kind, Kind.AdditionalProperties | Kind.UnevaluatedProperties):
        names = ", ".join(repr(name[:_MAX_SHOWN]) for name in kind.unexpected[:_MAX_NAMES])
        more = ", ..." if len(kind.unexpected) > _MAX_NAMES else ""
        return f"{where}: {names}{more} {'is' if len(kind.unexpected) == 1 else 'are'} not known here"
    if isinstance(kind, Kind.Enum):
        return f"{where}: {shown(fault.instance)} is not one of {_listed([shown(option) for option in kind.options])}"
    if isinstance(kind, Kind.Constant):
        return f"{where}: expected {shown(kind.expected_value)}, got {shown(fault.instance)}"
    return f"{where}: {fault.message[:_MAX_MESSAGE].replace(MASK, shown(fault.instance), 1)}"


def _kind_of(name: str, fault: Fault, schema: Mapping[str, object]) -> str:
    """The type of a missing member, in brackets, where the schema simply says it."""
    member = _members(fault, schema).get(name)
    kind = cast("Mapping[str, object]", member).get("type") if isinstance(member, dict) else None
    return f" ({kind})" if isinstance(kind, str) else ""


def _meant(faults: Sequence[Fault]) -> str:
    """The one member that is missing, where one of an unknown name is all that is wrong beside it."""
    kinds = [fault.kind for fault in faults]
    unknown = [kind.unexpected for kind in kinds if isinstance(kind, Kind.AdditionalProperties)]
    missing = [kind.property for kind in kinds if isinstance(kind, Kind.Required)]
    is_plain = len(faults) == 2 and len(unknown) == len(missing) == 1 and len(unknown[0]) == 1
    same = is_plain and list(faults[0].instance_path) == list(faults[1].instance_path)
    return missing[0] if same else ""


def _hint(fault: Fault, schema: Mapping[str, object], meant: str) -> str:
    """The name that is meant or nearest for an unknown one, else which names there are, or which are required."""
    kind = fault.kind
    if isinstance(kind, Kind.AdditionalProperties | Kind.UnevaluatedProperties):
        names = list(_members(fault, schema))
        inside = "" if fault.instance_path else _argument_with(kind.unexpected[0], names, schema)
        if inside:
            part = _part_of(fault.instance, kind.unexpected, argument_members(schema, inside))
            return f"Give it inside {inside!r}: {shown({inside: part})}"
        near = [meant] if meant else difflib.get_close_matches(kind.unexpected[0][:_MAX_SHOWN], names, n=1, cutoff=0.5)
        if near:
            return f"Did you mean {near[0]!r}?"
        what = "Known here" if fault.instance_path else "Arguments"
        if names:
            return f"{what}: {_listed(names)}"
        return "" if fault.instance_path else "This tool takes no arguments"
    if isinstance(kind, Kind.Required) and not fault.instance_path:
        return f"Required: {_listed(cast('list[str]', schema.get('required', [])))}"
    return ""


def _argument_with(name: str, arguments: Sequence[str], schema: Mapping[str, object]) -> str:
    """The argument, an object, that has a member of that name; nothing where none or several have."""
    having = [argument for argument in arguments if name in argument_members(schema, argument)]
    return having[0] if len(having) == 1 and name not in arguments else ""


def _part_of(given: object, names: Sequence[str], members: Mapping[str, object]) -> Mapping[str, object]:
    """What was given under some names that are members, in their order: the validator keeps none."""
    values = cast("Mapping[str, object]", given)
    return {name: values[name] for name in members if name in names}


def _has_no_unknown_name(fault: Fault) -> bool:
    return not isinstance(fault.kind, Kind.AdditionalProperties | Kind.UnevaluatedProperties)


def _content_of(fault: Fault, schema: Mapping[str, object]) -> str:
    """The media type of the text that a schema wants, where it names one (`contentMediaType`)."""
    form = _schema_of(fault, schema).get("contentMediaType")
    return form if isinstance(form, str) else ""


def _members(fault: Fault, schema: Mapping[str, object]) -> Mapping[str, object]:
    """The declared members of the object that a fault is about."""
    members = _schema_of(fault, schema).get("properties")
    return cast("Mapping[str, object]", members) if isinstance(members, dict) else {}


def _schema_of(fault: Fault, schema: Mapping[str, object]) -> Mapping[str, object]:
    """The schema whose keyword a fault is about."""
    node: object = schema
    for token in fault.schema_path[:-1]:
        if isinstance(node, dict):
            members = cast("Mapping[str, object]", node)
            key = key_of(members, token)
            node = None if key is None else members.get(key)
        elif isinstance(node, list) and isinstance(token, int):
            node = cast("list[object]", node)[token]
    return cast("Mapping[str, object]", node) if isinstance(node, dict) else {}


def _pointer(fault: Fault) -> str:
    """The JSON Pointer of the argument at fault, which may be a missing one."""
    kind = fault.kind
    return child(_place(fault), kind.property) if isinstance(kind, Kind.Required) else _place(fault)


def _place(fault: Fault) -> str:
    return child("", *fault.instance_path)
