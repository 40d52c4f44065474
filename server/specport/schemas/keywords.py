"""JSON Schema 2020-12 keywords with plain values, and the check that keeps each one valid.

A keyword whose value could not stand in a valid 2020-12 schema is left out and reported, never passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

TYPES = ("null", "boolean", "object", "array", "number", "string", "integer")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return _is_number(value) and cast("float", value) >= 0 and float(cast("float", value)).is_integer()


def _is_positive(value: object) -> bool:
    return _is_number(value) and cast("float", value) > 0


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_choice(value: object) -> bool:
    return isinstance(value, list) and len(cast("list[object]", value)) > 0


def _is_anything(value: object) -> bool:
    del value
    return True


def is_name_list(value: object) -> bool:
    """Whether a value can be `required`: an array of strings."""
    return isinstance(value, list) and all(isinstance(item, str) for item in cast("list[object]", value))


PLAIN: Mapping[str, Callable[[object], bool]] = {
    "title": _is_text, "description": _is_text, "default": _is_anything, "const": _is_anything, "enum": _is_choice,
    "deprecated": _is_bool, "format": _is_text, "pattern": _is_text, "contentEncoding": _is_text,
    "contentMediaType": _is_text, "multipleOf": _is_positive, "minimum": _is_number, "maximum": _is_number,
    "exclusiveMinimum": _is_number, "exclusiveMaximum": _is_number, "minLength": _is_count, "maxLength": _is_count,
    "minItems": _is_count, "maxItems": _is_count, "minContains": _is_count, "maxContains": _is_count,
    "minProperties": _is_count, "maxProperties": _is_count, "uniqueItems": _is_bool,
}  # fmt: skip
"""Keywords copied as they are when their value passes."""

ONE_SCHEMA = (
    "items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else",
    "unevaluatedItems", "unevaluatedProperties", "contentSchema",
)  # fmt: skip
"""Keywords whose value is a schema."""

UNIONS = ("allOf", "anyOf", "oneOf")
"""Keywords that join several schemas of the same value."""

SCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
"""Keywords whose value is a non-empty array of schemas."""

SCHEMA_MAPS = ("properties", "patternProperties", "dependentSchemas")
"""Keywords whose value maps names to schemas."""


HOLDERS = frozenset({*ONE_SCHEMA, *SCHEMA_LISTS, *SCHEMA_MAPS, "$defs"})
"""Keywords in whose values there are schemas."""


def definition(reference: str) -> str:
    """The name in `$defs` that a reference of a finished schema leads to."""
    return reference.removeprefix("#/$defs/")
