"""Operation -> input schema and bindings: one property per parameter by its own name, the body as `body`."""

from __future__ import annotations

import hashlib
import re

from specport.catalog.model import Binding, BodyBinding
from specport.documents.text import clean
from specport.operations.model import Body, Operation, Parameter
from specport.schemas.compose import compose
from specport.schemas.convert import SchemaConverter
from specport.schemas.model import Fragment, JsonSchema, Use
from specport.schemas.share import share

MAX_KEY = 64
"""Longest property key that every client accepts."""

_KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}\Z")

Owned = frozenset[tuple[str, str]]
"""Parameters that authentication fills, as (location, lower-case name)."""


def build_input(
    operation: Operation, converter: SchemaConverter, owned: Owned
) -> tuple[JsonSchema, tuple[Binding, ...], BodyBinding | None]:
    """The input schema of an operation with the bindings that map its arguments back to the wire.

    Raises DocumentError when a schema in it cannot be read.
    """
    keys = _Keys(operation.body)
    properties: dict[str, Fragment] = {}
    required: list[str] = []
    bindings: list[Binding] = []
    for parameter in operation.parameters:
        if (parameter.location.value, parameter.name.lower()) in owned:
            continue
        argument = keys.take(parameter)
        properties[argument] = _described(
            converter.fragment(parameter.schema, parameter.pointer), parameter.description, parameter.deprecated
        )
        bindings.append(_binding(argument, parameter))
        if parameter.required:
            required.append(argument)
    body = operation.body and _body(operation.body, keys, converter, properties)
    if body and body.required:
        required.append(body.argument)
    root: dict[str, object] = {"type": "object", "properties": properties}
    if required:
        root["required"] = required
    root["additionalProperties"] = False
    return share(compose(root, converter)), tuple(bindings), body


class _Keys:
    """Hands out property keys; the body's own are taken first, so a parameter called `body` steps aside."""

    def __init__(self, body: Body | None) -> None:
        self._taken: set[str] = set()
        if body:
            self._taken.add("body")
            if len(body.media) > 1:
                self._taken.add("content_type")

    def take(self, parameter: Parameter) -> str:
        """The parameter's own name where it is legal and free, else with `_<location>`, else with a hash."""
        legal = parameter.name if _KEY.match(parameter.name) else _legal(parameter.name)
        suffixed = f"{legal[: MAX_KEY - 7]}_{parameter.location.value}"
        digest = hashlib.sha256(f"{parameter.location.value} {parameter.name}".encode()).hexdigest()[:8]
        for key in (legal, suffixed, f"{legal[: MAX_KEY - 9]}_{digest}"):
            if key not in self._taken:
                self._taken.add(key)
                return key
        return self._numbered(legal)

    def _numbered(self, legal: str) -> str:
        number = 2
        while f"{legal[: MAX_KEY - 9]}_{number}" in self._taken:
            number += 1
        key = f"{legal[: MAX_KEY - 9]}_{number}"
        self._taken.add(key)
        return key


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
    )


def _body(
    body: Body, keys: _Keys, converter: SchemaConverter, properties: dict[str, Fragment]
) -> BodyBinding:
    fragments = [converter.fragment(media.schema, media.pointer) for media in body.media]
    distinct: list[Fragment] = []
    for fragment in fragments:
        if fragment not in distinct:
            distinct.append(fragment)
    whole: Fragment = distinct[0] if len(distinct) == 1 else {"anyOf": distinct}
    properties["body"] = _described(whole, body.description, deprecated=False)
    content_types = tuple(media.content_type for media in body.media)
    if len(content_types) == 1:
        return BodyBinding("body", body.required, content_types)
    properties["content_type"] = {"type": "string", "enum": list(content_types), "default": content_types[0]}
    return BodyBinding("body", body.required, content_types, chooser="content_type")


def _described(fragment: Fragment, description: str, deprecated: bool) -> Fragment:
    """The schema with what its holder says of it; the holder's words win."""
    said: dict[str, object] = {}
    text = clean(description)
    if text:
        said["description"] = text
    if deprecated:
        said["deprecated"] = True
    if not said:
        return fragment
    if isinstance(fragment, Use):
        return Use(fragment.pointer, {**fragment.siblings, **said})
    if isinstance(fragment, bool):
        return said if fragment else fragment
    return {**fragment, **said}
