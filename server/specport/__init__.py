"""Every operation of an OpenAPI document as an MCP tool, through one rate-limited HTTP executor.

In a program: `from specport import App, Settings, Specification` (docs/python.md).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from specport.app import App
    from specport.errors import SpecportError
    from specport.policy.model import Policy
    from specport.settings import Settings
    from specport.sources.manifest import open_bundled
    from specport.sources.model import Filters, Origin, Source
    from specport.sources.specification import Specification, read_specification

__all__ = [
    "App",
    "Filters",
    "Origin",
    "Policy",
    "Settings",
    "Source",
    "Specification",
    "SpecportError",
    "open_bundled",
    "read_specification",
]

__version__ = "0.1.0"

_PLACES = {
    "App": "app",
    "Filters": "sources.model",
    "Origin": "sources.model",
    "Policy": "policy.model",
    "Settings": "settings",
    "Source": "sources.model",
    "Specification": "sources.specification",
    "SpecportError": "errors",
    "open_bundled": "sources.manifest",
    "read_specification": "sources.specification",
}


def __getattr__(name: str) -> object:
    """What stands in `__all__`, imported when it is asked for: the command line needs little of it (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module 'specport' has no attribute {name!r}")
    return getattr(importlib.import_module(f"specport.{_PLACES[name]}"), name)
