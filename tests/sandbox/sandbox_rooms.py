"""Rooms for tests: small documents, and a client that speaks to their sandbox."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx2
import orjson

from specport.documents.load import load_document
from specport.documents.model import Document
from specport.documents.refs import References
from specport.executor.model import Limit
from specport.operations.model import Operations
from specport.operations.read import read_operations
from specport.sandbox.app import Sandbox, sandbox_app

OpenRoom = Callable[..., contextlib.AbstractAsyncContextManager[httpx2.AsyncClient]]
Loaded = tuple[Document, References, Operations]


def read(data: bytes, uri: str) -> Loaded:
    document = load_document(data, uri)
    references = References(document.root)
    return document, references, read_operations(document, "test", references)


def small(paths: dict[str, Any], **rest: Any) -> bytes:
    """A 3.1 document with these paths; `components`, `security` and `openapi` may be given."""
    root = {"openapi": "3.1.0", "info": {"title": "Test", "version": "1"}, "paths": paths, **rest}
    return orjson.dumps(root)


def answers(schema: Any = None, *, status: str = "200", media: str = "application/json", **rest: Any) -> dict[str, Any]:
    """The `responses` of an operation that answers this schema."""
    content = {} if schema is None and not rest else {media: {"schema": schema, **rest} if schema is not None else rest}
    return {"responses": {status: {"description": "done", "content": content}}}


def takes(schema: Any, *, required: bool = True, media: str = "application/json") -> dict[str, Any]:
    """The `requestBody` of an operation that takes this schema."""
    return {"requestBody": {"required": required, "content": {media: {"schema": schema}}}}


def query(name: str, schema: Any, **rest: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **rest}


def in_path(name: str, schema: Any, **rest: Any) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema, **rest}


@contextlib.asynccontextmanager
async def client_of(
    loaded: Loaded, limits: tuple[Limit, ...] = (), clock: Callable[[], float] = lambda: 1_800_000_000.0
) -> AsyncGenerator[httpx2.AsyncClient]:
    """A client whose requests bear a token; its sandbox is `sandbox_of(client)`."""
    document, references, operations = loaded
    app = sandbox_app(operations, references, document.dialect, limits, clock=clock)
    transport = httpx2.ASGITransport(app=app)
    headers = {"Authorization": "Bearer test"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox.test", headers=headers) as client:
        yield client
        sandbox: Sandbox = app.state.sandbox
        assert sandbox.failed == 0, list(sandbox.recent)
