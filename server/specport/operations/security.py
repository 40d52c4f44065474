"""Security Scheme and Security Requirement Objects (OAS 3.1 sections 4.8.27 and 4.8.30)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from specport.documents.model import JsonObject
from specport.documents.refs import References
from specport.errors import DocumentError
from specport.operations.model import SecurityScheme


def read_schemes(root: JsonObject, references: References) -> Mapping[str, SecurityScheme]:
    """The declared schemes by name; one that cannot be read is left out, so that it is simply never satisfied."""
    components = root.get("components")
    declared = cast("JsonObject", components).get("securitySchemes") if isinstance(components, dict) else None
    schemes: dict[str, SecurityScheme] = {}
    for name, raw in cast("JsonObject", declared).items() if isinstance(declared, dict) else ():
        try:
            scheme = references.follow(raw, f"/components/securitySchemes/{name}").value
        except DocumentError:
            continue
        if isinstance(scheme, dict):
            schemes[name] = _scheme(name, cast("JsonObject", scheme))
    return schemes


def _scheme(name: str, raw: JsonObject) -> SecurityScheme:
    def text(field: str) -> str:
        value = raw.get(field)
        return value if isinstance(value, str) else ""

    return SecurityScheme(
        name=name,
        kind=text("type"),
        scheme=text("scheme").lower(),
        location=text("in"),
        parameter=text("name"),
        description=text("description"),
    )


def read_requirements(raw: object) -> tuple[tuple[str, ...], ...]:
    """The alternatives of a `security` list; no list, or an empty one, means that nothing is needed."""
    if not isinstance(raw, list):
        return ()
    return tuple(tuple(cast("JsonObject", entry)) for entry in cast("list[object]", raw) if isinstance(entry, dict))
