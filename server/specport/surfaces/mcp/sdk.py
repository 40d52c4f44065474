"""The SDK imported for what serving takes of it: a start waits for nothing else.

Its packages `mcp` and `mcp.server` import clients and a second kind of server for whoever asks them for one, and each
of its 500 models is built in full with its class. Serving asks for modules by their names, and uses a few dozen models.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Generator

from pydantic import BaseModel, ConfigDict

_PACKAGES = ("mcp", "mcp.server")


def import_sdk() -> None:
    """Import the SDK's server, unless the SDK is there already."""
    for package in _PACKAGES:
        if package not in sys.modules:
            _import_when_asked(package)
    with _models_built_when_used():
        importlib.import_module("mcp.server.lowlevel")


def _import_when_asked(package: str) -> None:
    """Have a package whose modules can be imported, and whose own code runs once it is asked for a name (PEP 562)."""
    spec = importlib.util.find_spec(package)
    assert spec
    assert spec.loader
    loader, module = spec.loader, importlib.util.module_from_spec(spec)

    def run(name: str) -> object:
        del module.__dict__["__getattr__"]
        loader.exec_module(module)
        return getattr(module, name)

    module.__dict__["__getattr__"] = run
    sys.modules[package] = module
    parent, _, child = package.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


@contextlib.contextmanager
def _models_built_when_used() -> Generator[None]:
    """Have models that are declared meanwhile built at their first use: since pydantic 2.14 any thread may be first."""
    before = BaseModel.model_config
    BaseModel.model_config = before | ConfigDict(defer_build=True)
    try:
        yield
    finally:
        BaseModel.model_config = before
