"""Where the calls of a source would go, and what of that somebody should know before it is added."""

from __future__ import annotations

from collections import Counter

from specport.catalog.model import Tool
from specport.executor.addresses import host_of, is_private_host, origin_of
from specport.sources.preview.model import Destination
from specport.sources.read import Opened, server_of


def destinations_of(opened: Opened) -> list[Destination]:
    """The base URL, then the servers of single operations, then those that the document only names."""
    counts = Counter(_server_of(opened, tool) for tool in opened.catalog.tools)
    named = () if opened.source.base_url else opened.catalog.servers
    others = [url for url, _ in counts.most_common() if url != opened.base_url]
    urls = [opened.base_url, *others, *(url.rstrip("/") for url in named[1:] if origin_of(url))]
    origins = frozenset(opened.origins)
    return [_destination(url, counts[url], origins) for url in dict.fromkeys(filter(None, urls))]


def _server_of(opened: Opened, tool: Tool) -> str:
    """Where the calls of a tool go; nothing where its own server is no URL."""
    try:
        return server_of(opened, tool.route) if tool.route else ""
    except ValueError:
        return ""


def _destination(url: str, operations: int, origins: frozenset[str]) -> Destination:
    return Destination(
        url=url,
        operations=operations,
        has_credentials=origin_of(url) in origins,
        is_plain=url.startswith("http://"),
        is_private=is_private_host(host_of(url)),
    )
