"""Sandboxes of small inline documents, and the bundled document."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from importlib import resources
from typing import Any

import httpx2
import pytest
from sandbox_rooms import Loaded, OpenRoom, client_of, read, small

from specport.executor.model import Limit


@pytest.fixture
def room() -> OpenRoom:
    """Opens a sandbox of some paths: `async with room({...}) as client`."""

    def opened(
        paths: dict[str, Any], limits: tuple[Limit, ...] = (), clock: Callable[[], float] = lambda: 1.8e9, **rest: Any
    ) -> contextlib.AbstractAsyncContextManager[httpx2.AsyncClient]:
        return client_of(read(small(paths, **rest), "inline"), limits, clock)

    return opened


@pytest.fixture(scope="session")
def digitalocean() -> Loaded:
    """The bundled document."""
    data = (resources.files("specport.tool_specs") / "digitalocean" / "openapi.yaml").read_bytes()
    return read(data, "openapi.yaml")
