"""Operation -> input schema and bindings: one property per parameter by its own name, the body as `body`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from specport.catalog.bodies import body_input, with_text
from specport.catalog.model import Binding, BodyBinding
from specport.documents.text import clean
from specport.operations.model import Body, Operation, Parameter
from specport.schemas.convert import SchemaConverter
from specport.schemas.model import Fragment, Use

MAX_KEY = 64
"""Longest property key that every client accepts."""

_KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}\Z")

_EMPTY_TEXT = {"type": "string", "maxLength": 0}
_NARROWING = frozenset({"enum", "const", "pattern", "minLength", "format", "allOf", "anyOf", "oneOf", "not", "if"})
"""What may keep a schema of texts from taking the empty one."""

_PLACES = {"query": "query", "path": "path", "header": "headers", "cookie": "cookies"}

Owned = frozenset[tuple[str, str]]
"""Parameters that authentication fills, as (location, lower-case name)."""


def build_input(
    operation: Operation, converter: SchemaConverter, owned: Owned
) -> tuple[Fragment, tuple[Binding, ...], BodyBinding | None]:
    """The root of an operation's input schema with the bindings that map its arguments back to the wire.

    Raises DocumentError when a schema in it cannot be read.
    """
    offered = [each for each in operation.parameters if (each.location.value, each.name.lower()) not in owned]
    properties: dict[str, Fragment] = {}
    required: list[str] = []
    bindings: list[Binding] = []
    for parameter, argument in zip(offered, _argument_names(offered, operation.body), strict=True):
        schema = converter.fragment(parameter.schema, parameter.pointer)
        schema = _or_empty(schema) if parameter.allow_empty else schema
        said = parameter.description or _own_name(parameter, argument)
        properties[argument] = _described(schema, said, parameter.deprecated)
        bindings.append(_binding(argument, parameter))
        if parameter.required:
            required.append(argument)
    body = None
    if operation.body:
        arguments, body = body_input(operation.body, converter)
        properties.update(arguments)
        if body.required:
            required.append(body.argument)
    root: dict[str, object] = {"type": "object", "properties": properties}
    if required:
        root["required"] = required
    root["additionalProperties"] = False
    return root, tuple(bindings), body


def _argument_names(parameters: Sequence[Parameter], body: Body | None) -> list[str]:
    """The property key of each parameter: its own name, else that with `_<location>`, else with a hash.

    The body's own keys are taken first, so a parameter called `body` steps aside; then come names that can be kept,
    so that `$top` never takes the name of a parameter called `top`.
    """
    taken = set[str]() if body is None else {"body"} if len(body.media) == 1 else {"body", "content_type"}
    names: dict[int, str] = {}
    for index, parameter in enumerate(parameters):
        if _KEY.match(parameter.name) and parameter.name not in taken:
            names[index] = parameter.name
            taken.add(parameter.name)
    for index, parameter in enumerate(parameters):
        if index not in names:
            names[index] = _free_key(parameter, taken)
            taken.add(names[index])
    return [names[index] for index in range(len(parameters))]


def _free_key(parameter: Parameter, taken: set[str]) -> str:
    legal = parameter.name if _KEY.match(parameter.name) else _legal(parameter.name)
    suffixed = f"{legal[: MAX_KEY - 7]}_{parameter.location.value}"
    digest = hashlib.sha256(f"{parameter.location.value} {parameter.name}".encode()).hexdigest()
    hashed = (f"{legal[: MAX_KEY - size - 1]}_{digest[:size]}" for size in (8, 16, 32))
    return next(key for key in (legal, suffixed, *hashed) if key not in taken)


def _own_name(parameter: Parameter, argument: str) -> str:
    """What a parameter without description is called, where its key does not show it: others are called alike."""
    is_shown = argument in (parameter.name, _legal(parameter.name))
    return "" if is_shown else f"`{parameter.name}` of the {_PLACES.get(parameter.location.value, 'request')}"


def _legal(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_.-]+", "_", name).strip("_")[:MAX_KEY] or "parameter"


def _binding(argument: str, parameter: Parameter) -> Binding:
    return Binding(
        argument=argument,
        location=parameter.location.value,
        wire_name=parameter.name,
        required=parameter.required,
        style=parameter.style,
        explode=parameter.explode,
        allow_reserved=parameter.allow_reserved,
        content_type=parameter.content_type,
        allow_empty=parameter.allow_empty,
    )


def _or_empty(schema: Fragment) -> Fragment:
    """The schema, or one that takes the empty text as well where it does not look as if it did."""
    if isinstance(schema, bool):
        return schema
    narrowing = _NARROWING.intersection(schema) if not isinstance(schema, Use) else _NARROWING
    takes_text = not isinstance(schema, Use) and schema.get("type", "string") == "string"
    return schema if takes_text and not narrowing else {"anyOf": [schema, _EMPTY_TEXT]}


def _described(fragment: Fragment, description: str, deprecated: bool) -> Fragment:
    """The schema with what its holder says of it; the holder's words win."""
    described = with_text(fragment, clean(description))
    if not deprecated or isinstance(described, bool):
        return described
    if isinstance(described, Use):
        return Use(described.place, {**described.siblings, "deprecated": True})
    return {**described, "deprecated": True}
