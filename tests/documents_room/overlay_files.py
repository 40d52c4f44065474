"""A small document, overlays for it, and what comes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from small_documents import document
from specport.documents.load import load_document
from specport.documents.model import Document, File
from specport.errors import DocumentError

THINGS = document(
    {
        "/things": {
            "get": {
                "tags": ["read", "old"],
                "summary": "List things",
                "parameters": [
                    {"name": "a", "in": "query"},
                    {"name": "b", "in": "query"},
                    {"name": "c", "in": "header"},
                ],
            },
            "post": {"tags": ["write"], "summary": "Make a thing"},
        },
        "/others": {"get": {"summary": "List others", "x-traits": ["paged"]}},
    },
    tags=[{"name": "read"}, {"name": "write"}],
)  # fmt: skip


def overlay_file(*actions: Any, version: str = "1.1.0", name: str = "fix.yaml") -> File:
    """An overlay of these actions."""
    described = {"overlay": version, "info": {"title": "Fix", "version": "1"}, "actions": list(actions)}
    return File(name, json.dumps(described).encode())


def loaded(*overlays: File, described: Any = None) -> Document:
    """The document with these overlays applied."""
    return load_document(json.dumps(THINGS if described is None else described).encode(), "api.yaml", overlays)


def changed(*actions: Any, version: str = "1.1.0") -> Any:
    """What actions make of the document, none of them reported."""
    result = loaded(overlay_file(*actions, version=version))
    assert result.warnings == ()
    return result.root


def warnings(*actions: Any, version: str = "1.1.0") -> list[str]:
    """What is reported of actions."""
    return [sentence for _, sentence in loaded(overlay_file(*actions, version=version)).warnings]


def refusal(*overlays: File) -> str:
    """Why overlays are refused."""
    with pytest.raises(DocumentError) as caught:
        loaded(*overlays)
    assert "\n" not in str(caught.value)
    return str(caught.value)
