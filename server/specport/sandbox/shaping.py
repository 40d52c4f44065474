"""Plain schemas that hold together -> one Shape: properties joined, types and enums met, bounds narrowed."""

from __future__ import annotations

from typing import cast

from specport.documents.model import Dialect, JsonObject
from specport.documents.pointers import child
from specport.sandbox.model import Place, Places, Shape

_PLAIN = ("format", "pattern", "multipleOf", "uniqueItems", "readOnly", "writeOnly", "contentEncoding")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def shape_of(parts: tuple[Place, ...], dialect: Dialect) -> Shape:
    """What the plain schemas say together."""
    properties: dict[str, Places] = {}
    required: dict[str, None] = {}
    facts: dict[str, object] = {}
    for part in parts:
        schema = cast("JsonObject", part.schema)
        for name, value in _members(schema.get("properties")).items():
            place = Place(value, child(part.pointer, "properties", name))
            properties[name] = (*properties.get(name, ()), place)
        required.update(dict.fromkeys(name for name in _listed(schema.get("required")) if isinstance(name, str)))
        _narrow(facts, _facts(schema, dialect))
    schemas = [cast("JsonObject", part.schema) for part in parts]
    enum = _enum(schemas)
    items = _under(parts, "items")
    return Shape(
        types=_types(schemas, dialect) or _implied(properties, items, enum),
        properties=properties,
        required=tuple(required),
        items=items or None,
        additional=_under(parts, "additionalProperties") or None,
        closed=any(schema.get("additionalProperties") is False for schema in schemas),
        enum=enum,
        samples=tuple(_samples(schemas)),
        facts=facts,
        targets=frozenset(part.pointer for part in parts),
    )


def _members(value: object) -> JsonObject:
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def _listed(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _under(parts: tuple[Place, ...], keyword: str) -> Places:
    holders = ((part, cast("JsonObject", part.schema).get(keyword)) for part in parts)
    return tuple(
        Place(cast("object", value), child(part.pointer, keyword)) for part, value in holders if isinstance(value, dict)
    )


def _facts(schema: JsonObject, dialect: Dialect) -> dict[str, object]:
    """The plain keywords, with exclusive bounds as numbers whichever way the version writes them."""
    facts = {key: schema[key] for key in _PLAIN if key in schema}
    facts |= {key: schema[key] for key in (*_LOWER, *_UPPER) if _is_number(schema.get(key))}
    if dialect.boolean_exclusive:
        for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if schema.get(exclusive) is True and bound in facts:
                facts[exclusive] = facts.pop(bound)
    return facts


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _narrow(facts: dict[str, object], more: dict[str, object]) -> None:
    for key, value in more.items():
        known = facts.get(key)
        if known is None:
            facts[key] = value
        elif key in _LOWER:
            facts[key] = max(cast("float", known), cast("float", value))
        elif key in _UPPER:
            facts[key] = min(cast("float", known), cast("float", value))


def _types(schemas: list[JsonObject], dialect: Dialect) -> tuple[str, ...]:
    """The types every schema that names some allows; the first one's when they allow none in common."""
    met: tuple[str, ...] = ()
    for schema in schemas:
        declared = schema.get("type")
        names = [declared] if isinstance(declared, str) else [n for n in _listed(declared) if isinstance(n, str)]
        if names and dialect.is_nullable(schema):
            names.append("null")
        if names and met:
            both = tuple(name for name in met if name in names or (name == "integer" and "number" in names))
            met = both or (("integer",) if "integer" in names and "number" in met else met)
        elif names:
            met = tuple(dict.fromkeys(names))
    return tuple(sorted(met, key=lambda name: name == "null"))


def _implied(properties: object, items: object, enum: tuple[object, ...] | None) -> tuple[str, ...]:
    if properties:
        return ("object",)
    if items:
        return ("array",)
    return tuple(dict.fromkeys(kind_of(value) for value in enum or ()))


def kind_of(value: object) -> str:
    """The JSON type of a value."""
    if isinstance(value, bool):
        return "boolean"
    names = ((str, "string"), (list, "array"), (dict, "object"), (int, "integer"), (float, "number"))
    return next((name for kind, name in names if isinstance(value, kind)), "null")


def _enum(schemas: list[JsonObject]) -> tuple[object, ...] | None:
    met: list[object] | None = None
    for schema in schemas:
        choices = [schema["const"]] if "const" in schema else _listed(schema.get("enum"))
        if choices:
            met = choices if met is None else [value for value in met if value in choices] or met
    return None if met is None else tuple(met)


def _samples(schemas: list[JsonObject]) -> list[object]:
    """The document's own values: examples before defaults, outer schemas before the ones they bring together."""
    found: list[object] = [schema["example"] for schema in schemas if "example" in schema]
    for schema in schemas:
        found.extend(_listed(schema.get("examples")))
    found.extend(schema["default"] for schema in schemas if "default" in schema)
    return found
