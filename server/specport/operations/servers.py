"""Server Objects: URL templates with each variable at its default (OAS 3.1 sections 4.8.5 and 4.8.6)."""

from __future__ import annotations

from typing import cast

from specport.documents.model import JsonObject


def read_servers(raw: object) -> tuple[str, ...]:
    """The URLs of a `servers` list in order; entries without a URL are passed over."""
    if not isinstance(raw, list):
        return ()
    urls = (_url(cast("JsonObject", entry)) for entry in cast("list[object]", raw) if isinstance(entry, dict))
    return tuple(url for url in urls if url)


def _url(server: JsonObject) -> str:
    url = server.get("url")
    if not isinstance(url, str):
        return ""
    variables = server.get("variables")
    for name, variable in cast("JsonObject", variables).items() if isinstance(variables, dict) else ():
        default = cast("JsonObject", variable).get("default") if isinstance(variable, dict) else None
        if isinstance(default, str):
            url = url.replace(f"{{{name}}}", default)
    return url.strip()
