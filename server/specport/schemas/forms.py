"""Converted schemas in another form: with null, with an object for `items`, without what would refuse too much."""

from __future__ import annotations

from typing import cast

from specport.documents.model import JsonObject
from specport.schemas.keywords import UNIONS

_OTHER_NAMES = ("additionalProperties", "unevaluatedProperties")


def with_null(converted: dict[str, object]) -> dict[str, object]:
    """A 3.0 schema that is `nullable`: its type has null already, its `enum` and what it combines allow it too.

    OAS 3.0.3 gives `nullable` a meaning beside `type` only, but documents say `nullable` beside `allOf` and mean it.
    """
    enum = converted.get("enum")
    if isinstance(enum, list) and None not in enum:
        converted["enum"] = [*cast("list[object]", enum), None]
    if not any(key in converted for key in UNIONS):
        return converted
    said = {key: converted[key] for key in ("title", "description", "default", "deprecated") if key in converted}
    rest = {key: value for key, value in converted.items() if key not in said}
    branches = cast("list[object]", rest["anyOf"]) if list(rest) == ["anyOf"] else [rest]
    return {**said, "anyOf": [*branches, {"type": "null"}]}


def without_refusing(schema: JsonObject, converted: dict[str, object]) -> dict[str, object]:
    """Where a pattern for names is ignored, other names are not refused: it may have been for them."""
    names = converted.get("patternProperties")
    if not isinstance(names, dict) or len(cast("JsonObject", names)) == len(
        cast("JsonObject", schema["patternProperties"])
    ):
        return converted
    return {key: value for key, value in converted.items() if key not in _OTHER_NAMES}


def with_items_object(converted: dict[str, object]) -> dict[str, object]:
    """The same with an object for `items: true` and, as a bound on the length, for `items: false` (2020-12, 10.3.1.2).

    Clients ask for an object: VS Code takes `false` for an array that does not say what its items are.
    """
    if converted["items"] is True:
        return {**converted, "items": {}}
    first = len(cast("list[object]", converted.get("prefixItems", [])))
    most = min(first, cast("int", converted.get("maxItems", first)))
    return {**converted, "items": {}, "maxItems": most}
