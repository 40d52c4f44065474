"""Security Scheme and Security Requirement Objects (OAS 3.1 sections 4.8.27 and 4.8.30; the same in Swagger 2.0)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from specport.documents.model import JsonObject, Target
from specport.documents.pointers import child
from specport.documents.refs import References
from specport.documents.text import one_line
from specport.errors import DocumentError
from specport.operations.model import OAuthFlow, SecurityScheme
from specport.operations.parameters import MESSAGE_HEADERS, TOKEN
from specport.operations.reading import members

MAX_SHOWN = 60
"""Characters of a scheme's name for something that are repeated."""

_PLACES = ("header", "query", "cookie")

_SWAGGER_FLOWS = {"application": "clientCredentials", "accessCode": "authorizationCode"}
"""The flows that Swagger 2.0 calls by other names."""


def read_schemes(declared: Target, references: References) -> Mapping[str, SecurityScheme]:
    """The declared schemes by name; one that cannot be read is left out, so that it is simply never satisfied."""
    schemes: dict[str, SecurityScheme] = {}
    for name, raw in members(declared.value).items():
        try:
            scheme = references.follow(raw, child(declared.pointer, name)).value
        except DocumentError:
            continue
        if isinstance(scheme, dict):
            schemes[name] = _scheme(name, cast("JsonObject", scheme))
    return schemes


def fault_of(scheme: SecurityScheme) -> str:
    """Why no credential can be put where a scheme says, empty where it can: it would make another request."""
    name = scheme.parameter
    if scheme.kind == "http":
        is_token = not scheme.scheme or TOKEN.match(scheme.scheme)  # RFC 9110 section 11.1
        return "" if is_token else f"{one_line(scheme.scheme, MAX_SHOWN)!r} is no HTTP authentication scheme"
    if scheme.kind != "apiKey":
        return ""
    if scheme.location not in _PLACES:
        return f"a key goes in {', '.join(_PLACES)}, not in {one_line(scheme.location, MAX_SHOWN) or 'nothing'}"
    is_name = bool(name) if scheme.location == "query" else TOKEN.match(name)
    if not is_name or (scheme.location == "header" and name.lower() in MESSAGE_HEADERS):
        return f"{one_line(name, MAX_SHOWN)!r} cannot be the {scheme.location} of a key"
    return ""


def _scheme(name: str, raw: JsonObject) -> SecurityScheme:
    def text(field: str) -> str:
        value = raw.get(field)
        return value if isinstance(value, str) else ""

    is_basic = text("type") == "basic"  # Swagger 2.0
    return SecurityScheme(
        name=name,
        kind="http" if is_basic else text("type"),
        scheme="basic" if is_basic else text("scheme").lower(),
        location=text("in"),
        parameter=text("name"),
        description=text("description"),
        flows=tuple(_flows(raw)) if text("type") == "oauth2" else (),
    )


def _flows(raw: JsonObject) -> Iterator[OAuthFlow]:
    """The flows of OpenAPI 3, or the one that a Swagger 2.0 scheme itself is."""
    flows = members(raw.get("flows"))
    kind = raw.get("flow")
    if not flows and isinstance(kind, str):
        flows = {_SWAGGER_FLOWS.get(kind, kind): raw}
    for kind, entry in flows.items():
        if kind.startswith("x-"):
            continue
        flow = members(entry)
        urls = (flow.get(field) for field in ("authorizationUrl", "tokenUrl", "refreshUrl"))
        authorization, token, refresh = (url.strip() if isinstance(url, str) else "" for url in urls)
        yield OAuthFlow(kind, authorization, token, refresh, tuple(members(flow.get("scopes"))))


def read_requirements(raw: object) -> tuple[tuple[str, ...], ...]:
    """The alternatives of a `security` list; no list, or an empty one, means that nothing is needed."""
    if not isinstance(raw, list):
        return ()
    return tuple(tuple(cast("JsonObject", entry)) for entry in cast("list[object]", raw) if isinstance(entry, dict))
