"""Small documents that the tests of sources add, as text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from specport.sources.model import Origin
from specport.sources.registry import Added, Registry
from specport.sources.specification import Specification

Open = Callable[..., Registry]
"""What the fixture `open_registry` gives."""


def document(
    title: str = "Pet Shop API",
    *,
    server: str | None = "https://pets.example.com/v1",
    paths: Mapping[str, object] | None = None,
    **more: object,
) -> str:
    """An OpenAPI document with two operations, or the given paths."""
    root: dict[str, object] = {"openapi": "3.1.0", "info": {"title": title, "version": "2.1"}, "paths": paths or PATHS}
    if server is not None:
        root["servers"] = [{"url": server}]
    return json.dumps({**root, **more})


def operation(operation_id: str, *tags: str, **more: object) -> dict[str, object]:
    """One operation that answers 200."""
    return {"operationId": operation_id, "tags": list(tags), "responses": {"200": {"description": "fine"}}, **more}


PATHS: Mapping[str, object] = {
    "/pets": {"get": operation("listPets", "Pets"), "post": operation("createPet", "Pets", "Writing")},
    "/pets/{id}": {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
        "delete": operation("deletePet", "Writing"),
    },
}

ADDRESSES: Sequence[str] = ("pet_shop.pets.createPet", "pet_shop.pets.listPets", "pet_shop.writing.deletePet")


async def started(open_registry: Open) -> Registry:
    """Another Registry with what was added before, as a start has it."""
    registry = open_registry()
    assert (await registry.sync()).failed == {}
    return registry


async def add(registry: Registry, spec: str, origin: Origin = Origin.TOOL, **more: object) -> Added:
    """Add a document, as a tool call does unless told otherwise."""
    return await registry.add(Specification(spec, **more), origin)  # type: ignore[arg-type]
