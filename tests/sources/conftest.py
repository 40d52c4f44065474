"""Registries on a temporary folder; the network is a dictionary."""

from __future__ import annotations

from pathlib import Path

import pytest
from source_documents import Open

from specport.catalog.model import Shape
from specport.errors import SourceError
from specport.sources.cache import CatalogCache
from specport.sources.fetch import Fetched, FetchPolicy
from specport.sources.model import Validators
from specport.sources.registry import Registry
from specport.sources.sqlite_store import SqliteStore


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Documents by URL, as the guarded fetch would bring them."""
    pages: dict[str, str] = {}

    async def fetched(url: str, policy: FetchPolicy) -> Fetched:
        if url not in pages:
            raise SourceError(f"{url} answered 404 Not Found")
        return Fetched(pages[url].encode())

    async def changed(url: str, policy: FetchPolicy, known: Validators) -> Fetched | None:
        return await fetched(url, policy)

    monkeypatch.setattr("specport.sources.specification.fetch_changed", changed)
    for module in ("specification", "gather", "fetch"):
        monkeypatch.setattr(f"specport.sources.{module}.fetch", fetched)
    return pages


@pytest.fixture
def open_registry(tmp_path: Path) -> Open:
    """Another Registry on the same folder, as a restart or a second process opens it."""

    def open_one(*, store: bool = True, **fetching: bool) -> Registry:
        return Registry(
            shape=Shape(),
            cache=CatalogCache(tmp_path),
            store=SqliteStore(tmp_path) if store else None,
            fetching=FetchPolicy(**fetching),
        )

    return open_one
